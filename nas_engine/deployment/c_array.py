"""Bytes as a C array and text as a C string, for devices without a file system."""

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


def c_string(text: str) -> str:
    """`text` in UTF-8 as a string literal of C99 and C++, quotation marks included.

    Bytes beyond plain letters, and what C gives a meaning to (trigraphs too), are three octal digits, which end by
    themselves.
    """
    plain = (chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}" for byte in text.encode())
    return f'"{"".join(plain)}"'


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
