"""What charts show, and that Plotly accepts every figure."""

import json
from typing import Any

import numpy as np
import plotly.graph_objects
import pytest

from nas_engine.audio.frontend import FrontendConfig, evaluation_start, log_mel, mel_matrix
from nas_engine.paper.figure2 import Figure2Point
from webapp.charts.curves import Forecasts, PlottedEpoch, curve_figure, curve_info
from webapp.charts.distributions import distribution_figure, distribution_info
from webapp.charts.figure2 import accuracy_figure, figure2_info, memory_figure
from webapp.charts.fronts import BaselinePoint, FrontInfo, front_figure, front_info, shown_points
from webapp.charts.rewards import rewards_figure, rewards_info, shown_rewards
from webapp.charts.spectrograms import COLUMNS_LIMIT, spectrogram_figure, spectrogram_info
from webapp.charts.style import BLUE, GREY, LONGEST_LINE, fitting
from webapp.charts.traces import trace_figure, trace_info


def accepted_by_plotly(figure: dict[str, Any]) -> None:
    """Plotly's own validation of every key and value, on what the browser receives."""
    plotly.graph_objects.Figure(json.loads(json.dumps(figure, allow_nan=False)))


def front(**values: Any) -> FrontInfo:
    defaults: dict[str, Any] = {
        "resource": "energy",
        "energy_tags": ["estimate"],
        "threshold": 1.25,
        "x": [2.0, 1.0, 1.5],
        "accuracy": [0.7, 0.6, 0.55],
        "on_front": [True, True, False],
        "texts": ["a", "b", "c"],
        "links": ["/1/", "/2/", "/3/"],
        "left_out": 0,
    }
    return front_info(**(defaults | values))


def test_the_front_is_sorted_from_cheap_to_dear() -> None:
    info = front()
    assert [(point.x, point.accuracy_percent, point.link) for point in info.front] == [
        (1.0, 60.0, "/2/"),
        (2.0, 70.0, "/1/"),
    ]
    assert [point.text for point in info.others] == ["c"]


def test_the_front_figure_draws_steps_the_threshold_and_links() -> None:
    figure = front_figure(front())
    accepted_by_plotly(figure)
    others, best = figure["data"]
    assert best["line"]["shape"] == "hv"
    assert best["customdata"] == ["/2/", "/1/"]
    assert figure["layout"]["shapes"][0]["x0"] == 1.25
    assert figure["layout"]["xaxis"]["title"]["text"] == "Energy per inference (mJ), estimated"
    assert others["text"] == ["c"]


def test_only_energy_can_be_an_estimate() -> None:
    assert "estimated" not in front_figure(front(resource="flash"))["layout"]["xaxis"]["title"]["text"]
    assert "estimated" not in front_figure(front(energy_tags=[]))["layout"]["xaxis"]["title"]["text"]
    by_model = front_figure(front(energy_tags=["predicted"]))
    assert by_model["layout"]["xaxis"]["title"]["text"] == "Energy per inference (mJ), predicted"
    both = front_figure(front(energy_tags=["estimate", "predicted"]))
    assert both["layout"]["xaxis"]["title"]["text"] == "Energy per inference (mJ),<br>estimated and predicted"


def baseline(name: str, x: float, accuracy_percent: float) -> BaselinePoint:
    return BaselinePoint(name, x, accuracy_percent, f"<b>{name}</b>", f"/{name}/")


def test_baselines_are_drawn_by_name_on_a_logarithmic_axis_that_follows_what_is_shown() -> None:
    dear, cheap = baseline("MobileNetV2-1.0", 14.0, 71.0), baseline("TC-ResNet8-1.0", 0.2, 65.0)
    info = front(baselines=[dear, cheap])
    assert [point.name for point in info.baselines] == ["TC-ResNet8-1.0", "MobileNetV2-1.0"]
    figure = front_figure(info)
    accepted_by_plotly(figure)
    trace, axis = figure["data"][2], figure["layout"]["xaxis"]
    assert (trace["text"], trace["customdata"][0]) == (["TC-ResNet8-1.0", "MobileNetV2-1.0"], "/TC-ResNet8-1.0/")
    assert (axis["type"], axis["tickformat"]) == ("log", ",~g")
    assert "range" not in axis  # a click on the legend leaves the trials alone, and the axis to them
    assert figure["layout"]["shapes"][0]["x0"] == 1.25
    assert figure["layout"]["annotations"][0]["x"] == pytest.approx(np.log10(1.25))


def test_the_names_of_neighbouring_baselines_do_not_cover_each_other() -> None:
    """The higher of two has its name above; names turn away from the nearer edge."""
    points = [baseline("A", 0.2, 65.0), baseline("B", 0.6, 65.0), baseline("C", 8.0, 70.0), baseline("D", 14.0, 71.0)]
    trace = front_figure(front(baselines=points))["data"][2]
    assert trace["textposition"] == ["top right", "bottom right", "bottom left", "top left"]


def test_without_baselines_nothing_of_the_chart_changes() -> None:
    figure = front_figure(front(baselines=[baseline("costs nothing", 0.0, 50.0)]))
    assert figure == front_figure(front())
    assert len(figure["data"]) == 2
    assert "type" not in figure["layout"]["xaxis"]


def test_a_chart_without_a_threshold_has_no_line() -> None:
    figure = front_figure(front(threshold=None, baselines=[baseline("A", 1.0, 65.0)]))
    accepted_by_plotly(figure)
    assert "shapes" not in figure["layout"]


def test_trials_at_chance_and_over_a_hard_limit_are_told_apart_also_on_the_front() -> None:
    figure = front_figure(front(marks=["violating", "chance", ""], baselines=[baseline("A", 1.0, 65.0)]))
    accepted_by_plotly(figure)
    shown = {trace["name"]: (trace["x"], trace.get("marker", {}).get("symbol")) for trace in figure["data"]}
    assert shown["Other trials"][0] == [1.5]
    assert shown["Pareto front"][0] == [1.0, 2.0]
    assert shown["At chance"] == ([1.0], "x-thin-open")
    assert shown["Exceeds a hard limit"] == ([2.0], "triangle-up-open")
    plain = [trace["name"] for trace in front_figure(front())["data"]]
    assert plain == ["Other trials", "Pareto front"]


def test_hover_text_fits_beside_a_point_on_a_phone() -> None:
    summary = "K-5·8 DW-3·24 V1-3·64 – " * 4
    text = f"<b>Trial 12</b>  reward 0.512<br>int8 accuracy 61.2 %<br>{summary.strip()}"
    lines = fitting(text).split("<br>")
    assert lines[:2] == ["<b>Trial 12</b>  reward 0.512", "int8 accuracy 61.2 %"]
    assert max(map(len, lines)) <= LONGEST_LINE
    assert " ".join(lines[2:]) == summary.strip()
    assert front(texts=[text, "b", "c"]).front[1].text == fitting(text)


def test_thinning_keeps_the_whole_front_and_the_limit() -> None:
    on_front = np.zeros(5000, bool)
    on_front[[3, 4000]] = True
    shown = shown_points(on_front, limit=100)
    assert len(shown) == 100
    assert {3, 4000} <= set(shown.tolist())
    assert shown.tolist() == sorted(set(shown.tolist()))
    assert shown_points(np.array([True, False, True]), limit=100).tolist() == [0, 1, 2]


def test_the_best_reward_only_rises_and_ends_at_the_last_trial() -> None:
    numbers, rewards = np.array([1, 2, 4, 7]), np.array([0.5, 0.4, 0.6, 0.55])
    info = rewards_info(
        numbers=numbers, rewards=rewards, above_chance=np.ones(4, bool), shown=np.arange(4), links=["a", "b", "c", "d"]
    )
    assert info.best_numbers == (1, 4, 7)
    assert info.best_rewards == (0.5, 0.6, 0.6)
    accepted_by_plotly(rewards_figure(info))


def test_rewards_at_chance_and_untrained_trials_are_told_apart() -> None:
    numbers, rewards = np.array([1, 3]), np.array([0.5, 0.1])
    info = rewards_info(
        numbers=numbers,
        rewards=rewards,
        above_chance=np.array([True, False]),
        shown=np.arange(2),
        links=["a", "b"],
        marks=["", "chance"],
        untrained=[2, 4],
    )
    figure = rewards_figure(info)
    accepted_by_plotly(figure)
    shown = {trace["name"]: (trace["x"], trace["y"]) for trace in figure["data"]}
    assert shown["Trial"] == ([1], [0.5])
    assert shown["At chance"] == ([3], [0.1])
    assert shown["Constraint violated"] == ([2, 4], [0.1, 0.1])


def test_an_empty_study_has_an_empty_chart() -> None:
    info = rewards_info(
        numbers=np.zeros(0, np.int64),
        rewards=np.zeros(0),
        above_chance=np.zeros(0, bool),
        shown=shown_rewards(0),
        links=[],
    )
    assert info.best_numbers == ()
    accepted_by_plotly(rewards_figure(info))
    accepted_by_plotly(front_figure(front(x=[], accuracy=[], on_front=[], texts=[], links=[])))


def test_shown_rewards_hold_the_first_and_the_last() -> None:
    shown = shown_rewards(2000, limit=50)
    assert (len(shown), shown[0], shown[-1]) == (50, 0, 1999)


def test_the_learning_curve_counts_epochs_through_both_phases() -> None:
    info = curve_info(
        [
            PlottedEpoch("float", 2.0, 0.5, 0.4),
            PlottedEpoch("float", 1.5, 0.6, None),
            PlottedEpoch("qat", 1.4, None, 0.55),
        ]
    )
    assert info.epochs == (1, 2, 3)
    assert info.qat_start == 2
    assert info.eval_percent == (40.0, None, 55.0)
    figure = curve_figure(info)
    accepted_by_plotly(figure)
    assert figure["layout"]["shapes"][0]["x0"] == 2.5


def test_forecasts_of_early_stopping_are_drawn_as_accuracies_with_their_band() -> None:
    silent = {"epoch": 1, "stop": False, "penalty": 0.02, "forecast": None}
    said = {"forecast": 0.6, "low": 0.5, "high": 0.7, "best_reward": 0.75, "probability": 0.99}
    stopping = {"decisions": [silent, silent | said | {"epoch": 2, "stop": True}]}
    points = [PlottedEpoch("float", 2.0, 0.5, 0.4), PlottedEpoch("float", 1.5, 0.6, 0.5)]
    info = curve_info(points, stopping)
    assert info.forecasts == Forecasts((2,), (62.0,), (52.0,), (72.0,), (77.0,))
    figure = curve_figure(info)
    accepted_by_plotly(figure)
    assert len(figure["data"]) == len(curve_figure(curve_info(points))["data"]) + 4
    assert curve_info(points, {"decisions": [silent]}).forecasts is None


def test_before_qat_no_line_is_drawn() -> None:
    info = curve_info([PlottedEpoch("float", 2.0, 0.5, 0.4)])
    assert info.qat_start is None
    assert "shapes" not in curve_figure(info)["layout"]


@pytest.mark.parametrize("seconds", [1.0, 7.0, 90.0])
def test_the_spectrogram_shows_a_tone_at_its_frequency_and_the_evaluation_window(seconds: float) -> None:
    config = FrontendConfig()
    t = np.arange(int(seconds * config.sample_rate_hz)) / config.sample_rate_hz
    features = log_mel((0.5 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32), config)
    info = spectrogram_info(features, config)
    assert info.decibels.shape[0] == config.mel_bins
    assert info.decibels.shape[1] <= COLUMNS_LIMIT
    loudest = int(np.argmax(info.decibels.mean(axis=1)))
    assert abs(loudest - info.tick_bins[info.tick_hertz.index(1000)]) < 1
    start = evaluation_start(features, config) * config.hop_samples / config.sample_rate_hz
    assert info.window_start_seconds == pytest.approx(start)
    assert info.is_repeated == (len(features) < config.frames)
    accepted_by_plotly(spectrogram_figure(info))


def test_the_frequency_ticks_lie_where_the_front_ends_filters_peak() -> None:
    config = FrontendConfig()
    info = spectrogram_info(np.zeros((10, config.mel_bins), np.float32), config)
    centres = mel_matrix(config).argmax(axis=0) * config.sample_rate_hz / config.fft_size
    for position, hertz in zip(info.tick_bins, info.tick_hertz, strict=True):
        if hertz >= 500:  # below, a filter is narrower than the spacing of the transform's bins (31 Hz)
            assert np.interp(position, np.arange(config.mel_bins), centres) == pytest.approx(hertz, rel=0.05)


def test_figure_2_has_its_units_on_the_axes_and_a_line_on_which_nothing_is_lost() -> None:
    info = figure2_info(
        [Figure2Point("a", 0.5, 0.48, 23_863, 21_273, 52_560), Figure2Point("b", 0.7, 0.71, 30_000, 28_000, 60_000)]
    )
    diagonal, networks = accuracy_figure(info)["data"]
    assert (diagonal["x"], diagonal["y"]) == ([50.0, 70.0], [50.0, 70.0])
    assert (networks["x"], networks["y"], networks["text"]) == ([50.0, 70.0], [48.0, 71.0], ["a", "b"])
    memory = memory_figure(info)
    assert (memory["data"][0]["x"], memory["data"][0]["y"]) == ([23.863, 30.0], [52.56, 60.0])
    assert memory["layout"]["yaxis"]["title"]["text"].endswith("(kB)")
    for figure in (accuracy_figure(info), memory, accuracy_figure(figure2_info([]))):
        accepted_by_plotly(figure)


def test_a_distribution_is_blue_within_the_limit_and_grey_beyond() -> None:
    info = distribution_info(edges=(0, 10_000, 20_000, 30_000), counts=(1, 2, 1), scale=1000, limit=20_000, unit="kB")
    assert (info.centres, info.shares, info.width, info.limit) == ((5.0, 15.0, 25.0), (25.0, 50.0, 25.0), 10.0, 20.0)
    figure = distribution_figure(info)
    assert [bars["x"] for bars in figure["data"]] == [[5.0, 15.0], [25.0]]
    assert [bars["marker"]["color"] for bars in figure["data"]] == [BLUE, GREY]
    assert figure["layout"]["shapes"][0]["x0"] == 20.0
    accepted_by_plotly(figure)
    unlimited = distribution_figure(info._replace(limit=None))
    assert unlimited["data"][1]["x"] == []
    assert "shapes" not in unlimited["layout"]


def test_a_trace_shows_the_lowest_and_highest_of_each_stretch_and_its_windows() -> None:
    shared = {"duration_s": 2.0, "windows_s": [(0.5, 1.5)]}
    info = trace_info([0.0, 1.0], [1.0, 2.0], [5.0, 6.0], is_exact=False, **shared)
    assert (info.time_s, info.power_mw) == ((0.0, 0.0, 1.0, 1.0), (1.0, 5.0, 2.0, 6.0))
    samples = trace_info([0.0, 1.0], [1.0, 2.0], [1.0, 2.0], is_exact=True, duration_s=2.0)
    assert samples.power_mw == (1.0, 2.0)
    for figure in (trace_figure(info), trace_figure(samples)):
        accepted_by_plotly(figure)
    assert trace_figure(info)["data"][1]["x"][:4] == [0.5, 0.5, 1.5, 1.5]
