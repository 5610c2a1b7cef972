"""The completed trials of a study as points of Figure 2, and real files of the paper's networks."""

from collections.abc import Sequence, Set
from typing import Any

from nas_engine.cost import cost
from nas_engine.paper import figure2
from nas_engine.paper.figure2 import Figure2Point
from nas_engine.paper.tables import NETWORKS, TABLE_2_MODEL, table1, table2
from webapp.caches import MOST_PARAMETERS_COUNTED, published_parameters
from webapp.models import StoredArchitecture, Study, Trial
from webapp.translation import architecture


def table1_context() -> dict[str, Any]:
    """Rows of Table 1 by the pure walk, each with the size of a real file where a trial made it. One query."""
    delivered = delivered_bytes()
    return {"rows": [(row, delivered.get(row.model)) for row in table1()]}


def table2_context() -> dict[str, Any]:
    """Rows of Table 2, and the size of the network's file where a trial made it. One query."""
    *rows, total = table2()
    return {"rows": rows, "total": total, "delivered_bytes": delivered_bytes().get(TABLE_2_MODEL)}


def figure2_context(wanted: str) -> dict[str, Any] | None:
    """Figure 2 of the study with the id `wanted` or, where it is empty, of the newest with completed trials.

    None where the study that is wanted has none, or does not exist.
    """
    studies = studies_with_results()
    shown = _chosen(studies, wanted)
    if wanted and shown is None:
        return None
    points = study_points(shown) if shown else ()
    return {
        "studies": studies,
        "study": shown,
        "points": points,
        "found": figure2.correlations(points),
        "published": figure2,
    }


def _chosen(studies: Sequence[Study], wanted: str) -> Study | None:
    return next((study for study in studies if not wanted or str(study.pk) == wanted), None)


def study_points(study: Study) -> tuple[Figure2Point, ...]:
    """A point for each completed trial, in the order of their numbers. One query, two for networks not yet counted."""
    trials = Trial.objects.filter(study=study, state=Trial.State.COMPLETED).order_by("number")
    names = ("architecture", "architecture__parameters", "float_accuracy", "int8_accuracy", "flash_bytes")
    rows = list(trials.values_list("label", "number", *names))
    published = published_parameters_of({row[2] for row in rows})
    return tuple(
        Figure2Point(
            name=label or f"trial {number}",
            float_accuracy=float_accuracy,
            int8_accuracy=int8_accuracy,
            parameters=published[key],
            parameters_trainable=trainable,
            flash_bytes=flash_bytes,
        )
        for label, number, key, trainable, float_accuracy, int8_accuracy, flash_bytes in rows
        if float_accuracy is not None and int8_accuracy is not None and flash_bytes is not None
    )


def published_parameters_of(hashes: Set[str]) -> dict[str, int]:
    """The paper's "parameters" by architecture. A hash stands for one network for ever, so each is counted once."""
    found = {key: parameters for key in hashes if (parameters := published_parameters.get(key)) is not None}
    for row in StoredArchitecture.objects.filter(hash__in=hashes - found.keys()):
        found[row.hash] = cost(architecture(row)).published_parameters
    if len(published_parameters) + len(found) > MOST_PARAMETERS_COUNTED:
        published_parameters.clear()
    published_parameters.update(found)
    return found


def studies_with_results() -> tuple[Study, ...]:
    """Studies that have completed trials, the newest first, with their datasets; none of repetitions. One query."""
    completed = Trial.objects.filter(state=Trial.State.COMPLETED, reproduces=None).values("study")
    return tuple(Study.objects.filter(pk__in=completed).select_related("dataset").order_by("-created_at"))


def delivered_bytes() -> dict[str, int]:
    """By model of Table 1, the size of the newest .tflite file that a completed trial of that network made."""
    models = {network.hash: model for model, network in NETWORKS.items()}
    trials = Trial.objects.filter(state=Trial.State.COMPLETED, architecture__in=models, flash_bytes__isnull=False)
    found = trials.filter(reproduces=None).order_by("finished_at").values_list("architecture", "flash_bytes")
    return {models[key]: int(size) for key, size in found if size is not None}
