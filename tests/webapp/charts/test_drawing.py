"""Figures as static SVG: places, ticks, marks, and escaped text."""

import xml.etree.ElementTree as ET

import pytest

from webapp.charts.drawing.axes import axis_of
from webapp.charts.drawing.svg import HEIGHT, WIDTH, figure_svg
from webapp.charts.style import BLUE, VERMILLION, layout, logarithmic, vertical_line, with_chance

SVG = "{http://www.w3.org/2000/svg}"


def parsed(figure: dict, label: str = "A chart") -> ET.Element:
    text = str(figure_svg(figure, label))
    return ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def scatter(**more) -> dict:
    return {"type": "scatter", "mode": "markers", "name": "Run", "x": [1, 2, 4], "y": [10, 20, 15]} | more


def test_values_lie_between_the_ends_of_their_axis_and_ticks_are_round() -> None:
    axis = axis_of({"title": {"text": "t"}}, [61.2, 64.9], 400.0, 20.0)
    assert axis.place(61.2) > axis.place(64.9) > 20
    assert [tick.label for tick in axis.ticks] == ["62", "63", "64", "65"]
    assert axis_of({"rangemode": "tozero"}, [5.0, 9.0], 0, 100).low == 0


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.3, 30.0], ["0.5", "1", "2", "5", "10", "20"]),
        ([1e-3, 1e5], ["0.001", "0.01", "0.1", "1", "10", "100", "1,000", "10,000", "100,000"]),
        ([1.9, 2.1], ["1.8", "2", "2.2", "2.4"]),
    ],
)
def test_ticks_of_a_logarithmic_axis_suit_its_range(values: list[float], labels: list[str]) -> None:
    axis = axis_of({"type": "log"}, values, 0.0, 400.0)
    assert set(labels) >= {tick.label for tick in axis.ticks}
    assert len(axis.ticks) >= 2
    assert axis.place(values[0]) < axis.place(values[1])


def test_each_point_is_a_mark_with_a_title_and_leads_to_its_page() -> None:
    figure = {
        "data": [scatter(text=["a", "<b>b</b><br>c", "d"], customdata=["/t/1/", "/t/2/", "x"])],
        "layout": layout("x", "y"),
    }
    found = parsed(figure)
    assert [one.get("href") for one in found.iter(f"{SVG}a")] == ["/t/1/", "/t/2/"]
    assert [one.text for one in found.iter(f"{SVG}title")] == ["a (1; 10)", "b c (2; 20)", "d (4; 15)"]


def test_error_bars_lines_steps_and_open_marks_are_drawn_in_the_traces_colour() -> None:
    front = scatter(mode="lines+markers", line={"shape": "hv", "color": VERMILLION}, name="Front")
    spread = scatter(error_y={"array": [1, 2, 0]}, marker={"color": BLUE, "symbol": "circle-open"}, name="Mean")
    found = parsed({"data": [front, spread], "layout": layout("x", "y")})
    classes = [group.get("class") for group in found.iter(f"{SVG}g")]
    assert {"vermillion", "blue"} <= set(classes)
    paths = list(found.iter(f"{SVG}path"))
    assert sum(path.get("class") == "bar" for path in paths) == 2
    assert any("H" in path.get("d") and "V" in path.get("d") for path in paths if path.get("class") == "line ")
    assert sum(path.get("class") == "open" for path in paths) == 4  # three points and the legend


def test_many_points_are_one_path() -> None:
    many = list(range(1, 2_001))
    text = str(figure_svg({"data": [scatter(x=many, y=many)], "layout": layout("x", "y")}, "many"))
    assert len(text) < 50_000
    assert text.count("h0") == 2_000


def test_everything_stays_inside_and_names_do_not_cover_each_other() -> None:
    names = scatter(
        mode="markers+text", x=[2, 2, 2, 2], y=[70, 70.1, 70.2, 70.1], text=["trial 1", "trial 2", "MobileNetV2", "x"]
    )
    axes = with_chance(layout("Energy", "Accuracy"), 70.04)
    line, note = vertical_line(2.05, "E₀ 2.05 mJ", log_axis=True)
    axes |= {"shapes": [line, *axes["shapes"]], "annotations": [note, *axes["annotations"]]}
    logarithmic(axes["xaxis"])
    found = parsed({"data": [names], "layout": axes})
    texts = [one for one in found.iter(f"{SVG}text") if one.get("x")]
    assert all(0 <= float(one.get("x")) <= WIDTH and 0 <= float(one.get("y")) <= HEIGHT for one in texts)
    places = {one.text: (float(one.get("x")), float(one.get("y"))) for one in texts}
    assert len({places[name] for name in ("trial 1", "trial 2", "MobileNetV2")}) == 3
    assert {"E₀ 2.05 mJ", "chance 70.0 %"} <= set(places)


def test_text_of_users_is_escaped_and_a_figure_without_points_is_nothing() -> None:
    nasty = "</title><script>"
    text = str(
        figure_svg(
            {
                "data": [scatter(name=nasty, text=[nasty] * 3, customdata=["javascript:x"] * 3), scatter()],
                "layout": layout(nasty, nasty),
            },
            nasty,
        )
    )
    assert "<script" not in text
    assert "javascript" not in text
    assert figure_svg({"data": [scatter(x=[], y=[])], "layout": layout("x", "y")}, "none") == ""
    assert figure_svg({"data": [scatter(x=[1], y=[None])], "layout": layout("x", "y")}, "none") == ""


def test_a_gap_parts_a_line_unless_gaps_are_connected() -> None:
    broken = scatter(mode="lines", x=[1, 2, None, 3, 4], y=[1, 2, None, 2, 1])
    paths = [
        next(path.get("d") or "" for path in parsed({"data": [trace], "layout": layout("x", "y")}).iter(f"{SVG}path")
             if (path.get("class") or "").startswith("line"))
        for trace in (broken, broken | {"connectgaps": True})
    ]  # fmt: skip
    assert [path.count("M") for path in paths] == [2, 1]


def test_a_heat_map_has_a_path_for_each_colour_and_a_cell_without_value_stays_empty() -> None:
    scale = [[0.0, "#000000"], [0.5, "#777777"], [1.0, "#ffffff"]]
    cells = {"type": "heatmap", "x": [1, 2], "y": [0, 1], "z": [[1.0, 3.0], [None, 1.0]], "colorscale": scale}
    found = parsed({"data": [cells], "layout": layout("Block", "Kind")})
    cells_drawn = [path for path in list(found)[-2:] if path.get("fill")]
    assert [(path.get("fill"), (path.get("d") or "").count("Z")) for path in cells_drawn] == [
        ("#000000", 2), ("#ffffff", 1),
    ]  # fmt: skip
    assert not str(
        figure_svg({"data": [cells | {"z": [[None, None], [None, None]]}], "layout": layout("x", "y")}, "None")
    )
