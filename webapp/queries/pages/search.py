"""One search over everything with a name, notes, a tag or a hash: at most `MOST_HITS` of each kind, newest first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.urls import reverse

from webapp.models import Campaign, Comparison, Dataset, Device, Run, Study, Trial

MOST_HITS = 10
_LEAST_OF_A_HASH = 4  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One row that was found: its name, its address, and what it belongs to."""

    name: str
    address: str
    of: str = ""
    state: str = ""
    state_label: str = ""


@dataclass(frozen=True, slots=True)
class HitsOfKind:
    """What was found of one kind; `more` where there are more than are shown."""

    title: str
    hits: tuple[SearchHit, ...]
    more: bool


def search(text: str) -> list[HitsOfKind]:
    """Kinds of which something was found, one query each; nothing without a text."""
    if not text:
        return []
    kinds = (_of_kind(title, found(text), hit) for title, found, hit in _KINDS)
    return [kind for kind in kinds if kind.hits]


def _of_kind(title: str, found: QuerySet[Any], hit: Callable[[Any], SearchHit]) -> HitsOfKind:
    rows = list(found.order_by("-pk")[: MOST_HITS + 1])
    return HitsOfKind(title, tuple(map(hit, rows[:MOST_HITS])), len(rows) > MOST_HITS)


def _containing(model: type[Model], text: str, fields: Iterable[str], *also: Q) -> QuerySet[Any]:
    """Rows one of whose `fields` contains `text` in any case, or of which one of `also` holds."""
    conditions = [Q((f"{field}__icontains", text)) for field in fields]
    return model._default_manager.filter(reduce(or_, [*conditions, *also]))


def _studies(text: str) -> QuerySet[Study]:
    return _containing(Study, text, ("name", "notes", "tags")).exclude(kind=Study.Kind.REPETITIONS)


def _trials(text: str) -> QuerySet[Trial]:
    by_hash = [Q(architecture__hash__startswith=text.lower())] if _may_be_hash(text) else []
    return _containing(Trial, text, ("label", "notes", "tags"), *by_hash).select_related("study")


def _may_be_hash(text: str) -> bool:
    return len(text) >= _LEAST_OF_A_HASH and set(text.lower()) <= set("0123456789abcdef")


def _study(row: Study) -> SearchHit:
    shelf = "archived" if row.archived else ""
    return SearchHit(row.name, reverse("study", args=[row.pk]), shelf, row.state, row.get_state_display())


def _trial(row: Trial) -> SearchHit:
    name = f"Trial {row.number}" + (f", {row.label}" if row.label else "")
    address = reverse("trial", args=[row.study_id, row.number])
    return SearchHit(name, address, row.study.name, row.shown_state, row.state_label)


def _campaign(row: Campaign) -> SearchHit:
    return SearchHit(row.name, reverse("campaign", args=[row.pk]), row.device.name)


def _run(row: Run) -> SearchHit:
    return SearchHit(row.label or f"Run {row.pk}", reverse("run", args=[row.pk]), row.campaign.name)


def _named(view: str) -> Callable[[Any], SearchHit]:
    return lambda row: SearchHit(row.name, reverse(view, args=[row.pk]))


_KINDS: tuple[tuple[str, Callable[[str], QuerySet[Any]], Callable[[Any], SearchHit]], ...] = (
    ("Studies", _studies, _study),
    ("Trials", _trials, _trial),
    ("Comparisons", lambda text: _containing(Comparison, text, ("name", "notes")), _named("comparison")),
    ("Datasets", lambda text: _containing(Dataset, text, ("name", "notes")), _named("dataset")),
    ("Devices", lambda text: _containing(Device, text, ("name", "notes", "core")), _named("device")),
    ("Campaigns", lambda text: _containing(Campaign, text, ("name", "notes")).select_related("device"), _campaign),
    ("Runs", lambda text: _containing(Run, text, ("label", "notes")).select_related("campaign"), _run),
)
