"""The reward's thresholds and slopes in words, from what stands in the form at this moment."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.template.defaultfilters import pluralize

from nas_engine.trial_plan import trial_epochs
from webapp.models import Study


class Explanation(NamedTuple):
    """One sentence a resource and an example that adds both up."""

    energy: str
    flash: str
    example: str


def explain(values: Mapping[str, Any]) -> Explanation | None:
    """The sentences for these settings (numbers or their text); None while one of them is not a usable number."""
    numbers = [_number(values.get(name)) for name in Study.REWARD_SETTINGS]
    if any(number is None for number in numbers):
        return None
    energy_threshold, energy_step, energy_points, flash_threshold, flash_step, flash_points = numbers
    if energy_step == 0 or flash_step == 0:
        return None
    return Explanation(
        energy=_sentence("mJ", energy_threshold, energy_step, energy_points, "Energy of", "per inference"),
        flash=_sentence("kB", flash_threshold, flash_step, flash_points, "A .tflite file of", ""),
        example=_example(energy_threshold, energy_step, energy_points, flash_threshold, flash_step, flash_points),
    )


def training_length(values: Mapping[str, Any]) -> str:
    """Epochs of a trial in words; empty while one of the settings is not a usable number."""
    texts = [str(values.get(name)) for name in ("full_epochs", "qat_epochs")]
    if not all(text.isascii() and text.isdecimal() and 0 < len(text) < 9 for text in texts):
        return ""
    full, qat = map(int, texts)
    trained = trial_epochs(full)
    return (
        f"A trial trains for {trained} float epoch{pluralize(trained)}, three quarters of the full length, and "
        f"{qat} with simulated quantisation: {trained + qat} in all."
    )


def _number(value: Any) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _sentence(unit: str, threshold: float, step: float, points: float, subject: str, per: str) -> str:
    free = f"{subject} up to {threshold:g} {unit} {per}".rstrip() + " is free."
    if points == 0:
        return f"{free} More is free too: its points are 0."
    return f"{free} Above it, {step:g} {unit} more must bring {_points(points)} of accuracy."


def _points(points: float) -> str:
    return "1 point" if points == 1 else f"{points:.3g} points"


def _example(
    energy_threshold: float, energy_step: float, energy_points: float,
    flash_threshold: float, flash_step: float, flash_points: float,
) -> str:  # fmt: skip
    energy, flash = energy_threshold + energy_step, flash_threshold + flash_step
    together = _points(energy_points + flash_points)
    return (
        f"A network of {energy:g} mJ and {flash:g} kB must be {together} more accurate than one within both limits "
        "to be worth as much."
    )
