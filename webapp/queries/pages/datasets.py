"""Datasets as pages show them: the list, counts per class and split, problems, clips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from nas_engine.audio.frontends.suppression import ClassSuppression
from webapp.models import Clip, Dataset, ListProfile, Study, Worker
from webapp.queries.budget import live_workers
from webapp.queries.pages.baselines import baselines_of, families, training_estimate
from webapp.queries.paging import PageOf, page_of
from webapp.translation import frontend

CLIPS_A_PAGE = 25
SPLITS = ("train", "eval", "test")


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """What the list shows of a dataset. `share_done` is 0..1 while it is prepared."""

    id: int
    name: str
    state: str
    state_label: str
    synthetic: bool
    phase: str
    progress_done: int
    progress_total: int
    clips: int
    classes: int
    problems: int
    studies: int
    created_at: datetime

    @property
    def is_live(self) -> bool:
        """Whether the row can change by itself."""
        return self.state == Dataset.State.PREPARING


@dataclass(frozen=True, slots=True)
class CountRow:
    """Clips of one class in each split, in the order of the table's splits."""

    label: str
    clips: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class CountTable:
    """Clips by class and split, with the totals of each split."""

    splits: tuple[str, ...]
    rows: tuple[CountRow, ...]
    totals: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ClipRow:
    """One clip in the list of a dataset's clips."""

    id: int
    split: str
    label: str
    group: str
    source_name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ClipFilter:
    """Which clips to show; empty values show all."""

    split: str = ""
    label: str = ""
    text: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class StudyUse:
    """A study that uses a dataset."""

    id: int
    name: str
    state: str
    state_label: str


def dataset_context(
    dataset: Dataset, wanted: ClipFilter, *, full_epochs: int, keep_length: bool = False
) -> dict[str, Any]:
    """The whole page: preparation or counts, problems, baselines, the `wanted` clips, studies that use it.

    Training times are for `full_epochs` or, unless `keep_length`, for the length of the baselines there are.
    """
    return {
        **dataset_preparation_context(dataset),
        **dataset_clips_context(dataset, wanted),
        **_baselines_context(dataset, full_epochs, keep_length),
        "counts": count_table(dataset.counts, dataset.classes),
        "frontend": frontend(dataset),
        "suppression": suppression_rows(dataset),
        **_clip_facts(dataset),
        "studies": studies_using(dataset),
    }


def suppression_rows(dataset: Dataset) -> tuple[ClassSuppression, ...]:
    """What noise suppression leaves of the clips of each class, those that fade most first; empty without such."""
    rows = (ClassSuppression.from_json(values) for values in dataset.suppression)
    return tuple(sorted(rows, key=lambda row: (row.fading_db is None, row.fading_db or 0.0)))


def dataset_preparation_context(dataset: Dataset) -> dict[str, Any]:
    """The polled part while the dataset is prepared. At most one query."""
    return {"dataset": dataset, "nobody_prepares": nobody_prepares(dataset)}


def list_mapper_context(dataset: Dataset) -> dict[str, Any]:
    """The page of a dataset whose list waits for its columns, with the profiles. At most three queries."""
    profiles = tuple(ListProfile.objects.order_by("name"))
    return dataset_preparation_context(dataset) | {"profiles": profiles, "studies": studies_using(dataset)}


def dataset_clips_context(dataset: Dataset, wanted: ClipFilter) -> dict[str, Any]:
    """The table of clips. Two queries."""
    return {"dataset": dataset, "page": clip_page(dataset, wanted), "wanted": wanted}


def _baselines_context(dataset: Dataset, full_epochs: int, keep_length: bool) -> dict[str, Any]:
    """What is trained, the names that are missing, and how long training takes; nothing before it is READY."""
    if dataset.state != Dataset.State.READY:
        return {}
    found = baselines_of(dataset.pk)
    trained = {row.name for row in found.rows if not row.may_be_requested} if found else set()
    length = found.full_epochs if found and not keep_length else full_epochs
    return {
        "baselines": found,
        "baselines_missing": [one.family for one in families() if one.name not in trained],
        "baselines_estimate": training_estimate(dataset, length),
    }


def dataset_rows() -> tuple[DatasetRow, ...]:
    """Every dataset, the newest first. One query."""
    datasets = Dataset.objects.annotate(study_count=Count("studies")).defer("frontend", "normalisation")
    return tuple(
        DatasetRow(
            id=dataset.pk,
            name=dataset.name,
            state=dataset.state,
            state_label=dataset.get_state_display(),
            synthetic=dataset.synthetic,
            phase=dataset.phase,
            progress_done=dataset.progress_done,
            progress_total=dataset.progress_total,
            clips=sum(sum(by_class.values()) for by_class in dataset.counts.values()),
            classes=len(dataset.classes),
            problems=len(dataset.problems),
            studies=dataset.study_count,
            created_at=dataset.created_at,
        )
        for dataset in datasets.order_by("-created_at", "-pk")
    )


def newest_ready_dataset_id() -> int | None:
    """What a new study most likely runs on."""
    ready = Dataset.objects.filter(state=Dataset.State.READY).order_by("-prepared_at")
    return ready.values_list("pk", flat=True).first()


def any_usable_dataset() -> bool:
    """Whether a study could be created now or soon."""
    return Dataset.objects.exclude(state=Dataset.State.FAILED).exists()


def count_table(counts: Mapping[str, Mapping[str, int]], classes: Sequence[str]) -> CountTable:
    """Clips per class and split from `Dataset.counts`; splits in the order train, eval, test, then any other."""
    splits = (*(s for s in SPLITS if s in counts), *sorted(set(counts) - set(SPLITS)))
    rows = []
    for label in classes:
        clips = tuple(counts[split].get(label, 0) for split in splits)
        rows.append(CountRow(label, clips, sum(clips)))
    totals = tuple(sum(column) for column in zip(*(row.clips for row in rows), strict=True))
    return CountTable(splits, tuple(rows), totals, sum(totals))


def clip_page(dataset: Dataset, wanted: ClipFilter) -> PageOf[ClipRow]:
    """One page of the dataset's clips. Two queries."""
    clips = Clip.objects.filter(dataset=dataset).order_by("split", "label", "position")
    if wanted.split:
        clips = clips.filter(split=wanted.split)
    if wanted.label:
        clips = clips.filter(label=wanted.label)
    if wanted.text:
        clips = clips.filter(Q(source_name__icontains=wanted.text) | Q(group__icontains=wanted.text))
    return page_of(clips, number=wanted.page, size=CLIPS_A_PAGE, rows=_clip_rows)


def _clip_rows(clips: Sequence[Clip]) -> list[ClipRow]:
    return [ClipRow(clip.pk, clip.split, clip.label, clip.group, clip.source_name, clip.seconds) for clip in clips]


def shown_clips(dataset_id: int) -> QuerySet[Clip]:
    """The clips of a dataset, each with it."""
    return Clip.objects.select_related("dataset").filter(dataset=dataset_id)


def _clip_facts(dataset: Dataset) -> dict[str, Any]:
    """Length of all clips together, and whether the recording of every clip is known. One query."""
    facts = Clip.objects.filter(dataset=dataset).aggregate(
        seconds=Sum("seconds", default=0.0), of_unknown_recording=Count("pk", filter=Q(group=""))
    )
    return {"total_seconds": facts["seconds"], "recordings_known": not facts["of_unknown_recording"]}


def studies_using(dataset: Dataset) -> tuple[StudyUse, ...]:
    """The studies on this dataset, the newest first; those of repetitions go with the studies repeated. One query."""
    studies = Study.objects.filter(dataset=dataset).exclude(kind=Study.Kind.REPETITIONS)
    found = studies.order_by("-created_at").only("name", "state")
    return tuple(StudyUse(study.pk, study.name, study.state, study.get_state_display()) for study in found)


def nobody_prepares(dataset: Dataset) -> bool:
    """Whether a dataset waits to be prepared while no data worker is alive. At most one query."""
    return dataset.state == Dataset.State.PREPARING and live_workers(Worker.Role.DATA) == 0
