"""Recordings of one's own for a data set: an archive under a name, or another one in its place."""

from typing import Any

from django import forms

from webapp.forms.dataset import ArchiveForm
from webapp.models import Dataset


class ReplacementForm(ArchiveForm):
    """A zip archive of recordings and their lists."""

    way_around = "Part it, or measure a folder on the server: python manage.py evaluate_streams --recordings FOLDER"


class RecordingsForm(ReplacementForm):
    """A zip archive under a name that no other recordings of the data set have."""

    field_order = ("name", "file")
    name = forms.CharField(max_length=80, help_text="Evaluations on streams find the recordings under this name.")

    def __init__(self, *args: Any, dataset: Dataset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._dataset = dataset

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if self._dataset.recording_sets.filter(name=name).exists():
            raise forms.ValidationError(
                f"There are recordings named {name} already: replace these, or choose another name."
            )
        return name
