"""Estimates of Vela as a worker stores them, without a compilation, and energy models of NPUs."""

from nas_engine.architecture import Architecture
from nas_engine.deployment.npu.blocks import operator_names
from nas_engine.deployment.vela import NpuEstimate, NpuOperator
from nas_engine.layers import expand
from tests.webapp.energy_models import device
from webapp import translation
from webapp.models import EnergyModel, StoredNpuEstimate, Trial
from webapp.services.energy_models import create_npu_model
from webapp.services.npu_estimates import store

CHIP = "ethos-u55-128"
CLOCK_HZ = 5e8
CYCLES = 1_000


def npu_model(power_mw: float = 20.0, accelerator: str = CHIP, **values: object) -> EnergyModel:
    return create_npu_model(
        device_id=device(**values).pk, accelerator=accelerator, power_mw=power_mw, power_source="bench, 3 May"
    )


def estimate_of(network: Architecture, accelerator: str = CHIP, fallbacks: int = 0) -> NpuEstimate:
    """1,000 cycles an operator; the first `fallbacks` run on the CPU."""
    names = [name for block in expand(network) for name in operator_names(block)]
    operators = tuple(
        NpuOperator(name, str(number), number < fallbacks, 1, 0 if number < fallbacks else CYCLES, 0, 0, 0, 0)
        for number, name in enumerate(names)
    )
    cycles = sum(operator.cycles for operator in operators)
    return NpuEstimate(
        accelerator, "system", "mode", CLOCK_HZ, cycles, cycles / CLOCK_HZ, 30_000, 0, 40_000, 0, 0, 0, 1, operators
    )


def compiled(trial: Trial, accelerator: str = CHIP, fallbacks: int = 0) -> StoredNpuEstimate:
    """The estimate of a trial's network, stored."""
    found = estimate_of(translation.architecture(trial.architecture), accelerator, fallbacks)
    return store(architecture_hash=trial.architecture_id, accelerator=accelerator, found=found)
