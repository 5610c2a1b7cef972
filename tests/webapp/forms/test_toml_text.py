"""What is written as TOML is read back by Python's own reader to the same."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.forms.toml_text import to_toml

SCALARS = st.text() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.booleans()
VALUES = st.recursive(
    SCALARS | st.lists(SCALARS | st.lists(SCALARS, max_size=3), max_size=4),
    lambda inner: (
        st.dictionaries(st.text(), inner, max_size=4) | st.lists(st.dictionaries(st.text(), inner), max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_every_table_comes_back_as_it_was(table: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(table)) == table


def test_own_values_stand_before_tables_whatever_the_order() -> None:
    table = {"inner": {"x": 1, "deep": [{"y": 2}, {}]}, "name": "a", "none": None}
    assert to_toml(table) == 'name = "a"\n\n[inner]\nx = 1\n\n[[inner.deep]]\ny = 2\n\n[[inner.deep]]\n'


@pytest.mark.parametrize("value", [object(), [None], [{"a": 1}, 2]])
def test_what_toml_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be written as TOML"):
        to_toml({"x": value})
