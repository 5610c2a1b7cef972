"""Energy models that a study may use, and what speaks against going by one."""

from dataclasses import dataclass

from django.db.models import QuerySet

from nas_engine.energy.estimators.base import ENOUGH_MEASURED
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


def trained_models() -> QuerySet[EnergyModel]:
    """`ready_models` that were trained on measurements, without those of NPUs."""
    return ready_models().filter(accelerator="")


def is_worse_than_mean(r2: float | None) -> bool:
    """Whether a model with this R² on unseen networks predicts them no better than their mean does."""
    return r2 is not None and r2 <= 0


def has_too_few(networks: int | None) -> bool:
    """Whether a model of so many networks has fewer than its intervals need."""
    return networks is not None and networks < ENOUGH_MEASURED


def doubts_of(model: EnergyModel) -> tuple[str, ...]:
    """What speaks against estimates by a model, each with what to do; () if nothing. No query."""
    found = []
    if is_worse_than_mean(model.report_r2):
        r2 = f"{model.report_r2:.2f}".replace("-", "\N{MINUS SIGN}")
        found.append(
            "On networks that it had not seen, this model is no better than the mean of the measured energies "
            f"(R² {r2}): by its estimates no network can be preferred to another. Measure more networks that differ, "
            "or choose another model."
        )
    if has_too_few(networks := model.report_networks):
        found.append(
            f"This model was trained on {networks} network{'' if networks == 1 else 's'}; from {ENOUGH_MEASURED} on "
            "its 90 % intervals hold. Until then errors and intervals are rough: measure more networks."
        )
    return tuple(found)


def title_of(model: EnergyModel) -> str:
    """Name of a model in a list of choices."""
    if model.accelerator:
        return f"{model} (estimated: {npu_in_words(model)})"
    return f"{model} (no better than the mean)" if is_worse_than_mean(model.report_r2) else str(model)


def npu_in_words(model: EnergyModel) -> str:
    """Such as "ethos-u55-128 by Vela at 12 mW"."""
    return f"{model.accelerator} by Vela at {model.power_mw:g} mW"


def named_model(name: str) -> EnergyModel | None:
    """The ready model of this name, such as "Pixel 4 XL, model 3", as study files give it. One query."""
    device, _, version = name.strip().rpartition(_VERSION)
    if not (device and version.isdecimal() and len(version) < 9):
        return None
    return ready_models().filter(device__name=device, version=int(version)).first()


@dataclass(frozen=True, slots=True)
class Offer:
    """Choices of a study's page: the models it may use as (id, title), and the newer version of its present one.

    `doubts` are those about the present one.
    """

    models: tuple[tuple[int, str], ...]
    newer: EnergyModel | None
    doubts: tuple[str, ...]


def offer(study: Study) -> Offer:
    """One query."""
    models, now = tuple(ready_models()), study.energy_model
    newer = next((m for m in models if now and m.device_id == now.device_id and m.version > now.version), None)
    choices = tuple((model.pk, title_of(model)) for model in models)
    return Offer(choices, newer, doubts_of(now) if now else ())
