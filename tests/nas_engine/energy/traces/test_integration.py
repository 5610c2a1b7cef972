import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas_engine.energy.traces.integration import (
    EnergyCurve,
    coverage,
    energy_mj,
    inference_energy,
    mean_power_mw,
    whole_mean_mw,
)
from nas_engine.energy.traces.trace import Trace, Window
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.made_traces import trace


def test_a_ramp_sampled_at_points_is_integrated_exactly_between_samples_too() -> None:
    ramp = trace(np.array([0.0, 100.0, 200.0, 300.0]), rate_hz=1.0)
    assert energy_mj(ramp, Window(0.5, 2.25)) == pytest.approx(50 * (2.25**2 - 0.5**2))
    assert mean_power_mw(ramp, Window(1.0, 2.0)) == pytest.approx(150.0)


def test_interval_samples_hold_until_the_next_and_the_last_for_one_period() -> None:
    held = trace(np.array([10.0, 20.0, 30.0]), rate_hz=2.0, spacing="interval")
    assert held.duration_s == 1.5
    assert energy_mj(held, Window(0.0, 1.5)) == pytest.approx(30.0)
    assert energy_mj(held, Window(0.25, 0.75)) == pytest.approx(10 * 0.25 + 20 * 0.25)


@given(
    power=st.lists(st.floats(-1e3, 1e5), min_size=2, max_size=40),
    cuts=st.lists(st.floats(0, 1), min_size=1, max_size=5),
    spacing=st.sampled_from(["point", "interval"]),
)
def test_the_energies_of_parts_add_up_to_that_of_the_whole(power: list[float], cuts: list[float], spacing: str) -> None:
    sampled = trace(np.array(power), rate_hz=7.0, spacing=spacing)
    curve = EnergyCurve(sampled)
    edges = np.array(sorted({0.0, *(cut * sampled.duration_s for cut in cuts), sampled.duration_s}))
    parts = curve.energy_mj(edges[:-1], edges[1:])
    whole = curve.energy_mj(edges[:1], edges[-1:])[0]
    assert parts.sum() == pytest.approx(whole, abs=1e-6 * max(1.0, np.abs(power).max()))
    assert min(power) - 1e-6 <= whole_mean_mw(sampled) <= max(power) + 1e-6


def test_a_gap_counts_neither_as_energy_nor_as_time() -> None:
    time_s = np.concatenate([np.arange(100), 150 + np.arange(100)]) / 100.0
    holed = Trace(np.full(200, 50.0), time_s, "point", 199 / 2.49)
    assert whole_mean_mw(holed) == pytest.approx(50.0)
    assert energy_mj(holed, Window(0.0, 2.49)) == pytest.approx(50.0 * 1.98)
    assert coverage(holed, Window(0.9, 1.6)) == pytest.approx(0.19 / 0.7)
    with pytest.raises(BadMeasurement, match=r"27\.1 % was recorded"):
        mean_power_mw(holed, Window(0.9, 1.6))


def test_a_poller_that_jitters_has_no_gaps() -> None:
    steps_s = np.random.default_rng(1).uniform(0.041, 0.161, 500)
    time_s = np.concatenate([[0.0], np.cumsum(steps_s)])
    jittering = Trace(np.full(501, 7.0), time_s, "point", 500 / time_s[-1])
    assert coverage(jittering, Window(0.0, float(time_s[-1]))) == pytest.approx(1.0)


def test_a_window_that_leaves_the_trace_is_refused() -> None:
    with pytest.raises(BadMeasurement, match=r"lasts 0\.999 s"):
        mean_power_mw(trace(np.ones(1000)), Window(0.5, 2.0))


def test_the_papers_energy_is_power_times_time_and_net_is_kept_apart() -> None:
    energy = inference_energy(2120.0, 330.0, 2.0736, 2120.0, 427)
    assert energy.gross_mj == pytest.approx(4.396, abs=1e-3)
    assert energy.net_mj == pytest.approx(3.712, abs=1e-3)
    assert energy.window_mj_per_inference == pytest.approx(2120 / 427)
    assert [finding.code for finding in energy.findings] == ["energies_differ"]
    assert "+12.9 %" in energy.findings[0].message


def test_no_idle_gives_no_net_and_no_count_no_cross_check() -> None:
    energy = inference_energy(100.0, None, 5.0, 1000.0, None)
    assert (energy.gross_mj, energy.net_mj, energy.window_mj_per_inference, energy.findings) == (0.5, None, None, ())


@pytest.mark.parametrize("latency_ms", [0.0, -1.0, float("nan"), float("inf")])
def test_a_time_that_no_inference_takes_is_refused(latency_ms: float) -> None:
    with pytest.raises(BadMeasurement, match="average time"):
        inference_energy(100.0, None, latency_ms, None, None)


@pytest.mark.alone
def test_a_million_and_a_half_samples_are_integrated_in_under_half_a_second() -> None:
    long = trace(np.random.default_rng(0).normal(2000, 100, 1_500_000), rate_hz=5000.0)
    begun = time.process_time()
    mean_power_mw(long, Window(1.0, 299.0))
    assert time.process_time() - begun < 0.4
