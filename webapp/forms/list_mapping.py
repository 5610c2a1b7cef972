"""The column mapper of a list of clips: which column holds file, class, split, group and times."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from nas_engine.audio.layouts.mapping import COLUMNS, FOLDER, ListMapping
from nas_engine.errors import BadDataset
from webapp.forms.wording import InWords

_NONE = (("", "–"),)
_LABELS = {
    "path": ("File", "Names of sound files."),
    "label": ("Class", ""),
    "split": ("Split", "Train, eval, test, or folds; empty to split by group."),
    "group": ("Group", "Recording or speaker, kept in one split."),
    "start": ("Start", "Seconds, where clips are parts of files."),
    "end": ("End", "Seconds, with a start."),
}


class ListMappingForm(InWords, forms.Form):
    """One column for each part, chosen among the columns of a list; or the folders as classes."""

    ignore_lists = forms.BooleanField(
        label="No list is about classes: the folders are the classes", required=False, help_text=""
    )
    profile = forms.CharField(
        label="Keep as profile", required=False, max_length=80, help_text="A name under which to find it again."
    )

    def __init__(self, *args: Any, columns: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_mapping_%s", **kwargs)
        self.mapping: ListMapping | None = None
        names = [(name, name) for name in columns]
        for part in COLUMNS:
            label, hint = _LABELS[part]
            more = [(FOLDER, "the folder that the file lies in")] if part == "label" else []
            choices = [*_NONE, *names, *more]
            self.fields[part] = forms.ChoiceField(choices=choices, required=False, label=label, help_text=hint)

    @classmethod
    def of(cls, proposal: Mapping[str, Any], *, columns: Sequence[str]) -> "ListMappingForm":
        """A form that shows a mapping as JSON, also an unfinished one."""
        return cls(initial={part: proposal.get(part, "") for part in (*COLUMNS, "ignore_lists")}, columns=columns)

    @property
    def rows(self) -> list[forms.BoundField]:
        """The fields of columns."""
        return [self[part] for part in COLUMNS]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        ignored = values.get("ignore_lists", False)
        wanted = {"ignore_lists": True} if ignored else {part: values.get(part, "") for part in COLUMNS}
        if not ignored and not any(wanted.values()):
            self.add_error(None, "Choose the columns of file and class.")
            return values
        try:
            self.mapping = ListMapping.from_json(wanted)
        except BadDataset as error:
            self.add_error(None, str(error))
        return values
