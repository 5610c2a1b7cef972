"""Two results of `python -m benchmarks` side by side, as a Markdown table with ratios.

    python -m benchmarks.compare BEFORE.json AFTER.json

A row is one figure of both results: its module, its place in the result, both values, and after / before. Figures are
times, sizes, rates and shares, known by the unit in their names; counts and settings are left out. A list is shown by
its median.
"""

import argparse
import json
import re
import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_FIGURE = re.compile(r"(?:^|_|\.)(?:seconds|ms|mb|bytes|share|ratio|per_second)(?:$|_|\.)")
_NO_FIGURE = re.compile(r"goal|benchmark_seconds|error|windows_s|environment|file_mb|seconds_each")


def figures(result: Mapping[str, Any]) -> dict[str, float]:
    """Figures of a result by their place, such as `full_stack.page.median_ms`."""
    return {
        place: value for place, value in _leaves(result, "") if _FIGURE.search(place) and not _NO_FIGURE.search(place)
    }


def _leaves(value: Any, place: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list) and value and all(_is_number(one) for one in value):
        yield place, float(statistics.median(value))
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _leaves(inner, f"{place}.{number}")
    elif _is_number(value):
        yield place, float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def table(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Markdown table of the figures that both results have, in the order of the first."""
    former, latter = figures(before), figures(after)
    lines = ["| figure | before | after | after / before |", "|---|---|---|---|"]
    for place in (one for one in former if one in latter):
        old, new = former[place], latter[place]
        ratio = f"{new / old:.2f}" if old else "–"
        lines.append(f"| {place} | {old:g} | {new:g} | {ratio} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    given = parser.parse_args()
    print(table(json.loads(given.before.read_text()), json.loads(given.after.read_text())))


if __name__ == "__main__":
    main()
