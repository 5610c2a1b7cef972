from typing import Any

import numpy as np
import pytest

from nas_engine.energy.traces.trace import EnergySummary, FileReading, Finding, Trace, Window
from nas_engine.errors import BadMeasurement


def trace(power_mw: list[float], time_s: list[float], **others: Any) -> Trace:
    return Trace(np.array(power_mw), np.array(time_s), **({"spacing": "point", "rate_hz": 2.0} | others))


@pytest.mark.parametrize(
    ("power_mw", "time_s", "message"),
    [
        ([1.0], [0.0], "two or more"),
        ([1.0, 2.0], [0.0, 0.5, 1.0], "unequal length"),
        ([1.0, np.nan], [0.0, 0.5], "not numbers"),
        ([1.0, 2.0], [0.0, np.inf], "not numbers"),
        ([1.0, 2.0], [0.5, 1.0], "increase from 0"),
        ([1.0, 2.0, 3.0], [0.0, 0.5, 0.5], "increase from 0"),
    ],
)
def test_samples_that_would_give_meaningless_numbers_are_no_trace(
    power_mw: list[float], time_s: list[float], message: str
) -> None:
    with pytest.raises(BadMeasurement, match=message):
        trace(power_mw, time_s)


def test_a_trigger_has_as_many_values_as_the_trace() -> None:
    with pytest.raises(BadMeasurement, match="unequal length"):
        trace([1.0, 2.0], [0.0, 0.5], triggers={"D0": np.array([True])})


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, np.nan, np.inf])
def test_a_rate_is_a_positive_number(rate_hz: float) -> None:
    with pytest.raises(BadMeasurement, match="samples per second"):
        trace([1.0, 2.0], [0.0, 0.5], rate_hz=rate_hz)


def test_an_interval_lasts_one_sample_longer_than_its_stamps() -> None:
    assert trace([1.0, 2.0, 3.0], [0.0, 0.5, 1.0]).duration_s == 1.0
    assert trace([1.0, 2.0, 3.0], [0.0, 0.5, 1.0], spacing="interval").duration_s == 1.5


@pytest.mark.parametrize(("start_s", "end_s"), [(1.0, 1.0), (2.0, 1.0), (0.0, np.nan)])
def test_a_window_has_a_length(start_s: float, end_s: float) -> None:
    with pytest.raises(BadMeasurement, match="has no length"):
        Window(start_s, end_s)


def test_findings_of_reader_and_content_are_told_once_each() -> None:
    repeated = Finding("retimed", "note", "times by index")
    guess = Finding("guessed_unit", "warning", "seconds")
    reading = FileReading("monsoon", trace([1.0, 2.0], [0.0, 0.5], findings=(repeated,)), (guess, repeated))
    assert reading.all_findings == (guess, repeated)


def test_mean_power_of_a_summary_is_energy_over_time() -> None:
    assert EnergySummary(62_607.0, 180.296).mean_power_mw == pytest.approx(347.25, rel=1e-4)
