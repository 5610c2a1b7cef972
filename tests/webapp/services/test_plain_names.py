"""Names of files that people download: plain, of limited length, with what tells two of them apart."""

import pytest

from webapp.services.exports import MOST_CHARACTERS, plain_name


def test_a_name_is_plain_and_keeps_the_number_of_its_trial_however_long_its_study_is_called() -> None:
    assert plain_name("Doorbell watch!", "trial", 7) == "doorbell-watch-trial-7"
    long = plain_name("Watch " * 20, "trial", 117, "bundle")
    assert long.endswith("-trial-117-bundle")
    assert len(long) <= MOST_CHARACTERS
    assert plain_name("Watch " * 20, "trial", 118, "bundle") != long


@pytest.mark.parametrize("parts", [("a" * 120, "b" * 120, "bench kit", 3), ("report", 3, "c" * 300)])
def test_the_longest_parts_are_cut(parts: tuple[object, ...]) -> None:
    name = plain_name(*parts)
    assert len(name) == MOST_CHARACTERS
    assert "3" in name.split("-")


def test_a_name_without_plain_characters_is_empty() -> None:
    assert plain_name("ドア") == ""
