import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.audio.specaugment import SpecAugment, mask


def masked(augmentation: SpecAugment, examples: int = 200, seed: int = 0) -> NDArray[np.bool_]:
    batch = np.ones((examples, 196, 40), np.float32)
    mask(batch, augmentation, np.random.default_rng(seed))
    assert set(np.unique(batch)) <= {0.0, 1.0}
    hidden: NDArray[np.bool_] = batch == 0.0
    return hidden


def test_a_time_mask_hides_whole_frames_in_one_stretch() -> None:
    hidden = masked(SpecAugment(time_masks=1, time_mask_frames=25, frequency_masks=0))
    rows = hidden.all(axis=2)
    np.testing.assert_array_equal(rows, hidden.any(axis=2))
    widths = rows.sum(axis=1)
    assert widths.max() == 25
    assert widths.min() == 0
    assert widths.mean() == pytest.approx(12.5, abs=1.5)
    edges = np.abs(np.diff(rows.astype(int), axis=1)).sum(axis=1)
    assert edges.max() <= 2


def test_a_frequency_mask_hides_whole_bins_in_one_stretch() -> None:
    hidden = masked(SpecAugment(time_masks=0, frequency_masks=1, frequency_mask_bins=6))
    columns = hidden.all(axis=1)
    np.testing.assert_array_equal(columns, hidden.any(axis=1))
    assert columns.sum(axis=1).max() == 6


def test_masks_reach_every_frame_and_every_bin() -> None:
    hidden = masked(SpecAugment(), examples=3000)
    assert hidden.any(axis=0).all()


def test_every_example_gets_masks_of_its_own() -> None:
    hidden = masked(SpecAugment(time_masks=1, time_mask_frames=50, frequency_masks=0), examples=20)
    assert len({example.tobytes() for example in hidden}) > 15


def test_without_masks_nothing_changes() -> None:
    assert not masked(SpecAugment(time_masks=0, frequency_masks=0)).any()


def test_values_outside_of_masks_stay_as_they_are() -> None:
    original = np.random.default_rng(3).normal(size=(8, 196, 40)).astype(np.float32)
    batch = original.copy()
    mask(batch, SpecAugment(), np.random.default_rng(1))
    kept = batch != 0.0
    np.testing.assert_array_equal(batch[kept], original[kept])
    assert 0.5 < kept.mean() < 1.0


def test_a_mask_longer_than_the_input_is_cut_to_it() -> None:
    assert masked(SpecAugment(time_masks=1, time_mask_frames=1000, frequency_masks=0)).any()


def test_a_negative_width_is_refused() -> None:
    with pytest.raises(ValueError, match="time_mask_frames must not be negative"):
        SpecAugment(time_mask_frames=-1)
