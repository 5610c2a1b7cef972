"""Tables of docs/search.md from the JSON: `python -m benchmarks.compute --render`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import marked_part

PAGE = Path("docs/search.md")
BEGIN = "<!-- written by `python -m benchmarks.compute --render`; edit nothing up to the end -->"
END = "<!-- end of whole searches -->"
_MOST_PEERS = 5  # a table shows, by mean reward


def write(result: Mapping[str, Any]) -> None:
    """Write the tables. Raises ValueError where the page lacks the marks around them."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), result), encoding="utf-8")


def with_tables(page: str, result: Mapping[str, Any]) -> str:
    """`page` with its tables replaced by those of `result`."""
    return marked_part.replaced(page, BEGIN, END, tables(result), PAGE)


def tables(result: Mapping[str, Any]) -> str:
    """Markdown tables, one for each landscape and budget: all entrants of ours, and the best peers by mean reward."""
    lines = []
    for landscape, budgets in result["landscapes"].items():
        for budget, found in budgets.items():
            lines += [*_table(landscape, int(budget), found, result["peers"]), ""]
    return "\n".join(lines[:-1])


def _table(landscape: str, budget: int, found: Mapping[str, Any], peers: list[str]) -> Iterator[str]:
    entrants = found["entrants"]
    ranked = sorted((name for name in entrants if name in peers), key=lambda name: -_mean(entrants[name]))
    whole = [name for name in ranked if entrants[name]["seeds"] == entrants[found["best_peer"]]["seeds"]]
    ours = sorted((name for name in entrants if name not in peers), key=lambda name: -_mean(entrants[name]))
    yield f"**{landscape}, {budget:,} epochs; the best of {len(ranked)} peers is {found['best_peer']} *"
    yield f"({len(whole)} of them with all {entrants[found['best_peer']]['seeds']} seeds)**"
    yield ""
    yield "| | seeds | mean reward (quartiles) | lead (95 %) | better | epochs, ratio (quartiles) | seconds, ratio |"
    yield "|---|---|---|---|---|---|---|"
    for name in (*ours, *whole[:_MOST_PEERS]):
        yield f"| {name}{' *' if name in peers else ''} | {_cells(entrants[name])} |"


def _mean(numbers: Mapping[str, Any]) -> float:
    return float(numbers.get("mean", -1.0))


def _cells(numbers: Mapping[str, Any]) -> str:
    if not numbers["seeds"]:
        return "0 | – | – | – | – | –"
    low, _, high = numbers["quartiles"]
    first, last = numbers["lead_95"]
    return " | ".join(
        [
            str(numbers["seeds"]),
            f"{numbers['mean']:.4f} ({low:.4f}–{high:.4f})",
            f"{numbers['lead']:+.4f} ({first:+.4f} to {last:+.4f})",
            f"{numbers['wins']:g} of {numbers['seeds']}",
            f"{_ratio(numbers['ratio'])} ({' to '.join(map(_ratio, numbers['ratio_quartiles']))})",
            _ratio(numbers["at_seconds"].get("ratio")),
        ]
    )


def _ratio(value: float | None) -> str:
    """Two decimals; a dash where the reference is not reached."""
    return "–" if value is None else f"{value:.2f}"
