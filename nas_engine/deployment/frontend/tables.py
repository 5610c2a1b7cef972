"""Generated header of the C front end: parameters as macros, tables as float32 with nine significant digits.

The tables of the front end in fixed point are in a header of their own (`tables_fixed`).

| table | length | content |
|---|---|---|
| earshot_window | window_samples | scaled Hann window / 32768, so that 16-bit PCM counts as -1..1 |
| earshot_sine | fft_size | one turn of sin; cos is read a quarter later |
| earshot_mel_first_bin, earshot_mel_bin_count | mel_bins | nonzero part of each column of the mel matrix |
| earshot_mel_weights | sum of the counts | these parts one after another |
| earshot_mean, earshot_std | mel_bins | normalisation |
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.deployment.frontend import reference
from nas_engine.errors import BadDataset

NAME = "earshot_frontend_tables.h"
_LINE_CHARACTERS = 110


def tables_header(page: Mapping[str, Any]) -> str:
    """C header of a page, the content of frontend.json. With "input" it also holds the scale and zero point of int8.

    Raises BadDataset for a front end that the C code does not compute: an fft_size that is no power of two from 8 on.
    """
    parameters = page["parameters"]
    size = parameters["fft_size"]
    if size < 8 or size & (size - 1):
        raise BadDataset(
            f"The front end in C needs an fft_size that is a power of two of at least 8, and this dataset's is {size}. "
            "Add the dataset again with such an fft_size, or use frontend.py on the device."
        )
    return "".join(
        f"{line}\n"
        for line in (
            "/* Generated from frontend.json of an Earshot network. Do not edit: export the network again. */",
            "#ifndef EARSHOT_FRONTEND_TABLES_H",
            "#define EARSHOT_FRONTEND_TABLES_H",
            "",
            *_macros(page),
            "",
            "#endif",
            "",
            "#ifdef EARSHOT_FRONTEND_TABLES",
            *_tables(page),
            "#endif",
        )
    )


def table_bytes(page: Mapping[str, Any]) -> dict[str, int]:
    """Flash of each table in bytes by its name in C."""
    return {name: values.nbytes for name, values in _arrays(page).items()}


def c_floats(values: Iterable[float]) -> list[str]:
    """Float32 literals of C, which nine significant digits determine."""
    return [f"{float(np.float32(value)):.8e}f" for value in values]


def c_array(declaration: str, literals: Iterable[str]) -> list[str]:
    """Lines of a constant array: `declaration` = { literals }, wrapped."""
    lines, line = [f"static const {declaration} = {{"], "   "
    for literal in literals:
        if len(line) + len(literal) + 2 > _LINE_CHARACTERS:
            lines.append(line)
            line = "   "
        line += f" {literal},"
    return [*lines, line, "};"]


def _macros(page: Mapping[str, Any]) -> list[str]:
    parameters = page["parameters"]
    values = {
        "SAMPLE_RATE_HZ": parameters["sample_rate_hz"],
        "WINDOW_SAMPLES": parameters["window_samples"],
        "HOP_SAMPLES": parameters["hop_samples"],
        "FFT_SIZE": parameters["fft_size"],
        "FFT_LOG2_POINTS": parameters["fft_size"].bit_length() - 2,
        "MEL_BINS": parameters["mel_bins"],
        "FRAMES": parameters["frames"],
        "LOG_OFFSET": c_floats([parameters["log_offset"]])[0],
    }
    if "input" in page:
        values |= {
            "INPUT_SCALE": c_floats([page["input"]["scale"]])[0],
            "INPUT_ZERO_POINT": f"({page['input']['zero_point']})",
        }
    return [f"#define EARSHOT_{name} {value}" for name, value in values.items()]


def _arrays(page: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Tables by their name in C, float32 or uint16."""
    size, bands = page["parameters"]["fft_size"], page["mel_matrix"]["bands"]
    return {
        "earshot_window": (reference.window(dict(page)) / reference.FULL_SCALE).astype(np.float32),
        "earshot_sine": np.sin(2.0 * np.pi * np.arange(size) / size).astype(np.float32),
        "earshot_mel_first_bin": np.array([band["first_bin"] for band in bands], np.uint16),
        "earshot_mel_bin_count": np.array([len(band["weights"]) for band in bands], np.uint16),
        "earshot_mel_weights": np.concatenate([band["weights"] for band in bands]).astype(np.float32),
        "earshot_mean": np.array(page["mean"], np.float32),
        "earshot_std": np.array(page["std"], np.float32),
    }


def _tables(page: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for name, values in _arrays(page).items():
        is_real = values.dtype == np.float32
        literals = c_floats(values) if is_real else [str(value) for value in values]
        lines += c_array(f"{'float' if is_real else 'uint16_t'} {name}[{len(values)}]", literals)
    return lines
