"""The chart of a comparison, and that Plotly accepts it."""

import json
from typing import Any

import plotly.graph_objects
import pytest

from webapp.charts.comparison import ComparedFront, ComparisonInfo, comparison_figure, comparison_info, front_points
from webapp.charts.fronts import BaselinePoint
from webapp.charts.style import GREY


def front(name: str, *energies: float) -> ComparedFront:
    texts, links = [f"{name} {mj}" for mj in energies], [f"/{name}/{mj}/" for mj in energies]
    accuracy = [0.5 + mj / 10 for mj in energies]
    return ComparedFront(name, front_points(energy_mj=energies, accuracy=accuracy, texts=texts, links=links))


def info(**values: Any) -> ComparisonInfo:
    defaults: dict[str, Any] = {
        "energy_tags": ["estimate"],
        "thresholds_mj": [1.25, 1.25],
        "fronts": [front("a", 2.0, 1.0), front("b", 0.5)],
        "baselines": {},
    }
    return comparison_info(**(defaults | values))


def figure_of(found: ComparisonInfo) -> dict[str, Any]:
    figure = comparison_figure(found)
    plotly.graph_objects.Figure(json.loads(json.dumps(figure, allow_nan=False)))
    return figure


def test_each_study_has_a_step_line_from_cheap_to_dear_with_links() -> None:
    figure = figure_of(info())
    one, two = figure["data"]
    assert (one["name"], one["x"], one["y"], one["customdata"]) == (
        "a",
        [1.0, 2.0],
        [60.0, 70.0],
        ["/a/1.0/", "/a/2.0/"],
    )
    assert one["line"]["shape"] == "hv"
    assert (one["marker"]["color"], one["marker"]["symbol"]) != (two["marker"]["color"], two["marker"]["symbol"])
    assert figure["layout"]["xaxis"]["title"]["text"] == "Energy per inference (mJ), estimated"
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [1.25]
    assert figure["layout"]["annotations"][0]["text"] == "E₀ 1.25 mJ"


def test_a_study_without_a_front_is_left_out_and_many_can_be_told_apart() -> None:
    (alone,) = figure_of(info(fronts=[front("a"), front("b", 1.0)]))["data"]
    assert (alone["name"], alone["line"]) == ("b", figure_of(info())["data"][1]["line"])
    many = figure_of(info(fronts=[front(str(number), 1.0) for number in range(15)]))["data"]
    styles = {(trace["line"]["color"], trace["line"]["dash"], trace["marker"]["symbol"]) for trace in many}
    assert len(styles) == 15


@pytest.mark.parametrize("values", [{"thresholds_mj": [1.25, 2.0]}, {"thresholds_mj": []}])
def test_a_threshold_that_is_not_shared_is_not_drawn(values: dict[str, Any]) -> None:
    assert info(**values).threshold_mj is None
    assert "shapes" not in figure_of(info(**values))["layout"]


def baseline(name: str, x: float, accuracy_percent: float = 70.0) -> BaselinePoint:
    return BaselinePoint(name, x, accuracy_percent, name, f"/{name}/")


def test_baselines_are_grey_by_name_on_a_logarithmic_axis() -> None:
    baselines = {"kitchen": [baseline("V2", 14.0), baseline("TC", 0.2), baseline("costs nothing", 0.0)]}
    figure = figure_of(info(baselines=baselines))
    trace = figure["data"][-1]
    assert (trace["name"], trace["text"], trace["marker"]["color"]) == ("Baseline", ["TC", "V2"], GREY)
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert figure_of(info(fronts=[], baselines=baselines))["data"][0]["name"] == "Baseline"
    assert figure_of(info(fronts=[], thresholds_mj=[]))["data"] == []


def test_baselines_of_several_datasets_are_told_apart_and_their_names_do_not_cover_each_other() -> None:
    baselines = {"kitchen": [baseline("TC", 0.2, 60.0)], "hall": [baseline("TC", 0.2, 61.0)], "empty": []}
    one, two = figure_of(info(fronts=[], baselines=baselines))["data"]
    assert (one["name"], two["name"]) == ("Baseline, kitchen", "Baseline, hall")
    assert one["marker"]["symbol"] != two["marker"]["symbol"]
    assert (one["textposition"], two["textposition"]) == (["bottom right"], ["top right"])
