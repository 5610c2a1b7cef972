"""Options given by the user for training an energy model, or for one of an NPU."""

from typing import Any

from django import forms
from django.core.validators import MinValueValidator

from nas_engine.deployment.vela import ACCELERATORS
from webapp.forms.wording import InWords
from webapp.models import Device
from webapp.queries.energy_models import trained_models


class TrainModelForm(InWords, forms.Form):
    """From which other device's model to begin, and the seed."""

    known = forms.ModelChoiceField(
        queryset=trained_models(),
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
        self.fields["known"].queryset = trained_models().exclude(device=device)


class NpuModelForm(InWords, forms.Form):
    """An accelerator, and the power that the device takes while it computes."""

    accelerator = forms.ChoiceField(
        choices=[(name, name) for name in ACCELERATORS],
        initial="ethos-u55-128",
        help_text="The last number is that of multiply-accumulates in a cycle. Vela's default system is assumed.",
    )
    power_mw = forms.FloatField(
        label="power (mW)",
        validators=[MinValueValidator(1e-6)],
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="Of the device while the NPU computes, its memories included. Vela has no figure of power.",
    )
    power_source = forms.CharField(
        label="source of the power",
        max_length=200,
        help_text="A measurement of yours, or a data sheet and its page. It is shown with every energy of this model.",
    )
