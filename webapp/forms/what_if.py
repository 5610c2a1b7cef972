"""Other thresholds, slopes and energies for the trials that a study has."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from webapp.forms.wording import InWords
from webapp.queries.pages.what_if import PUBLISHED, RewardChange

_SLIDERS: Mapping[str, tuple[float, float]] = {
    "energy_threshold_mj": (5.0, 0.01),
    "points_per_mj": (20.0, 0.01),
    "flash_threshold_kb": (200.0, 0.5),
    "points_per_kb": (1.0, 0.001),
}
"""Usual end and step of each slider."""


class WhatIfForm(InWords, forms.Form):
    """Begins with the settings `of` a study; `energies` are the choices of energy models."""

    energy_threshold_mj = forms.FloatField(label="E₀: energy threshold (mJ)", min_value=0, max_value=1e4)
    points_per_mj = forms.FloatField(label="Slope b: points of accuracy per mJ above E₀", min_value=0, max_value=100)
    flash_threshold_kb = forms.FloatField(label="M₀: flash threshold (kB)", min_value=0, max_value=1e6)
    points_per_kb = forms.FloatField(label="Slope c: points of accuracy per kB above M₀", min_value=0, max_value=3)
    energies = forms.ChoiceField(label="Energies by")

    def __init__(self, *args: Any, of: RewardChange, energies: Sequence[tuple[str, str]], **others: Any) -> None:
        initial: dict[str, Any] = {name: float(f"{getattr(of, name):.4g}") for name in _SLIDERS}
        now = PUBLISHED if of.energy_model_id is None else str(of.energy_model_id)
        super().__init__(*args, initial=initial | {"energies": now}, **others)
        self.fields["energies"].choices = energies
        for name, (end, step) in _SLIDERS.items():
            attributes = {"step": "any", "data-slider-end": f"{max(end, 2 * initial[name]):g}"}
            self.fields[name].widget.attrs |= attributes | {"data-slider-step": f"{step:g}"}

    def change(self) -> RewardChange:
        """The settings of the form, once it is valid."""
        values = self.cleaned_data
        chosen = values["energies"]
        numbers = {name: values[name] for name in _SLIDERS}
        return RewardChange(**numbers, energy_model_id=None if chosen == PUBLISHED else int(chosen))

    @property
    def shown_values(self) -> list[tuple[str, Any]]:
        """Name and value of each field as they stand in the form."""
        return [(field.name, field.value()) for field in self]
