"""A network that a person adds to a study: published, of a trial of another study, or an architecture as JSON."""

from dataclasses import dataclass
from typing import Any

from django import forms

from nas_engine.architecture import Architecture
from nas_engine.baselines import LARGEST_WIDTH, NAMES, SMALLEST_WIDTH, Baseline, baseline
from webapp.forms.wording import InWords
from webapp.models import Study, Trial
from webapp.services.structured_text import BadText, read_json
from webapp.translation import architecture, baseline_network, fitted_network

BASELINE, TRIAL, JSON = "baseline", "trial", "json"
_MOST_CHARACTERS = 64_000
_LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ChosenNetwork:
    """Network with its name, if it has one, and where it comes from, in words."""

    network: Architecture
    note: str
    label: str = ""


class AddedNetworkForm(InWords, forms.Form):
    """Names of what a source needs; the others may be missing. The network is fitted to the data set of `study`,
    unless it is JSON, which is taken as it is.
    """

    source = forms.ChoiceField(
        label="network", choices=[(BASELINE, "Published"), (TRIAL, "Of another study"), (JSON, "As JSON")]
    )
    family = forms.ChoiceField(label="published network", choices=[(name, name) for name in NAMES], required=False)
    width = forms.FloatField(
        label="width (empty: that of Table 1)",
        required=False,
        min_value=SMALLEST_WIDTH,
        max_value=LARGEST_WIDTH,
    )
    other_study = forms.ModelChoiceField(label="study", queryset=Study.objects.none(), required=False)
    number = forms.IntegerField(label="number of its trial", required=False, min_value=1, max_value=_LARGEST_NUMBER)
    text = forms.CharField(
        label="architecture",
        required=False,
        max_length=_MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="JSON of stem, blocks and head, as the page of a trial shows and exports it.",
    )

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._study = study
        others = Study.objects.exclude(pk=study.pk).exclude(state=Study.State.DRAFT)
        self.fields["other_study"].queryset = others.only("name", "created_at")
        self.fields["width"].widget.attrs["step"] = "any"

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        read = {BASELINE: self._published, TRIAL: self._of_trial, JSON: self._from_text}.get(values.get("source", ""))
        if read is not None and not self.errors:
            values["chosen"] = read(values)
        return values

    def _published(self, values: dict[str, Any]) -> ChosenNetwork | None:
        if not values["family"]:
            return self._missing("family", "Choose a published network.")
        width = values["width"]
        try:
            wanted = baseline(values["family"]) if width is None else Baseline(values["family"], width)
        except ValueError as error:
            return self._missing("width", str(error))
        return ChosenNetwork(baseline_network(wanted, self._study.dataset), f"published as {wanted.name}", wanted.name)

    def _of_trial(self, values: dict[str, Any]) -> ChosenNetwork | None:
        other, number = values["other_study"], values["number"]
        if other is None:
            return self._missing("other_study", "Choose the study.")
        trial = Trial.objects.filter(study=other, number=number).select_related("architecture").first()
        if trial is None:
            return self._missing("number", f"{other.name} has no trial of this number.")
        network = fitted_network(architecture(trial.architecture), self._study.dataset)
        return ChosenNetwork(network, f"trial {number} of {other.name}", trial.label)

    def _from_text(self, values: dict[str, Any]) -> ChosenNetwork | None:
        if not values["text"].strip():
            return self._missing("text", "Paste the architecture.")
        try:
            return ChosenNetwork(Architecture.from_json(read_json(values["text"])), "an architecture as JSON")
        except BadText as error:
            return self._missing("text", f"This is not valid JSON: {error}")
        except ValueError as error:
            return self._missing("text", f"This is no architecture: {error}.")

    def _missing(self, field: str, message: str) -> None:
        self.add_error(field, message)
