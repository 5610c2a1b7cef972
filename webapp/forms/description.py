"""Name, notes and tags of a study, a trial, a run, a dataset or a comparison."""

from typing import Any

from django import forms

from webapp.forms.wording import InWords
from webapp.services.descriptions import Described, description_version, has_tags, name_field
from webapp.services.organising import tags_of, text_of


class DescriptionForm(InWords, forms.Form):
    """What people describe `row` by. `seen` is the version that the user edits; a run needs no name, a trial has none.

    Tags are of studies and trials.
    """

    name = forms.CharField()
    notes = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Markdown: lists, links, tables, *emphasis*.",
    )
    tags = forms.CharField(required=False, help_text="Words with commas between them, to find it by.")
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, row: Described, **kwargs: Any) -> None:
        now = {"notes": row.notes, "seen": description_version(row)}
        super().__init__(*args, initial=now, **kwargs)
        name = name_field(row)
        if name is None:
            del self.fields["name"]
        else:
            field = row._meta.get_field(name)
            self.initial["name"] = getattr(row, name)
            self.fields["name"] = forms.CharField(max_length=field.max_length, required=not field.blank)
        if has_tags(row):
            self.initial["tags"] = text_of(row.tags)
        else:
            del self.fields["tags"]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_tags(self) -> list[str]:
        try:
            return tags_of(self.cleaned_data["tags"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
