"""Bytes as a C array, for devices without a file system."""

ALIGNMENT = 16
"""Bytes: constant tensors are read in place, and the schema aligns them to 16 from the file's beginning."""

_BYTES_A_LINE = 16
_NAME = "earshot_network"


def c_array(content: bytes) -> tuple[str, str]:
    """(source, header) in C99 and C++ that hold `content` as `earshot_network`, `earshot_network_size` bytes long.

    The array is aligned to 16 bytes by an attribute of gcc, clang and armclang. Raises ValueError without content.
    """
    if not content:
        raise ValueError("There are no bytes to write as a C array.")
    lines = (content[start : start + _BYTES_A_LINE] for start in range(0, len(content), _BYTES_A_LINE))
    rows = ",\n    ".join(", ".join(f"0x{byte:02x}" for byte in line) for line in lines)
    source = f"""\
#include "{_NAME}.h"

const unsigned char {_NAME}[{len(content)}] __attribute__((aligned({ALIGNMENT}))) = {{
    {rows}}};
const unsigned int {_NAME}_size = {len(content)};
"""
    return source, _HEADER


def labels_header(labels: tuple[str, ...], arena_bytes: int) -> str:
    """C header with the classes in the order of the outputs and the bytes to reserve for the tensor arena."""
    names = ",\n    ".join(f'"{_escaped(label)}"' for label in labels)
    return f"""\
/* What a program needs to know of the network. */
#ifndef EARSHOT_CONSTANTS_H_
#define EARSHOT_CONSTANTS_H_

#define EARSHOT_CLASSES {len(labels)}
#define EARSHOT_ARENA_BYTES {arena_bytes}

/* Classes in the order of the outputs. */
static const char* const earshot_labels[EARSHOT_CLASSES] = {{
    {names}}};

#endif /* EARSHOT_CONSTANTS_H_ */
"""


def _escaped(text: str) -> str:
    """Text of a C string: bytes beyond plain letters as three octal digits, which end by themselves."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}" for byte in text.encode()
    )


_HEADER = f"""\
/* The int8 network, a .tflite file, as bytes. */
#ifndef EARSHOT_NETWORK_H_
#define EARSHOT_NETWORK_H_

#ifdef __cplusplus
extern "C" {{
#endif

extern const unsigned char {_NAME}[];
extern const unsigned int {_NAME}_size;

#ifdef __cplusplus
}}
#endif

#endif /* EARSHOT_NETWORK_H_ */
"""
