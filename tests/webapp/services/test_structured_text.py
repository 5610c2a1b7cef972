"""JSON and TOML of people: read whole, or refused in words."""

import pytest

from webapp.services.structured_text import DEEPEST, LARGEST_NUMBER, BadText, read_json, read_toml


def test_what_is_within_the_limits_is_read_as_it_is() -> None:
    assert read_json('{"a": [1, 2.5, null, "é"]}') == {"a": [1, 2.5, None, "é"]}
    assert read_json("[" * DEEPEST + "]" * DEEPEST)
    assert read_json(str(LARGEST_NUMBER)) == LARGEST_NUMBER
    assert read_toml('name = "a"\n[space]\nframes = 9\n') == {"name": "a", "space": {"frames": 9}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "nested"),
        ('{"a":' * 100_000, "nested"),
        ("1" * 5_000, "digits"),
        ("1" * 300, "too large"),
        ("-" + "1" * 300, "too large"),
        ("[NaN]", "NaN is no number"),
        ("[1e400]", "no number"),
        ('["a\\u0000b"]', "NUL"),
        ('{"\\u0000": 1}', "NUL"),
        ('["\\ud800"]', "half a character"),
        ("{", "line 1 column 2"),
    ],
)
def test_json_that_nothing_can_be_done_with_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(BadText, match=words):
        read_json(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 100_000, "nested"),
        ("a" + ".a" * 1_000 + " = 1", "nested"),
        ("a = " + "1" * 5_000, "digits"),
        ("a = " + "1" * 300, "too large"),
        ("a = inf", "inf is no number"),
        ('a = "\\u0000"', "NUL"),
        ("a = word", "line 1"),
    ],
)
def test_toml_that_nothing_can_be_done_with_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(BadText, match=words):
        read_toml(text)
