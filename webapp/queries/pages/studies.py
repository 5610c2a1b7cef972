"""The list of studies: one frozen row each, in three queries however many studies and trials there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet

from webapp.models import Dataset, Study, Trial, TrialEnergyEstimate
from webapp.models.trial import within_thresholds
from webapp.queries.accuracy import above_chance
from webapp.queries.budget import COUNTED
from webapp.queries.energy_estimates import ENERGY, REWARD, with_estimates
from webapp.queries.pages.datasets import any_usable_dataset
from webapp.queries.paging import PageOf, page_of

ROWS_A_PAGE = 25
STARRED, ARCHIVED, EVERYTHING = "starred", "archived", "all"
SHELVES: tuple[tuple[str, str], ...] = (
    ("", "not archived"),
    (STARRED, "starred"),
    (ARCHIVED, "archived"),
    (EVERYTHING, "everything"),
)
_IS_STARRED = "is_starred"

FINISHED = COUNTED & ~Q(state__in=Trial.OPEN)
COMPLETED = Q(state=Trial.State.COMPLETED)
LIVE_STATES = (Study.State.RUNNING, Study.State.DRAINING)


@dataclass(frozen=True, slots=True)
class StudyRow:
    """What the list shows of a study. `done` counts finished trials; accuracies are 0..1."""

    id: int
    name: str
    state: str
    state_label: str
    dataset_id: int
    dataset: str
    synthetic: bool
    designer: str
    done: int
    trial_budget: int
    running: int
    best_reward: float | None
    best_accuracy_within_limits: float | None
    is_on_streams: bool
    created_at: datetime
    scored_on: Dataset
    tags: tuple[str, ...]
    starred: bool
    archived: bool

    @property
    def is_live(self) -> bool:
        """Whether the row can change by itself."""
        return self.state in LIVE_STATES


@dataclass(frozen=True, slots=True)
class StudyFilter:
    """Which studies the list shows: of SHELVES those outside of the archive, and all else by empty values.

    `person` is the id of whoever looks, whose stars are shown.
    """

    state: str = ""
    text: str = ""
    tag: str = ""
    shelf: str = ""
    page: int = 1
    person: int | None = None


def study_page(wanted: StudyFilter) -> PageOf[StudyRow]:
    """One page of searches, the starred first, then the newest."""
    return page_of(_wanted(Study.Kind.SEARCH, wanted), number=wanted.page, size=ROWS_A_PAGE, rows=_rows)


def studies_context(wanted: StudyFilter) -> dict[str, Any]:
    """The whole page of the list: its rows, how many searches are in each state, whether there is any dataset."""
    counts = state_counts()
    return studies_rows_context(wanted) | {
        "shelves": SHELVES,
        "states": [(state, state.label, counts.get(state, 0)) for state in Study.State],
        "any_study": bool(counts),
        "any_dataset": any_usable_dataset(),
    }


def studies_rows_context(wanted: StudyFilter) -> dict[str, Any]:
    """The table of the list, which is fetched to filter and to refresh it."""
    page, baselines = study_page(wanted), baselines_rows(wanted)
    is_live = any(row.is_live for row in (*page.rows, *baselines))
    return {"page": page, "baselines": baselines, "wanted": wanted, "is_live": is_live}


def baselines_rows(wanted: StudyFilter) -> tuple[StudyRow, ...]:
    """The newest studies of published networks, on the first page of the list alone. At most two queries."""
    found = list(_wanted(Study.Kind.BASELINES, wanted)[:ROWS_A_PAGE]) if wanted.page == 1 else []
    return tuple(_rows(found)) if found else ()


def _wanted(kind: Study.Kind, wanted: StudyFilter) -> QuerySet[Study]:
    stars = Study.starred_by.through.objects.filter(study=OuterRef("pk"), user=wanted.person)
    studies = Study.objects.filter(kind=kind).select_related("dataset").annotate(**{_IS_STARRED: Exists(stars)})
    if wanted.state:
        studies = studies.filter(state=wanted.state)
    if wanted.tag:
        studies = studies.filter(tags__contains=[wanted.tag])
    if wanted.shelf == STARRED:
        studies = studies.filter(**{_IS_STARRED: True})
    elif wanted.shelf != EVERYTHING:
        studies = studies.filter(archived=wanted.shelf == ARCHIVED)
    if wanted.text:
        in_name = Q(name__icontains=wanted.text) | Q(notes__icontains=wanted.text)
        studies = studies.filter(in_name | Q(dataset__name__icontains=wanted.text) | Q(tags__icontains=wanted.text))
    return studies.order_by(f"-{_IS_STARRED}", "-created_at", "-pk")


def state_counts() -> Mapping[str, int]:
    """How many searches are in each state, archived ones as well; states without any are left out."""
    return dict(
        Study.objects.filter(kind=Study.Kind.SEARCH).order_by().values_list("state").annotate(studies=Count("pk"))
    )


def _rows(studies: Sequence[Study]) -> list[StudyRow]:
    results = _results(studies)
    reestimated = [study for study in studies if study.energy_model_id]
    best = _bests_by_model(reestimated) if reestimated else {}
    return [_row(study, results.get(study.pk, {}) | best.get(study.pk, {})) for study in studies]


def _results(studies: Sequence[Study]) -> dict[int, dict[str, Any]]:
    """Counts of each study that has trials, and its best values by the published figures, in one aggregate.

    A trial at chance is no best one.
    """
    trials = with_estimates(Trial.objects.filter(study__in=studies), None).order_by().values("study")
    counted = COMPLETED & above_chance(study.dataset for study in studies)
    found = trials.annotate(
        done=Count("pk", filter=FINISHED),
        running=Count("pk", filter=Q(state=Trial.State.RUNNING)),
        best_reward=Max(REWARD, filter=counted),
        best_accuracy=Max("reward_accuracy", filter=counted & within_thresholds(ENERGY)),
    )
    return {row["study"]: dict(row) for row in found}


def _bests_by_model(studies: Sequence[Study]) -> dict[int, dict[str, Any]]:
    """Best values of studies that point at an energy model, by the estimates of that model, in one aggregate."""
    within = within_thresholds("energy_mj", trial="trial__")
    counted = above_chance((study.dataset for study in studies), trial="trial__")
    estimates = TrialEnergyEstimate.objects.filter(
        trial__study__in=studies, energy_model=F("trial__study__energy_model")
    )
    found = estimates.values("trial__study").annotate(
        best_reward=Max("reward", filter=counted),
        best_accuracy=Max("trial__reward_accuracy", filter=counted & within),
    )
    return {
        row["trial__study"]: {"best_reward": row["best_reward"], "best_accuracy": row["best_accuracy"]} for row in found
    }


def _row(study: Study, result: Mapping[str, Any]) -> StudyRow:
    return StudyRow(
        id=study.pk,
        name=study.name,
        state=study.state,
        state_label=study.get_state_display(),
        dataset_id=study.dataset_id,
        dataset=study.dataset.name,
        synthetic=study.dataset.synthetic,
        designer=study.get_designer_display(),
        done=result.get("done", 0),
        trial_budget=study.trial_budget,
        running=result.get("running", 0),
        best_reward=result.get("best_reward"),
        best_accuracy_within_limits=result.get("best_accuracy"),
        is_on_streams=study.is_on_streams,
        created_at=study.created_at,
        scored_on=study.dataset,
        tags=tuple(study.tags),
        starred=getattr(study, _IS_STARRED),
        archived=study.archived,
    )
