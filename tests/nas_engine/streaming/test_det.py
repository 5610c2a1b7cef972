"""DET curves and thresholds, against running and matching the loop at each threshold by itself."""

import weakref
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from nas_engine.streaming.evaluation.det import MISSED, DetCurve, det_curves, each_det_curve
from nas_engine.streaming.evaluation.matching import match
from nas_engine.streaming.evaluation.thresholds import FalseAlarmTarget, choose_thresholds
from nas_engine.streaming.loop import LoopSettings, detections
from nas_engine.streaming.values import StreamScores
from tests.nas_engine.streaming.made import random_events, random_outputs, random_settings, scores_of


def random_streams(rng: np.random.Generator) -> list[StreamScores]:
    return [
        scores_of(random_outputs(60, rng), random_events(30.0, int(rng.integers(0, 8)), rng), name=str(number))
        for number in range(3)
    ]


def at_threshold(streams: list[StreamScores], settings: LoopSettings, label: str) -> tuple[list[int], list[int]]:
    """False alarms of each stream, and latencies in ms of all events of a class, by one run of the loop."""
    alarms, latencies = [], []
    for stream in streams:
        result = match(stream.events, detections(stream, settings), 0.5)
        alarms.append(sum(one.label == label for one in result.false_alarms))
        hits = [(hit.event.onset_s, round(hit.latency_s * 1e3)) for hit in result.hits if hit.event.label == label]
        misses = [(event.onset_s, MISSED) for event in result.misses if event.label == label]
        latencies += [latency for _, latency in sorted(hits + misses)]
    return alarms, latencies


@pytest.mark.parametrize("seed", range(25))
def test_every_point_of_a_curve_is_what_the_loop_gives_at_its_threshold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    streams, settings = random_streams(rng), random_settings(rng)
    for label, curve in det_curves(streams, settings, 0.5).items():
        for place, threshold in enumerate(curve.thresholds):
            alarms, latencies = at_threshold(streams, settings.with_thresholds({label: float(threshold)}), label)
            assert curve.false_alarms[:, place].tolist() == alarms
            assert curve.latencies_ms[:, place].tolist() == latencies


def test_between_two_thresholds_of_a_curve_nothing_changes() -> None:
    rng = np.random.default_rng(1)
    streams, settings = random_streams(rng), LoopSettings(hop_s=0.5, smoothing_windows=2)
    curve = det_curves(streams, settings, 0.5)["dog"]
    for place, (low, high) in enumerate(zip(curve.thresholds[:-1], curve.thresholds[1:], strict=True)):
        between = settings.with_thresholds({"dog": float(np.nextafter(high, low))})
        assert at_threshold(streams, between, "dog")[0] == curve.false_alarms[:, place].tolist()
    assert curve.false_alarms[:, -1].sum() == 0
    assert curve.miss_rates[-1] == 1.0


def test_a_lower_threshold_can_give_fewer_false_alarms_so_that_each_must_be_walked_by_itself() -> None:
    curves = [
        det_curves(random_streams(np.random.default_rng(seed)), LoopSettings(hop_s=0.5, refractory_s=2.0), 0.5)["dog"]
        for seed in range(10)
    ]
    assert any((np.diff(curve.false_alarms.sum(axis=0)) > 0).any() for curve in curves)


def test_latencies_are_quantiles_of_the_hits() -> None:
    rng = np.random.default_rng(2)
    curve = det_curves(random_streams(rng), LoopSettings(hop_s=0.5), 0.5)["dog"]
    for share in (0.5, 0.9):
        for place, value in enumerate(curve.latency_s(share)):
            hits = curve.latencies_ms[:, place][curve.latencies_ms[:, place] != MISSED] / 1e3
            expected = np.quantile(hits, share, method="inverted_cdf") if len(hits) else np.nan
            assert value == pytest.approx(expected, nan_ok=True)


def curves_of(seed: int) -> dict[str, DetCurve]:
    return det_curves(random_streams(np.random.default_rng(seed)), LoopSettings(hop_s=0.5, refractory_s=0.5), 0.5)


@pytest.mark.parametrize("seed", range(20))
def test_each_class_takes_the_lowest_threshold_from_which_on_the_target_holds(seed: int) -> None:
    curves = curves_of(seed)
    hours = next(iter(curves.values())).hours
    chosen = choose_thresholds(curves.values(), FalseAlarmTarget(2.5 / hours))
    assert chosen.allowed == 2
    for label, curve in curves.items():
        alarms = curve.false_alarms.sum(axis=0)
        holding = [place for place in range(len(alarms)) if (alarms[place:] <= 2).all()]
        assert chosen.thresholds[label] == curve.thresholds[min(holding)]
        assert chosen.false_alarms[label] == alarms[min(holding)]


@pytest.mark.parametrize(("seed", "allowed"), list(product(range(20), (0, 1, 4))))
def test_a_target_for_all_misses_as_few_events_as_any_thresholds_within_it(seed: int, allowed: int) -> None:
    curves = curves_of(seed)
    hours = next(iter(curves.values())).hours
    chosen = choose_thresholds(curves.values(), FalseAlarmTarget((allowed + 0.5) / hours, "all"))
    options = []
    for curve in curves.values():
        alarms = curve.false_alarms.sum(axis=0)
        options.append([(int(alarms[at:].max()), int(curve.misses[at])) for at in range(len(alarms))])
    possible = [
        sum(one[1] for one in choice) for choice in product(*options) if sum(one[0] for one in choice) <= allowed
    ]
    assert sum(chosen.misses.values()) == min(possible)
    assert sum(chosen.false_alarms.values()) <= allowed


def test_a_target_that_the_hours_cannot_show_has_a_note() -> None:
    curves = curves_of(0)
    assert "at least 72 hours" in choose_thresholds(curves.values(), FalseAlarmTarget(1 / 24)).note
    assert choose_thresholds(curves.values(), FalseAlarmTarget(1e4)).note == ""
    assert "no hours are enough" in choose_thresholds(curves.values(), FalseAlarmTarget(0.0)).note


def test_curves_need_streams_of_the_same_classes() -> None:
    with pytest.raises(ValueError, match="needs streams"):
        det_curves([], LoopSettings(), 0.5)
    one = random_streams(np.random.default_rng(0))[0]
    with pytest.raises(ValueError, match="same classes"):
        det_curves([one, replace(one, classes=("a", "b", "c"))], LoopSettings(), 0.5)
    with pytest.raises(ValueError, match="none"):
        choose_thresholds([], FalseAlarmTarget(1.0))
    for wrong in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="target"):
            FalseAlarmTarget(wrong)


def test_hours_at_several_noise_levels_show_no_more_than_those_at_one() -> None:
    one = replace(random_streams(np.random.default_rng(0))[0], duration_s=3600.0)
    levels = [replace(one, name=f"at {level} dB", unit="stream 1") for level in range(3)]
    apart, same = ([replace(level, unit=unit) for level in levels] for unit in ("", "stream 1"))
    notes = [
        choose_thresholds(each_det_curve(s, LoopSettings(), 0.5), FalseAlarmTarget(1.0)).note for s in (apart, same)
    ]
    assert notes[0] == ""
    assert notes[1].startswith("The streams last 1 hours (3 of them at all noise levels), which cannot show")


def test_curves_are_made_one_at_a_time_and_let_go() -> None:
    streams = random_streams(np.random.default_rng(0))
    kept: list[weakref.ref[np.ndarray]] = []

    def watched() -> Iterator[DetCurve]:
        for curve in each_det_curve(streams, LoopSettings(hop_s=0.5), 0.5):
            assert all(one() is None for one in kept), "an earlier curve is still in memory"
            assert curve.latencies_ms.dtype == np.int32
            kept.append(weakref.ref(curve.latencies_ms))
            yield curve
            del curve

    assert choose_thresholds(watched(), FalseAlarmTarget(1.0)).thresholds.keys() == {"dog", "siren"}
    assert len(kept) == 2
