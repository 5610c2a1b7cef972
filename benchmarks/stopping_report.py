"""Table and plot of docs/search.md from the JSON: `python -m benchmarks.stopping --render`."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from benchmarks import marked_part
from benchmarks.svg_style import STYLE

PAGE = Path("docs/search.md")
PLOT = Path("docs/stopping.svg")
BEGIN = "<!-- written by `python -m benchmarks.stopping --render`; edit nothing up to the end -->"
END = "<!-- end of early stopping -->"
_IMAGE = f"![Epochs saved against reward lost]({PLOT.name})"
TITLES: Mapping[str, str] = {
    "tsgp": "TSGP",
    "exponential_decay": "exponential decay",
    "median_pruning": "median pruning *",
    "hyperband": "Hyperband *",
}
_PARTS: Mapping[str, str] = {"all": "All trainings", "held_out": "Held out"}
_CHOSEN: Mapping[str, str] = {
    "default": "default",
    "most_saved_at_slight_median_loss": "median loss ≤ 0.002",
    "most_saved_at_slight_mean_loss": "mean loss ≤ 0.002",
}
_COLOURS: Mapping[str, str] = {
    "tsgp": "#d55e00", "exponential_decay": "#0072b2", "median_pruning": "#009e73", "hyperband": "#cc79a7",
}  # fmt: skip
_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 24, 64, 52


def write(result: Mapping[str, Any]) -> None:
    """Write tables and plot. Raises ValueError where the page lacks the marks around the tables."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), result), encoding="utf-8")
    PLOT.write_text(plot(result["studies"]["all"]), encoding="utf-8")


def with_tables(page: str, result: Mapping[str, Any]) -> str:
    """`page` with its tables replaced by those of `result`."""
    return marked_part.replaced(page, BEGIN, END, f"{tables(result)}\n\n{_IMAGE}", PAGE)


def tables(result: Mapping[str, Any]) -> str:
    """Markdown tables, one for each part of the recording."""
    return "\n\n".join(
        "\n".join([f"**{_title(name, part, result)}**", "", *_table(part["rules"])])
        for name, part in result["studies"].items()
    )


def _title(name: str, part: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    best = ", ".join(f"{reward:.4f}" for reward in part["rewards"]["best"][:3])
    lowest = part["rewards"]["lowest"]
    return f"{_PARTS[name]}: {part['trainings']}, best rewards {best}, lowest {lowest:.3f}; {result['seeds']} seeds"


def _table(rules: Mapping[str, Any]) -> Iterator[str]:
    yield "| rule | chosen by | settings | epochs saved | reward lost, median | mean | largest | best kept |"
    yield "|---" * 8 + "|"
    for name, found in rules.items():
        for key, words in _CHOSEN.items():
            yield _row(TITLES[name], words, found[key], found["settings"])


def _row(title: str, chosen_by: str, chosen: str | None, settings: Mapping[str, Any]) -> str:
    if chosen is None:
        return f"| {title} | {chosen_by} | none |" + " – |" * 5
    found = settings[chosen]
    saved, lost = found["epochs_saved"], found["reward_lost"]
    quartiles = f"{saved['median']:.0%} ({saved['q25']:.0%}–{saved['q75']:.0%})"
    losses = f"{lost['median']:.4f} | {lost['mean']:.4f} | {lost['largest']:.4f}"
    return f"| {title} | {chosen_by} | {chosen} | {quartiles} | {losses} | {found['best_kept']:.0%} |"


def plot(part: Mapping[str, Any]) -> str:
    """Plot of every setting of every rule: median of the epochs saved, mean of the reward lost."""
    size = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "width": str(_WIDTH), "height": str(_HEIGHT)}
    svg = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", **size})
    title = "Epochs saved (median) and best reward lost (mean) by rule and setting"
    ElementTree.SubElement(svg, "title").text = title
    ElementTree.SubElement(svg, "style").text = STYLE
    ElementTree.SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": "var(--paper)"})
    _text(svg, _LEFT, 22, title, {"class": "title"})
    points = {
        name: [(one["epochs_saved"]["median"], one["reward_lost"]["mean"]) for one in found["settings"].values()]
        for name, found in part["rules"].items()
    }
    highest = max([0.004, *(lost for each in points.values() for _, lost in each)])
    _axes(svg, highest)
    for number, (name, each) in enumerate(points.items()):
        _dots(svg, name, each, highest)
        _text(svg, _LEFT + 14 + number * 150, 46, TITLES[name], {})
        _dot(svg, _LEFT + 6 + number * 150, 42, name)
    ElementTree.indent(svg)
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


def _axes(svg: ElementTree.Element, highest: float) -> None:
    for step in range(5):
        _, y = _place(0, highest * step / 4, highest)
        _grid(svg, (_LEFT, y), (_WIDTH - _RIGHT, y))
        _text(svg, _LEFT - 8, y + 4, f"{highest * step / 4:.4f}", {"text-anchor": "end"})
    for percent in range(0, 101, 20):
        x, bottom = _place(percent / 100, 0, highest)
        _grid(svg, (x, _TOP), (x, bottom))
        _text(svg, x, bottom + 18, f"{percent} %", {"text-anchor": "middle"})
    _text(svg, (_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 12, "epochs saved", {"text-anchor": "middle"})


def _dots(svg: ElementTree.Element, name: str, points: Sequence[tuple[float, float]], highest: float) -> None:
    for point in points:
        _dot(svg, *_place(*point, highest), name)


def _dot(svg: ElementTree.Element, x: float, y: float, name: str) -> None:
    circle = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "5" if name == "tsgp" else "4", "fill": _COLOURS[name]}
    ElementTree.SubElement(svg, "circle", circle)


def _place(saved: float, lost: float, highest: float) -> tuple[float, float]:
    x = _LEFT + (_WIDTH - _RIGHT - _LEFT) * saved
    return x, _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * lost / highest


def _grid(svg: ElementTree.Element, start: tuple[float, float], end: tuple[float, float]) -> None:
    places = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    drawn = {name: f"{place:.1f}" for name, place in places.items()}
    ElementTree.SubElement(svg, "line", {**drawn, "class": "grid"})


def _text(svg: ElementTree.Element, x: float, y: float, text: str, attributes: Mapping[str, str]) -> None:
    placed = {"x": f"{x:.1f}", "y": f"{y:.1f}"}
    ElementTree.SubElement(svg, "text", {**placed, **attributes}).text = text
