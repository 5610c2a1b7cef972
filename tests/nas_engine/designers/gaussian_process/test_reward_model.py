import numpy as np
import pytest
from vizier.pyvizier.converters import padding

from nas_engine.designers import jax_setup
from nas_engine.designers.gaussian_process import reward_model
from nas_engine.designers.gaussian_process.encoding import Encoder
from nas_engine.designers.gaussian_process.observations import Observations
from nas_engine.designers.gaussian_process.reward_model import RewardModel, standardised
from nas_engine.designers.gaussian_process.warm_start import WarmStart
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.testing.designers import AdditiveReward
from nas_engine.testing.spaces import twins_2d


@pytest.fixture(autouse=True)
def _x64() -> None:
    jax_setup.configure()


def inputs(count: int, encoder: Encoder | None = None):
    rng = np.random.default_rng(2)
    return (encoder or Encoder(paper_2d(), None)).architectures([paper_2d().sample(rng) for _ in range(count)])


@pytest.mark.parametrize("count", [13, 16, 17, 33])
def test_arrays_are_padded_to_powers_of_two_as_viziers_are(count):
    schedule = padding.PaddingSchedule(num_trials=padding.PaddingType.POWERS_OF_2)
    known = inputs(count)
    ours = reward_model._model_data(known, np.arange(count, dtype=np.float64), np.zeros(count))
    for array, values in (
        (ours.features.categorical, schedule.pad_features(known.points)),
        (ours.labels, schedule.pad_labels(np.arange(count, dtype=np.float64)[:, None])),
    ):
        np.testing.assert_array_equal(array.padded_array, values.padded_array)
        np.testing.assert_array_equal(array.is_missing[0], values.is_missing[0])
    assert np.isfinite(ours.features.continuous.padded_array).all()


def test_larger_arrays_grow_by_128_rows():
    assert [reward_model._rows(count) for count in (256, 257, 384, 385, 1000, 1025)] == [256, 384, 384, 512, 1024, 1152]


def test_labels_have_mean_0_and_deviation_1_and_infeasible_ones_are_as_bad_as_the_worst():
    labels, unit = standardised(np.array([0.70, np.nan, 0.72, 0.68]))
    assert labels.mean() == pytest.approx(0)
    assert labels.std() == pytest.approx(1)
    assert labels[1] == labels[3] == labels.min()
    assert labels[2] - labels[0] == pytest.approx(0.02 / unit)


def test_equal_rewards_are_labels_of_0():
    labels, unit = standardised(np.full(3, 0.7))
    assert labels == pytest.approx(np.zeros(3), abs=1e-9)
    assert unit > 0


def test_after_news_it_mostly_exploits_and_otherwise_it_mostly_explores():
    """Vizier's probabilities: 0.9 and 0.25."""
    rng = np.random.default_rng(0)

    def share(has_new_outcomes: bool) -> float:
        return sum(reward_model._exploits(has_new_outcomes, rng) for _ in range(4000)) / 4000

    # 4000 draws have a standard deviation of at most 0.8 %.
    assert share(has_new_outcomes=True) == pytest.approx(0.9, abs=0.04)
    assert share(has_new_outcomes=False) == pytest.approx(0.25, abs=0.04)


def test_parameters_are_fitted_to_all_outcomes_or_to_256_drawn_anew_each_time():
    rng = np.random.default_rng(0)
    assert sorted(reward_model._sample(256, rng)) == list(range(256))
    many = reward_model._sample(1000, rng)
    assert len(set(many.tolist())) == 256
    assert set(many.tolist()) != set(reward_model._sample(1000, rng).tolist())
    assert max(many) > 900


def test_it_chooses_what_is_promising_after_its_penalty_and_nothing_that_will_not_be_trained():
    space, accuracy = paper_2d(), AdditiveReward(paper_2d())
    first_best = int(np.argmax([accuracy(space.decode([i] + [0] * 11)) for i in range(9)]))
    violating = {space.positions[0].options[first_best]: np.inf}
    encoder = Encoder(space, lambda architecture: violating.get(architecture.blocks[0], 0.0))
    known = inputs(40, encoder)
    trained = known[np.isfinite(known.penalties)]
    rewards = np.array([accuracy(space.decode(point)) for point in trained.points.tolist()])
    model = RewardModel(
        Observations(trained, rewards, np.zeros(len(rewards))), encoder, tuple(len(p.options) for p in space.positions),
        set(trained.keys), WarmStart(None, 40), np.random.default_rng(0),
    )  # fmt: skip
    rng = np.random.default_rng(1)
    nothing = encoder.architectures([])
    chosen = [model.choose(nothing, has_new_outcomes, rng) for has_new_outcomes in (True, True, False, False)]
    assert {choice.exploits for choice in chosen} == {True, False}
    assert all(choice.point[0] != first_best for choice in chosen)
    assert min(accuracy(space.decode(choice.point)) for choice in chosen if choice.exploits) > np.quantile(rewards, 0.8)


def test_neither_what_was_tried_nor_its_twins_are_chosen():
    space = twins_2d()
    encoder = Encoder(space, None)
    everything = encoder(np.array(list(np.ndindex(*(len(p.options) for p in space.positions))), dtype=np.int32))
    is_first = np.array([key not in everything.keys[:row] for row, key in enumerate(everything.keys)])
    assert not is_first.all()
    rng = np.random.default_rng(3)
    tried = everything[np.flatnonzero(is_first)[1:]]  # one network of the space is left
    model = RewardModel(
        Observations(tried, rng.normal(size=len(tried)), np.zeros(len(tried))), encoder,
        tuple(len(p.options) for p in space.positions), set(tried.keys), WarmStart(None, len(tried)), rng,
    )  # fmt: skip
    for has_new_outcomes in (True, False):
        choice = model.choose(encoder.architectures([]), has_new_outcomes, rng)
        assert encoder(np.array([choice.point], dtype=np.int32)).keys == everything[:1].keys
