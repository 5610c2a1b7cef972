"""Sounds for the front end of devices, as 16-bit PCM, and descriptions with the normalisation of their features."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig, Normalisation, log_mel
from nas_engine.audio.synthesis.generator import Recipe, make_clip
from nas_engine.audio.synthesis.positive_classes import POSITIVE
from nas_engine.deployment.frontend.description import describe_frontend

Clips = Mapping[str, NDArray[np.int16]]
RATE_HZ = 16_000
INPUT = {"shape": [1, 196, 40, 1], "dtype": "int8", "scale": 0.0431, "zero_point": -7}


def pcm(samples: NDArray[Any]) -> NDArray[np.int16]:
    """Samples in -1..1 rounded as a dataset's clips are."""
    return np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)


def synthetic_clips(clips_per_class: int = 2) -> dict[str, NDArray[np.int16]]:
    """Clips of 2 to 4 s of all nine classes of the generator."""
    labels = (*POSITIVE, "negative")
    rng = np.random.default_rng(15)
    recipe = Recipe()
    return {
        f"{label} {number}": pcm(make_clip(label, recipe, rng)) for label in labels for number in range(clips_per_class)
    }


def hard_clips() -> dict[str, NDArray[np.int16]]:
    """Short sounds where float32 is weakest: full scale next to silence, single steps, the ends of int16, noise."""
    rng = np.random.default_rng(0)
    time = np.arange(4_000) / RATE_HZ
    tone = pcm(np.sin(2.0 * np.pi * 3210.0 * time))
    silence = np.zeros(2_000, np.int16)
    return {
        "silence": np.zeros(1_200, np.int16),
        "tone between silences": np.concatenate([silence, tone, silence]),
        "square wave": np.where(np.sin(2.0 * np.pi * 440.0 * time) < 0, -32768, 32767).astype(np.int16),
        "loud tone and single steps": np.clip(tone.astype(int) + rng.integers(-1, 2, 4_000), -32768, 32767).astype(
            "<i2"
        ),
        "noise of one step": rng.integers(-1, 2, 4_000).astype(np.int16),
        "full-scale noise": rng.integers(-32768, 32768, 4_000).astype(np.int16),
        "one window": rng.integers(-3000, 3000, 400).astype(np.int16),
    }


def real_clips(folder: Path, count: int) -> dict[str, NDArray[np.int16]]:
    """Clips of the splits train and eval, at equal distances in the list of their names; all are 16-bit at 16 kHz."""
    paths = sorted(path for split in ("train", "eval") for path in (folder / split).glob("*/*.flac"))
    chosen = [paths[index] for index in np.linspace(0, len(paths) - 1, count).astype(int)]
    return {path.relative_to(folder).as_posix(): soundfile.read(path, dtype="int16")[0] for path in chosen}


def training_features(clip: NDArray[np.int16], config: FrontendConfig) -> NDArray[np.float32]:
    """Log-mel features [rows, mel_bins] as a dataset's clips have them."""
    return log_mel((clip / 32768.0).astype(np.float32), config)


def description_of(clips: Clips, config: FrontendConfig | None = None) -> dict[str, Any]:
    """frontend.json with the normalisation of these clips and some network's input."""
    config = config or FrontendConfig()
    rows = np.concatenate([training_features(clip, config) for clip in clips.values()]).astype(np.float64)
    normalisation = Normalisation(rows.mean(axis=0).astype(np.float32), rows.std(axis=0).astype(np.float32))
    return describe_frontend(config, normalisation) | {"input": INPUT}
