"""Constraints of a study before training, and the estimates of an infeasible trial."""

from dataclasses import dataclass

from nas_engine.cost import cost
from nas_engine.errors import InfeasibleArchitecture
from webapp.energy_predictors import predictor_of
from webapp.models import Study, Trial
from webapp.models.study import BYTES_PER_KB
from webapp.translation import architecture, constraints


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """One estimate with its hard limit, both in `unit`; the limit is None where the study has none."""

    name: str
    value: float
    limit: float | None
    unit: str

    @property
    def exceeds(self) -> bool:
        return self.limit is not None and self.value > self.limit


@dataclass(frozen=True, slots=True)
class ConstraintEstimates:
    """Estimates of a network, and the source of its energy in words."""

    rows: tuple[EstimateRow, ...]
    energy_source: str


def estimates(trial: Trial) -> ConstraintEstimates | None:
    """Estimates of an infeasible trial; None for any other, and where the network cannot be built."""
    if not trial.violates_constraints:
        return None
    try:
        total = cost(architecture(trial.architecture))
    except InfeasibleArchitecture:
        return None
    study = trial.study
    energy = predictor_of(study).estimate(total)
    flash, ram, limits = total.flash_bytes_estimate, total.peak_activation_bytes, constraints(study)
    return ConstraintEstimates(
        rows=(
            EstimateRow("Flash: size of the .tflite file", flash / BYTES_PER_KB, _kb(limits.flash_bytes), "kB"),
            EstimateRow("RAM: activations alive at once", ram / BYTES_PER_KB, _kb(limits.peak_ram_bytes), "kB"),
            EstimateRow("Energy per inference", energy.energy_mj, limits.energy_mj, "mJ"),
        ),
        energy_source=energy.source,
    )


def _kb(size_bytes: float | None) -> float | None:
    return None if size_bytes is None else size_bytes / BYTES_PER_KB


def limits_in_words(study: Study) -> str:
    """Such as "flash 60 kB, energy 1.25 mJ"; empty where the study has no constraints."""
    limits = constraints(study)
    named = [
        ("flash", _kb(limits.flash_bytes), "kB"),
        ("RAM", _kb(limits.peak_ram_bytes), "kB"),
        ("energy", study.energy_limit_mj if study.enforce_constraints else None, "mJ"),
    ]
    if study.enforce_constraints and study.accelerator:
        named += [
            (f"{study.accelerator} time", study.npu_time_limit_ms, "ms"),
            (f"{study.accelerator} SRAM", study.npu_sram_limit_kb, "kB"),
        ]
    return ", ".join(f"{name} {value:g} {unit}" for name, value, unit in named if value is not None)
