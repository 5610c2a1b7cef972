"""Hard limits on estimates of Vela, and the energy that a stated power gives."""

import pytest

from nas_engine.deployment.npu.limits import NpuLimits, npu_energy_mj, npu_violations

CHIP = "ethos-u55-128"


def test_a_value_equal_to_its_limit_passes() -> None:
    limits = NpuLimits(seconds=2e-4, sram_bytes=30_000, energy_mj=2e-3, power_mw=10.0)
    assert npu_violations(CHIP, 2e-4, 30_000, 0, limits) == ()


def test_each_limit_that_is_exceeded_is_a_sentence_with_estimate_and_limit() -> None:
    limits = NpuLimits(seconds=2e-4, sram_bytes=30_000, energy_mj=1e-3, power_mw=10.0)
    assert npu_violations(CHIP, 3e-4, 30_500, 0, limits) == (
        "ethos-u55-128: inference time estimate 0.300 ms exceeds the hard limit of 0.2 ms",
        "ethos-u55-128: SRAM estimate 30.5 kB exceeds the hard limit of 30 kB",
        "ethos-u55-128: energy estimate 0.003 mJ exceeds the hard limit of 0.001 mJ",
    )


@pytest.mark.parametrize("limits", [NpuLimits(seconds=1.0), NpuLimits(power_mw=5.0)], ids=["time", "energy"])
def test_a_network_with_a_fallback_has_no_time_and_so_no_energy(limits: NpuLimits) -> None:
    (reason,) = npu_violations(CHIP, 1e-4, 1_000, 2, limits)
    assert reason == "ethos-u55-128: 2 operators fall back to the CPU, whose time Vela does not estimate"


def test_a_fallback_matters_to_no_limit_of_sram() -> None:
    assert npu_violations(CHIP, 1e-4, 1_000, 1, NpuLimits(sram_bytes=2_000)) == ()


def test_energy_is_time_by_power() -> None:
    assert npu_energy_mj(0.5, 12.0) == 6.0
