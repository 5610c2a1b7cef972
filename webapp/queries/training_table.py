"""Training data of a device's energy model: the runs with a network and an energy."""

from dataclasses import dataclass

from django.db.models import Count, Q

from webapp.models import Run

_USABLE = Q(state=Run.State.READY, architecture__isnull=False, energy_mj__isnull=False)


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One run: mJ of one inference, gross; ms and the standard deviation of repeats where they were measured."""

    run_id: int
    architecture_hash: str
    energy_mj: float
    latency_ms: float | None
    sd_mj: float | None


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Number of networks for training one device's energy model, and of unusable runs, by the reason."""

    networks: int
    without_network: int
    without_energy: int
    unfinished: int


def training_set(device_id: int) -> TrainingSet:
    """One query."""
    ready = Q(state=Run.State.READY)
    counted = Run.objects.filter(campaign__device=device_id).aggregate(
        networks=Count("architecture", filter=_USABLE, distinct=True),
        without_network=Count("pk", filter=ready & Q(architecture=None, energy_mj__isnull=False)),
        without_energy=Count("pk", filter=ready & Q(energy_mj=None)),
        unfinished=Count("pk", filter=~ready),
    )
    return TrainingSet(**counted)


def table_rows(device_id: int) -> tuple[TrainingRow, ...]:
    """Runs with a network and an energy, in the order in which they were made. One query."""
    runs = Run.objects.filter(_USABLE, campaign__device=device_id).order_by("pk")
    columns = ("pk", "architecture_id", "energy_mj", "latency_ms", "sd_mj")
    return tuple(TrainingRow(*row) for row in runs.values_list(*columns))
