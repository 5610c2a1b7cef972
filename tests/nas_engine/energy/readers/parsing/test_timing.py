from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.readers.parsing.timing import Timing, timed, unit_by_plausibility
from nas_engine.errors import BadMeasurement

FILE = FileSource("t.csv", Path("t.csv"))
INDEX = np.arange(20_000)


def codes(timing: Timing) -> list[str]:
    return [finding.code for finding in timing.findings]


@pytest.mark.parametrize(
    ("stamps", "unit"),
    [
        (INDEX / 5e3, "s"),
        (INDEX / 5.0, "ms"),
        (INDEX * 200.0, "us"),
        (INDEX * 2e5, "ns"),
        (1.7e9 + INDEX // 5000, "s"),
        (1.7e12 + INDEX / 5.0, "ms"),
        (1.7e15 + INDEX * 200.0, "us"),
        (1.7e18 + INDEX * 2e5, "ns"),
        (0.0 * INDEX, "s"),
    ],
)
def test_the_unit_is_told_by_size_or_rate(stamps: np.ndarray, unit: str) -> None:
    assert unit_by_plausibility(stamps, 5000.0)[0] == unit


def test_stamps_beyond_all_bounds_have_a_unit_and_no_warning() -> None:
    for last in (1e308, np.inf, np.nan):
        assert unit_by_plausibility(np.array([0.0, 1.0, last]), 5000.0)[0] in ("s", "ns")


def test_even_stamps_are_kept() -> None:
    timing = timed(FILE, 3.0 + INDEX / 1000, 1.0)
    np.testing.assert_allclose(timing.time_s, INDEX / 1000, atol=1e-12)
    assert timing.rate_hz == pytest.approx(1000.0)
    assert not timing.findings


def test_irregular_stamps_of_a_device_are_kept() -> None:
    """Trepn polls every 41 to 161 ms: that is no hole and no burst."""
    steps_s = np.random.default_rng(0).uniform(0.041, 0.161, 500)
    timing = timed(FILE, np.cumsum(steps_s), 1.0)
    np.testing.assert_allclose(np.diff(timing.time_s), steps_s[1:])
    assert not timing.findings


def test_a_hole_in_even_stamps_is_told_and_kept() -> None:
    stamps = np.delete(INDEX, slice(500, 520)) / 1000
    timing = timed(FILE, stamps, 1.0)
    assert codes(timing) == ["lost_samples"]
    assert np.diff(timing.time_s).max() == pytest.approx(0.021)


@settings(max_examples=20, deadline=None)
@given(
    rate_hz=st.floats(4_000, 6_000),
    burst=st.integers(4, 300),
    seconds=st.floats(2, 8),
    start=st.sampled_from([0.0, 12.3, 1.7e9]),
)
def test_bursts_are_spread_at_the_rate_they_came_with(rate_hz: float, burst: int, seconds: float, start: float) -> None:
    index = np.arange(round(rate_hz * seconds))
    stamps = start + (index // burst) * burst / rate_hz + index % burst * 1e-6
    timing = timed(FILE, stamps, 1.0)
    assert timing.rate_hz == pytest.approx(rate_hz, rel=2 * burst / len(index))
    assert np.ptp(np.diff(timing.time_s)) < 1e-9
    assert "retimed" in codes(timing)


def test_a_clock_set_back_a_little_is_told_and_mended() -> None:
    stamps = INDEX / 5000.0
    stamps[10_000:] -= 0.05
    timing = timed(FILE, stamps, 1.0, nominal_hz=5000.0)
    assert {"backward_stamps", "retimed"} <= set(codes(timing))
    assert (np.diff(timing.time_s) > 0).all()


@pytest.mark.parametrize(
    ("stamps", "message"),
    [
        (np.array([1.0]), "one row"),
        (np.array([1.0, np.nan, 3.0]), "line 8: no time in this row"),
        (np.array([1.0, np.inf, 3.0]), "line 8: no time in this row"),
        (np.array([5.0, 5.0, 5.0]), "do not differ; give the samples per second"),
        (np.array([1.0, 2.0, 1.5, 3.0]), "line 9: time runs back by 0.5 s"),
        (np.array([1.0, 2.0, 3.0, 1e308, -1e308]), "time runs back|beyond any number"),
        (np.array([0.0, 1.0, 2.0, 3.0, 90.0, 91.0, 92.0]), "line 11: a hole of 87 s in a recording of 92 s"),
    ],
)
def test_times_that_cannot_be_trusted_are_refused(stamps: np.ndarray, message: str) -> None:
    with pytest.raises(BadMeasurement, match=message):
        timed(FILE, stamps, 1.0, first_line=7)


def test_without_any_span_the_monitors_own_rate_is_taken() -> None:
    timing = timed(FILE, np.full(6, 0.031), 1.0, nominal_hz=5000.0)
    assert timing.rate_hz == 5000.0
    assert "guessed_rate" in codes(timing)


def test_stamps_that_a_spreadsheet_rounded_to_one_are_replaced_by_the_monitors_rate() -> None:
    timing = timed(FILE, np.full(20_000, 1.75626e15), 1e-6, nominal_hz=5000.0)
    assert (timing.rate_hz, timing.started_at_s) == (5000.0, None)
    (finding,) = timing.findings
    assert finding.severity == "warning"
    assert "as where a spreadsheet has rounded them" in finding.message


def test_rows_in_the_wrong_order_are_refused_as_such() -> None:
    with pytest.raises(BadMeasurement, match="time runs backwards from the first row to the last"):
        timed(FILE, INDEX[::-1] / 5000.0, 1.0, nominal_hz=5000.0)


def test_re_timed_samples_keep_what_their_stamps_span() -> None:
    stamps = (INDEX // 128) * 128 / 5000
    timing = timed(FILE, stamps, 1.0, nominal_hz=5000.0)
    assert timing.stamped_s == stamps[-1]
    assert timed(FILE, INDEX / 1000, 1.0).stamped_s is None
