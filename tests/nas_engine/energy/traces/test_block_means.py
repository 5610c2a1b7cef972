"""Block means against processes whose variance of the mean is known from theory."""

import numpy as np
import pytest

from nas_engine.energy.traces.block_means import power_scatter
from nas_engine.energy.traces.integration import mean_power_mw
from nas_engine.energy.traces.trace import Trace, Values, Window
from tests.nas_engine.energy.made_traces import ACTIVE_MW, steps, trace

RATE_HZ = 200.0
SECONDS = 24
SAMPLES = round(SECONDS * RATE_HZ)
MANY = 400


def ar1(memory: float, repetitions: int = MANY) -> Values:
    """[repetitions, SAMPLES] of x_t = memory * x_(t-1) + noise, of standard deviation 1, stationary from the start."""
    noise = np.random.default_rng(1).normal(size=(repetitions, SAMPLES))
    values = noise.copy()
    for t in range(1, SAMPLES):
        values[:, t] = memory * values[:, t - 1] + np.sqrt(1 - memory**2) * noise[:, t]
    return values


def true_se(memory: float) -> float:
    """Of the mean of SAMPLES values of `ar1`: the sum over all pairs of their correlation memory^lag."""
    lags = np.arange(1, SAMPLES)
    return float(np.sqrt((1 + 2 * np.sum((1 - lags / SAMPLES) * memory**lags)) / SAMPLES))


def traces_of(traces: Values) -> list[Trace]:
    return [trace(ACTIVE_MW + values, RATE_HZ, spacing="interval") for values in traces]


@pytest.mark.parametrize(("memory", "tolerance"), [(0.0, 0.04), (0.9, 0.04), (0.98, 0.1)])
def test_the_standard_error_is_that_of_theory_and_the_interval_covers_95_percent(
    memory: float, tolerance: float
) -> None:
    window = Window(0.0, SECONDS)
    found = [power_scatter(one, window) for one in traces_of(ar1(memory))]
    scatters = [scatter for scatter in found if scatter is not None]
    assert len(scatters) == MANY
    rms = float(np.sqrt(np.mean([scatter.se_mw**2 for scatter in scatters])))
    assert rms == pytest.approx(true_se(memory), rel=tolerance)
    covered = np.mean([scatter.low95_mw < ACTIVE_MW < scatter.high95_mw for scatter in scatters])
    assert covered == pytest.approx(0.95, abs=0.035)


def test_samples_taken_as_independent_would_be_far_too_sure() -> None:
    (one,) = traces_of(ar1(0.98, 1))
    scatter = power_scatter(one, Window(0.0, SECONDS))
    assert scatter is not None
    assert scatter.se_mw > 4 * float(one.power_mw.std()) / np.sqrt(SAMPLES)


def test_power_that_warms_up_over_the_whole_window_is_said_to_wander() -> None:
    rising = steps((SECONDS, ACTIVE_MW), rate_hz=RATE_HZ) + np.linspace(0, 200, SAMPLES)
    scatter = power_scatter(trace(rising, RATE_HZ), Window(0.0, SECONDS - 1))
    assert scatter is not None
    assert scatter.wanders
    assert scatter.blocks == 10


def test_the_interval_lies_about_the_mean_power_of_the_window() -> None:
    one, window = trace(steps((SECONDS, ACTIVE_MW), rate_hz=RATE_HZ), RATE_HZ), Window(1.0, 13.0)
    scatter = power_scatter(one, window)
    assert scatter is not None
    assert (scatter.low95_mw + scatter.high95_mw) / 2 == pytest.approx(mean_power_mw(one, window), rel=1e-12)
    assert (scatter.blocks, scatter.block_s) == (10, pytest.approx(1.2))


def test_a_gap_inside_the_window_counts_neither_as_power_nor_as_time() -> None:
    power_mw = steps((SECONDS, ACTIVE_MW), rate_hz=RATE_HZ)
    kept = np.ones(SAMPLES, bool)
    kept[2000:2020] = False
    holed = trace(power_mw[kept], RATE_HZ, time_s=np.arange(SAMPLES)[kept] / RATE_HZ)
    scatter = power_scatter(holed, Window(0.0, SECONDS - 1))
    assert scatter is not None
    assert scatter.low95_mw < ACTIVE_MW < scatter.high95_mw
    assert scatter.se_mw < 1.0


@pytest.mark.parametrize(
    "one",
    [trace(np.full(SAMPLES, ACTIVE_MW), RATE_HZ), trace(steps((SECONDS, ACTIVE_MW), rate_hz=0.5), 0.5)],
    ids=["constant", "few samples"],
)
def test_no_scatter_is_told_where_none_can_be_seen(one: Trace) -> None:
    assert power_scatter(one, Window(0.0, 20.0)) is None
