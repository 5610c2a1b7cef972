"""Settings of a run of results: the paper's five searches at a length that fits a machine."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from nas_engine.baselines import NAMES

COMPARISON = "Results"


@dataclass(frozen=True, slots=True)
class Plan:
    """Trials of each search, training lengths in epochs, finalists of each search, and seeds of each network.

    Half of the trials come before the hybrid designer's switch, as in the paper. Everything else is as in the presets.
    """

    trials: int = 60
    full_epochs: int = 24
    qat_epochs: int = 3
    finalists: int = 3
    seeds: int = 5
    baselines: tuple[str, ...] = NAMES

    def __post_init__(self) -> None:
        for name in ("trials", "full_epochs", "qat_epochs", "finalists", "seeds"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")

    def settings(self, preset: Mapping[str, Any]) -> dict[str, Any]:
        """Settings of one search."""
        changed = {
            "name": study_name(str(preset["name"])),
            "trial_budget": self.trials,
            "switch_at": max(1, self.trials // 2),
            "full_epochs": self.full_epochs,
            "qat_epochs": self.qat_epochs,
        }
        return dict(preset) | changed

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self) | {"baselines": list(self.baselines)}


def study_name(preset: str) -> str:
    """Name of the study of a preset, such as "Results: NAS-Bayesian"."""
    return f"{COMPARISON}: {preset}"
