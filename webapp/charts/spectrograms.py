"""The log-mel spectrogram of a clip, with the window that stands for it in evaluation."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig, evaluation_start, htk_mel
from nas_engine.audio.frontends.librosa_mel import slaney_mel
from webapp.charts.style import Figure, layout

COLUMNS_LIMIT = 1200
_TICKS_HZ = (100, 250, 500, 1000, 2000, 4000, 7000)
_WINDOW_COLOUR = "#FFFFFF"


class SpectrogramInfo(NamedTuple):
    """`decibels` [mel_bins, columns]; `seconds` [columns], the start of each; the window in seconds.

    `tick_bins` are positions on the axis of mel bins where `tick_hertz` lie.
    """

    decibels: NDArray[np.float64]
    seconds: NDArray[np.float64]
    window_start_seconds: float
    window_end_seconds: float
    is_repeated: bool
    tick_bins: tuple[float, ...]
    tick_hertz: tuple[int, ...]


def spectrogram_info(features: NDArray[np.float32], config: FrontendConfig) -> SpectrogramInfo:
    """From a clip's features [frames_total, mel_bins]; long clips keep the loudest frame of each column."""
    frames = len(features)
    step = -(-frames // COLUMNS_LIMIT)
    padded = np.pad(features, ((0, -frames % step), (0, 0)), mode="edge")
    columns = padded.reshape(-1, step, features.shape[1]).max(axis=1)
    frame_seconds = config.hop_samples / config.sample_rate_hz
    start = evaluation_start(features, config)
    ticks = [hertz for hertz in _TICKS_HZ if config.mel_low_hz < hertz < config.mel_high_hz]
    return SpectrogramInfo(
        decibels=(columns.T * (config.facts.nepers_per_unit * 10 / np.log(10))).round(1).astype(np.float64),
        seconds=(np.arange(len(columns)) * step * frame_seconds).round(3),
        window_start_seconds=start * frame_seconds,
        window_end_seconds=min(start + config.frames, frames) * frame_seconds,
        is_repeated=frames < config.frames,
        tick_bins=tuple(_bin_of(hertz, config) for hertz in ticks),
        tick_hertz=tuple(ticks),
    )


def _bin_of(hertz: float, config: FrontendConfig) -> float:
    """Where a frequency lies among the centres of the mel bins, which are equally spaced in mel."""
    mel = slaney_mel if config.facts.mel_scale == "slaney" else htk_mel
    low, high, wanted = mel(np.array([config.mel_low_hz, config.mel_high_hz, hertz]))
    return float(round((wanted - low) / (high - low) * (config.mel_bins + 1) - 1, 3))


def spectrogram_figure(info: SpectrogramInfo) -> Figure:
    """A heatmap over seconds and hertz; the evaluation window as a white frame."""
    heatmap = {
        "type": "heatmap",
        "z": info.decibels.tolist(),
        "x": info.seconds.tolist(),
        "colorscale": "Viridis",
        "colorbar": {"title": {"text": "dB"}, "thickness": 12, "outlinewidth": 0},
        "hovertemplate": "%{x:.2f} s, mel bin %{y}: %{z} dB<extra></extra>",
    }
    window = {
        "type": "rect",
        "x0": info.window_start_seconds,
        "x1": info.window_end_seconds,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": _WINDOW_COLOUR, "width": 2, "dash": "dash"},
    }
    axes = layout("Time (s)", "Frequency (Hz)", shapes=[window])
    axes["yaxis"] |= {"tickvals": list(info.tick_bins), "ticktext": [str(hertz) for hertz in info.tick_hertz]}
    return {"data": [heatmap], "layout": axes}
