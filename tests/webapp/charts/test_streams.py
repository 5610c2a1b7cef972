"""DET curves and noise: numbers of the outcome, zeros that a logarithmic axis can show, figures that Plotly accepts."""

import json
from dataclasses import replace

import plotly.graph_objects
import pytest

from nas_engine.statistics.values import Interval95
from nas_engine.streaming.evaluation.results import ClassMeasures
from nas_engine.streaming.procedure.outcome import DetPoints, EvaluationOutcome, LevelMeasures
from webapp.charts.streams import det_figure, det_info, noise_figure, noise_info

NONE = Interval95(0.0, 1.0)


def measured(label: str, events: int, miss_rate: float | None, alarms: float) -> ClassMeasures:
    return ClassMeasures(label, 0.5, events, 0, 1, 2.0, miss_rate, None, alarms, NONE, None, None)


def outcome() -> EvaluationOutcome:
    classes = (measured("dog", 4, 0.25, 0.0), measured("siren", 0, None, 1.5))
    together = LevelMeasures(None, 2.0, 4, 3, 1.5, NONE, 0.25, classes)
    det = (DetPoints("dog", (0.0, 0.5), (3.0, 0.0), (0.0, 0.25)), DetPoints("siren", (0.0,), (1.5,), ()))
    levels = (replace(together, snr_db=0.0, miss_rate=0.5), replace(together, snr_db=20.0))
    return EvaluationOutcome({"thresholds": {}}, 2.0, {}, {}, levels, together, det, (), (), 0, {}, ())


def accepted(figure: dict[str, object]) -> None:
    plotly.graph_objects.Figure(json.loads(json.dumps(figure, allow_nan=False)))


def test_no_false_alarm_stands_below_half_of_one_and_classes_without_events_have_no_curve() -> None:
    info = det_info(outcome())
    assert [line.label for line in info.lines] == ["dog"]
    assert info.lines[0].alarms == (3.0, 0.25)
    assert info.lines[0].misses == (0.0, 25.0)
    assert info.lines[0].chosen == (0.25, 25.0)
    assert "no false alarm" in info.lines[0].texts[1]
    accepted(det_figure(info))


def test_noise_grows_to_the_right() -> None:
    info = noise_info(outcome())
    assert info.ratios == (20.0, 0.0)
    assert info.misses == {"dog": (25.0, 25.0)}
    assert info.alarms == (1.5, 1.5)
    accepted(noise_figure(info))


def test_many_classes_have_lines_that_differ() -> None:
    found = outcome()
    labels = [f"class {n}" for n in range(12)]
    together = replace(found.together, classes=tuple(measured(label, 1, 0.5, 1.0) for label in labels))
    det = tuple(DetPoints(label, (0.0,), (1.0,), (0.5,)) for label in labels)
    figure = det_figure(det_info(replace(found, together=together, det=det)))
    lines = [(one["line"]["color"], one["line"]["dash"]) for one in figure["data"] if one["mode"] == "lines"]
    assert len(set(lines)) == 12
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert min(figure["data"][0]["x"]) == pytest.approx(1.0)
