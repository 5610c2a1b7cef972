from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.readers.parsing import clock
from nas_engine.errors import BadMeasurement

SOURCE = FileSource("t.csv", Path("t.csv"))
NOTATIONS = (
    "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y%m%dT%H%M%S.%fZ", "%Y/%m/%d %H:%M:%S.%f",
    "%d/%m/%Y %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S,%f", "%d.%m.%y %H:%M:%S.%f", "%m/%d/%Y %I:%M:%S.%f %p",
    "%m/%d/%Y, %I:%M:%S.%f %p", "%d-%b-%Y %H:%M:%S.%f", "%d %B %Y %H:%M:%S.%f", "%d-%m-%YT%H:%M:%S.%f",
    "%m-%d-%Y %H:%M:%S.%f UTC",
)  # fmt: skip


@pytest.mark.parametrize("notation", NOTATIONS)
@given(
    start=st.datetimes(datetime(2001, 1, 1), datetime(2060, 1, 1)),
    step_s=st.floats(0.01, 4_000.0),
)
def test_dates_in_any_notation_give_the_seconds_between_them(notation: str, start: datetime, step_s: float) -> None:
    true_s = start.replace(tzinfo=UTC).timestamp() + np.arange(40) * step_s
    words = [datetime.fromtimestamp(second, UTC).strftime(notation) for second in true_s]
    read_s, _ = clock.seconds(SOURCE, words, first_line=1)
    np.testing.assert_allclose(np.diff(read_s), step_s, atol=1e-5 + 1e-6 * step_s)
    assert all(clock.is_clock(word) for word in words)


def test_the_day_that_cannot_be_a_month_decides_for_the_column() -> None:
    words = ["12/06/2011 23:59:59", "13/06/2011 00:00:00"]
    stamps_s, findings = clock.seconds(SOURCE, words, first_line=1)
    assert (stamps_s.tolist(), findings) == ([1_307_923_199.0, 1_307_923_200.0], ())


def test_the_order_that_makes_the_shorter_recording_decides() -> None:
    stamps_s, findings = clock.seconds(SOURCE, ["11/12/2024 23:59:59", "12/12/2024 00:00:00"], first_line=1)
    assert (float(np.ptp(stamps_s)), findings) == (1.0, ())
    stamps_s, findings = clock.seconds(SOURCE, ["12/11/2024 23:59:59", "12/12/2024 00:00:00"], first_line=1)
    assert (float(np.ptp(stamps_s)), findings) == (1.0, ())


def test_one_date_that_may_be_either_is_said_and_can_be_chosen() -> None:
    words = ["05/01/2024 10:00:00", "05/01/2024 10:00:01"]
    (january, (told,)), (may, none) = (
        clock.seconds(SOURCE, words, first_line=1, order=order) for order in (None, clock.MONTH_FIRST)
    )
    assert "read as day/month/year" in told.message
    assert datetime.fromtimestamp(january[0], UTC).month == 1
    assert (datetime.fromtimestamp(may[0], UTC).month, none) == (5, ())


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        (["23:59:59.5", "00:00:00.25", "00:00:01"], [0.75, 0.75]),
        (["11:59:59 PM", "12:00:00 AM", "12:00:01 am"], [1.0, 1.0]),
        (["11:59:59 a.m.", "12:00:00 p.m."], [1.0]),
        (["9:59", "10:00"], [60.0]),
        (["23:00:00", "01:00:00", "23:00:00", "01:00:00"], [7_200.0, 79_200.0, 7_200.0]),
    ],
)
def test_times_of_day_run_over_midnight(words: list[str], seconds: list[float]) -> None:
    stamps_s, _ = clock.seconds(SOURCE, words, first_line=1)
    assert np.diff(stamps_s).tolist() == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["10:00:00", "soon"], 'line 4: "soon" is no time of day'),
        (["10:00:00", "25:00:00"], 'line 4: "25:00:00" is no time of day'),
        (["13:00:00 PM"], "line 3: "),
        (["10:00:00", "31/01/2024 10:00:01"], "line 4: "),
        (["31/01/2024 10:00:01", "10:00:00"], "line 4: "),
        (["31/01/2024 10:00:01", "01/31/2024 10:00:01"], "are not all day/month/year, month/day/year"),
        (["31/31/2024 10:00:01"], "are not all"),
        (["01/02/203 10:00:01"], "are not all"),
        ([""], "line 3: "),
    ],
)
def test_what_is_no_such_time_is_refused_with_its_line(words: list[str], message: str) -> None:
    with pytest.raises(BadMeasurement, match=message):
        clock.seconds(SOURCE, words, first_line=3)


def test_a_chosen_order_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BadMeasurement, match='"31/01/2024" and the other dates are not all month/day/year'):
        clock.seconds(SOURCE, ["31/01/2024 10:00:01"], first_line=1, order=clock.MONTH_FIRST)


@pytest.mark.parametrize("word", ["", "12", "12.5", "2024-05-01", "1:2", "a:bb", "3.3 V", "-", "1.2.3"])
def test_other_cells_are_no_clocks(word: str) -> None:
    assert not clock.is_clock(word)
