"""The loop, against itself written as plainly as it can be."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nas_engine.streaming.loop import LoopSettings, detections
from tests.nas_engine.streaming.made import CLASSES, plain_loop, random_outputs, random_settings, scores_of


@pytest.mark.parametrize("seed", range(150))
def test_detections_are_those_of_the_plain_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, settings = scores_of(random_outputs(int(rng.integers(0, 60)), rng)), random_settings(rng)
    assert list(detections(scores, settings)) == plain_loop(scores, settings)


def test_the_settings_of_these_tests_detect_something_and_are_all_of_consequence() -> None:
    rng = np.random.default_rng(0)
    scores = scores_of(random_outputs(400, rng))
    base = LoopSettings(hop_s=0.5)
    others = [
        replace(base, smoothing_windows=2), replace(base, needed=2, among=2), replace(base, needed=1, among=3),
        replace(base, refractory_s=0.0), replace(base, default_threshold=0.9), replace(base, silent_classes=()),
        replace(base, thresholds={"dog": 0.1}),
    ]  # fmt: skip
    found = [detections(scores, settings) for settings in (base, *others)]
    assert all(found)
    assert all(one != found[0] for one in found[1:])


def test_a_score_equal_to_the_threshold_detects_nothing() -> None:
    outputs = np.full((10, 3), -128 + 64, np.int8)
    settings = LoopSettings(hop_s=0.5, default_threshold=0.25)
    assert detections(scores_of(outputs), settings) == ()
    assert len(detections(scores_of(outputs), replace(settings, default_threshold=np.nextafter(0.25, 0)))) > 0


def test_classes_that_stand_for_no_event_are_never_detected() -> None:
    outputs = np.full((10, 3), 127, np.int8)
    assert {one.label for one in detections(scores_of(outputs), LoopSettings())} == {"dog", "siren"}
    assert LoopSettings().detected_classes(CLASSES) == ("dog", "siren")


def test_settings_survive_json() -> None:
    settings = LoopSettings(thresholds={"dog": 0.25}, silent_classes=("negative", "wind"), needed=2, among=3)
    assert LoopSettings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"hop_s": 0.0}, "hop_s"),
        ({"smoothing_windows": 0}, "smoothing_windows"),
        ({"needed": 3, "among": 2}, "needed"),
        ({"refractory_s": -1.0}, "refractory_s"),
        ({"default_threshold": 1.5}, "default_threshold"),
        ({"thresholds": {"dog": float("nan")}}, "dog"),
        ({"gain_db": float("inf")}, "gain_db"),
    ],
)
def test_wrong_settings_are_named(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LoopSettings(**wrong)
