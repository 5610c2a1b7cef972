"""Kinds of front ends that a dataset can have, and the parameters that each starts from or fixes.

`micro` is a build of TFLite Micro's audio front end with all of its parameters compiled in: pymicro-features 2.0.2,
`src/micro_features.cpp`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Literal

EARSHOT, LIBROSA, MICRO = "earshot", "librosa", "micro"


@dataclass(frozen=True, slots=True)
class FrontendKind:
    """A front end by name.

    `defaults`: fields of `FrontendConfig` where it differs from Earshot's own; `fixed`: those that cannot be changed.
    `nepers_per_unit`: natural logarithm of power in one unit of a feature. `follows_gain`: whether louder samples add
    a constant to the features. `keeps_state`: whether a frame depends on all sound before it, by a state inside of the
    package that cannot be stored. `package`, `package_version`: the library that defines it.
    """

    title: str
    description: str
    nepers_per_unit: float = 1.0
    follows_gain: bool = True
    keeps_state: bool = False
    mel_scale: Literal["htk", "slaney"] = "htk"
    package: str = ""
    package_version: str = ""
    defaults: Mapping[str, float] | None = None
    fixed: frozenset[str] = frozenset()


_MICRO = {
    "sample_rate_hz": 16_000,
    "window_samples": 480,
    "hop_samples": 160,
    "fft_size": 512,
    "mel_bins": 40,
    "mel_low_hz": 125.0,
    "mel_high_hz": 7500.0,
    "log_offset": 1.0,
}

KINDS: Mapping[str, FrontendKind] = {
    EARSHOT: FrontendKind(
        "Earshot's own",
        "log-mel features every 20 ms, exported as C code and NumPy",
    ),
    LIBROSA: FrontendKind(
        "librosa's defaults",
        "melspectrogram and power_to_db of librosa with its own mel scale, norm and padding, every 20 ms",
        nepers_per_unit=log(10.0) / 10.0,
        mel_scale="slaney",
        package="librosa",
        package_version="0.11.0",
        defaults={"mel_low_hz": 0.0, "mel_high_hz": 8000.0, "log_offset": 1e-10},
    ),
    MICRO: FrontendKind(
        "TFLite Micro's audio front end",
        "40 mel bins every 10 ms with noise suppression and gain control, which fade steady sounds out",
        nepers_per_unit=0.8,
        follows_gain=False,
        keeps_state=True,
        package="pymicro-features",
        package_version="2.0.2",
        defaults=_MICRO,
        fixed=frozenset(_MICRO),
    ),
}
"""Front ends by the name that `FrontendConfig.kind` holds. Features of `micro` are 2.5 * ln(amplitude)."""


def kind_of(name: str) -> FrontendKind:
    """The kind of this name. Raises ValueError naming those that there are."""
    if name not in KINDS:
        raise ValueError(f"front end kind '{name}' is unknown; there are {', '.join(KINDS)}")
    return KINDS[name]
