"""Table and plot of docs/search.md, from nothing but the JSON: `python -m benchmarks.search --render`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.search_entrants import OURS
from benchmarks.search_plot import plot
from benchmarks.search_summary import CHECKPOINTS

PAGE = Path("docs/search.md")
PLOT = Path("docs/search-regret.svg")
BEGIN = "<!-- written by `python -m benchmarks.search --render`; edit nothing up to the end -->"
END = "<!-- end -->"
TITLES: Mapping[str, str] = {"recorded": "Landscapes fitted to the recording", "made_up": "The made-up landscape"}
_MEASURES: Mapping[str, str] = {"observed": "measured", "noise_free": "without noise"}
# What the search is held to: the designer, the trials, and who is no peer of it.
_CLAIMS = (("gaussian_process", (50, 100)), ("hyperfirefly", (300, 1_000)))


def write(result: Mapping[str, Any]) -> None:
    """Raises ValueError where the page has lost the marks between which the tables stand."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), result), encoding="utf-8")
    PLOT.write_text(plot(result, TITLES), encoding="utf-8")


def with_tables(page: str, result: Mapping[str, Any]) -> str:
    """`page` with the tables of `result` in place of those it has."""
    if page.count(BEGIN) != 1 or END not in page.split(BEGIN)[1]:
        raise ValueError(f"{PAGE} must hold the lines {BEGIN!r} and {END!r} once, in this order")
    before, after = page.split(BEGIN)
    return f"{before}{BEGIN}\n{tables(result)}\n{END}{after.split(END, 1)[1]}"


def tables(result: Mapping[str, Any]) -> str:
    """In Markdown: one of the claims, one for each landscape that was searched."""
    searched = {name: found for name, found in result["landscapes"].items() if found}
    lines = list(_claims(searched, result["entrants"]))
    for name, found in searched.items():
        lines += ["", f"**{TITLES[name]}**", "", *_table(found, result["entrants"])]
    return "\n".join(lines)


def _claims(searched: Mapping[str, Any], entrants: Mapping[str, Any]) -> Iterator[str]:
    yield "| | trials | reward | ours | best peer | |"
    yield "|---|---|---|---|---|---|"
    for name, found in searched.items():
        for ours, trials in _CLAIMS:
            for n in trials:
                yield from _claim(name, found, entrants, ours, n)


def _claim(name: str, found: Mapping[str, Any], entrants: Mapping[str, Any], ours: str, n: int) -> Iterator[str]:
    for measure, word in _MEASURES.items():
        medians = {
            other: summary["checkpoints"][str(n)][measure]["median"]
            for other, summary in found.items()
            if str(n) in summary["checkpoints"]
        }
        peers = [other for other in medians if entrants[other]["source"] != OURS]
        if ours not in medians or not peers:
            continue
        best = max(peers, key=lambda peer: medians[peer])
        verdict = "at least as good" if medians[ours] >= medians[best] else "**behind**"
        yield (
            f"| {entrants[ours]['title']}, {TITLES[name].lower()} | {n:,} | {word} | {medians[ours]:.4f} | "
            f"{medians[best]:.4f} ({entrants[best]['title']}) | {verdict} |"
        )


def _table(found: Mapping[str, Any], entrants: Mapping[str, Any]) -> Iterator[str]:
    yield f"| | seeds | {' | '.join(f'{n:,}' for n in CHECKPOINTS)} | seconds a suggestion | repeated | answered |"
    yield "|---" * (len(CHECKPOINTS) + 5) + "|"
    for name, entrant in entrants.items():
        if name in found:
            yield _row(entrant, found[name])
        else:
            yield f"| {entrant['title']} | not run |{' |' * (len(CHECKPOINTS) + 3)}"


def _row(entrant: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    cells = [_cell(summary["checkpoints"].get(str(n))) for n in CHECKPOINTS]
    seconds = f"{_seconds(summary['seconds_per_suggestion'])}; {_seconds(summary['late_seconds_per_suggestion'])}"
    title = entrant["title"] if entrant["source"] == OURS else f"{entrant['title']} *"
    values = [title, summary["seeds"], *cells, seconds, summary["repeated"], summary["answered"]]
    return f"| {' | '.join(map(str, values))} |"


def _cell(checkpoint: Mapping[str, Mapping[str, float]] | None) -> str:
    """Median and quartiles of the measured reward, and below without noise."""
    if checkpoint is None:
        return "–"
    return "<br>".join(
        f"{values['median']:.4f} ({values['q25']:.3f}–{values['q75']:.3f})"
        for values in (checkpoint[measure] for measure in _MEASURES)
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:.1f}"
