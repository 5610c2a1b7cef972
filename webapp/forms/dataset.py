"""Adding a set of clips in the browser: an archive, or a synthetic set."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.frontends.kinds import EARSHOT, KINDS, MICRO
from webapp.forms.wording import InWords
from webapp.models import Dataset

ARCHIVE_SUFFIXES = (".zip",)
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_DEFAULT, _MICRO = FrontendConfig(), FrontendConfig.of_kind(MICRO)
_WAY_AROUND = "Larger sets are added on the server: python manage.py add_dataset FOLDER --name NAME"
LEAST_FRAMES, MOST_FRAMES = 20, 1000
LEAST_MEL_BINS, MOST_MEL_BINS = 8, 80


ESC50_CHOICES = (
    ("", "six, unless it has categories of its own"),
    ("six", "six of the paper's nine classes, and negatives"),
    ("all", "all its categories"),
)
ESC50_HELP = "Only for sets in the layout of ESC-50: six maps its categories onto the paper's classes."


class InputForm(InWords, forms.Form):
    """The part of the front end that users choose: its kind, frames and mel bins."""

    front_end = forms.ChoiceField(
        label="Front end",
        required=False,
        initial=EARSHOT,
        choices=[(name, kind.title) for name, kind in KINDS.items()],
        help_text="\n".join(f"{kind.title}: {kind.description}." for kind in KINDS.values()),
    )
    frames = forms.IntegerField(
        required=False,
        initial=_DEFAULT.frames,
        min_value=LEAST_FRAMES,
        max_value=MOST_FRAMES,
        help_text=f"Length of the sound that a network hears at once, in steps of 20 ms: {_DEFAULT.frames} are "
        f"{_DEFAULT.seconds:.1f} s. TFLite Micro's front end has steps of 10 ms: {_DEFAULT.frames} are "
        f"{_MICRO.seconds:.1f} s.",
    )
    mel_bins = forms.IntegerField(
        label="Mel bins",
        required=False,
        initial=_DEFAULT.mel_bins,
        min_value=LEAST_MEL_BINS,
        max_value=MOST_MEL_BINS,
        help_text=f"Frequency bands. The paper's search spaces take {_DEFAULT.frames} frames of "
        f"{_DEFAULT.mel_bins} mel bins; for another input, edit a study's space.",
    )

    def clean(self) -> dict[str, Any]:
        """Values, once the front end can be computed with them."""
        values = super().clean() or self.cleaned_data
        kind, mel_bins = KINDS[values.get("front_end") or EARSHOT], values.get("mel_bins")
        fixed = (kind.defaults or {}).get("mel_bins")
        if "mel_bins" in kind.fixed and mel_bins not in (None, fixed):
            message = f"{kind.title} always has {fixed} mel bins: leave {fixed}, or choose another front end."
            self.add_error("mel_bins", message)
        return values

    @property
    def frontend(self) -> dict[str, Any]:
        """Values that differ from the defaults, by `FrontendConfig`'s field names."""
        names = {"kind": "front_end", "frames": "frames", "mel_bins": "mel_bins"}
        chosen = {name: self.cleaned_data[field] for name, field in names.items()}
        return {name: value for name, value in chosen.items() if value not in (None, "", getattr(_DEFAULT, name))}


class ReadingForm(InputForm):
    """The input of networks, and choices on how a set of clips is read."""

    esc50_classes = forms.ChoiceField(
        label="Classes of ESC-50",
        required=False,
        choices=ESC50_CHOICES,
        help_text=ESC50_HELP,
    )

    @property
    def reading(self) -> dict[str, Any]:
        """JSON of `ReadingOptions` without what is not chosen."""
        chosen = self.cleaned_data["esc50_classes"]
        return {"esc50_classes": chosen} if chosen else {}


class _NamedForm(InWords, forms.Form):
    name = forms.CharField(max_length=80, help_text="Studies find the dataset under this name.")

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if Dataset.objects.filter(name=name).exists():
            raise forms.ValidationError(f"A dataset named {name} exists already: choose another name.")
        return name


class LicenceForm(InWords, forms.Form):
    """What the sounds' licence is, where it is known."""

    licence = forms.CharField(
        max_length=200,
        required=False,
        help_text="Licence of the sounds, such as CC BY 4.0. Model cards of networks trained on them name it.",
    )


class ArchiveForm(InWords, forms.Form):
    """A zip archive of sounds. `way_around` is what to do with a larger one."""

    way_around: ClassVar[str] = _WAY_AROUND
    file = forms.FileField(
        label="Zip archive", widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = {"data-limit-bytes": str(settings.UPLOAD_LIMIT_BYTES), "data-too-large": self.way_around}
        self.fields["file"].widget.attrs |= limit

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.UPLOAD_LIMIT_BYTES:
            raise forms.ValidationError(too_large(file.size or 0, self.way_around))
        start = file.read(4)
        file.seek(0)
        if start not in _ZIP_MAGIC:
            raise forms.ValidationError(
                f"{file.name} is not a zip archive. Pack the folder of sounds as .zip; other archives are not read."
            )
        return file


class UploadForm(_NamedForm, ArchiveForm, LicenceForm, ReadingForm):
    """A zip archive of clips."""


class SyntheticForm(_NamedForm, InputForm):
    """A synthetic set of nine classes. Its fields' ids differ from those of the upload form on the same page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_synthetic_%s", **kwargs)

    seed = forms.IntegerField(
        initial=1, min_value=0, max_value=2**31 - 1, help_text="The same seed makes the same sounds."
    )


def too_large(size_bytes: int, way_around: str = _WAY_AROUND) -> str:
    """Reason for which an upload is rejected, with the way around it."""
    return (
        f"The upload has {size_bytes / 1e6:,.0f} MB; at most {settings.UPLOAD_LIMIT_BYTES / 1e6:,.0f} MB are accepted. "
        f"{way_around}"
    )
