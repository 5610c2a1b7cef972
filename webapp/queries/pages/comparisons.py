"""The list of comparisons, and the choice of studies for one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from webapp.models import Comparison, Dataset, Study
from webapp.queries.pages.datasets import newest_ready_dataset_id
from webapp.queries.pages.studies import LIVE_STATES
from webapp.queries.paging import page_of

ROWS_A_PAGE = 25
CHOICES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """What the list shows of a comparison. `live` counts its studies that run or stop."""

    id: int
    name: str
    studies: int
    live: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StudyChoice:
    """A search that can be put into a comparison."""

    id: int
    name: str
    state: str
    state_label: str
    dataset: str
    designer: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class StudyChoices:
    """The newest searches, on `dataset_id` alone unless it is None, after those that are chosen already.

    `left_out` counts those that are not shown for their number.
    """

    rows: tuple[StudyChoice, ...]
    left_out: int
    dataset_id: int | None


def comparisons_context(page: int) -> dict[str, Any]:
    """One page of the list, the newest first. Two queries."""
    counted = Comparison.objects.annotate(
        of_studies=Count("studies"), live=Count("studies", filter=Q(studies__state__in=LIVE_STATES))
    ).order_by("-created_at", "-pk")
    return {"page": page_of(counted, number=page, size=ROWS_A_PAGE, rows=_rows)}


def _rows(found: Sequence[Any]) -> list[ComparisonRow]:
    return [ComparisonRow(one.pk, one.name, one.of_studies, one.live, one.created_at) for one in found]


def new_comparison_context(chosen: Collection[int], dataset_id: int | None) -> dict[str, Any]:
    """Choices of the form. Four queries."""
    return {
        "choices": study_choices(chosen, dataset_id),
        "datasets": tuple(_searched_datasets().values_list("pk", "name")),
        "any_ready_dataset": newest_ready_dataset_id() is not None,
    }


def study_choices(chosen: Collection[int], dataset_id: int | None) -> StudyChoices:
    """Searches to choose from. Two queries."""
    searches = _searches()
    offered = searches.exclude(pk__in=chosen)
    if dataset_id is not None:
        offered = offered.filter(dataset=dataset_id)
    ticked = list(searches.filter(pk__in=chosen)) if chosen else []
    shown = list(offered[: CHOICES_SHOWN + 1])
    left_out = offered.count() - CHOICES_SHOWN if len(shown) > CHOICES_SHOWN else 0
    rows = [_choice(study, study in ticked) for study in (*ticked, *shown[:CHOICES_SHOWN])]
    return StudyChoices(tuple(rows), left_out, dataset_id)


def _searches() -> QuerySet[Study]:
    found = Study.objects.filter(kind=Study.Kind.SEARCH).select_related("dataset")
    return found.only("name", "state", "designer", "dataset__name").order_by("-created_at", "-pk")


def _searched_datasets() -> QuerySet[Dataset]:
    return Dataset.objects.filter(studies__kind=Study.Kind.SEARCH).distinct().order_by("name")


def _choice(study: Study, is_chosen: bool) -> StudyChoice:
    return StudyChoice(
        id=study.pk,
        name=study.name,
        state=study.state,
        state_label=study.get_state_display(),
        dataset=study.dataset.name,
        designer=study.get_designer_display(),
        is_chosen=is_chosen,
    )


def comparisons_with(study: Study) -> tuple[Comparison, ...]:
    """Comparisons that have this study, by name. One query."""
    return tuple(Comparison.objects.filter(studies=study).order_by("name"))
