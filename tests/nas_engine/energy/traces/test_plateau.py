import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_engine.energy.traces.integration import mean_power_mw
from nas_engine.energy.traces.plateau import idle_in_range, idle_near, plateau
from nas_engine.energy.traces.trace import Trace, Window
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.made_traces import ACTIVE_MW, IDLE_MW, steps, trace, work


def test_the_step_is_found_and_a_fifth_of_a_second_is_left_off_each_end() -> None:
    (window,) = plateau(work()).windows
    assert (window.start_s, window.end_s) == pytest.approx((3.2, 14.8), abs=0.02)
    assert mean_power_mw(work(), window) == pytest.approx(ACTIVE_MW, rel=1e-3)


@given(
    idle=st.floats(0.01, 50),
    factor=st.floats(1.3, 1000),
    rest_s=st.floats(0.5, 5),
    work_s=st.floats(1, 20),
    rate_hz=st.sampled_from([50.0, 1000.0]),
    interval=st.booleans(),
)
@settings(max_examples=40)
def test_the_plateaus_power_is_right_whatever_the_device_and_the_monitor(
    idle: float, factor: float, rest_s: float, work_s: float, rate_hz: float, interval: bool
) -> None:
    active = idle * factor
    power = steps((rest_s, idle), (work_s, active), (rest_s, idle), rate_hz=rate_hz, noise_mw=0.02 * idle)
    made = trace(power, rate_hz, spacing="interval" if interval else "point")
    (window,) = plateau(made).windows
    assert mean_power_mw(made, window) == pytest.approx(active, rel=0.01)


def test_repeats_in_one_trace_are_windows_each_and_a_short_burst_is_none() -> None:
    made = trace(
        steps((2, 60), (4, 75), (1, 60), (4, 75.5), (1, 60), (0.3, 75), (1, 60), (4, 74.8), (2, 60), noise_mw=0.5)
    )
    assert [round(window.start_s, 1) for window in plateau(made).windows] == [2.2, 7.2, 13.5]


def test_a_burst_of_another_level_is_no_repeat() -> None:
    made = trace(steps((2, 100), (4, 2000), (2, 100), (3, 1500), (2, 100)))
    assert [round(window.start_s, 1) for window in plateau(made).windows] == [2.2]


@pytest.mark.parametrize("power", [np.full(5000, 3.0), steps((5, 100), noise_mw=20)])
def test_a_trace_of_one_steady_level_is_taken_whole_and_said_to_be(power: np.ndarray) -> None:
    chosen = plateau(trace(power))
    assert chosen.windows == (Window(0.0, 4.999),)
    assert [finding.code for finding in chosen.findings] == ["no_plateau"]


def test_idle_is_read_between_the_windows_first() -> None:
    made = trace(steps((3, 66), (5, 75), (2, 60), (5, 75), (3, 59), noise_mw=0.1))
    idle = idle_near(made, [Window(3, 8), Window(10, 15)])
    assert idle is not None
    assert idle.mean_power_mw == pytest.approx(60, rel=1e-3)


def test_idle_before_the_work_counts_rather_than_the_tail_after_it() -> None:
    made = trace(steps((3, IDLE_MW), (8, ACTIVE_MW), (3, 800)))
    idle = idle_near(made, [Window(5, 10)])
    assert idle is not None
    assert idle.mean_power_mw == pytest.approx(IDLE_MW, rel=0.01)
    assert idle.stretches[0].end_s == pytest.approx(2.8, abs=0.03)


@given(
    rate_hz=st.floats(0.2, 5.0),
    phase=st.floats(0.0, 1.0),
    jitter=st.sampled_from([0.0, 0.05, 0.3]),
    interval=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=60)
def test_the_ramp_between_samples_of_a_slow_meter_is_neither_idle_nor_active(
    rate_hz: float, phase: float, jitter: float, interval: bool, seed: int
) -> None:
    index = np.arange(36) + np.random.default_rng(seed).uniform(-jitter, jitter, 36)
    time_s = (index - index[0]) / rate_hz
    begin, end = 10 + phase, 24 + phase  # in samples
    power_mw = np.where((index - index[0] >= begin) & (index - index[0] < end), ACTIVE_MW, IDLE_MW)
    made = trace(power_mw, 35 / time_s[-1], time_s=time_s, spacing="interval" if interval else "point")
    chosen = plateau(made)
    idle = idle_near(made, chosen.windows)
    assert idle is not None
    assert idle.mean_power_mw == pytest.approx(IDLE_MW, rel=1e-9)
    assert mean_power_mw(made, chosen.windows[0]) == pytest.approx(ACTIVE_MW, rel=1e-9)


def test_work_outside_the_window_is_not_taken_for_idle() -> None:
    made = trace(steps((3, IDLE_MW), (8, ACTIVE_MW), (3, IDLE_MW)))
    idle = idle_near(made, [Window(9, 10)])
    assert idle is not None
    assert idle.mean_power_mw == pytest.approx(IDLE_MW, rel=0.01)


def test_a_trace_without_rest_has_no_idle() -> None:
    busy = trace(steps((10, ACTIVE_MW)))
    assert idle_near(busy, [Window(2, 8)]) is None
    assert idle_near(work(rest_s=0.3), [Window(0.3, 12.3)]) is None


def test_a_marked_idle_range_is_taken_as_marked() -> None:
    assert idle_in_range(work(), 0.0, 2.0).mean_power_mw == pytest.approx(IDLE_MW, rel=0.01)
    with pytest.raises(BadMeasurement, match="give start before end"):
        idle_in_range(work(), 2.0, 1.0)


def test_the_last_sample_of_a_slow_monitor_does_not_disturb() -> None:
    power = np.array([1.9] * 9 + [2.17] * 12) * 1000
    slow = Trace(power, np.arange(21) / 2, "interval", 2.0)
    (window,) = plateau(slow).windows
    assert mean_power_mw(slow, window) == pytest.approx(2170)


def test_bursts_that_are_no_benchmark_are_refused() -> None:
    parts = [(1.7, 120.0), (0.3, 450.0)] * 5
    with pytest.raises(BadMeasurement, match="no benchmark is seen to run"):
        plateau(trace(steps(*parts)))


def test_a_step_of_which_nothing_was_recorded_is_refused() -> None:
    """The beginning of a file whose stamps come in bursts: the power is high about a hole."""
    time_s = np.concatenate(([0.0], 7e-6 + 1e-6 * np.arange(31)))
    power_mw = np.concatenate(([530.0, 534.0, 401.0, 366.0, 326.0], np.full(27, 320.0)))
    with pytest.raises(BadMeasurement, match="too short to hold a sample"):
        plateau(trace(power_mw, 31 / time_s[-1], time_s=time_s))


def test_a_trace_with_neither_steps_nor_one_level_is_refused() -> None:
    with pytest.raises(BadMeasurement, match="its halves differ"):
        plateau(trace(np.linspace(100, 200, 5000)))
