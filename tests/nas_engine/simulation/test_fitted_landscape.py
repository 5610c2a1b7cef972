"""A fit to few trainings: it finds what is there, claims no more, and says how far off it is."""

import numpy as np
import pytest

from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.simulation.fitted_landscape import FEWEST_TRAININGS, BlockFeatures, LandscapeFit
from tests.nas_engine.sampling import samples

NOISE = 0.005
COUNT = 150


@pytest.fixture(scope="module")
def features() -> BlockFeatures:
    return BlockFeatures(paper_2d(), samples(paper_2d(), COUNT))


def rows(features: BlockFeatures, count: int, seed: int) -> np.ndarray:
    return np.array([features.of(architecture) for architecture in samples(paper_2d(), count, seed)])


@pytest.fixture(scope="module")
def truth(features: BlockFeatures) -> np.ndarray:
    """Weights of an additive landscape in which networks differ by three points."""
    weights = np.random.default_rng(3).normal(size=len(features.of(samples(paper_2d(), 1)[0])))
    return weights * 0.03 / np.std(rows(features, COUNT, seed=1) @ weights)


def fitted(features: BlockFeatures, truth: np.ndarray, noise: float, seed: int = 1) -> LandscapeFit:
    x = rows(features, COUNT, seed)
    accuracies = 0.75 + x @ truth + np.random.default_rng(seed).normal(0, noise, COUNT)
    return LandscapeFit(x, accuracies, training_noise=0.6 * noise)


def test_an_additive_landscape_is_found_again_with_the_size_of_its_noise(
    features: BlockFeatures, truth: np.ndarray
) -> None:
    fit = fitted(features, truth, NOISE)
    assert fit.report.unexplained == pytest.approx(NOISE, rel=0.4)
    assert fit.report.spread == pytest.approx(0.03, rel=0.2)
    new = rows(features, 100, seed=2)
    drawn = fit.sample(np.random.default_rng(0))
    errors = np.array([drawn.accuracy(row) for row in new]) - (0.75 + new @ truth)
    assert np.sqrt(np.mean(errors**2)) < 2.5 * NOISE


def test_the_leave_one_out_error_is_that_of_networks_not_seen(features: BlockFeatures, truth: np.ndarray) -> None:
    x = rows(features, COUNT, seed=1)
    rng = np.random.default_rng(1)
    accuracies = 0.75 + x @ truth + rng.normal(0, 2 * NOISE, COUNT)
    left_out = [
        LandscapeFit(np.delete(x, i, axis=0), np.delete(accuracies, i), 0.0).predict(x[i]) - accuracies[i]
        for i in range(0, COUNT, 10)
    ]
    claimed = LandscapeFit(x, accuracies, 0.0).report.leave_one_out_error
    assert claimed == pytest.approx(float(np.sqrt(np.mean(np.square(left_out)))), rel=0.5)


def test_accuracies_that_no_block_explains_are_called_noise(features: BlockFeatures) -> None:
    x = rows(features, COUNT, seed=1)
    report = LandscapeFit(x, np.random.default_rng(0).normal(0.7, 0.02, COUNT), training_noise=0.012).report
    assert report.unexplained == pytest.approx(0.02, rel=0.2)
    assert report.own_deviation == pytest.approx(np.sqrt(report.unexplained**2 - 0.012**2))
    assert report.leave_one_out_error < 1.1 * report.spread


def test_drawn_landscapes_differ_where_nothing_was_recorded_and_their_mean_is_the_prediction(
    features: BlockFeatures, truth: np.ndarray
) -> None:
    fit = fitted(features, truth, 4 * NOISE)
    (new,) = rows(features, 1, seed=5)
    drawn = [fit.sample(np.random.default_rng(seed)).accuracy(new) for seed in range(200)]
    assert np.std(drawn) > 0.002
    assert np.mean(drawn) == pytest.approx(fit.predict(new), abs=4 * np.std(drawn) / np.sqrt(200))


def test_the_noise_of_training_is_never_more_than_what_is_unexplained(
    features: BlockFeatures, truth: np.ndarray
) -> None:
    x = rows(features, COUNT, seed=1)
    report = LandscapeFit(x, 0.75 + x @ truth, training_noise=0.5).report
    assert report.training_noise == report.unexplained
    assert report.own_deviation == 0.0


def test_equal_accuracies_everywhere_are_no_obstacle(features: BlockFeatures) -> None:
    fit = LandscapeFit(rows(features, COUNT, seed=1), np.full(COUNT, 0.7), training_noise=0.0)
    (new,) = rows(features, 1, seed=5)
    assert fit.sample(np.random.default_rng(0)).accuracy(new) == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize(
    ("count", "accuracy", "message"),
    [(FEWEST_TRAININGS - 1, 0.7, "at least 8"), (FEWEST_TRAININGS, float("nan"), "must be finite")],
)
def test_what_cannot_be_fitted_is_refused(features: BlockFeatures, count: int, accuracy: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LandscapeFit(rows(features, count, seed=1), np.full(count, accuracy), training_noise=0.0)
