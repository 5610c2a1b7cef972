"""A drawing as a file of its own, with the style that a page would bring, in the reader's light or dark scheme."""

from collections.abc import Mapping

from django.conf import settings

from webapp.charts.style import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILLION

_COLOURS = {
    "blue": BLUE, "orange": ORANGE, "green": GREEN, "vermillion": VERMILLION, "purple": PURPLE, "grey": GREY,
}  # fmt: skip
_LIGHT = {"text": "#1a1a1a", "muted": "#555555", "line": "#dddddd", "card": "#ffffff"}
_DARK = {"text": "#eeeeee", "muted": "#aaaaaa", "line": "#3a3d44", "card": "#16181c"}


def standalone(svg: str, rules: str, name: str = "drawing", more: Mapping[str, str] | None = None) -> str:
    """The element `svg` of the class `name` with name space and style; "" stays "".

    `more` has values of variables of the style besides the usual colours.
    """
    style = f"<style>{_variables(name, {**_LIGHT, **_COLOURS, **(more or {})})} "
    style += f"@media (prefers-color-scheme: dark) {{ {_variables(name, _DARK)} }} "
    style += f".{name} {{ background: var(--card); font-family: system-ui, sans-serif; }} {rules}</style>"
    start, end, rest = svg.partition(">")
    return f'{start} xmlns="http://www.w3.org/2000/svg"{end}{style}{rest}\n' if svg else ""


def rules_of(stylesheet: str, *beginnings: str) -> str:
    """The lines of a style sheet of static/earshot that begin in one of these ways."""
    lines = (settings.BASE_DIR / "static" / "earshot" / stylesheet).read_text("utf-8").splitlines()
    return " ".join(line for line in lines if line.startswith(beginnings))


def _variables(name: str, values: Mapping[str, str]) -> str:
    return f".{name} {{ {' '.join(f'--{key}: {value};' for key, value in values.items())} }}"
