"""Log-mel front end of an Earshot network in NumPy: from 16-bit PCM or samples in -1..1 to the network's int8 input.

This file is delivered with a network as `frontend.py`. It needs NumPy and `frontend.json`, nothing of Earshot, and
gives the features of training to the last bit (with the same NumPy).

    page = load("frontend.json")
    row_by_row = log_mel(samples, page)                      # [rows, mel_bins], what the C front end gives
    x = quantise(normalise(crop(row_by_row, page), page), page)  # [frames, mel_bins] int8 of a clip

A page is the content of `frontend.json`; `samples` are mono at its sample rate.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 32768.0


def load(path: str | Path) -> dict[str, Any]:
    """Content of a `frontend.json`. Raises ValueError if the file is of another format."""
    page: dict[str, Any] = json.loads(Path(path).read_text("utf-8"))
    if page.get("format") != "earshot-frontend":
        raise ValueError(f"{path} is no frontend.json of Earshot: its format is {page.get('format')!r}.")
    return page


def mel_matrix(page: dict[str, Any]) -> NDArray[np.float64]:
    """Mel filters [fft_size / 2 + 1, mel_bins]."""
    matrix = np.zeros(page["mel_matrix"]["shape"])
    for column, band in enumerate(page["mel_matrix"]["bands"]):
        matrix[band["first_bin"] : band["first_bin"] + len(band["weights"]), column] = band["weights"]
    return matrix


def window(page: dict[str, Any]) -> NDArray[np.float64]:
    """Periodic Hann [window_samples], scaled so that a sine of amplitude 1 has a spectral peak of 1."""
    length = page["parameters"]["window_samples"]
    hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    result: NDArray[np.float64] = hann * (2.0 / hann.sum())
    return result


def log_mel(samples: NDArray[Any], page: dict[str, Any]) -> NDArray[np.float32]:
    """Natural-log mel power, float32 [rows, mel_bins], of samples [n]: int16 PCM, or floats in -1..1.

    rows = 1 + (n - window) // hop; sound shorter than one window is padded with zeros. Raises ValueError for samples
    of more than one axis or of another type.
    """
    parameters = page["parameters"]
    signal = _in_full_scale(samples)
    missing = max(0, parameters["window_samples"] - signal.size)
    padded = np.pad(signal, (0, missing))
    frames = np.lib.stride_tricks.sliding_window_view(padded, parameters["window_samples"])[
        :: parameters["hop_samples"]
    ]
    spectrum = np.fft.rfft(frames * window(page), parameters["fft_size"], axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    mel = np.stack([_weighted_sum(power, band) for band in page["mel_matrix"]["bands"]], axis=1)
    result: NDArray[np.float32] = np.log(mel + parameters["log_offset"]).astype(np.float32)
    return result


def _in_full_scale(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Samples [n] in -1..1, as float64 that hold float32 values, which training computes with."""
    if samples.ndim != 1:
        raise ValueError(f"log_mel takes mono samples [n], not shape {samples.shape}")
    if samples.dtype == np.int16:
        return samples.astype(np.float64) / FULL_SCALE
    if not np.issubdtype(samples.dtype, np.floating):
        raise ValueError(f"log_mel takes 16-bit PCM or floating-point samples, not {samples.dtype}")
    return samples.astype(np.float32).astype(np.float64)


def _weighted_sum(power: NDArray[np.float64], band: dict[str, Any]) -> NDArray[np.float64]:
    weights, first = np.array(band["weights"]), band["first_bin"]
    result: NDArray[np.float64] = (power[:, first : first + len(weights)] * weights).sum(1)
    return result


def crop(features: NDArray[np.float32], page: dict[str, Any]) -> NDArray[np.float32]:
    """The `frames` rows of a clip that Earshot evaluates, by the rule "crop" of the page; a stream has no choice."""
    frames, start = page["parameters"]["frames"], 0
    if len(features) > frames:
        totals = np.concatenate([[0.0], np.cumsum(np.exp(features.astype(np.float64)).sum(axis=1))])
        energy = totals[frames:] - totals[:-frames]
        loud = np.flatnonzero(energy >= page["crop_share"] * energy.max())
        start = int(loud[(len(loud) - 1) // 2])
    result: NDArray[np.float32] = features[(start + np.arange(frames)) % len(features)]
    return result


def normalise(features: NDArray[np.float32], page: dict[str, Any]) -> NDArray[np.float32]:
    """Features [..., mel_bins] less the mean, divided by the deviation of each mel bin over the training clips."""
    mean, std = (np.array(page[name], np.float32) for name in ("mean", "std"))
    result: NDArray[np.float32] = (features - mean) / std
    return result


def quantise(features: NDArray[np.float32], page: dict[str, Any]) -> NDArray[np.int8]:
    """Normalised features as the network's int8 input. Raises KeyError where the page names no network's input."""
    steps = np.round(features / page["input"]["scale"]) + page["input"]["zero_point"]
    result: NDArray[np.int8] = np.clip(steps, -128, 127).astype(np.int8)
    return result
