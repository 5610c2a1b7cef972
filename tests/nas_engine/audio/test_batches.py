from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.audio.batches import draw_epoch, evaluation_arrays, steps_per_epoch, training_batches
from nas_engine.audio.cache import Example, FeaturePack, open_pack, write_pack
from nas_engine.audio.frontend import FrontendConfig, evaluation_crop
from nas_engine.audio.specaugment import SpecAugment
from nas_engine.testing.audio import tiny_pack

CONFIG = FrontendConfig()
NO_MASKS = SpecAugment(time_masks=0, frequency_masks=0)
UNIT = np.zeros(40, np.float32), np.ones(40, np.float32)
LENGTHS = (30, 196, 197, 400)


@pytest.fixture
def numbered(tmp_path: Path) -> FeaturePack:
    """Four clips; bin 0 of a frame says which clip it is from, bin 1 which frame."""

    def features(clip: int) -> NDArray[np.float32]:
        values = np.zeros((LENGTHS[clip], 40), np.float32)
        values[:, 0], values[:, 1] = clip, np.arange(LENGTHS[clip])
        return values

    clips = [Example("train", "siren" if clip < 2 else "negative", str(clip), features(clip)) for clip in range(4)]
    write_pack(tmp_path / "numbered", clips, CONFIG, ("siren", "negative"))
    return open_pack(tmp_path / "numbered")


def epoch(
    pack: FeaturePack, seed: int, batch_size: int = 8, augmentation: SpecAugment = NO_MASKS
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    batches = list(training_batches(pack.split("train"), CONFIG, *UNIT, batch_size, rng, augmentation=augmentation))
    return np.concatenate([x for x, _ in batches]), np.concatenate([y for _, y in batches])


def test_a_crop_is_a_run_of_frames_of_one_clip_with_its_label(numbered: FeaturePack) -> None:
    starts: dict[int, set[int]] = {clip: set() for clip in range(4)}
    for seed in range(200):
        x, y = epoch(numbered, seed)
        for crop, label in zip(x, y, strict=True):
            clip, first = int(crop[0, 0]), int(crop[0, 1])
            assert (crop[:, 0] == clip).all()
            assert label == (0 if clip < 2 else 1)
            expected = (first + np.arange(196)) % LENGTHS[clip]
            np.testing.assert_array_equal(crop[:, 1], expected)
            starts[clip].add(first)
    assert starts[0] == set(range(30))  # shorter than the input: it begins anywhere and is repeated
    assert max(starts[1]) > 100  # exactly as long: begins anywhere, too, and wraps around
    assert starts[2] == {0, 1}
    assert starts[3] <= set(range(205))
    assert max(starts[3]) > 150


def test_all_batches_are_full_and_float32(numbered: FeaturePack) -> None:
    batches = list(training_batches(numbered.split("train"), CONFIG, *UNIT, 3, np.random.default_rng(0)))
    assert [(*x.shape, x.dtype.name, *y.shape) for x, y in batches] == [(3, 196, 40, "float32", 3)] * 2
    assert steps_per_epoch(4, 3) == 2


def test_the_same_seed_gives_the_same_epoch_and_another_seed_another(numbered: FeaturePack) -> None:
    once, again, other = (epoch(numbered, seed, augmentation=SpecAugment(gain_db=6.0))[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()


def test_negatives_are_half_of_an_epoch_whatever_their_share_of_the_clips() -> None:
    labels = np.array([0] * 10 + [1] * 30 + [2] * 400)
    drawn = labels[draw_epoch(labels, ("a", "b", "negative"), 640, 0.5, np.random.default_rng(0))]
    assert Counter(drawn.tolist()) == {2: 320, 0: 80, 1: 240}


def test_the_share_of_negatives_can_be_chosen() -> None:
    labels = np.array([0] * 50 + [1] * 50)
    drawn = labels[draw_epoch(labels, ("a", "negative"), 1000, 0.2, np.random.default_rng(0))]
    assert Counter(drawn.tolist()) == {1: 200, 0: 800}


def test_without_a_negative_class_all_classes_come_equally_often() -> None:
    labels = np.array([0] * 5 + [1] * 100 + [2] * 20)
    drawn = labels[draw_epoch(labels, ("a", "b", "c"), 300, 0.5, np.random.default_rng(0))]
    assert Counter(drawn.tolist()) == {0: 100, 1: 100, 2: 100}


def test_no_clip_comes_twice_before_all_of_its_kind_came_once() -> None:
    labels = np.array([0] * 40 + [1] * 40)
    drawn = draw_epoch(labels, ("a", "negative"), 80, 0.5, np.random.default_rng(0))
    assert sorted(drawn.tolist()) == list(range(80))
    assert drawn.tolist() != list(range(80))


def test_a_split_without_positives_or_without_negatives_still_fills_its_epoch() -> None:
    for label in (0, 1):
        drawn = draw_epoch(np.full(5, label), ("a", "negative"), 64, 0.5, np.random.default_rng(0))
        assert set(drawn.tolist()) == set(range(5))
        assert len(drawn) == 64


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_an_impossible_share_of_negatives_is_refused(numbered: FeaturePack, share: float) -> None:
    batches = training_batches(
        numbered.split("train"), CONFIG, *UNIT, 4, np.random.default_rng(0), negative_share=share
    )
    with pytest.raises(ValueError, match="negative_share must lie between 0 and 1"):
        next(batches)


def test_training_input_is_normalised_and_the_pack_stays_as_it_is(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path / "pack", clips_per_class=12)
    before = np.array(pack.split("train").log_mel)
    rng = np.random.default_rng(0)
    batches = training_batches(pack.split("train"), CONFIG, pack.mean, pack.std, 32, rng, augmentation=NO_MASKS)
    x = np.concatenate([x for x, _ in batches])
    assert abs(x.mean()) < 0.3
    assert x.std() == pytest.approx(1.0, abs=0.3)
    np.testing.assert_array_equal(pack.split("train").log_mel, before)


def test_gain_shifts_all_log_mel_values_of_an_example_alike(numbered: FeaturePack) -> None:
    plain, _ = epoch(numbered, 0)
    assert plain[:, :, 5].max() == 0.0
    louder, _ = epoch(numbered, 0, augmentation=SpecAugment(time_masks=0, frequency_masks=0, gain_db=10.0))
    shifts = louder[:, :, 5]
    assert (shifts == shifts[:, :1]).all()
    assert 0.1 < np.abs(shifts).max() <= np.log(10.0) + 1e-6  # 10 dB is a factor of ten in power


def test_evaluation_arrays_are_the_normalised_fixed_crops_in_order(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path / "pack")
    x, y = evaluation_arrays(pack, "eval")
    split = pack.split("eval")
    assert (*x.shape, x.dtype.name) == (12, 196, 40, "float32")
    np.testing.assert_array_equal(y, split.labels)
    expected = (evaluation_crop(split.features(7), CONFIG) - pack.mean) / pack.std
    np.testing.assert_allclose(x[7], expected, rtol=1e-6)
    np.testing.assert_array_equal(x, evaluation_arrays(pack, "eval")[0])
