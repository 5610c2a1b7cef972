from typing import Any

import pytest

from nas_engine.energy.readers.mapping import ColumnMapping
from nas_engine.energy.readers.parsing import units
from webapp.forms.mapping import KINDS, MappingForm

COLUMNS = ("when", "draw", "cell", "watts")


def units_of(kind: str) -> list[str]:
    field: Any = MappingForm(columns=COLUMNS).fields[f"{kind}_unit"]
    return [value for value, _ in field.choices]


def sent(**values: str) -> MappingForm:
    given = {"rate_hz": "100", "voltage_v": "3.3", "spacing": "point", "seen_version": "1", "power": "watts"}
    return MappingForm(given | {"power_unit": "mw"} | values, columns=COLUMNS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_unit_of_the_form_is_one_of_a_mapping_and_none_is_missing(kind: str) -> None:
    assert set(units.KINDS[kind]) <= set(units_of(kind))
    for unit in units_of(kind):
        form = sent(**{kind: "draw", f"{kind}_unit": unit})
        assert form.is_valid(), form.errors
        assert form.mapping is not None
        assert getattr(form.mapping, kind).unit == unit


@pytest.mark.parametrize(
    ("unit", "shown"), [("uA", "ua"), ("µA", "ua"), ("pA", "pa"), ("milliamps", "ma"), ("cells", "cells")]
)
def test_a_mapping_in_any_spelling_is_shown_by_its_unit(unit: str, shown: str) -> None:
    mapping = ColumnMapping.from_json({"current": {"column": "draw", "unit": unit}, "voltage_v": 3.0, "rate_hz": 9.0})
    assert MappingForm.of(mapping.to_json(), columns=COLUMNS, version=1)["current_unit"].initial == shown


@pytest.mark.parametrize("unit", ["clock", "clock dmy", "clock mdy", "guess", "cells", "ms"])
def test_every_notation_of_time_is_shown_as_it_was_chosen(unit: str) -> None:
    proposal = {"time": {"column": "when", "unit": unit}}
    assert MappingForm.of(proposal, columns=COLUMNS, version=1)["time_unit"].initial == unit
