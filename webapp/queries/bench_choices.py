"""Networks worth taking to a bench: what a search finds, what a study's fronts hold, what was named by hash."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from webapp.models import Campaign, StoredArchitecture, Study, Trial
from webapp.queries.named_architectures import FOUND, FoundArchitecture, named_networks, search
from webapp.queries.pages.results import results
from webapp.queries.summaries import block_marks
from webapp.queries.whole_numbers import whole_number

_MOST_OF_A_STUDY = 100


def bench_context(campaign: Campaign, *, text: str, study_id: str, hashes: Sequence[str]) -> dict[str, Any]:
    """Networks to choose among: those of the `hashes`, else of a study's fronts, else what `text` finds."""
    return {
        "campaign": campaign,
        "device": campaign.device,
        "text": text,
        "study_id": study_id,
        "studies": studies(),
        "found": _found(text, study_id, hashes),
        "most_found": FOUND,
    }


def _found(text: str, study_id: str, hashes: Sequence[str]) -> tuple[FoundArchitecture, ...]:
    if hashes:
        return of_hashes(hashes)
    if (wanted := whole_number(study_id)) is not None:
        study = Study.objects.filter(pk=wanted).first()
        return of_study(study) if study is not None else ()
    return search(text)


def of_hashes(hashes: Sequence[str]) -> tuple[FoundArchitecture, ...]:
    """Those that exist, in the order of `hashes`. Two queries."""
    rows = StoredArchitecture.objects.in_bulk(list(hashes))
    return tuple(
        FoundArchitecture(
            name.hash, name.label, block_marks(rows[name.hash].spec), rows[name.hash].flops, bool(name.tflite)
        )
        for name in named_networks(digest for digest in dict.fromkeys(hashes) if digest in rows)
    )


def of_study(study: Study) -> tuple[FoundArchitecture, ...]:
    """The networks on a study's fronts, the most accurate first. Four queries."""
    found = results(study)
    wanted = found.ids_on(found.on_energy_front | found.on_flash_front)
    trials = Trial.objects.filter(Q(pk__in=wanted)).order_by("-reward_accuracy", "number")
    return of_hashes(list(trials.values_list("architecture_id", flat=True)[:_MOST_OF_A_STUDY]))


def studies() -> tuple[Study, ...]:
    """Studies with a completed trial, the newest first; none of repetitions. One query."""
    completed = Study.objects.filter(trials__state=Trial.State.COMPLETED).exclude(kind=Study.Kind.REPETITIONS)
    found = completed.distinct().order_by("-created_at")
    return tuple(found.only("name"))
