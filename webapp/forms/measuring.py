"""Uploads of measurements, how a file is read, and what counts in a run."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from nas_engine.energy.readers.parsing import text
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.errors import BadMeasurement
from webapp.forms.dataset import too_large
from webapp.forms.recordings import ReplacementForm
from webapp.forms.wording import InWords

TOGETHER, BY_NAME, NO_RUN = "together", "by_name", "none"
WINDOW_KINDS = (
    ("auto", "As the files say (windows below, time stamps, trigger, plateau)"),
    ("manual", "The windows below"),
    ("plateau", "The plateau of high power"),
    ("trigger", "Where a trigger input is active"),
    ("stamps", "Time stamps of another file of this run"),
    ("file", "Windows that the file itself names"),
    ("whole", "The whole trace"),
)
IDLE_KINDS = (
    ("auto", "An idle trace, else what lies outside the windows"),
    ("range", "A stretch of this trace"),
    ("power", "A known power"),
    ("none", "None: gross energy only"),
)
MOST_SPANS = 100
TABLE_LIMIT_BYTES = 100_000_000
_WAY_AROUND = "Pack it with gzip or zip, or record less of the time outside the benchmark."


class ManyFilesInput(forms.ClearableFileInput):
    """A file field that takes several files, chosen or dropped."""

    allow_multiple_selected = True


class ManyFiles(forms.FileField):
    """Several files; each is checked as one file would be."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        one = super().clean
        return [one(item, initial) for item in data] if data else [one(None, initial)]


class MeasurementUploadForm(InWords, forms.Form):
    """Files of a bench. `whole` comes last in the page: an upload that broke off on the way does not have it."""

    files = ManyFiles(
        label="Files",
        max_length=200,
        error_messages={"empty": "An empty file was among them: nothing was stored. Export it again."},
    )
    runs = forms.ChoiceField(
        label="These files are",
        choices=(
            (TOGETHER, "one run: they belong together"),
            (BY_NAME, "a run for each name, such as HASH.csv and HASH.log"),
            (NO_RUN, "to be put into runs later"),
        ),
        initial=TOGETHER,
    )
    voltage_v = forms.FloatField(
        label="Supply (V)",
        required=False,
        min_value=0.01,
        max_value=1000,
        help_text="For files without a voltage. Empty: the device's.",
    )
    whole = forms.CharField(widget=forms.HiddenInput, required=False, initial="1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = {"data-limit-bytes": str(settings.MEASUREMENT_LIMIT_BYTES), "data-too-large": _WAY_AROUND}
        self.fields["files"].widget.attrs |= limit

    def clean_files(self) -> list[UploadedFile]:
        files: list[UploadedFile] = self.cleaned_data["files"]
        for file in files:
            if (file.size or 0) > settings.MEASUREMENT_LIMIT_BYTES:
                raise forms.ValidationError(f"{file.name}: {measurement_too_large(file.size or 0)}")
        return files

    def clean(self) -> dict[str, Any]:
        if not self.data.get("whole"):
            raise forms.ValidationError("The upload broke off on the way: nothing was stored. Send the files again.")
        return self.cleaned_data

    @property
    def options(self) -> dict[str, Any]:
        """Fields of `nas_engine.energy.readers.base.ReadOptions`."""
        voltage_v = self.cleaned_data["voltage_v"]
        return {} if voltage_v is None else {"voltage_v": voltage_v}


def measurement_too_large(size_bytes: int) -> str:
    """Reason for which a measurement is rejected, with the way around it."""
    return (
        f"{size_bytes / 1e6:,.0f} MB; at most {settings.MEASUREMENT_LIMIT_BYTES / 1e6:,.0f} MB a file are accepted. "
        f"{_WAY_AROUND}"
    )


def too_large_for(path: str, size_bytes: int) -> str:
    """Reason for which a body of this size is refused at this address, with the way around it."""
    if path.startswith("/devices/"):
        return measurement_too_large(size_bytes)
    return too_large(size_bytes, ReplacementForm.way_around) if "/recordings/" in path else too_large(size_bytes)


class TableForm(InWords, forms.Form):
    """A table of results: a file, or its text."""

    file = forms.FileField(required=False, label="CSV or JSON file")
    pasted = forms.CharField(
        required=False,
        label="or its text",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    text = ""

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        file = values.get("file")
        if file and file.size > TABLE_LIMIT_BYTES:
            raise forms.ValidationError(
                f"{file.size / 1e6:,.0f} MB; at most {TABLE_LIMIT_BYTES / 1e6:,.0f} MB are accepted."
            )
        found = text.whole(file.read()) if file else values.get("pasted", "")
        if found is None:
            raise forms.ValidationError(f"{self.name} is no text. Export the table as CSV.")
        self.text = found
        if not self.text.strip():
            raise forms.ValidationError("Give a file with a table, or paste its text.")
        return values

    @property
    def name(self) -> str:
        """Origin of the results, in one word."""
        file = self.cleaned_data.get("file")
        return str(file.name)[-80:] if file else "pasted table.csv"


class ReadOptionsForm(InWords, forms.Form):
    """Options given by the user about a file that the file itself does not state."""

    voltage_v = forms.FloatField(
        label="Supply (V)", required=False, min_value=0.01, max_value=1000, help_text="Empty: the device's, if any."
    )
    rate_hz = forms.FloatField(
        label="Samples a second", required=False, min_value=1e-3, max_value=1e8, help_text="Empty: by the file's times."
    )
    channel = forms.CharField(
        label="Channel", required=False, max_length=60, help_text="Main, usb or aux of a Monsoon; empty: the first."
    )
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def options(self) -> dict[str, Any]:
        chosen = {name: self.cleaned_data[name] for name in ("voltage_v", "rate_hz", "channel")}
        return {name: value for name, value in chosen.items() if value not in (None, "")}


class RunForm(InWords, forms.Form):
    """Settings of a run: windows, idle, time of an inference. Several windows are several repeats."""

    window = forms.ChoiceField(choices=WINDOW_KINDS, label="Window")
    channel = forms.CharField(label="Trigger input", required=False, max_length=60)
    active_low = forms.BooleanField(label="Active when low", required=False)
    offset_s = forms.FloatField(
        label="Clock offset (s)", required=False, help_text="Added to time stamps; empty: found by alignment."
    )
    inferences = forms.IntegerField(
        label="Inferences in each window", required=False, min_value=1, help_text="Where the files do not say."
    )
    latency_ms = forms.FloatField(
        label="Time of an inference (ms)", required=False, min_value=1e-6, help_text="Empty: as log or stamps say."
    )
    idle = forms.ChoiceField(choices=IDLE_KINDS, label="Idle power")
    idle_start_s = forms.FloatField(label="Idle from (s)", required=False)
    idle_end_s = forms.FloatField(label="to (s)", required=False)
    idle_power_mw = forms.FloatField(label="Idle power (mW)", required=False, min_value=0)
    instrument_percent = forms.FloatField(
        label="Instrument's accuracy (± % of reading)",
        required=False,
        max_value=99,
        help_text="By its manual or certificate; shown next to the result, in no interval.",
    )
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def of(cls, choices: Mapping[str, Any], version: int) -> "RunForm":
        """A form that shows `RunSettings.to_json()`, or a part of it."""
        start_s, end_s = choices.get("idle_range_s") or (None, None)
        initial = {"window": "auto", "idle": "auto", "seen_version": version, **choices}
        initial |= {"active_low": not choices.get("active_high", True), "idle_start_s": start_s, "idle_end_s": end_s}
        form = cls(initial=initial)
        form.spans = [(f"{start:.6g}", f"{end:.6g}") for start, end in choices.get("spans_s", ())]
        return form

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spans: list[tuple[str, str]] = []
        self.settings = RunSettings()
        if self.is_bound:
            starts, ends = self.data.getlist("start_s"), self.data.getlist("end_s")
            pairs = zip(starts[:MOST_SPANS], ends[:MOST_SPANS], strict=False)
            self.spans = [(start.strip(), end.strip()) for start, end in pairs if start.strip() or end.strip()]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        try:
            spans_s = _spans(self.spans)
            self.settings = RunSettings.from_json(self._choices(spans_s)) if not self.errors else self.settings
        except (BadMeasurement, ValueError) as error:
            self.add_error(None, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return values

    def _choices(self, spans_s: Sequence[tuple[float, float]]) -> dict[str, Any]:
        values = self.cleaned_data
        idle_range = (values["idle_start_s"], values["idle_end_s"])
        return {
            "window": values["window"],
            "spans_s": spans_s,
            "channel": values["channel"] or None,
            "active_high": not values["active_low"],
            "idle": values["idle"],
            "idle_range_s": None if None in idle_range else idle_range,
            **{name: values[name] for name in ("offset_s", "inferences", "latency_ms", "idle_power_mw")},
            "instrument_percent": values["instrument_percent"],
        }


def _spans(texts: Sequence[tuple[str, str]]) -> list[tuple[float, float]]:
    """Windows of a person. Raises ValueError with the sentence to show."""
    spans = []
    for number, (start, end) in enumerate(texts, start=1):
        try:
            span = (float(start.replace(",", ".")), float(end.replace(",", ".")))
        except ValueError:
            raise ValueError(f"window {number} needs two numbers of seconds, such as 2.5 and 12.5") from None
        if not span[0] < span[1]:
            raise ValueError(f"window {number} must end after it starts, not from {start} s to {end} s")
        spans.append(span)
    return spans
