"""What a device's energy model can learn from: the runs that say which network took how much."""

from dataclasses import dataclass

from django.db.models import Count, Q

from webapp.models import Run

_TEACHES = Q(state=Run.State.READY, architecture__isnull=False, energy_mj__isnull=False)


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
    """On how many networks one device's energy model can learn, and how many runs do not help, by the reason."""

    networks: int
    without_network: int
    without_energy: int
    unfinished: int


def training_set(device_id: int) -> TrainingSet:
    """One query."""
    ready = Q(state=Run.State.READY)
    counted = Run.objects.filter(campaign__device=device_id).aggregate(
        networks=Count("architecture", filter=_TEACHES, distinct=True),
        without_network=Count("pk", filter=ready & Q(architecture=None, energy_mj__isnull=False)),
        without_energy=Count("pk", filter=ready & Q(energy_mj=None)),
        unfinished=Count("pk", filter=~ready),
    )
    return TrainingSet(**counted)


def table_rows(device_id: int) -> tuple[TrainingRow, ...]:
    """The runs that say which network took how much, in the order in which they were made. One query."""
    runs = Run.objects.filter(_TEACHES, campaign__device=device_id).order_by("pk")
    columns = ("pk", "architecture_id", "energy_mj", "latency_ms", "sd_mj")
    return tuple(TrainingRow(*row) for row in runs.values_list(*columns))
