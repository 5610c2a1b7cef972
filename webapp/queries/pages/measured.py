"""Measurements of one network by device, with the energy estimate that a study uses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, Value

from nas_engine.energy.traces.statistics import interval95, repeat_statistics
from webapp.models import Device, EnergyModel, Run, Trial
from webapp.queries.energy_estimates import CurrentEstimate


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean of `n` runs or, of a single run, of its `n` repeats; its 95 % interval where n allows one."""

    mean: float
    n: int
    low95: float | None = None
    high95: float | None = None


@dataclass(frozen=True, slots=True)
class OnDevice:
    """The runs of one network on one device, the newest first. Energy is gross, in mJ; latency in ms.

    `times_estimate` is the measured energy as a multiple of the estimate; `is_of_estimate` states that the estimate is
    this very device's, `is_of_another_device` that it is another one's, and `is_trained_on` that the predicting model
    was trained on runs of this network.
    """

    device: Device
    runs: tuple[Run, ...]
    energy: Figure | None
    latency: Figure | None
    times_estimate: float | None
    is_of_estimate: bool
    is_of_another_device: bool
    is_trained_on: bool

    @property
    def repeats(self) -> int | None:
        """The repeats of a single run, where its energy is their mean."""
        return self.energy.n if self.energy and len(self.runs) == 1 and self.energy.n > 1 else None


def measured_on(trial: Trial, estimate: CurrentEstimate) -> tuple[OnDevice, ...]:
    """Measurements of the trial's network, first of the device whose model predicts it, then by device. One query."""
    model = trial.study.energy_model
    runs = Run.objects.filter(architecture=trial.architecture_id, state=Run.State.READY)
    rows = runs.select_related("campaign__device").defer("result", "findings").order_by("-computed_at", "-pk")
    seen = list(rows.annotate(is_trained_on=_is_trained_on(model, trial.architecture_id)))
    devices = {run.campaign.device_id: run.campaign.device for run in seen}
    found = (
        _on_device(device, [run for run in seen if run.campaign.device_id == device.pk], estimate, model)
        for device in devices.values()
    )
    return tuple(sorted(found, key=lambda one: (not one.is_of_estimate, one.device.name)))


def _is_trained_on(model: EnergyModel | None, architecture_hash: str) -> Exists | Value:
    """Whether the model's table holds the network. Queried once, not for each run: a table may have 15,000 rows."""
    if model is None:
        return Value(False)
    return Exists(EnergyModel.objects.filter(pk=model.pk, runs__table__contains=[[architecture_hash]]))


def _on_device(device: Device, runs: Sequence[Run], estimate: CurrentEstimate, model: EnergyModel | None) -> OnDevice:
    energy = _energy(runs)
    is_of_estimate = model is not None and model.device_id == device.pk
    return OnDevice(
        device=device,
        runs=tuple(runs),
        energy=energy,
        latency=_mean(run.latency_ms for run in runs),
        times_estimate=energy.mean / estimate.energy_mj if energy and estimate.energy_mj else None,
        is_of_estimate=is_of_estimate,
        is_of_another_device=estimate.tag == "predicted" and not is_of_estimate,
        is_trained_on=is_of_estimate and any(getattr(run, "is_trained_on", False) for run in runs),
    )


def _energy(runs: Sequence[Run]) -> Figure | None:
    """Of runs; of a single one by the repeats within it."""
    known = [run for run in runs if run.energy_mj is not None]
    if len(known) == 1 and known[0].sd_mj is not None and (known[0].repeats or 0) > 1:
        mean, n = known[0].energy_mj or 0.0, known[0].repeats or 0
        return Figure(mean, n, *interval95(mean, known[0].sd_mj, n))
    return _mean(run.energy_mj for run in known)


def _mean(values: Iterable[float | None]) -> Figure | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    summary = repeat_statistics(known)
    return Figure(summary.mean, summary.n, summary.low95, summary.high95)
