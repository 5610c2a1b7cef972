"""Generated header of the C front end in fixed point: its constants, and its tables in integers.

Q15 and Q16 are numbers times 2^15 and 2^16, rounded. `c/earshot_frontend_fixed.h` states what the constants are for.

| table | length | type | content |
|---|---|---|---|
| earshot_window | window_samples | uint16 | Hann window of height 1 in Q16, at most 65535 |
| earshot_sine | fft_size | int16 | one turn of sin in Q15, at most 32767; cos is read a quarter later |
| earshot_mel_first_bin, earshot_mel_bin_count | mel_bins | uint16 | nonzero part of each column of the mel matrix |
| earshot_mel_weights | sum of the counts | uint16 | these parts one after another in Q16, at most 65535 |
| earshot_log_2 | 65 | uint32 | log2(1 + i / 64) in Q16 |
| earshot_mean, earshot_inverse_std | mel_bins | int32 | normalisation in Q16 |
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.deployment.frontend import tables

NAME = "earshot_frontend_tables_fixed.h"
FRACTION_BITS = 16
"""Rows of features hold the natural logarithm times 2 to this power, normalised ones standard deviations."""

_Q15, _Q16 = 1 << 15, 1 << 16
_LOG_ENTRIES = 64
_LARGEST_FFT_SIZE = 1 << 14
_LEAST_PEAK_WEIGHT = 2.0**-6
_LEAST_OFFSET, _LEAST_OFFSET_BITS = 2.0**-27, 8
_LEAST_DIVISOR = 2.0**-15


def unsupported(page: Mapping[str, Any]) -> str:
    """Why the front end of a page, the content of frontend.json, is not computed in fixed point; empty where it is.

    Of the power of a frame 32 bits are kept: in the loudest, a smaller log_offset would be less than what is rounded.
    """
    size = page["parameters"]["fft_size"]
    if size > _LARGEST_FFT_SIZE:
        return f"its fft_size is {size}, and {_LARGEST_FFT_SIZE} is the largest"
    for number, band in enumerate(page["mel_matrix"]["bands"]):
        if (peak := max(band["weights"])) < _LEAST_PEAK_WEIGHT:
            return f"its mel bin {number} lies between two spectral bins, with a largest weight of {peak:g}"
    mantissa, exponent = _offset(page)
    is_fine = math.log2(mantissa) + exponent - _largest_exponent(page) >= _LEAST_OFFSET_BITS
    if page["parameters"]["log_offset"] < _LEAST_OFFSET or not is_fine:
        return f"its log_offset of {page['parameters']['log_offset']:g} is too small for 32 bits of power"
    divisors = [*page["std"], *([page["input"]["scale"]] if "input" in page else [])]
    if min(divisors) < _LEAST_DIVISOR:
        return f"it divides by {min(divisors):g}, a deviation or the scale of the network's input"
    return ""


def tables_header(page: Mapping[str, Any]) -> str:
    """C header of a page, the content of frontend.json; one that stops the compiler where the page is `unsupported`."""
    why = unsupported(page)
    lines = (
        [f'#error "This front end is not computed in fixed point: {why}. Build it without EARSHOT_FIXED_POINT."']
        if why
        else _definitions(page)
    )
    return "".join(
        f"{line}\n"
        for line in (
            "/* Generated from frontend.json of an Earshot network. Do not edit: export the network again. */",
            "#ifndef EARSHOT_FRONTEND_TABLES_FIXED_H",
            "#define EARSHOT_FRONTEND_TABLES_FIXED_H",
            "",
            *lines,
            "",
            "#endif",
        )
    )


def table_bytes(page: Mapping[str, Any]) -> dict[str, int]:
    """Flash of each table in bytes by its name in C."""
    return {name: values.nbytes for name, values in _arrays(page).items()}


def _definitions(page: Mapping[str, Any]) -> list[str]:
    mantissa, exponent = _offset(page)
    values = {
        "UNIT_LOG_2": f"({round(_Q16 * _log_2_of_power(page))})",
        "OFFSET_MANTISSA": f"{mantissa}u",
        "OFFSET_EXPONENT": f"({exponent})",
    }
    if "input" in page:
        values["INVERSE_INPUT_SCALE"] = str(round(_Q16 / page["input"]["scale"]))
    macros = [f"#define EARSHOT_{name} {value}" for name, value in values.items()]
    arrays = [
        line
        for name, array in _arrays(page).items()
        for line in tables.c_array(f"{array.dtype}_t {name}[{len(array)}]", map(str, array.tolist()))
    ]
    return [*macros, "", *arrays]


def _log_2_of_power(page: Mapping[str, Any]) -> float:
    """Logarithm of the mel power that stands for one unit of a sum of exponent 0.

    Samples are 2^15 times too large, the window 2^16 times and not scaled, sums 2^16 times.
    """
    return 2.0 * math.log2(4.0 / page["parameters"]["window_samples"]) - 2.0 * (15 + 16) - 16


def _offset(page: Mapping[str, Any]) -> tuple[int, int]:
    """log_offset in these units: a mantissa of 32 bits and the exponent of two."""
    fraction, exponent = math.frexp(page["parameters"]["log_offset"] * 2.0 ** -_log_2_of_power(page))
    return min(round(fraction * 2.0**32), 2**32 - 1), exponent - 32


def _largest_exponent(page: Mapping[str, Any]) -> int:
    """Exponent of the sums of the loudest frame: of values squared, and of the shift of their power."""
    value_bits = 30 - int(math.log2(page["parameters"]["fft_size"]))
    return 2 * (31 - value_bits) + 29


def _arrays(page: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Tables by their name in C, in the types of C."""
    parameters, bands = page["parameters"], page["mel_matrix"]["bands"]
    length, size = parameters["window_samples"], parameters["fft_size"]
    hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    return {
        "earshot_window": _rounded(hann * _Q16, np.uint16, _Q16 - 1),
        "earshot_sine": _rounded(np.sin(2.0 * np.pi * np.arange(size) / size) * _Q15, np.int16, _Q15 - 1),
        "earshot_mel_first_bin": np.array([band["first_bin"] for band in bands], np.uint16),
        "earshot_mel_bin_count": np.array([len(band["weights"]) for band in bands], np.uint16),
        "earshot_mel_weights": _rounded(
            np.concatenate([band["weights"] for band in bands]) * _Q16, np.uint16, _Q16 - 1
        ),
        "earshot_log_2": _rounded(np.log2(1.0 + np.arange(_LOG_ENTRIES + 1) / _LOG_ENTRIES) * _Q16, np.uint32, _Q16),
        "earshot_mean": _rounded(np.array(page["mean"]) * _Q16, np.int32, 2**31 - 1),
        "earshot_inverse_std": _rounded(_Q16 / np.array(page["std"]), np.int32, 2**31 - 1),
    }


def _rounded(values: NDArray[np.float64], kind: type[np.integer[Any]], most: int) -> NDArray[Any]:
    result: NDArray[Any] = np.clip(np.rint(values), -most, most).astype(kind)
    return result
