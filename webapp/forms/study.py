"""The settings of a study: one form for the browser and for study files."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput
from django.utils.text import Truncator

from nas_engine.deployment.vela import ACCELERATORS
from nas_engine.search_space.paper_spaces import by_name
from nas_engine.search_space.spec import SpaceSpec
from webapp.forms.constraints import HELP_TEXTS, constraint_errors
from webapp.forms.stop_rules import stop_rule_errors
from webapp.forms.wording import InWords
from webapp.models import Dataset, EnergyModel, Runtime, Study
from webapp.queries.detection import stream_problems
from webapp.queries.energy_models import ready_models, title_of
from webapp.queries.spaces import SPACE_NAMES, classes_of, edited_name, misfit
from webapp.services.structured_text import BadText, read_json
from webapp.translation import frontend, space_spec

OFFERED_DESIGNERS = tuple(designer for designer in Study.Designer if designer != Study.Designer.LISTED)
STOPPING_HELP = {
    "early_stopping": (
        "Marginal value gives epochs to a trial, to new ones, or to a finished network once more, wherever they are "
        "worth most. All rules judge by the reward: for a front, choose None."
    ),
    "stop_confidence": (
        "Exponential decay stops a trial that ends below the best reward with this probability. "
        "TSGP: of the trials that would become the best, so great a share is not stopped."
    ),
}
ENERGY_HELP = {
    "energy_model": (
        "Learned from measurements of a device, or estimated for an Ethos-U. The study can change to another one "
        "at any time."
    )
}
STEP_LABELS = {
    "energy_step_points": "accuracy points per energy step",
    "flash_step_points": "accuracy points per flash step",
}
STEP_HELP = {
    "energy_step_mj": "Above the threshold, one step more must be worth the accuracy points of the next field.",
    "flash_step_kb": "Above the threshold, one step more must be worth the accuracy points of the next field.",
}
MEASURE_HELP = {
    "accuracy_measure": (
        "What Equation 1 takes of the int8 network: the share of the evaluation split's clips that it answers right, "
        "or 1 less its mean miss rate on streams put together from them, at a rate of false alarms."
    )
}
EDITED_SPACE = "edited_space"
"""Carries an edited space through the form of a new study, as `SpaceSpec.to_json()`; a draft has its own."""
_AT_ODDS = (Study.Designer.NSGA2, Study.EarlyStopping.MARGINAL_VALUE)
_AT_ODDS_WORDS = (
    "Marginal value stops what does not promise a higher reward, and NSGA-II searches a front of accuracy, energy and "
    'flash, which it learns from finished trials alone: choose none (in a file, early_stopping = "none").'
)
_LONGEST_VALUE = 60  # characters of a stored value in a message


class EnergyModelField(forms.ModelChoiceField):
    """Energy models by name, with a remark on those that predict no better than the mean."""

    def label_from_instance(self, obj: EnergyModel) -> str:
        return title_of(obj)


class SpaceField(forms.JSONField):
    """A space as JSON, within the limits of `structured_text`."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value:
            try:
                return read_json(value)
            except BadText as error:
                raise forms.ValidationError(f"The edited space cannot be read: {error}.") from error
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except (ValueError, RecursionError):  # shown as it came
            return InvalidJSONInput(data)


class StudyForm(InWords, forms.ModelForm):
    """All settings of a study; a setting that is not given takes its default. The dataset must not have failed.

    With `fit_input` a space that does not fit the dataset's front end is given its input, instead of being rejected.
    Without `is_named` any name will do, also none: for what is not saved. Without `is_checked` the form shows what was
    typed without its errors. `changed_data` of a new study's form names what a user has changed since it was shown.
    """

    edited_space = SpaceField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Study
        fields = Study.SETTINGS
        widgets = {"notes": forms.Textarea(attrs={"rows": 2})}
        labels = STEP_LABELS
        field_classes = {"energy_model": EnergyModelField}
        help_texts = {**HELP_TEXTS, **STOPPING_HELP, **ENERGY_HELP, **STEP_HELP, **MEASURE_HELP}

    def __init__(
        self, *args: Any, fit_input: bool = False, is_named: bool = True, is_checked: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fit_input, self.is_named, self.is_checked = fit_input, is_named, is_checked
        self.fields["name"].required = is_named
        self.fields["dataset"].queryset = Dataset.objects.exclude(state=Dataset.State.FAILED).order_by("name")
        self.fields["dataset"].empty_label = None
        self.fields["energy_model"].queryset = ready_models()
        self.fields["runtime"].required = False  # the energy model's device knows its own
        self.fields["energy_model"].empty_label = "Published figures (estimate)"
        self.fields["designer"].choices = [(designer.value, designer.label) for designer in OFFERED_DESIGNERS]
        self.fields["accelerator"].choices = [("", "None"), *((name, name) for name in ACCELERATORS)]
        edited = self._edited_json()
        self.fields["space"].choices = [
            *SPACE_NAMES.items(),
            *([(Study.Space.EDITED, _name(edited))] if edited else []),
        ]
        for field in self.fields.values():
            if isinstance(field, forms.FloatField):
                field.widget.attrs["step"] = "any"
        for name in Study.SETTINGS:
            self.fields[name].show_hidden_initial = self.instance.pk is None

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_checked:
            self.errors.clear()

    def validate_unique(self) -> None:
        if self.is_named:
            super().validate_unique()

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        model = values.get("energy_model")
        values["runtime"] = values.get("runtime") or (model and model.device.runtime) or Runtime.XNNPACK.value
        dataset, name = values.get("dataset"), values.get("space")
        spec = self._spec(name, classes_of(dataset)) if dataset and name else None
        if spec is not None and (spec := self._fitted(spec, dataset)) is not None:
            for field, message in constraint_errors(values, spec):
                self.add_error(field, message)
        if dataset and values.get("accuracy_measure") == Study.AccuracyMeasure.STREAMS:
            alarms, hours = values.get("stream_alarms_per_hour"), values.get("stream_hours")
            for field, message in stream_problems(dataset, alarms_per_hour=alarms, hours=hours):
                self.add_error(field, message)
        for field, message in stop_rule_errors(values):
            self.add_error(field, message)
        if (values.get("designer"), values.get("early_stopping")) == _AT_ODDS:
            self.add_error("early_stopping", _AT_ODDS_WORDS)
        return values

    def _edited_json(self) -> Any:
        """The edited space at hand: a draft's own, or the one that the form carries."""
        if self.instance.pk is not None:
            is_edited = self.instance.space == Study.Space.EDITED
            return space_spec(self.instance).to_json() if is_edited else None
        given = self[EDITED_SPACE].value()
        try:
            return self.fields[EDITED_SPACE].to_python(given) if isinstance(given, str) else given
        except forms.ValidationError:
            return None

    def _spec(self, name: str, classes: int) -> SpaceSpec | None:
        if name != Study.Space.EDITED:
            return SpaceSpec.from_search_space(by_name(name, classes))
        try:
            spec = SpaceSpec.from_json(self._edited_json())
            spec = replace(spec, head=replace(spec.head, classes=classes))
            self._keep(spec)
        except ValueError as error:
            self.add_error("space", f"The edited space cannot be built: {error}")
            return None
        return spec

    def _fitted(self, spec: SpaceSpec, dataset: Dataset) -> SpaceSpec | None:
        """The space if the dataset fits it, the space with the dataset's input if that is wanted, else an error."""
        reason = misfit(dataset, spec.stem)
        if not reason:
            return spec
        if not self.fit_input:
            self.add_error("space", reason)
            return None
        config = frontend(dataset)
        stem = replace(spec.stem, frames=config.frames, mel_bins=config.mel_bins)
        spec = replace(spec, name=edited_name(spec.name), stem=stem)
        self.cleaned_data["space"] = Study.Space.EDITED
        self._keep(spec)
        return spec

    def _keep(self, spec: SpaceSpec) -> None:
        """Have the study saved with this space."""
        self.instance.space_spec = self.cleaned_data["space_spec"] = spec.search_space().to_json()


def _name(spec: Any) -> str:
    return str(spec.get("name")) if isinstance(spec, Mapping) else "Edited"


def defaults() -> dict[str, Any]:
    """The default of every setting that has one, by field name."""
    fields = (Study._meta.get_field(name) for name in Study.SETTINGS)
    return {field.name: field.get_default() for field in fields if field.has_default()}


def settings_of(study: Study) -> dict[str, Any]:
    """The settings of `study` by field name, as `StudyForm(initial=...)` takes them."""
    settings = {name: getattr(study, name) for name in Study.SETTINGS if name not in ("dataset", "energy_model")}
    settings |= {"dataset": study.dataset_id, "energy_model": study.energy_model_id}
    if study.space == Study.Space.EDITED:
        settings[EDITED_SPACE] = space_spec(study).to_json()
    return settings


def differences(form: StudyForm, stored: Study) -> str:
    """The stored settings that differ from those of a valid form, in words: "trials 48, seed 3"."""
    values = {name: form.cleaned_data.get(name) for name in Study.SETTINGS}
    differing = [name for name, value in values.items() if value != getattr(stored, name)]
    return ", ".join(f"{form.fields[name].label} {_in_words(stored, name)}".strip() for name in differing)


def _in_words(study: Study, name: str) -> str:
    choice = getattr(study, f"get_{name}_display", None)
    value = choice() if choice else getattr(study, name)
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value in (None, "") else Truncator(value).chars(_LONGEST_VALUE)
