"""The paper's five searches on one dataset, at a scale: the form of one click, for the browser and the command."""

from typing import Any

from django import forms

from webapp.forms.presets import preset_values
from webapp.forms.scale import SCALES, ScaleError, consequences, scale_of, scaled
from webapp.forms.study import EnergyModelField, StudyForm, defaults
from webapp.forms.study_file import errors_in_words
from webapp.forms.wording import InWords
from webapp.models import Dataset, Study
from webapp.queries.energy_models import ready_models

PAPER_FIVE = (
    "nas-bayesian", "nas-hyperfirefly", "nas-bayesian-b-prime", "nas-hyperfirefly-b-prime", "1d-nas-bayesian",
)  # fmt: skip
"""Presets of the paper's five searches, in the order of Table 1."""
DEFAULT_NAME = "Paper's five"
_LONGEST_NAME = 90  # characters, which leaves room for the names of the five behind it


class PaperFiveForm(InWords, forms.Form):
    """Dataset, scale, seed and energy model that the five share; `studies` has them, unsaved, once it is valid."""

    name = forms.CharField(
        max_length=_LONGEST_NAME, help_text="Of the comparison; the names of the five studies begin with it."
    )
    dataset = forms.ModelChoiceField(queryset=Dataset.objects.none(), empty_label=None)
    scale = forms.CharField(widget=forms.Select)
    seed = forms.IntegerField(
        initial=1, min_value=0, validators=Study._meta.get_field("seed").validators, help_text="Of all five searches."
    )
    energy_model = EnergyModelField(
        queryset=ready_models(),
        required=False,
        empty_label="Published figures (estimate)",
        help_text="By which all five searches estimate energy.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dataset"].queryset = Dataset.objects.filter(state=Dataset.State.READY).order_by("name")
        self.fields["energy_model"].queryset = ready_models()
        self.fields["scale"].widget.choices = [(f"{scale:g}", scale_in_words(scale)) for scale in SCALES]
        self.studies: tuple[Study, ...] = ()

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_scale(self) -> float:
        try:
            return scale_of(self.cleaned_data["scale"])
        except ScaleError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            self.studies = self._studies(values)
        return values

    @property
    def notes(self) -> str:
        """Notes of the comparison: where the five come from, and what their scale changes."""
        values = self.cleaned_data
        origin = f"The paper's five searches (Table 1) on {values['dataset']} with seed {values['seed']}."
        return f"{origin} {consequences_of(values['scale'])}".strip()

    def _studies(self, values: dict[str, Any]) -> tuple[Study, ...]:
        """The five; none, with its errors, as soon as one of them is not valid."""
        studies = []
        for slug in PAPER_FIVE:
            search = StudyForm(_settings(slug, values), is_named=False)
            if not search.is_valid():
                self.add_error(None, f"{search['name'].value()}: {errors_in_words(search)}")
                return ()
            studies.append(search.save(commit=False))
        return tuple(studies)


def _settings(slug: str, values: dict[str, Any]) -> dict[str, Any]:
    """Settings of one of the five. Without a runtime they get that of the energy model's device."""
    model = values["energy_model"]
    shared = {"dataset": values["dataset"].pk, "seed": values["seed"], "energy_model": model.pk if model else ""}
    return defaults() | scaled(preset_values(slug), values["scale"]) | shared | {"runtime": ""}


def scaled_lengths(scale: float) -> dict[str, int]:
    """`trial_budget`, `full_epochs` and `qat_epochs` of each of the five at a scale."""
    values = defaults() | scaled(preset_values(PAPER_FIVE[0]), scale)
    return {name: values[name] for name in ("trial_budget", "full_epochs", "qat_epochs")}


def consequences_of(scale: float) -> str:
    """What the scale changes of the five, in words; "" at full scale."""
    return consequences(preset_values(PAPER_FIVE[0]), scale)


def scale_in_words(scale: float) -> str:
    """Such as "5 %: 5 × 100 trials, full length 10 epochs"."""
    lengths = scaled_lengths(scale)
    trials = f"{len(PAPER_FIVE)} × {lengths['trial_budget']:,} trials"
    return f"{100 * scale:g} %: {trials}, full length {lengths['full_epochs']:,} epochs"
