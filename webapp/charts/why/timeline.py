"""Timeline of a study's workers: when each trained, and where it had nothing to do."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nas_engine.statistics.explanation.working_time import Span, WorkingTime, merged_spans, working_time
from webapp.charts.style import BLUE, ORANGE, VERMILLION, Figure, layout
from webapp.charts.why.section import NOTHING, WhySection, WhyTable
from webapp.charts.why.wording import SPACE, counted
from webapp.models import Trial
from webapp.queries.explained import WorkedTrial

MOST_WORKERS = 24
_STEPS = 400
"""Parts of the whole time below which a gap is not drawn."""
_UNITS = ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))
_SHOWN: Mapping[str, tuple[str, str]] = {
    "ended": ("Completed", BLUE),
    "stopped": ("Stopped early", ORANGE),
    "failed": ("Failed, infeasible or cancelled", VERMILLION),
}


class TimelineInfo(NamedTuple):
    """Workers, the earliest first, with their time and their spans in seconds by the key of `_SHOWN`.

    `left_out` workers are not drawn; `total` is over all.
    """

    workers: tuple[WorkingTime, ...]
    spans: tuple[Mapping[str, tuple[Span, ...]], ...]
    end_seconds: float
    left_out: int
    total: WorkingTime | None


def timeline_info(trials: Sequence[WorkedTrial]) -> TimelineInfo:
    own: dict[str, list[WorkedTrial]] = defaultdict(list)
    for trial in trials:
        own[trial.worker or "unknown worker"].append(trial)
    times = sorted(
        (working_time(worker, [_span(one) for one in had]) for worker, had in own.items()),
        key=lambda time: (time.first_seconds, time.worker),
    )
    end, shown = max((time.last_seconds for time in times), default=0.0), times[:MOST_WORKERS]
    return TimelineInfo(
        workers=tuple(shown),
        spans=tuple(_spans(own[time.worker], end / _STEPS) for time in shown),
        end_seconds=end,
        left_out=len(times) - len(shown),
        total=_total(times),
    )


def _span(trial: WorkedTrial) -> Span:
    return trial.begin_seconds, trial.end_seconds


def _spans(trials: Sequence[WorkedTrial], gap_seconds: float) -> Mapping[str, tuple[Span, ...]]:
    by_end: dict[str, list[Span]] = {key: [] for key in _SHOWN}
    for trial in trials:
        states = Trial.State
        key = "ended" if trial.state == states.COMPLETED else "stopped" if trial.state == states.STOPPED else "failed"
        by_end[key].append(_span(trial))
    return {key: tuple(merged_spans(own, gap_seconds)) for key, own in by_end.items()}


def _total(times: Sequence[WorkingTime]) -> WorkingTime | None:
    """All workers as one: the sums of their times, and the longest gap of any."""
    if not times:
        return None
    gaps = [time.longest_gap for time in times if time.longest_gap]
    return WorkingTime(
        worker="all workers",
        trials=sum(time.trials for time in times),
        first_seconds=0.0,
        last_seconds=sum(time.present_seconds for time in times),
        busy_seconds=sum(time.busy_seconds for time in times),
        longest_gap=max(gaps, key=lambda gap: gap[1] - gap[0], default=None),
    )


def timeline_figure(info: TimelineInfo) -> Figure:
    """A row for each worker, the earliest on top; where there is no line it was idle."""
    scale, unit = _unit(info.end_seconds)
    data = []
    for key, (name, colour) in _SHOWN.items():
        drawn = [(-row, span) for row, own in enumerate(info.spans) for span in own[key]]
        if drawn:
            data.append(_bars(name, drawn, scale, colour))
    if not data:
        return NOTHING
    axes = layout(f"{unit.capitalize()} since the first trial began", "")
    rows = [-row for row in range(len(info.workers))]
    names = [f"worker {row + 1}" for row in range(len(info.workers))]
    axes["yaxis"] |= {"tickvals": rows, "ticktext": names, "showgrid": False, "range": [rows[-1] - 0.8, 0.8]}
    return {"data": data, "layout": axes}


def _bars(name: str, drawn: Sequence[tuple[int, Span]], scale: float, colour: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [x for _, (begin, end) in drawn for x in (round(begin / scale, 4), round(end / scale, 4), None)],
        "y": [y for row, _ in drawn for y in (row, row, None)],
        "line": {"color": colour, "width": 9},
        "hovertemplate": f"{name}, %{{x}}<extra></extra>",
    }


def _unit(seconds: float) -> tuple[float, str]:
    """Greatest unit of which the time has two or more; seconds otherwise."""
    return next(((scale, unit) for scale, unit in _UNITS if seconds >= 2 * scale), _UNITS[-1])


def time_in_words(seconds: float) -> str:
    """ "38 seconds", "12.5 minutes", "3.2 days"."""
    scale, unit = _unit(seconds)
    return f"{seconds / scale:,.{0 if scale == 1 else 1}f}{SPACE}{unit}"


def timeline_sentence(info: TimelineInfo) -> str:
    """Share of idle time, and the longest gap."""
    total = info.total
    if total is None:
        return "No trial has ended that a worker began."
    count = counted(len(info.workers) + info.left_out, "worker")
    if not total.present_seconds:
        return f"{count} had {counted(total.trials, 'trial')}, which took no time."
    idle = 100 * total.idle_seconds / total.present_seconds
    found = (
        f"{count} had {counted(total.trials, 'trial')} and, between their first and last, were idle for "
        f"{idle:.1f}{SPACE}% of the time"
    )
    if total.longest_gap is None:
        return f"{found}."
    begin, end = total.longest_gap
    length, start = time_in_words(end - begin), time_in_words(begin)
    return f"{found}; the longest gap, {length}, began {start} after the study's first trial."


def timeline_table(info: TimelineInfo) -> WhyTable:
    rows = tuple(
        (
            f"worker {number}: {time.worker}",
            f"{time.trials:,}",
            time_in_words(time.busy_seconds),
            time_in_words(time.idle_seconds),
            "–" if time.longest_gap is None else time_in_words(time.longest_gap[1] - time.longest_gap[0]),
        )
        for number, time in enumerate(info.workers, start=1)
    )
    return WhyTable(("Worker", "Trials", "Busy", "Idle", "Longest gap"), rows)


def timeline_section(trials: Sequence[WorkedTrial]) -> WhySection:
    info = timeline_info(trials)
    gap = time_in_words(info.end_seconds / _STEPS)
    left_out = f"{counted(info.left_out, 'later worker')} of the study are not drawn. " if info.left_out else ""
    return WhySection(
        part="timeline",
        title="What workers did",
        label="Timeline of the workers of the study, with gaps where they were idle",
        sentences=(timeline_sentence(info),),
        figure=timeline_figure(info),
        table=timeline_table(info),
        hint=(
            f"{left_out}Gaps under {gap} are not drawn, but counted. Confirmations and trials that failed took time, "
            "too. A worker that was restarted is another worker. The time between a pause and its end counts as idle."
        ),
        size="low",
    )
