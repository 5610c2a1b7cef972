import numpy as np
import pytest

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.buckets import Buckets


def test_a_short_training_has_a_bucket_an_epoch_and_the_end() -> None:
    assert Buckets(4).times == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])
    assert Buckets(1).times == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("epochs", [33, 45, 200, 1000])
def test_a_long_training_has_few_buckets(epochs: int) -> None:
    buckets = Buckets(epochs)
    assert 16 <= buckets.count <= 32
    assert (np.diff(buckets.times) > 0).all()
    whole = Curve(tuple(np.arange(epochs) / epochs), (), 0.0)
    assert buckets.points(whole) == pytest.approx(buckets.times[:-1] - 1 / epochs)


def test_a_bucket_counts_once_it_is_full() -> None:
    assert list(Buckets(64).points(Curve((0.4, 0.6, 0.9), (), 0.0))) == [0.5]


def test_what_is_not_known_is_marked() -> None:
    whole = Curve((0.5, 0.6, 0.7), (), 0.0, 0.65, losses=(2.0, 1.0, 0.9))
    rows = Buckets(3).rows([whole, Curve((0.5,), (), 0.0)])
    assert rows.values.tolist() == [[1.5, 0.5, 0.6, 0.7, 0.65], [0, 0.5, 0, 0, 0]]
    assert rows.known.tolist() == [[True] * 5, [False, True, False, False, False]]


def test_losses_have_half_as_many_buckets() -> None:
    assert Buckets(4).loss_times == pytest.approx([0.375, 0.875])
    assert Buckets(1).loss_times.tolist() == []


def test_wrong_numbers_of_epochs_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one epoch"):
        Buckets(0)
    with pytest.raises(ValueError, match="3 epochs where 2 are trained"):
        Buckets(2).points(Curve((0.5, 0.5, 0.5), (), 0.0))
