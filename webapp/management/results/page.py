"""The page of a run of results as Markdown, from its values alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from webapp.management.results.claims import claims_of
from webapp.management.results.pictures import ALTERNATIVES, FIGURE_6, FRONTS
from webapp.management.results.streams import HEAD, streams_table, streams_words

Values = Mapping[str, Any]
_SPACE = "\N{NO-BREAK SPACE}"
_NONE = "–"


def page_of(values: Values, command: str, pictures: Sequence[str] = ()) -> str:
    """Markdown; `command` is the one that makes the page, `pictures` are the files next to it (`pictures`)."""
    parts = (
        "# Results",
        _introduction(values, command),
        "## Searches",
        _searches(values),
        *(_picture(name) for name in (FRONTS,) if name in pictures),
        "## Table 1",
        _table1(values),
        *(_picture(name) for name in (FIGURE_6,) if name in pictures),
        "## The paper's claims",
        _claims(values),
        "## Against the baselines, on the test split",
        _differences(values),
        "## Selection bias: evaluation against test",
        _optimism(values),
        "## On streams",
        _streams(values),
        "## How it was made",
        _circumstances(values),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _introduction(values: Values, command: str) -> str:
    settings = values["settings"]
    unfinished = f"**The run is not finished**: {values['under_way']}.\n\n" if values.get("under_way") else ""
    failures = "".join(f"- {one}\n" for one in values.get("failures", ()))
    failed = f"**Something failed**:\n\n{failures}\n" if failures else ""
    return f"{unfinished}{failed}" + (
        f"The paper's five searches on the data set {values['dataset']}: {settings['trials']} trials each instead of "
        f"2,000, a full length of {settings['full_epochs']} epochs, early stopping on. The best "
        f"{settings['finalists']} of each by reward and the baselines were trained with {settings['seeds']} seeds for "
        f"the full length and evaluated once on the test split. Made by `{command}`; every figure is in "
        "`benchmarks/results/results.json`."
    )


def _picture(name: str) -> str:
    return f"![{ALTERNATIVES[name]}]({name})"


def _searches(values: Values) -> str:
    rows = [
        (
            one["name"],
            ", ".join(f"{count} {state.lower()}" for state, count in one["trials"].items()),
            f"{one['training_hours']:.2f}",
            _best(one["best"]),
        )
        for one in values["searches"]
    ]
    return _table(("search", "trials", "hours of one core", "best trial by reward"), rows)


def _best(best: Mapping[str, Any] | None) -> str:
    if best is None:
        return "none above chance"
    return (
        f"trial {best['trial']}: {_percent(best['accuracy'])} on the evaluation split, {best['energy_mj']:.2f} mJ, "
        f"{best['flash_bytes'] / 1000:.1f} kB"
    )


def _table1(values: Values) -> str:
    head = ("network", "energy, mJ", "flash, kB", "int8 accuracy", "split", "inference, ms", "FLOPs", "parameters")
    note = (
        "Means over seeds ± standard deviation. Published figures are of AudioSet and a Pixel 4 XL: they stand next to "
        "ours, and do not compare. § a later opening of the test split."
    )
    return f"{_table(head, [_line(one) for one in values['table1']])}\n\n{note}"


def _line(one: Mapping[str, Any]) -> Sequence[str]:
    """A row of Table 1 (`webapp.queries.table1.Table1Line.to_json`)."""
    name = f"{one['study']}, {one['name']}" if one["study"] else one["name"]
    return (
        f"{name} (published)" if one["origin"] == "published" else name,
        _energy(one),
        _shown(one["flash_bytes"], 1e3, 1),
        _accuracy(one),
        one["split"],
        _shown(one["latency_ms"], 1.0, 2),
        f"{one['flops'] / 1e6:.2f} M",
        f"{one['parameters'] / 1e3:.1f} k",
    )


def _energy(one: Mapping[str, Any]) -> str:
    if one["energy_mj"] is None:
        return _NONE
    spread = "" if one["energy_sd_mj"] is None else f" ± {one['energy_sd_mj']:.2f}"
    return f"{one['energy_mj']:.2f}{spread} ({one['energy_basis']})"


def _accuracy(one: Mapping[str, Any]) -> str:
    if one["accuracy_mean"] is None:
        return _NONE
    spread = "" if one["accuracy_sd"] is None else f" ± {100 * one['accuracy_sd']:.1f}"
    mark = " §" if one["test_opening"] > 1 else ""
    return f"{100 * one['accuracy_mean']:.1f}{spread}{_SPACE}%{mark}"


def _shown(value: float | None, unit: float, digits: int) -> str:
    return _NONE if value is None else f"{value / unit:.{digits}f}"


def _claims(values: Values) -> str:
    rows = [(one.claim, one.verdict, one.figures) for one in claims_of(values)]
    return _table(("claim", "here", "figures"), rows)


def _differences(values: Values) -> str:
    baselines = {one["name"] for one in values["networks"] if one["is_baseline"]}
    best = set(values["best"].values())
    shown = [row for row in values["differences"] if row["network"] in best and row["other"] in baselines]
    return "\n".join(f"- {row['network']}: {row['words']} ({row['arithmetic']})." for row in shown) or "None yet."


def _optimism(values: Values) -> str:
    found = [one for one in values["networks"] if one["optimism"]]
    return "\n".join(f"- {one['name']}: {one['optimism']}." for one in found) or "Nothing was tested yet."


def _streams(values: Values) -> str:
    found = values.get("streams", ())
    return f"{streams_words(found)}\n\n{_table(HEAD, streams_table(found))}" if found else "Nothing was evaluated yet."


def _circumstances(values: Values) -> str:
    rows = sorted((str(name), str(value)) for name, value in values["environment"].items())
    return _table(("what", "version"), rows) if rows else ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f}{_SPACE}%"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in lines)
