"""A comparison as people enter it, and the choice of one for a study."""

from typing import Any

from django import forms

from webapp.forms.wording import InWords
from webapp.models import Comparison, Study

_LONGEST_NAME = Comparison._meta.get_field("name").max_length


class ComparisonForm(InWords, forms.Form):
    """A new comparison: name, notes, searches. Its page draws the choice of searches itself."""

    name = forms.CharField(max_length=_LONGEST_NAME)
    notes = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    studies = forms.ModelMultipleChoiceField(queryset=Study.objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["studies"].queryset = Study.objects.filter(kind=Study.Kind.SEARCH).only("pk")

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    @property
    def values(self) -> dict[str, Any]:
        """As `services.comparisons.create` takes them, once the form is valid."""
        shown = {name: self.cleaned_data[name] for name in ("name", "notes")}
        return shown | {"study_ids": [study.pk for study in self.cleaned_data["studies"]]}


class AddToComparisonForm(InWords, forms.Form):
    """One of the comparisons that do not have `study` yet, or the name of a new one."""

    comparison = forms.ModelChoiceField(
        queryset=Comparison.objects.none(), required=False, empty_label="A new comparison"
    )
    name = forms.CharField(
        label="name of a new one", max_length=_LONGEST_NAME, required=False, help_text="Not needed for an existing one."
    )

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["comparison"].queryset = Comparison.objects.exclude(studies=study).order_by("name")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        values["name"] = " ".join(values.get("name", "").split())
        if not self.errors and values.get("comparison") is None and not values["name"]:
            self.add_error("name", "A new comparison needs a name.")
        return values
