import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas_engine.energy.traces.decimation import MOST_POINTS, Pyramid, from_npz, pyramid
from nas_engine.energy.traces.trace import Trace
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.made_traces import trace

NOISE = np.random.default_rng(5)
LONG = pyramid(trace(NOISE.normal(2000, 100, 300_000), rate_hz=5000.0))


def points(of: Pyramid, start_s: float, end_s: float, most: int = MOST_POINTS) -> int:
    part = of.part(start_s, end_s, most)
    return len(part.time_s) * (1 if part.is_exact else 2)


@given(
    samples=st.integers(2, 3000),
    edges=st.tuples(st.floats(-1, 10), st.floats(-1, 10)).filter(lambda edges: edges[0] < edges[1]),
    most=st.sampled_from([10, 100, 2000]),
)
def test_a_part_shows_every_peak_in_it_within_the_points_asked_for(
    samples: int, edges: tuple[float, float], most: int
) -> None:
    made = trace(np.random.default_rng(samples).normal(0, 1, samples), rate_hz=300.0)
    part = pyramid(made).part(*edges, most)
    inside = made.power_mw[(made.time_s >= edges[0]) & (made.time_s < edges[1])]
    assert 1 <= len(part.time_s) * (1 if part.is_exact else 2) <= max(most, 2)
    assert (np.diff(part.time_s) > 0).all()
    if len(inside):
        assert part.low_mw.min() <= np.float32(inside.min())
        assert part.high_mw.max() >= np.float32(inside.max())


def test_a_part_keeps_a_single_peak_among_hundreds_of_thousands_of_samples() -> None:
    power = np.full(400_000, 5.0)
    power[123_456] = 99.0
    part = pyramid(trace(power)).part(0, 400)
    at = int(part.high_mw.argmax())
    assert part.high_mw[at] == 99.0
    assert part.time_s[at] <= 123.456 < part.time_s[at + 1]


def test_each_zoom_is_drawn_finely_enough_and_a_close_one_by_samples() -> None:
    for length_s in (60.0, 30.0, 7.0, 3.0, 1.0):
        assert MOST_POINTS / 4 <= points(LONG, 10.0, 10.0 + length_s) <= MOST_POINTS
    assert LONG.part(10.0, 10.3).is_exact


def test_a_stored_pyramid_is_the_same_one_for_even_and_for_uneven_times() -> None:
    uneven = np.concatenate([[0.0], np.cumsum(NOISE.uniform(0.04, 0.16, 4999))])
    for made in (LONG, pyramid(Trace(NOISE.normal(0, 1, 5000), uneven, "point", 10.0))):
        read = from_npz(made.to_npz())
        assert read.duration_s == made.duration_s
        for one, other in zip(read.levels, made.levels, strict=True):
            assert one.samples_each == other.samples_each
            np.testing.assert_array_equal(one.low_mw, other.low_mw)
            np.testing.assert_array_equal(one.high_mw, other.high_mw)
            np.testing.assert_allclose(one.time_s, other.time_s, atol=1e-9)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", LONG.to_npz()[:5000], b"nothing" * 100])
def test_a_damaged_pyramid_is_refused(data: bytes) -> None:
    with pytest.raises(BadMeasurement, match="read the file again"):
        from_npz(data)


@pytest.mark.parametrize("part", [(2.0, 2.0), (3.0, 1.0), (float("nan"), 1.0)])
def test_a_part_without_length_is_refused(part: tuple[float, float]) -> None:
    with pytest.raises(BadMeasurement, match="start before end"):
        LONG.part(*part)


@pytest.mark.alone
def test_a_million_and_a_half_samples_are_decimated_in_under_half_a_second() -> None:
    long = trace(NOISE.normal(2000, 100, 1_500_000), rate_hz=5000.0)
    begun = time.process_time()
    data = pyramid(long).to_npz()
    built = time.process_time()
    assert points(from_npz(data), 100.0, 200.0) <= MOST_POINTS
    assert built - begun < 0.5
    assert time.process_time() - built < 0.2
    assert len(data) < 12_000_000
