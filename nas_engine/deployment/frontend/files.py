"""Files of the front end that are delivered with a network: C sources, the NumPy reference, test vectors.

The C sources need a C99 compiler and libm; `frontend.py` needs NumPy and `frontend.json`.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.frontends.features import compute_features
from nas_engine.deployment.c_array import c_string
from nas_engine.deployment.frontend import reference, tables, tables_fixed
from nas_engine.deployment.frontend.elsewhere import is_from_elsewhere
from nas_engine.errors import BadDataset

_SOURCES = Path(__file__).with_name("c")
C_SOURCES = (
    "earshot_frontend.h",
    "earshot_frontend.c",
    "earshot_frontend_float.h",
    "earshot_frontend_fixed.h",
    "test_frontend.c",
)
VECTORS_HEADER = "test_vectors.h"


def c_files(description: Mapping[str, Any]) -> dict[str, bytes]:
    """C sources by file name, with the headers of tables; `description` is the content of frontend.json.

    `test_frontend.c` also includes `test_vectors.h` of `vector_files`. Raises BadDataset for a front end that the C
    code does not compute: another transform (`tables_header`), or a front end from elsewhere.
    """
    if is_from_elsewhere(description):
        raise BadDataset(
            f"The front end of this network's dataset is {description['title']}, of which Earshot has no C code: use "
            f"that of {description['package']} {description['package_version']} or of your chip's SDK, and hold it "
            "against the test vectors."
        )
    sources = {name: (_SOURCES / name).read_bytes() for name in C_SOURCES}
    headers = {
        tables.NAME: tables.tables_header(description),
        tables_fixed.NAME: tables_fixed.tables_header(description),
    }
    return sources | {name: header.encode() for name, header in headers.items()}


def python_files(description: Mapping[str, Any]) -> dict[str, bytes]:
    """`frontend.json` and `frontend.py`, which computes the same features from it with NumPy alone.

    For a front end from elsewhere it is `frontend.json` alone, which has the call of its package.
    """
    page = {"frontend.json": (json.dumps(description, indent=1) + "\n").encode()}
    return page if is_from_elsewhere(description) else page | {"frontend.py": Path(reference.__file__).read_bytes()}


def vector_files(
    description: Mapping[str, Any],
    clips: Mapping[str, NDArray[np.int16]],
    *,
    header_samples: int | None = None,
    first_input: int | None = None,
) -> dict[str, bytes]:
    """Sounds with the features of training, as a C header and as arrays for NumPy, by file name.

    `clips`: 16-bit PCM [n] by name, at least one window each. Files: `test_vectors.h`; `test_pcm.npy` int16 [samples of
    all clips]; `test_features.npy` float32 [rows of all clips, mel_bins], not normalised; `test_vectors.json` with
    names, samples and rows of the clips in the order of the arrays. The header has the first `header_samples` of each
    clip; a front end from elsewhere has none, since no C code of ours is compared with it. With `first_input`, the
    clips are also network inputs number `first_input` and following ("input").

    Raises ValueError for a clip of another type or shorter than a window, and without clips.
    """
    if not clips:
        raise ValueError("test vectors need at least one clip")
    shortest = description["parameters"]["window_samples"]
    for name, pcm in clips.items():
        if pcm.dtype != np.int16 or pcm.ndim != 1 or pcm.size < shortest:
            raise ValueError(f"test vector {name}: int16 [n], n >= {shortest} is needed, not {pcm.dtype} {pcm.shape}")
    features = {name: _features(pcm, description) for name, pcm in clips.items()}
    index = [
        {
            "name": name,
            "samples": len(pcm),
            "rows": len(features[name]),
            "input": None if first_input is None else first_input + number,
        }
        for number, (name, pcm) in enumerate(clips.items())
    ]
    arrays = {
        "test_pcm.npy": _npy(np.concatenate(list(clips.values()))),
        "test_features.npy": _npy(np.concatenate(list(features.values()))),
        "test_vectors.json": (json.dumps(index, indent=1) + "\n").encode(),
    }
    header = {} if is_from_elsewhere(description) else _header(clips, features, description, header_samples)
    return header | arrays


def _header(
    clips: Mapping[str, NDArray[np.int16]],
    features: Mapping[str, NDArray[np.float32]],
    description: Mapping[str, Any],
    samples: int | None,
) -> dict[str, bytes]:
    """The C header of the first `samples` of each clip, by its name."""
    begun = {name: pcm[:samples] for name, pcm in clips.items()}
    rows = {name: features[name][: _rows(len(pcm), description["parameters"])] for name, pcm in begun.items()}
    return {VECTORS_HEADER: _vectors_header(begun, rows).encode()}


def _features(pcm: NDArray[np.int16], description: Mapping[str, Any]) -> NDArray[np.float32]:
    """What training computes of a clip, which for a front end from elsewhere is its package's output."""
    if not is_from_elsewhere(description):
        return reference.log_mel(pcm, dict(description))
    samples = (pcm / reference.FULL_SCALE).astype(np.float32)
    return compute_features(samples, FrontendConfig.from_json(description["parameters"]))


def _rows(samples: int, parameters: Mapping[str, Any]) -> int:
    return 1 + int(samples - parameters["window_samples"]) // int(parameters["hop_samples"])


def _vectors_header(clips: Mapping[str, NDArray[np.int16]], features: Mapping[str, NDArray[np.float32]]) -> str:
    """Arrays are numbered, so that any name of a clip will do; it stands in a string."""
    lines = [
        "/* Generated: 16-bit PCM, and the features [rows][mel bins] that training computes of it, not normalised. */",
        "#ifndef EARSHOT_TEST_VECTORS_H",
        "#define EARSHOT_TEST_VECTORS_H",
        "",
        "#include <stddef.h>",
        "#include <stdint.h>",
        "",
    ]
    entries = []
    for number, (name, pcm) in enumerate(clips.items()):
        values = features[name]
        lines += tables.c_array(f"int16_t earshot_test_pcm_{number}[{len(pcm)}]", map(str, pcm.tolist()))
        lines += tables.c_array(
            f"float earshot_test_features_{number}[{values.size}]", tables.c_floats(values.ravel().tolist())
        )
        entries.append(
            f"    {{{c_string(name)}, earshot_test_pcm_{number}, {len(pcm)}, earshot_test_features_{number}, "
            f"{len(values)}}},"
        )
    lines += [
        "",
        "typedef struct {",
        "    const char *name;",
        "    const int16_t *pcm;",
        "    size_t samples;",
        "    const float *features;",
        "    size_t rows;",
        "} earshot_test_vector;",
        "",
        f"#define EARSHOT_TEST_VECTORS {len(clips)}",
        "static const earshot_test_vector earshot_test_vectors[EARSHOT_TEST_VECTORS] = {",
        *entries,
        "};",
        "",
        "#endif",
    ]
    return "".join(f"{line}\n" for line in lines)


def _npy(values: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()
