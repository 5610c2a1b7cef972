"""A comparison's page: its studies side by side, what they differ in, studies to add."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Q

from webapp.models import Comparison, Study, Trial
from webapp.queries.detection import shared_measure
from webapp.queries.energy_estimates import CurrentEstimate
from webapp.queries.pages.finals import compared_finalists_context
from webapp.queries.pages.report import reports_of
from webapp.queries.pages.results import Best, Results, bests, results_of
from webapp.queries.pages.studies import FINISHED, LIVE_STATES
from webapp.queries.pages.study import shown_studies
from webapp.queries.setting_differences import differences_of
from webapp.translation import plan_key, stream_plan

ADDITIONS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ComparedStudy:
    """A row of the table. `short_name` leaves out the comparison's own name; `done` counts finished trials."""

    study: Study
    short_name: str
    done: int
    running: int
    best: Best | None
    mark: str
    """Differs whenever the row or the study's front would."""

    @property
    def is_live(self) -> bool:
        """Whether the row can change by itself."""
        return self.study.state in LIVE_STATES

    @property
    def estimate(self) -> CurrentEstimate:
        """Energy of the best trial."""
        best = self.best
        return (
            CurrentEstimate(best.energy_mj, best.reward, best.energy_source)
            if best
            else CurrentEstimate(None, None, "")
        )


def comparison_context(comparison: Comparison) -> dict[str, Any]:
    """The whole page, with the `results` of its studies for the chart."""
    studies = compared_studies(comparison)
    found = results_of(studies)
    return _rows_context(comparison, _compared_rows(comparison, studies, found)) | {
        "studies": studies,
        "results": found,
        "differences": differences_of(studies),
        "measure": shared_measure(studies)[0],
        "measures_differ": len({plan_key(stream_plan(study)) for study in studies}) > 1,
        "additions": additions(comparison),
        "reports": reports_of(comparison),
        **compared_finalists_context([(study, short_name(study, comparison)) for study in studies]),
    }


def comparison_rows_context(comparison: Comparison) -> dict[str, Any]:
    """The polled table. Four queries at most, however many studies and trials there are."""
    return _rows_context(comparison, compared_rows(comparison))


def _rows_context(comparison: Comparison, rows: Sequence[ComparedStudy]) -> dict[str, Any]:
    return {
        "comparison": comparison,
        "rows": rows,
        "version": ".".join(row.mark for row in rows),
        "is_live": any(row.is_live for row in rows),
    }


def compared_studies(comparison: Comparison) -> tuple[Study, ...]:
    """Studies of the comparison in the order in which they were created. One query."""
    return tuple(shown_studies().filter(comparisons=comparison).order_by("pk"))


def short_name(study: Study, comparison: Comparison) -> str:
    """Name of a study among its fellows: studies that were started together have the comparison's in front."""
    return study.name.removeprefix(f"{comparison.name}: ")


def compared_rows(comparison: Comparison) -> tuple[ComparedStudy, ...]:
    """The studies with the trial of the best reward of each."""
    studies = compared_studies(comparison)
    return _compared_rows(comparison, studies, results_of(studies))


def _compared_rows(
    comparison: Comparison, studies: Sequence[Study], found: Mapping[int, Results]
) -> tuple[ComparedStudy, ...]:
    counts = _counts(studies)
    return tuple(
        ComparedStudy(
            study=study,
            short_name=short_name(study, comparison),
            done=counts.get(study.pk, {}).get("done", 0),
            running=counts.get(study.pk, {}).get("running", 0),
            best=bests(found[study.pk]).by_reward,
            mark=_mark(study, counts.get(study.pk, {})),
        )
        for study in studies
    )


def _counts(studies: Sequence[Study]) -> dict[int, dict[str, Any]]:
    """Finished and running trials of each study that has trials. One query."""
    trials = Trial.objects.filter(study__in=studies).order_by().values("study")
    found = trials.annotate(
        done=Count("pk", filter=FINISHED),
        running=Count("pk", filter=Q(state=Trial.State.RUNNING)),
        latest=Max("finished_at"),
    )
    return {row["study"]: dict(row) for row in found}


def _mark(study: Study, counts: dict[str, Any]) -> str:
    latest = counts.get("latest")
    seconds = f"{latest.timestamp():.3f}" if latest else ""
    parts = (
        study.pk,
        study.state,
        study.energy_model_id or 0,
        counts.get("done", 0),
        counts.get("running", 0),
        seconds,
    )
    return "-".join(map(str, parts))


def additions(comparison: Comparison) -> tuple[tuple[int, str], ...]:
    """(id, name and dataset) of the newest searches that the comparison does not have. One query."""
    others = Study.objects.filter(kind=Study.Kind.SEARCH).exclude(comparisons=comparison).order_by("-created_at", "-pk")
    found = others.values_list("pk", "name", "dataset__name")[:ADDITIONS_SHOWN]
    return tuple((pk, f"{name} ({dataset})") for pk, name, dataset in found)
