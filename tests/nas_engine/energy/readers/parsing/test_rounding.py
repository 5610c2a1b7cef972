import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_engine.energy.readers.parsing.rounding import even_times


@given(
    digits=st.integers(0, 3),
    steps=st.floats(0.02, 5.5),
    first=st.floats(-50.0, 50.0),
    hole=st.one_of(st.none(), st.integers(20, 280)),
    is_cut=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_stamps_rounded_or_cut_to_any_digits_give_even_times_with_their_holes(
    digits: int, steps: float, first: float, hole: int | None, is_cut: bool
) -> None:
    quantum = 10.0**-digits
    true = first + np.arange(300) * steps * quantum
    if hole is not None:
        true[hole:] += 40 * quantum
    stamps = np.floor(true / quantum) * quantum if is_cut else np.round(true, digits)
    found = even_times(np.round(stamps, digits))
    if found is None:  # nothing was rounded away
        kept = np.delete(np.diff(stamps), [] if hole is None else hole - 1)
        assert np.ptp(kept) < 0.5 * quantum
        return
    times, found_quantum = found
    assert found_quantum == pytest.approx(quantum)
    np.testing.assert_allclose(times, true - true[0], atol=1.5 * quantum)
    assert int((np.diff(times) > 20 * quantum).sum()) == (hole is not None)


@pytest.mark.parametrize(
    "stamps",
    [
        np.arange(100) * 0.01,
        np.delete(np.arange(300) * 2.0, [100, 150, 200]),
        np.delete(np.arange(300), [100, 120, 150, 200, 201, 230]) * 1.0,
        np.cumsum(np.random.default_rng(0).integers(1, 4, 300)) * 0.1,
        np.array([0.0, 1.0, 2.0, 1.5, 3.0]),
        np.array([0.0, 1.0, np.nan, 3.0, 4.5]),
        np.zeros(100),
        np.arange(300) * np.pi,
    ],
    ids=["even", "lost of two", "lost of one", "uneven", "back", "nan", "alike", "unrounded"],
)
def test_stamps_that_rounding_does_not_explain_are_left_alone(stamps: np.ndarray) -> None:
    assert even_times(stamps) is None
