"""The settings of a study: one form for the browser and for study files."""

from typing import Any

from django import forms

from webapp.models import Dataset, Study

LIMITS = (
    "energy_threshold_mj", "energy_step_mj", "energy_step_points",
    "flash_threshold_kb", "flash_step_kb", "flash_step_points",
)  # fmt: skip
FIELDS = (
    "name", "notes", "dataset", "space", "designer", "trial_budget", "full_epochs", "batch_size", "seed", *LIMITS,
)  # fmt: skip


class StudyForm(forms.ModelForm):
    """All settings of a study; a setting that is not given takes its default. The dataset must not have failed."""

    class Meta:
        model = Study
        fields = FIELDS
        widgets = {"notes": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dataset"].queryset = Dataset.objects.exclude(state=Dataset.State.FAILED).order_by("name")
        self.fields["dataset"].empty_label = None
        searching = [choice for choice in Study.Designer.choices if choice[0] != Study.Designer.LISTED]
        self.fields["designer"].choices = searching
        for name, field in self.fields.items():
            if isinstance(field, forms.FloatField):
                field.widget.attrs["step"] = "any"
            if field.help_text and not field.widget.is_hidden:
                field.widget.attrs["aria-describedby"] = f"id_{name}_help"


def defaults() -> dict[str, Any]:
    """The default of every setting that has one, by field name."""
    fields = (Study._meta.get_field(name) for name in FIELDS)
    return {field.name: field.get_default() for field in fields if field.has_default()}


def settings_of(study: Study) -> dict[str, Any]:
    """The settings of `study` by field name, as `StudyForm(initial=...)` takes them."""
    return {name: getattr(study, name) for name in FIELDS if name != "dataset"} | {"dataset": study.dataset_id}
