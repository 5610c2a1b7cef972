"""The drawing of a network: boxes to scale, patterns and words besides colours, and a file of its own."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from nas_engine.architecture import BLOCK_KINDS, Architecture, Block, Head, Stem
from nas_engine.baselines import mobilenet_v2, nas_bayesian, tc_resnet8
from webapp.charts.drawing.network import WIDTH, FeatureMap, network_file, network_info, network_svg
from webapp.queries.pages.blocks import BlockTable, block_table
from webapp.translation import architecture_row

SVG = "{http://www.w3.org/2000/svg}"


def table(architecture: Architecture) -> BlockTable:
    found = block_table(architecture_row(architecture))
    assert found is not None
    return found


def drawn(architecture: Architecture, name: str = "trial 1") -> ET.Element:
    text = str(network_svg(network_info(table(architecture)), name, "own"))
    return ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def fronts(svg: ET.Element) -> list[tuple[float, float, float]]:
    """(top, width, height) of the front of each box."""
    rects = [one for one in svg.iter(f"{SVG}rect") if "front" in one.get("class", "")]
    return [(float(one.get("y", "")), float(one.get("width", "")), float(one.get("height", ""))) for one in rects]


def test_the_drawing_has_the_input_and_the_output_of_each_block_in_order() -> None:
    maps = network_info(table(nas_bayesian()))
    assert [one.name for one in maps] == ["input", *(f"b{n}" for n in range(1, 13)), "head"]
    assert (maps[0].shape, maps[1].shape, maps[1].text) == ("196 × 40 × 1", "98 × 40 × 8", "K-5·8 /2×1")
    assert (maps[-1].shape, maps[7].kind_name) == ("9", "identity")


def test_sides_are_to_scale() -> None:
    """Time and frequency by one scale: half as many time steps are half as wide."""
    (_, width, height), (_, half, same), *_ = fronts(drawn(nas_bayesian()))
    assert half == pytest.approx(width / 2, abs=0.1)
    assert same == height
    assert width / height == pytest.approx(196 / 40, rel=0.01)
    depths = re.findall(r'class="side" d="M\S+ \S+l(\S+) -', str(network_svg(_channels(4, 8, 16), "n", 1)))
    assert [float(one) for one in depths] == [6.0, 12.0, 24.0]


def _channels(*channels: int) -> tuple[FeatureMap, ...]:
    return tuple(FeatureMap(f"b{n}", "kxk", "", 10, 10, count) for n, count in enumerate(channels))


@pytest.mark.parametrize("architecture", [nas_bayesian(), tc_resnet8(), mobilenet_v2()], ids=["2d", "1d", "long"])
def test_boxes_are_within_the_drawing_and_below_each_other(architecture: Architecture) -> None:
    svg = drawn(architecture)
    boxes, height = fronts(svg), float(svg.get("height", ""))
    assert len(boxes) == len(architecture.blocks) + 2
    assert all(top + tall < following[0] for (top, _, tall), following in pairwise(boxes))
    texts = [float(one.get("y", "")) for one in svg.iter(f"{SVG}text") if one.get("class") is None]
    assert all(following - text >= 33 for text, following in pairwise(texts)), "a text of two lines covers no other"
    assert all(width <= 160 and top + tall <= height for top, width, tall in boxes)
    assert svg.get("viewBox") == f"0 0 {WIDTH} {svg.get('height')}"


def test_kinds_differ_by_pattern_and_label_besides_their_colour() -> None:
    kinds = [kind for kind in BLOCK_KINDS if kind != "mobilenet_v2_avg_pool"]
    blocks = [Block(kind) if kind == "identity" else Block(kind, 3, 8) for kind in kinds]
    architecture = Architecture(Stem(40, 20), (*blocks, Block("mobilenet_v2_avg_pool", 3, 8, (2, 2))), Head(classes=4))
    svg = drawn(architecture)
    patterns = {one.get("id"): one[0].get("d") for one in svg.iter(f"{SVG}pattern")}
    assert (
        len(set(patterns.values())) == len(patterns) == len(BLOCK_KINDS) - 2 + 1
    )  # the head, but neither K nor identity
    filled = [one.get("fill", "") for one in svg.iter(f"{SVG}rect") if one.get("fill")]
    assert {fill.removeprefix("url(#").removesuffix(")") for fill in filled} == set(patterns)


def test_screen_readers_get_its_name_and_what_it_shows() -> None:
    svg = drawn(nas_bayesian(), 'trial 1 of "<b>"')
    ids = str(svg.get("aria-labelledby")).split()
    texts = {one.get("id"): one.text or "" for one in svg if one.get("id")}
    assert texts[ids[0]] == 'Drawing of trial 1 of "<b>"'
    assert "b1: K×K convolution, 98 × 40 × 8; b2: 1×K + K×1 depthwise, 1×1, 49 × 40 × 24;" in texts[ids[1]]


def test_the_file_brings_its_style_for_both_schemes() -> None:
    text = network_file(network_info(table(nas_bayesian())), "trial 1")
    style = ET.fromstring(text).find(f"{SVG}style")
    assert style is not None
    assert style.text
    assert "prefers-color-scheme: dark" in style.text
    used = set(re.findall(r"var\((--[a-z-]+)\)", style.text))
    assert used <= set(re.findall(r"(--[a-z-]+):", style.text)), "every colour has a value"
