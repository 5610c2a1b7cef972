"""The best network and the baselines of a run of results on streams, measured on the test split they were opened for.

Thresholds are chosen on streams of the evaluation split by `TARGET`; the streams of the test split are put together
once, under the opening that evaluated the network on its clips. Of each network it is the first seed that was trained;
where its file is lost, a repetition of it.
"""

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nas_engine.streaming.evaluation.thresholds import FalseAlarmTarget
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.procedure.outcome import EvaluationOutcome
from nas_engine.streaming.procedure.plan import EvaluationPlan
from webapp.management.results.lost_networks import network_at_hand, words_on_lost
from webapp.models import SplitOpening, StreamEvaluation, Study, Trial
from webapp.queries.finals import FinalNetwork, final_networks
from webapp.queries.pages.finals import best_by_reward
from webapp.queries.pages.streams import outcome_of
from webapp.services import jobs
from webapp.services.bundles import check_network
from webapp.services.errors import Conflict
from webapp.services.stream_evaluations import check_test, request_test

State = StreamEvaluation.State
TARGET = FalseAlarmTarget(1.0, "all")
PLAN = EvaluationPlan(hours=2.0, loop=LoopSettings(smoothing_windows=2, refractory_s=5.0), target=TARGET)


def compared_on_streams(searches: Sequence[Study]) -> list[tuple[str, FinalNetwork]]:
    """(study, network): the best finalist of all searches by mean reward, then the baselines with "" as study."""
    by_study = [(study, final_networks(study)) for study in searches]
    own = {one.finalist.pk: (study.name, one) for study, ones in by_study for one in ones if not one.is_baseline}
    best = best_by_reward(one for _, one in own.values())
    shared = {one.finalist.pk: one for _, ones in by_study for one in ones if one.is_baseline}
    found = [own[best.finalist.pk]] if best is not None else []
    return [one for one in [*found, *(("", one) for one in shared.values())] if one[1].opening is not None]


def networks_without_evaluation(searches: Sequence[Study]) -> list[Trial]:
    """First seeds of the networks that were not evaluated on streams yet, nor requested."""
    requested = {row.opening_id for row in _rows(searches)}
    waiting = [one for _, one in compared_on_streams(searches) if one.opening and one.opening.pk not in requested]
    return [trial for trial in map(first_seed, waiting) if trial is not None]


def evaluate_missing(searches: Sequence[Study], plan: EvaluationPlan = PLAN) -> int:
    """Request each evaluation that there is none of; how many are under way. Simulated networks have none."""
    pending = 0
    for _, network in compared_on_streams(searches):
        trial, opening = heard_of(network), network.opening
        if trial is None or opening is None:
            continue
        try:
            pending += request_test(trial_id=trial.pk, opening_id=opening.pk, plan=plan).state == State.COMPUTING
        except Conflict:
            continue  # `failures_on_streams` states why, unless it is a simulated network, which hears nothing
    return pending


def reopen_failed(searches: Sequence[Study]) -> None:
    """Begin again what failed, for a start of the command."""
    for row in _rows(searches):
        if row.state == State.FAILED:
            jobs.reopen(jobs.STREAMS, row.pk, reason="")


def first_seed(network: FinalNetwork) -> Trial | None:
    """The first seed that the opening of a network evaluated."""
    results = network.opening.results.all() if network.opening else ()
    trials = [one.trial for one in results]
    return min(trials, key=lambda one: (one.seed, one.pk), default=None)


def heard_of(network: FinalNetwork) -> Trial | None:
    """The trial whose network is evaluated on streams; None while its file is lost."""
    first = first_seed(network)
    return network_at_hand(first) if first is not None else None


def failures_on_streams(searches: Sequence[Study], plan: EvaluationPlan = PLAN) -> Iterator[str]:
    """A sentence for each evaluation that failed, and for each network, simulated ones apart, that can have none."""
    rows = _rows(searches)
    requested = {row.opening_id for row in rows}
    for _, network in compared_on_streams(searches):
        trial, opening = first_seed(network), network.opening
        if trial is None or opening is None or opening.pk in requested:
            continue
        reason = _why_not(trial, opening, plan)
        if reason:
            yield f"{opening.label} was not evaluated on streams: {reason}"
    for row in rows:
        if row.state == State.FAILED:
            reason = " ".join(row.reason.split()).rstrip(".")
            label = row.opening.label if row.opening else row.trial.label
            yield f"{label} was not evaluated on streams: {reason}. Start the command again to try once more."


def _why_not(trial: Trial, opening: SplitOpening, plan: EvaluationPlan) -> str:
    """Why a network is not evaluated; empty for one that may be, and for a simulated one."""
    heard = network_at_hand(trial)
    if heard is None:
        return f"{words_on_lost(trial)}."
    try:
        check_test(heard, opening, plan)
    except Conflict as conflict:
        return str(conflict) if _is_real(heard) else ""
    return ""


def _is_real(trial: Trial) -> bool:
    try:
        check_network(trial)
    except Conflict:
        return False
    return True


def stream_values(searches: Sequence[Study]) -> list[dict[str, Any]]:
    """Figures of each network that was evaluated, as plain values."""
    rows = {row.opening_id: row for row in _rows(searches) if row.state == State.READY}
    found = []
    for study, network in compared_on_streams(searches):
        trial, opening = first_seed(network), network.opening
        row = rows.get(opening.pk) if opening else None
        if trial is not None and row is not None:
            name = f"{study}, {network.finalist.label}" if study else network.finalist.label
            again = _trained_again(trial, row.trial)
            found.append({"name": name, "seed": trial.seed, "plan": row.plan, "trained_again": again, **_figures(row)})
    return found


def _trained_again(opened: Trial, heard: Trial) -> dict[str, Any] | None:
    """Accuracies (int8, evaluation split) of the network that was opened for and of the one that listened instead."""
    if heard.tflite.name == opened.tflite.name:
        return None
    return {"opened": opened.int8_accuracy, "heard": heard.int8_accuracy}


def _figures(row: StreamEvaluation) -> dict[str, Any]:
    outcome = outcome_of(row)
    return {
        "thresholds": dict(outcome.thresholds),
        "background": _background(outcome),
        "chosen_hours": outcome.chosen_hours,
        "together": outcome.together.to_json(),
        "levels": [one.to_json() for one in outcome.levels],
        "event_scores": dict(outcome.event_scores),
        "notes": list(outcome.notes),
    }


def _background(outcome: EvaluationOutcome) -> str:
    """What lay behind the measured events, in words."""
    silent = " or ".join(f"“{label}”" for label in LoopSettings.from_json(outcome.loop).silent_classes)
    is_pink = {bool(one.layout["is_pink"]) for one in outcome.streams if one.layout}
    return "generated pink noise" if True in is_pink else f"clips of the class {silent}"


def _rows(searches: Sequence[Study]) -> list[StreamEvaluation]:
    """Evaluations under an opening of the networks of these searches."""
    openings = [one.opening.pk for _, one in compared_on_streams(searches) if one.opening is not None]
    rows = StreamEvaluation.objects.filter(opening__in=openings).select_related("opening", "trial")
    return list(rows.order_by("pk"))


HEAD = ("network", "missed", "false alarms an hour", "95 % interval", "missed by noise level", "latency, median")
_NONE = "–"


def streams_table(found: Iterable[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Rows under `HEAD`: miss rates are means over classes, latencies the median over classes of their medians."""
    return [_row(one) for one in found]


def streams_words(found: Sequence[Mapping[str, Any]]) -> str:
    """What the table is of, and what limits it."""
    plan, together = EvaluationPlan.from_json(found[0]["plan"]), found[0]["together"]
    levels = ", ".join(f"{one:g}" for one in plan.snr_db)
    behind = " or ".join(dict.fromkeys(one["background"] for one in found))
    words = (
        f"Streams put together from clips, {plan.events_per_hour:g} events an hour at {levels} dB over "
        f"{behind}: thresholds chosen on {found[0]['chosen_hours']:g} hours from the evaluation split for at "
        f"most {plan.target.per_hour:g} false alarms an hour of all classes, measured on {together['hours']:g} hours "
        f"from the test split ({together['events']} events). The loop hears a window every {plan.loop.hop_s:g} s, "
        f"scores are means of {plan.loop.smoothing_windows}. One seed of each network; docs/streams.md has the rules."
    )
    notes = dict.fromkeys(note for one in found for note in one["notes"])
    again = [_accuracies(one) for one in found if one["trained_again"]]
    if again:
        words += (
            " The files of these networks were lost and each was trained again with the same seed, elsewhere, which "
            f"gave another file. Accuracy on the evaluation split, trained again for opened: {', '.join(again)}."
        )
    return "\n\n".join([words, _against_target(found, plan.target.per_hour), *notes])


def _against_target(found: Sequence[Mapping[str, Any]], target: float) -> str:
    """How the thresholds kept their target on sounds that they were not chosen on."""
    rates = [one["together"]["false_alarms_per_hour"] for one in found]
    times = [f"{rate / target:.2g}" for rate in (min(rates), max(rates))]
    return (
        "False alarms are all detections where no event of their class is, so also events that are heard as another "
        f"class. On the test split thresholds gave {' to '.join(dict.fromkeys(times))} times the target that they meet "
        "on the evaluation split: that much these clips leave open. Recordings of the place where a device will listen "
        "(docs/streams.md, recordings of one's own) are what thresholds for a product are chosen on."
    )


def _accuracies(one: Mapping[str, Any]) -> str:
    again = one["trained_again"]
    return f"{one['name']} {again['heard']:.3f} for {again['opened']:.3f}"


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    together = one["together"]
    interval = together["false_alarms_interval"]
    latencies = [row["latency_median_s"] for row in together["classes"] if row["latency_median_s"] is not None]
    return (
        f"{one['name']} (seed {one['seed']})",
        _percent(together["miss_rate"]),
        f"{together['false_alarms_per_hour']:.2f}",
        f"{interval['low']:.2f} to {interval['high']:.2f}",
        ", ".join(f"{level['snr_db']:g} dB: {_percent(level['miss_rate'])}" for level in one["levels"]),
        f"{statistics.median(latencies):.1f} s" if latencies else _NONE,
    )


def _percent(share: float | None) -> str:
    return _NONE if share is None else f"{100 * share:.1f}\N{NO-BREAK SPACE}%"
