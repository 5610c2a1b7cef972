import numpy as np
import pytest

from nas_engine.energy.traces.checks import check_latency, check_trace
from nas_engine.energy.traces.trace import Trace, Values, Window
from tests.nas_engine.energy.made_traces import ACTIVE_MW, steps, trace, work

NOISE = np.random.default_rng(3)
NOISY = NOISE.normal(2000, 200, 20_000)


def codes(of: Trace, *windows: Window) -> dict[str, str]:
    return {finding.code: finding.severity for finding in check_trace(of, windows)}


def test_a_sound_trace_with_a_good_window_has_no_findings() -> None:
    assert codes(work(work_s=14), Window(3.2, 16.8, inferences=5000)) == {}
    assert codes(trace(NOISY)) == {}


def holed(seconds: float) -> Trace:
    time_s = np.concatenate([np.arange(1000), 1000 + seconds * 1000 + np.arange(1000)]) / 1000
    return Trace(NOISY[:2000], time_s, "point", 1999 / time_s[-1])


@pytest.mark.parametrize(
    ("sick", "code", "severity"),
    [
        (trace(np.zeros(1000)), "usb_fed", "error"),
        (trace(-NOISY), "charging", "error"),
        (trace(np.where(np.arange(20_000) % 20, NOISY, -50)), "charging", "warning"),
        (trace(NOISY * 1e3), "absurd_power", "error"),
        (trace(NOISY * 20), "high_power", "warning"),
        (trace(np.repeat([803.0, 810.0], 4000), rate_hz=250), "stale_gauge", "warning"),
        (trace(np.full(5000, 383.0)), "stale_gauge", "warning"),
        (trace(np.minimum(NOISY, 2200)), "clipping", "warning"),
        (holed(0.206), "lost_samples", "warning"),
    ],
    ids=["all zero", "negative", "partly negative", "absurd", "high", "two values", "constant", "clipped", "hole"],
)
def test_each_disease_of_a_trace_is_named_with_what_to_do(sick: Trace, code: str, severity: str) -> None:
    found = codes(sick)
    assert found == {code: severity}
    (finding,) = check_trace(sick)
    assert "; " in finding.message


def test_a_hole_is_located() -> None:
    assert "0.207 s at 0.999 s" in check_trace(holed(0.206))[0].message


@pytest.mark.parametrize(
    "sound",
    [
        np.repeat(NOISY[:200], 100),  # a 1 kHz gauge written at 100 kHz
        steps((5, ACTIVE_MW), noise_mw=0.2),  # a steady supply with little ripple
        np.where(np.arange(5000) % 500 < 3, 4000.0, NOISY[:5000] / 4),  # short bursts of equal height
    ],
    ids=["held values", "steady", "bursts"],
)
def test_what_only_looks_clipped_is_not_called_so(sound: Values) -> None:
    assert "clipping" not in codes(trace(sound, rate_hz=100_000))


@pytest.mark.parametrize(
    ("window", "code"),
    [
        (Window(5, 9, inferences=400), "short_window"),
        (Window(3.5, 16.5, inferences=9), "short_window"),
        (Window(5, 5.05, inferences=40), "few_samples"),
        (Window(0.5, 12), "drift"),
    ],
)
def test_a_window_that_means_little_is_named(window: Window, code: str) -> None:
    assert codes(work(work_s=14), window)[code] == "warning"


def test_an_inference_of_over_an_hour_is_an_error() -> None:
    assert check_latency(3_700_000.0)[0].severity == "error"
    assert check_latency(2.07) == ()
