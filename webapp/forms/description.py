"""Name and notes of a study, a run, a dataset or a comparison."""

from typing import Any

from django import forms

from webapp.forms.wording import InWords
from webapp.services.descriptions import Described, description_version, name_field


class DescriptionForm(InWords, forms.Form):
    """Name and notes of `row`. `seen` is the version that the user edits; a run needs no name."""

    name = forms.CharField()
    notes = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}))
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, row: Described, **kwargs: Any) -> None:
        field = row._meta.get_field(name_field(row))
        now = {"name": getattr(row, field.name), "notes": row.notes, "seen": description_version(row)}
        super().__init__(*args, initial=now, **kwargs)
        self.fields["name"] = forms.CharField(max_length=field.max_length, required=not field.blank)

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())
