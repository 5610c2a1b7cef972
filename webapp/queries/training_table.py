"""What a device's energy model can learn from: the runs that say which network took how much."""

from dataclasses import dataclass

from django.db.models import Count, Q

from webapp.models import Run


@dataclass(frozen=True, slots=True)
class TableRow:
    """One run: mJ of one inference, gross; ms and the standard deviation of repeats where they were measured."""

    run_id: int
    architecture_hash: str
    energy_mj: float
    latency_ms: float | None
    sd_mj: float | None


@dataclass(frozen=True, slots=True)
class Teachable:
    """The runs of one device that teach its energy model something, and how many do not, by the reason."""

    rows: tuple[TableRow, ...]
    networks: int
    without_network: int
    without_energy: int
    unfinished: int


def teachable(device_id: int) -> Teachable:
    """Two queries."""
    runs = Run.objects.filter(campaign__device=device_id)
    ready = Q(state=Run.State.READY)
    complete = ready & Q(architecture__isnull=False, energy_mj__isnull=False)
    counted = runs.aggregate(
        networks=Count("architecture", filter=complete, distinct=True),
        without_network=Count("pk", filter=ready & Q(architecture=None, energy_mj__isnull=False)),
        without_energy=Count("pk", filter=ready & Q(energy_mj=None)),
        unfinished=Count("pk", filter=~ready),
    )
    values = runs.filter(complete).order_by("pk")
    columns = ("pk", "architecture_id", "energy_mj", "latency_ms", "sd_mj")
    return Teachable(tuple(TableRow(*row) for row in values.values_list(*columns)), **counted)
