"""Whole numbers out of text that may hold anything."""

import pytest

from webapp.queries.whole_numbers import LARGEST_ID, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("7", 7), (" 12 ", 12), ("00000000012", 12), ("000", 0), (str(LARGEST_ID), LARGEST_ID)],
)
def test_digits_are_read(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text", ["", " ", "-1", "+1", "1.5", "1e3", "²", "٣", "1_000", "0x1", "\0", "1" * 5000, str(LARGEST_ID + 1), "word"]
)
def test_anything_else_is_no_number(text: str) -> None:
    assert whole_number(text) is None


def test_zeros_in_front_do_not_hide_a_number_beyond_the_limit() -> None:
    assert whole_number("0000000019999", most=20_000) == 19_999
    assert whole_number("0000000020001", most=20_000) is None
    assert whole_number("0", least=1) is None
