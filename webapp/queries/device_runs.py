"""Measured energy and latency of networks by device, from the runs of each network on each device."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from nas_engine.energy.traces.statistics import RepeatStatistics, repeat_statistics
from webapp.models import Run, Study


@dataclass(frozen=True, slots=True)
class DeviceRuns:
    """READY runs of one network on one device, the earliest first. Energies are gross, in mJ per inference."""

    device: str
    runs: tuple[Run, ...]

    @property
    def with_energy(self) -> tuple[Run, ...]:
        """Runs that measured an energy above 0."""
        return tuple(run for run in self.runs if run.energy_mj)

    @property
    def repeats_mj(self) -> tuple[float, ...]:
        """An energy for each of these runs: they are the repeats of a network's energy."""
        return tuple(run.energy_mj or 0.0 for run in self.with_energy)

    @property
    def energy(self) -> RepeatStatistics | None:
        """Statistics over runs; None without an energy."""
        return repeat_statistics(self.repeats_mj) if self.with_energy else None

    @property
    def sd_mj(self) -> float | None:
        """Standard deviation over runs; of a single run that of its repeats."""
        known = self.with_energy
        return known[0].sd_mj if len(known) == 1 else self.energy.sd if self.energy else None

    @property
    def latency_ms(self) -> float | None:
        """Mean of the runs that measured one."""
        known = [run.latency_ms for run in self.runs if run.latency_ms is not None]
        return sum(known) / len(known) if known else None


def runs_by_device(architectures: Collection[str]) -> Mapping[str, Sequence[DeviceRuns]]:
    """Runs of each architecture, the device with most energies first, then by name. One query."""
    found: dict[str, dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    runs = Run.objects.filter(architecture__in=architectures, state=Run.State.READY).order_by("computed_at", "pk")
    for run in runs.select_related("campaign__device").defer("result", "findings", "settings"):
        found[run.architecture_id or ""][run.campaign.device.name].append(run)
    return {
        architecture: sorted(
            (DeviceRuns(device, tuple(runs)) for device, runs in by_device.items()),
            key=lambda one: (-len(one.with_energy), one.device),
        )
        for architecture, by_device in found.items()
    }


def preferred_first(study: Study, devices: Sequence[DeviceRuns]) -> tuple[DeviceRuns, ...]:
    """The same, with the device of the study's energy model in front."""
    preferred = study.energy_model.device.name if study.energy_model is not None else ""
    return tuple(sorted(devices, key=lambda one: one.device != preferred))
