"""Stop rules of a study, in the form of its settings and in that of a study that runs already; its priority."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from webapp.forms.wording import InWords
from webapp.models import Study

_FRONT = ("stop_front_percent", "stop_front_trials")


def stop_rule_errors(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, message) of what is wrong with stop rules that are each in range."""
    missing = [name for name in _FRONT if values.get(name) is None]
    if len(missing) == 1:
        yield missing[0], "The rule of the front needs both its percentage and its number of trials, or neither."


class PriorityForm(InWords, forms.ModelForm):
    """The priority among studies whose trials wait."""

    class Meta:
        model = Study
        fields = ("priority",)


class StopRulesForm(InWords, forms.ModelForm):
    """The stop rules alone, to be changed while a study runs."""

    class Meta:
        model = Study
        fields = Study.STOP_SETTINGS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.FloatField):
                field.widget.attrs["step"] = "any"

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for field, message in stop_rule_errors(values):
            self.add_error(field, message)
        return values
