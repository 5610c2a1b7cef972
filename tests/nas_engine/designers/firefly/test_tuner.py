import json

from vizier._src.algorithms.designers.eagle_strategy.eagle_strategy_utils import FireflyAlgorithmConfig

from nas_engine.designers.firefly.tuner import FACTOR, TUNED, FireflyTuner


def values(tuner: FireflyTuner) -> list[float]:
    return [getattr(tuner.config, name) for name in TUNED]


def test_the_first_window_has_viziers_own_hyper_parameters():
    assert FireflyTuner(0).config == FireflyAlgorithmConfig()


def test_later_windows_differ_and_stay_within_the_factor():
    tuner, defaults = FireflyTuner(0), values(FireflyTuner(0))
    seen = set()
    for window in range(20):
        tuner.end_window(0.6 + window / 1000)
        seen.add(tuple(values(tuner)))
        ratios = [value / default for value, default in zip(values(tuner), defaults, strict=True)]
        assert all(1 / FACTOR * 0.999 <= ratio <= FACTOR * 1.001 for ratio in ratios)
    assert len(seen) == 20


def test_a_restored_tuner_goes_on_like_the_one_that_was_dumped():
    original = FireflyTuner(3)
    for window in range(12):
        restored = FireflyTuner(3, json.loads(json.dumps(original.dump())))
        for tuner in (original, restored):
            tuner.end_window(None if window % 4 == 1 else 0.6 + window / 100)
        assert restored.config == original.config
        assert restored.dump() == original.dump()


def test_windows_without_a_reward_are_passed_over():
    tuner = FireflyTuner(0)
    for _ in range(10):
        tuner.end_window(None)
    assert tuner.config != FireflyAlgorithmConfig()


def test_the_tuner_finds_what_makes_windows_better():
    """A window is as good as its perturbation is small; after forty of them it is well below the default."""
    tuner = FireflyTuner(0)
    for _ in range(40):
        tuner.end_window(-tuner.config.pure_categorical_perturbation)
    last = []
    for _ in range(6):
        tuner.end_window(-tuner.config.pure_categorical_perturbation)
        last.append(tuner.config.pure_categorical_perturbation)
    assert max(last) < 0.075
