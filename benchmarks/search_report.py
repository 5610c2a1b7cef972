"""Table and plot of docs/search.md from the JSON: `python -m benchmarks.search --render`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import marked_part
from benchmarks.search_entrants import OURS
from benchmarks.search_plot import plot
from benchmarks.search_summary import CHECKPOINTS

PAGE = Path("docs/search.md")
PLOT = Path("docs/search-regret.svg")
BEGIN = "<!-- written by `python -m benchmarks.search --render`; edit nothing up to the end -->"
END = "<!-- end -->"
TITLES: Mapping[str, str] = {"recorded": "Landscapes fitted to the recording", "made_up": "The synthetic landscape"}
_MEASURES: Mapping[str, str] = {"observed": "measured", "noise_free": "without noise"}


def write(result: Mapping[str, Any]) -> None:
    """Write tables and plot. Raises ValueError where the page lacks the marks around the tables."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), result), encoding="utf-8")
    PLOT.write_text(plot(result, TITLES), encoding="utf-8")


def with_tables(page: str, result: Mapping[str, Any]) -> str:
    """`page` with its tables replaced by those of `result`."""
    return marked_part.replaced(page, BEGIN, END, tables(result), PAGE)


def tables(result: Mapping[str, Any]) -> str:
    """Markdown tables: one of the claims, one for each landscape."""
    searched = {name: found for name, found in result["landscapes"].items() if found}
    lines = list(_claims(result))
    for name, found in searched.items():
        lines += ["", f"**{TITLES[name]}**", "", *_table(found, result["entrants"])]
    return "\n".join(lines)


def _claims(result: Mapping[str, Any]) -> Iterator[str]:
    yield "| | trials | seeds | reward | ours | best peer | |"
    yield "|---|---|---|---|---|---|---|"
    titles = {name: entrant["title"] for name, entrant in result["entrants"].items()}
    for landscape, claims in result["claims"].items():
        for claim in claims:
            verdict = "at least as good" if claim["ours"] >= claim["best_peers"] else "**behind**"
            yield (
                f"| {titles[claim['designer']]}, {TITLES[landscape].lower()} | {claim['trials']:,} | {claim['seeds']} "
                f"| {_MEASURES[claim['measure']]} | {claim['ours']:.4f} "
                f"| {claim['best_peers']:.4f} ({titles[claim['best_peer']]}) | {verdict} |"
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
    values = [title, _seeds(summary), *cells, seconds, summary["repeated"], summary["answered"]]
    return f"| {' | '.join(map(str, values))} |"


def _seeds(summary: Mapping[str, Any]) -> str:
    """Number of searches, and the checkpoint from which on there are fewer: "20; 3 from 300"."""
    counts = [(int(trial), checkpoint["seeds"]) for trial, checkpoint in summary["checkpoints"].items()]
    before = [summary["seeds"], *(seeds for _, seeds in counts)]
    fewer = (f"; {seeds} from {trial:,}" for (trial, seeds), last in zip(counts, before, strict=False) if seeds < last)
    return f"{summary['seeds']}{''.join(fewer)}"


def _cell(checkpoint: Mapping[str, Any] | None) -> str:
    """Median and quartiles of the observed reward, and below of the reward without noise."""
    if checkpoint is None:
        return "–"
    return "<br>".join(
        f"{values['median']:.4f} ({values['q25']:.3f}–{values['q75']:.3f})"
        for values in (checkpoint[measure] for measure in _MEASURES)
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:.1f}"
