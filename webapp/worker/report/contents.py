"""Contents of a report: the sections of a comparison, then those of each of its studies; or those of one study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from nas_engine.statistics.ratios import energy_ratio
from webapp.models import Report, Study, Trial
from webapp.queries.energy_models import large_fields
from webapp.queries.finals import FinalNetwork
from webapp.queries.pages.finals import finalists_context
from webapp.queries.pages.results import bests, results
from webapp.queries.table1 import lines_of, table1_of
from webapp.services.errors import Conflict
from webapp.worker.report import classes, figures, making, networks
from webapp.worker.report.document import Document, ReportSection, Statements, Text, section

_NO_FINALISTS = (
    "No finalist has been trained yet, so that the figures of this search are those of one training of each network on "
    "the split that the search chose by: they are optimistic."
)
_CAUTION = (
    "The search chose by the evaluation split, so that accuracies on it are optimistic. The test split states by how "
    "much."
)
_UNOPENED = "The test split has not been opened for any of these networks: all accuracies are of the evaluation split."


@dataclass(frozen=True, slots=True)
class Chapter:
    """A study with what its page of finalists shows, and the prefix of its tables and anchors."""

    study: Study
    page: Mapping[str, Any]
    key: str

    @property
    def networks(self) -> tuple[FinalNetwork, ...]:
        return (*self.page["finalists"], *self.page["baselines"])

    @property
    def link(self) -> str:
        return reverse("finalists", args=[self.study.pk])


def document_of(report: Report, written_at: datetime) -> Document:
    """Contents of a report as they stand now. Raises Conflict for a comparison without studies."""
    if report.study is not None:
        chapter = _chapter(_studies().get(pk=report.study.pk))
        title, subject, link = "Report", report.study.name, reverse("study", args=[report.study.pk])
        return Document(title, subject, link, written_at, _whole([chapter]))
    comparison = report.comparison
    chapters = [_chapter(study) for study in _studies().filter(comparisons=comparison).order_by("pk")]
    if comparison is None or not chapters:
        raise Conflict("This comparison has no studies: add some before you have a report written.")
    return Document(
        "Comparison", comparison.name, reverse("comparison", args=[comparison.pk]), written_at, _whole(chapters)
    )


def _studies() -> QuerySet[Study]:
    found = Study.objects.select_related("dataset", "energy_model__device")
    return found.defer(*large_fields("energy_model"))


def _chapter(study: Study) -> Chapter:
    return Chapter(study, finalists_context(study, energy_ratio), f"study-{study.pk}")


def _whole(chapters: Sequence[Chapter]) -> tuple[ReportSection, ...]:
    """What all studies share, then a section or more for each."""
    shown = [one for chapter in chapters for one in chapter.networks]
    lines = table1_of([chapter.study for chapter in chapters])
    is_open = any(one.opening for one in shown)
    found = [
        section(
            "networks",
            "Networks",
            [
                Text(_NO_FINALISTS if not shown else _UNOPENED) if not is_open else None,
                networks.table1(lines, with_studies=len(chapters) > 1),
                figures.figure6(_by_dataset(chapters)),
            ],
        ),
        *(one for chapter in chapters for one in _of_study(chapter, is_alone=len(chapters) == 1)),
    ]
    return tuple(one for one in found if one is not None)


def _by_dataset(chapters: Sequence[Chapter]) -> list[figures.OnDataset]:
    """Networks by data set, each once: accuracies on different sounds do not compare."""
    found: dict[str, figures.OnDataset] = {}
    for chapter in chapters:
        name = chapter.study.dataset.name
        group = found.get(name, figures.OnDataset(name, (), ()))
        known = {one.finalist.pk for one in group.networks}
        new = tuple(one for one in chapter.networks if one.finalist.pk not in known)
        lines = tuple(lines_of(chapter.study, new))
        found[name] = figures.OnDataset(name, (*group.networks, *new), (*group.lines, *lines))
    return list(found.values())


def _of_study(chapter: Chapter, *, is_alone: bool) -> list[ReportSection | None]:
    where = "" if is_alone else f" of {chapter.study.name}"
    return [_words(chapter, where), _search(chapter, where), _classes(chapter, where), _making(chapter, where)]


def _words(chapter: Chapter, where: str) -> ReportSection | None:
    """Comparisons, cautions, openings."""
    page = chapter.page
    comparisons, cautions = page["comparisons"], page["cautions"]
    parts = [
        Statements("In words, on the test split", comparisons) if comparisons else None,
        Text(_CAUTION) if cautions else None,
        Statements("Selection bias: evaluation against test", cautions) if cautions else None,
        networks.openings_table(page["openings"], chapter.key, chapter.link),
    ]
    return section(f"{chapter.key}-words", f"Comparisons and openings{where}", parts)


def _search(chapter: Chapter, where: str) -> ReportSection | None:
    """Fronts, the best network's blocks, and the paper's figures of what the search trained."""
    study, found = chapter.study, results(chapter.study)
    best = bests(found).by_reward
    parts = [
        figures.fronts(study, found),
        _table2(chapter, best.id if best else None),
        figures.figure2(study),
        figures.figures3_and_4(study),
        figures.learning_curves(study, chapter.page["finalists"]),
    ]
    return section(f"{chapter.key}-search", f"Search{where}", parts)


def _table2(chapter: Chapter, best_trial: int | None) -> Any:
    """Of the finalist with the best mean reward, else of the best trial."""
    best: FinalNetwork | None = chapter.page["best"]
    if best is not None and best.completed:
        trial, label = best.completed[0].trial, best.finalist.label
        trial_id = trial.pk
    elif best_trial is not None:
        trial_id, label = best_trial, ""
    else:
        return None
    trial = Trial.objects.select_related("architecture").get(pk=trial_id)
    return networks.table2(chapter.study, trial, label or f"trial {trial.number}", chapter.key)


def _classes(chapter: Chapter, where: str) -> ReportSection | None:
    """The best finalist and the baselines by class."""
    best: FinalNetwork | None = chapter.page["best"]
    shown = [*([best] if best else []), *chapter.page["baselines"]]
    found = classes.answered(shown, chapter.study.dataset.classes, chapter.link)
    tables = [classes.confusion_table(one, chapter.key, place) for place, one in enumerate(found, start=1)]
    return section(f"{chapter.key}-by-class", f"Classes{where}", [classes.classes_table(found, chapter.key), *tables])


def _making(chapter: Chapter, where: str) -> ReportSection | None:
    study, key = chapter.study, chapter.key
    parts = [
        making.data_facts(study, key),
        making.settings_facts(study, key),
        making.training_facts(study, chapter.networks, key),
        *making.commands(study, chapter.networks),
    ]
    return section(f"{key}-making", f"How it was made{where}", parts)
