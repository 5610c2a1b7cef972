"""The completed trials of a study as points of Figure 2, and real files of the paper's networks."""

from collections.abc import Iterable

from nas_engine.cost import cost
from nas_engine.figure2 import Point
from nas_engine.paper import NETWORKS
from webapp.models import Study, Trial
from webapp.translation import architecture


def study_points(study: Study) -> tuple[Point, ...]:
    """A point for each completed trial, in the order of their numbers. One query."""
    trials = Trial.objects.filter(study=study, state=Trial.State.COMPLETED).select_related("architecture")
    return tuple(_points(trials.order_by("number")))


def _points(trials: Iterable[Trial]) -> Iterable[Point]:
    for trial in trials:
        if trial.float_accuracy is None or trial.int8_accuracy is None or trial.flash_bytes is None:
            continue  # a CHECK constraint rules it out for completed trials
        counted = cost(architecture(trial.architecture))
        yield Point(
            name=trial.label or f"trial {trial.number}",
            float_accuracy=trial.float_accuracy,
            int8_accuracy=trial.int8_accuracy,
            parameters=counted.published_parameters,
            parameters_trainable=counted.parameters,
            flash_bytes=trial.flash_bytes,
        )


def studies_with_results() -> tuple[Study, ...]:
    """Studies that have completed trials, the newest first, with their datasets. One query."""
    completed = Trial.objects.filter(state=Trial.State.COMPLETED).values("study")
    return tuple(Study.objects.filter(pk__in=completed).select_related("dataset").order_by("-created_at"))


def delivered_bytes() -> dict[str, int]:
    """By model of Table 1, the size of the newest .tflite file that a completed trial of that network made."""
    models = {network.hash: model for model, network in NETWORKS.items()}
    trials = Trial.objects.filter(state=Trial.State.COMPLETED, architecture__in=models, flash_bytes__isnull=False)
    found = trials.order_by("finished_at").values_list("architecture", "flash_bytes")
    return {models[key]: int(size) for key, size in found if size is not None}
