"""Energy models that a study may use."""

from dataclasses import dataclass

from django.db.models import QuerySet

from webapp.models import EnergyModel, Study

_VERSION = ", model "
_LARGE = ("runs", "report")


def large_fields(path: str = "") -> tuple[str, ...]:
    """Fields to `defer` of an energy model at `path`: table and report, megabytes that only its own page needs."""
    return tuple(f"{path}__{name}" if path else name for name in _LARGE)


def ready_models() -> QuerySet[EnergyModel]:
    """Ready models, by device, the newest version first; with their devices."""
    return (
        EnergyModel.objects.filter(state=EnergyModel.State.READY)
        .select_related("device")
        .defer(*large_fields())
        .order_by("device__name", "-version")
    )


def named_model(name: str) -> EnergyModel | None:
    """The ready model of this name, such as "Pixel 4 XL, model 3", as study files give it. One query."""
    device, _, version = name.strip().rpartition(_VERSION)
    if not (device and version.isdecimal() and len(version) < 9):
        return None
    return ready_models().filter(device__name=device, version=int(version)).first()


@dataclass(frozen=True, slots=True)
class Offer:
    """Choices of a study's page: the models it may use, and the newer version of its present one."""

    models: tuple[EnergyModel, ...]
    newer: EnergyModel | None


def offer(study: Study) -> Offer:
    """One query."""
    models, now = tuple(ready_models()), study.energy_model
    newer = next((m for m in models if now and m.device_id == now.device_id and m.version > now.version), None)
    return Offer(models, newer)
