import numpy as np
import pytest

from nas_engine.energy.regression.metrics import folds, spearman


def test_every_group_is_held_back_once_and_as_a_whole() -> None:
    groups = [f"network {number % 7}" for number in range(30)]
    masks = list(folds(groups, 5, seed=1))
    assert len(masks) == 5
    assert np.sum(masks, axis=0).tolist() == [1] * 30
    for mask in masks:
        assert not {group for group, held in zip(groups, mask, strict=True) if held} & {
            group for group, held in zip(groups, mask, strict=True) if not held
        }


def test_fewer_groups_than_folds_are_held_back_one_by_one() -> None:
    assert [int(mask.sum()) for mask in folds(["a", "b", "b"], 5, seed=0)] in ([1, 2], [2, 1])


def test_folds_are_those_that_the_published_figures_were_made_with() -> None:
    held_back = [np.flatnonzero(mask).tolist() for mask in folds([str(row) for row in range(7)], 3, seed=2)]
    assert held_back == [[1, 3, 5], [4, 6], [0, 2]]


def test_rank_correlation_shares_ranks_and_is_0_for_a_constant() -> None:
    assert spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 8.0, 27.0])) == pytest.approx(1)
    assert spearman(np.array([1.0, 1.0, 2.0]), np.array([3.0, 2.0, 1.0])) == pytest.approx(-np.sqrt(3) / 2)
    assert spearman(np.ones(3), np.arange(3.0)) == 0
