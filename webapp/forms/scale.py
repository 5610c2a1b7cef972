"""A search at a smaller scale: trials, switch point and epochs in proportion, and what that changes."""

from collections.abc import Mapping
from typing import Any

SCALES = (1.0, 0.5, 0.25, 0.1, 0.05, 0.02, 0.005)
"""Shares of a search that the form offers."""

_LEAST: Mapping[str, int] = {"trial_budget": 10, "switch_at": 5, "full_epochs": 8, "qat_epochs": 1}
_NAMES: Mapping[str, str] = {
    "trial_budget": "trials",
    "switch_at": "trials before the switch",
    "full_epochs": "epochs of a full training",
    "qat_epochs": "epochs with simulated quantisation",
}


class ScaleError(ValueError):
    """The scale is no number between 0 and 1; the message states what it may be."""


def scale_of(text: str) -> float:
    """A scale (0..1] as people write it: 0.1, 10 %. Raises ScaleError."""
    written = text.strip()
    try:
        scale = float(written.removesuffix("%")) / (100.0 if written.endswith("%") else 1.0)
    except ValueError:
        scale = 0.0
    if not 0.0 < scale <= 1.0:
        raise ScaleError(f"A scale is a number above 0 and at most 1, such as 0.1 or 10%, not {text[:40]!r}.")
    return scale


def scaled(values: Mapping[str, Any], scale: float) -> dict[str, Any]:
    """Settings of a study with everything that grows with a search's length in proportion; the rest as it is."""
    return dict(values) | _changed(values, scale)


def consequences(values: Mapping[str, Any], scale: float) -> str:
    """What `scaled` changes of `values`, in words; "" at full scale."""
    changed = _changed(values, scale)
    if not changed:
        return ""
    parts = [f"{new:,} instead of {values[name]:,} {_NAMES[name]}" for name, new in changed.items()]
    return (
        f"At {100 * scale:g} % of its size: {', '.join(parts)}. A smaller search finds less accurate networks, and "
        "shorter trainings rank networks less reliably: compare its results with searches of the same scale."
    )


def _changed(values: Mapping[str, Any], scale: float) -> dict[str, int]:
    known = {name: values[name] for name in _LEAST if isinstance(values.get(name), int)}
    smaller = {name: max(min(_LEAST[name], value), round(scale * value)) for name, value in known.items()}
    return {name: value for name, value in smaller.items() if value != known[name]}
