"""The shortlist of a study as its page shows it, and what can be started from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.urls import reverse

from webapp.models import Campaign, ShortlistedTrial, Study
from webapp.queries.pages.compare import MOST_NETWORKS
from webapp.queries.pages.results import Results

_IDS = "shortlisted_ids"

IS_SHORTLISTED = "on_shortlist"  # annotation of a shown trial


@dataclass(frozen=True, slots=True)
class ShortlistRow:
    """A trial of the shortlist. Accuracy 0..1."""

    trial_id: int
    number: int
    reward: float
    int8_accuracy: float
    energy_mj: float
    flash_bytes: int


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The trials of a shortlist in the order in which they were put on it, and addresses that begin with them.

    `compared` is how many of them `compare_address` compares; `finalists_address` is "" where the study is no search.
    """

    rows: tuple[ShortlistRow, ...]
    compare_address: str
    compared: int
    finalists_address: str

    @property
    def ids(self) -> frozenset[int]:
        return frozenset(row.trial_id for row in self.rows)


def with_shortlists(studies: QuerySet[Study]) -> QuerySet[Study]:
    """`studies` with the ids of the trials on their shortlists, which spares `shortlist` a query."""
    listed = ShortlistedTrial.objects.filter(trial__study=OuterRef("pk")).order_by("pk")
    return studies.annotate(**{_IDS: ArraySubquery(listed.values("trial"))})


def shortlist(study: Study, found: Results) -> Shortlist:
    """The shortlist of a study. No query if it comes from `with_shortlists`."""
    listed = ShortlistedTrial.objects.filter(trial__study=study).order_by("pk")
    ids = getattr(study, _IDS) if hasattr(study, _IDS) else listed.values_list("trial", flat=True)
    places = {pk: place for place, pk in enumerate(found.trial_ids.tolist())}
    rows = tuple(_row(found, places[pk]) for pk in ids if pk in places)
    compared = [row.trial_id for row in rows[:MOST_NETWORKS]]
    by_hand = urlencode({"how": "hand", "numbers": ", ".join(str(row.number) for row in rows)})
    is_search = study.kind == Study.Kind.SEARCH
    return Shortlist(
        rows=rows,
        compare_address=f"{reverse('compare')}?{urlencode({'of': compared}, doseq=True)}",
        compared=len(compared),
        finalists_address=f"{reverse('finalists', args=[study.pk])}?{by_hand}#choose" if is_search else "",
    )


def campaigns() -> tuple[Campaign, ...]:
    """Campaigns to whose bench a shortlist can be taken, the newest first. One query."""
    return tuple(Campaign.objects.select_related("device").order_by("-pk"))


def hashes_of_shortlist(study: Study) -> Iterable[str]:
    """Hashes of the networks on the study's shortlist, in its order. One query."""
    listed = ShortlistedTrial.objects.filter(trial__study=study).order_by("pk")
    return listed.values_list("trial__architecture", flat=True)


def _row(found: Results, place: int) -> ShortlistRow:
    return ShortlistRow(
        trial_id=int(found.trial_ids[place]),
        number=int(found.numbers[place]),
        reward=float(found.reward[place]),
        int8_accuracy=float(found.int8_accuracy[place]),
        energy_mj=float(found.energy_mj[place]),
        flash_bytes=int(found.flash_bytes[place]),
    )
