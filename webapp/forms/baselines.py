"""Published networks to train on a dataset, with their widths and training lengths."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BoundField

from nas_engine.baselines import LARGEST_WIDTH, NAMES, SMALLEST_WIDTH, Baseline, baseline
from webapp.forms.wording import InWords
from webapp.models import Study
from webapp.queries.whole_numbers import whole_number
from webapp.services.baselines import DEFAULT_FULL_EPOCHS

_WIDTH = "width_{}"
_LONGEST = 9_999  # epochs


class BaselinesForm(InWords, forms.Form):
    """A checkbox and a width for each family; a width that is left empty is that of Table 1."""

    names = forms.MultipleChoiceField(
        label="networks",
        choices=[(family, family) for family in NAMES],
        error_messages={"required": "Choose at least one network."},
    )
    full_epochs = forms.IntegerField(
        label="full training length",
        initial=DEFAULT_FULL_EPOCHS,
        help_text="Epochs. Like a trial, a baseline trains for three quarters of them.",
        validators=Study._meta.get_field("full_epochs").validators,
    )
    replace = forms.BooleanField(
        required=False, label="delete the dataset's baselines first", help_text="Needed for another training length."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for family in NAMES:
            self.fields[_WIDTH.format(family)] = forms.DecimalField(
                label=f"width of {family}",
                required=False,
                initial=baseline(family).width,
                min_value=SMALLEST_WIDTH,
                max_value=LARGEST_WIDTH,
                max_digits=4,
                decimal_places=3,
                widget=forms.NumberInput(attrs={"step": "any"}),
            )

    @property
    def wanted(self) -> list[str]:
        """The names of the chosen baselines, once the form is valid."""
        widths = {family: self.cleaned_data[_WIDTH.format(family)] for family in NAMES}
        return [
            Baseline(family, float(widths[family])).name if widths[family] is not None else family
            for family in self.cleaned_data["names"]
        ]

    @property
    def length(self) -> int | None:
        """The training length in the form, None where it holds no number. The field itself would keep its initial."""
        initial = self.get_initial_for_field(self.fields["full_epochs"], "full_epochs")
        value = str(self.data.get("full_epochs", "") if self.is_bound else initial)
        return whole_number(value, most=_LONGEST)

    def rows(self, seconds: Mapping[str, float]) -> list[tuple[str, bool, BoundField, float]]:
        """(family, whether it is ticked, the field of its width, estimated seconds) in the order of the form."""
        ticked = self["names"].value() or []
        return [(family, family in ticked, self[_WIDTH.format(family)], seconds[family]) for family in NAMES]
