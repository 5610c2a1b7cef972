"""Hard limits on what Vela estimates of a network on an Ethos-U, and its energy by a power that the user states.

The estimates need a .tflite file, so that they are known once a network has been compiled, not when it is suggested.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from nas_engine.constraints import limit_sentence

_BYTES_PER_KB = 1000
_MS_PER_S = 1000


@dataclass(frozen=True, slots=True)
class NpuLimits:
    """Upper limits of one accelerator: seconds of an inference, bytes of SRAM, mJ of an inference; None is no limit.

    With `power_mw`, what the device takes while the NPU computes, an inference has an energy, so that its time has to
    be known; `energy_mj` needs it.
    """

    seconds: float | None = None
    sram_bytes: float | None = None
    energy_mj: float | None = None
    power_mw: float | None = None

    @property
    def needs_time(self) -> bool:
        """Whether a network may be trained only if Vela estimates the time of all of its operators."""
        return self.seconds is not None or self.power_mw is not None


def npu_energy_mj(seconds: float, power_mw: float) -> float:
    """Energy of an inference that takes `seconds`, in mJ."""
    return seconds * power_mw


def npu_violations(
    accelerator: str, seconds: float, sram_bytes: int, fallbacks: int, limits: NpuLimits
) -> tuple[str, ...]:
    """Sentences on the limits that a network violates; `seconds` leave out operators that fall back to the CPU."""
    return tuple(f"{accelerator}: {reason}" for reason in _violations(seconds, sram_bytes, fallbacks, limits))


def _violations(seconds: float, sram_bytes: int, fallbacks: int, limits: NpuLimits) -> Iterator[str]:
    if fallbacks and limits.needs_time:
        operators = "operator falls" if fallbacks == 1 else "operators fall"
        yield f"{fallbacks} {operators} back to the CPU, whose time Vela does not estimate"
    if limits.seconds is not None and seconds > limits.seconds:
        yield limit_sentence("inference time", seconds * _MS_PER_S, limits.seconds * _MS_PER_S, "ms", decimals=3)
    if limits.sram_bytes is not None and sram_bytes > limits.sram_bytes:
        yield limit_sentence("SRAM", sram_bytes / _BYTES_PER_KB, limits.sram_bytes / _BYTES_PER_KB, "kB", decimals=1)
    if limits.energy_mj is not None and limits.power_mw is not None:
        energy_mj = npu_energy_mj(seconds, limits.power_mw)
        if energy_mj > limits.energy_mj:
            yield limit_sentence("energy", energy_mj, limits.energy_mj, "mJ", decimals=2)
