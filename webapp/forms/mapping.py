"""The column mapper: which column of a table is what. Kept as a profile if it is given a name."""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from typing import Any

from django import forms

from nas_engine.energy.readers.mapping import CLOCK, CLOCKS, GUESS, IN_CELLS, ColumnMapping
from nas_engine.energy.readers.parsing import units
from nas_engine.errors import BadMeasurement
from webapp.forms.wording import InWords

KINDS = ("time", "current", "voltage", "power")
_IN_CELLS = (IN_CELLS, "as in each cell")
_UNITS = {
    "time": (
        *(("s", "s"), ("ms", "ms"), ("us", "µs"), ("ns", "ns"), (CLOCK, "date or time")),
        *zip([unit for unit in CLOCKS if unit != CLOCK], ("date, day first", "date, month first"), strict=True),
        *((GUESS, "guess"), _IN_CELLS),
    ),
    "current": (("pa", "pA"), ("na", "nA"), ("ua", "µA"), ("ma", "mA"), ("a", "A"), _IN_CELLS),
    "voltage": (("nv", "nV"), ("uv", "µV"), ("mv", "mV"), ("v", "V"), ("kv", "kV"), _IN_CELLS),
    "power": (("pw", "pW"), ("nw", "nW"), ("uw", "µW"), ("mw", "mW"), ("w", "W"), ("kw", "kW"), _IN_CELLS),
}
_USUAL = {"time": "s", "current": "ma", "voltage": "v", "power": "mw"}
_NONE = (("", "–"),)


class MappingForm(InWords, forms.Form):
    """One column and its unit for each quantity, chosen among the columns of a file."""

    rate_hz = forms.FloatField(
        label="Samples a second", required=False, min_value=1e-3, max_value=1e8, help_text="Where no column has times."
    )
    voltage_v = forms.FloatField(
        label="Supply (V)", required=False, min_value=0.01, max_value=1000, help_text="Where no column has a voltage."
    )
    spacing = forms.ChoiceField(
        label="Each row is",
        choices=(("point", "a sample at its time"), ("interval", "the mean up to the next row")),
        initial="point",
    )
    triggers = forms.MultipleChoiceField(
        label="Trigger inputs", required=False, widget=forms.CheckboxSelectMultiple, help_text="Columns of 0 and not 0."
    )
    profile = forms.CharField(
        label="Keep as profile", required=False, max_length=80, help_text="A name under which to find it again."
    )
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, columns: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_mapping_%s", **kwargs)  # not those of the options form on the same page
        self.mapping: ColumnMapping | None = None
        names = [(name, name) for name in columns]
        for kind in KINDS:
            self.fields[kind] = forms.ChoiceField(choices=[*_NONE, *names], required=False, label=f"{kind} column")
            self.fields[f"{kind}_unit"] = forms.ChoiceField(
                choices=_UNITS[kind], required=False, initial=_USUAL[kind], label=f"Unit of {kind}"
            )
        self.fields["triggers"].choices = names

    @classmethod
    def of(cls, proposal: MappingOf[str, Any], *, columns: Sequence[str], version: int) -> "MappingForm":
        """A form that shows a mapping as JSON, also an unfinished one."""
        initial: dict[str, Any] = {"seen_version": version}
        for kind in KINDS:
            if column := proposal.get(kind):
                unit = column["unit"]
                known = {scale: name for name, scale in units.KINDS[kind].items()}
                initial |= {kind: column["column"], f"{kind}_unit": known.get(units.scale(kind, unit), unit)}
        initial |= {key: proposal[key] for key in ("rate_hz", "voltage_v", "spacing", "triggers") if proposal.get(key)}
        return cls(initial=initial, columns=columns)

    @property
    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Each quantity with its two fields."""
        return [(kind, self[kind], self[f"{kind}_unit"]) for kind in KINDS]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        wanted: dict[str, Any] = {
            kind: {"column": values[kind], "unit": values.get(f"{kind}_unit")} for kind in KINDS if values.get(kind)
        }
        wanted |= {name: values.get(name) for name in ("rate_hz", "voltage_v", "triggers", "spacing")}
        try:
            self.mapping = ColumnMapping.from_json(wanted)
        except BadMeasurement as error:
            self.add_error(None, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return values
