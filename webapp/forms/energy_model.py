"""Options given by the user for training an energy model."""

from typing import Any

from django import forms

from webapp.forms.wording import InWords
from webapp.models import Device
from webapp.queries.energy_models import ready_models


class TrainModelForm(InWords, forms.Form):
    """From which other device's model to begin, and the seed."""

    known = forms.ModelChoiceField(
        queryset=ready_models(),
        required=False,
        empty_label="None: this device's measurements alone",
        label="begin from",
        help_text="A model of another device; the measurements of this one correct it. Worth it while they are few.",
    )
    seed = forms.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        initial=1,
        help_text="The same measurements and the same seed make the same model.",
    )

    def __init__(self, *args: Any, device: Device, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["known"].queryset = ready_models().exclude(device=device)
