"""Cycles, time and traffic of a network on Arm's Ethos-U NPUs, estimated by Arm's own compiler Vela.

Nothing runs on a device: every figure is Vela's model of the NPU, for the system and memory mode that it takes by
default, and is to be shown as *estimated*. Operators that the NPU does not compute fall back to the CPU, of which Vela
estimates no time: they count 0 cycles, so that a network with a fallback looks faster than it is.

Multiply-accumulates are counted by `network_macs`, since Vela's count for U85 has half of those of a first layer with
one input channel. Measured with ethos-u-vela 5.2.0.
"""

import csv
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any

from nas_engine.architecture import Architecture
from nas_engine.errors import EarshotError, TransientError
from nas_engine.files.tflite_operators import output_names
from nas_engine.layers import Conv, Dense, Depthwise, Layer, all_layers

ACCELERATORS = (
    "ethos-u55-32", "ethos-u55-64", "ethos-u55-128", "ethos-u55-256", "ethos-u65-256", "ethos-u65-512",
    "ethos-u85-128", "ethos-u85-256", "ethos-u85-512", "ethos-u85-1024", "ethos-u85-2048",
)  # fmt: skip
"""Names of Vela; the last number is that of multiply-accumulates in a cycle."""
_PATIENCE_SECONDS = 600.0
_SOFTMAX, _CPU = "Softmax", "CPU"
_BYTES_A_KIB = 1024


@dataclass(frozen=True, slots=True)
class NpuOperator:
    """Estimate for one operator of the .tflite file, which Vela may split into `parts`.

    `tensor` is the name of its output, in packed files the tensor's number. Cycles are those of the NPU's clock:
    `cycles` until it is done, of which `npu_cycles` compute; `*_access_cycles` are those of each memory, in parallel.
    """

    operator: str
    tensor: str
    on_cpu: bool
    parts: int
    cycles: int
    npu_cycles: int
    sram_access_cycles: int
    dram_access_cycles: int
    flash_access_cycles: int


@dataclass(frozen=True, slots=True)
class NpuEstimate:
    """Estimate for one inference. `cycles` and `seconds` leave out operators that fall back to the CPU.

    `system` and `memory_mode` are Vela's names of what it assumed; `*_bytes_used` is what is allocated,
    `*_traffic_bytes` what is read and written in an inference. Flash is on and off the chip.
    """

    accelerator: str
    system: str
    memory_mode: str
    clock_hz: float
    cycles: int
    seconds: float
    sram_bytes_used: int
    dram_bytes_used: int
    flash_bytes_used: int
    sram_traffic_bytes: int
    dram_traffic_bytes: int
    flash_traffic_bytes: int
    vela_macs: int
    operators: tuple[NpuOperator, ...]

    @property
    def fallbacks(self) -> tuple[NpuOperator, ...]:
        """Operators that the CPU has to compute."""
        return tuple(operator for operator in self.operators if operator.on_cpu)

    def to_json(self) -> dict[str, Any]:
        """All fields by name, operators as dictionaries."""
        return asdict(self) | {"operators": [asdict(operator) for operator in self.operators]}


def estimate(content: bytes, accelerator: str) -> NpuEstimate:
    """Estimate for the int8 .tflite file `content`, plain or packed, compiled in a process of its own.

    Raises ValueError for an unknown accelerator, EarshotError where Vela refuses the network, and TransientError, of
    which another attempt or machine may know better, where Vela is not installed, takes too long or is killed.
    """
    if accelerator not in ACCELERATORS:
        raise ValueError(f"{accelerator!r} is no accelerator of Vela; choose one of {', '.join(ACCELERATORS)}.")
    if find_spec("ethosu") is None:
        raise TransientError(
            "Vela is not installed on this machine: `make setup` installs it on Linux, and on macOS on arm64."
        )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "network.tflite"
        source.write_bytes(content)
        _compile(source, accelerator)
        (summary,) = _rows(next(Path(folder).glob("network_summary_*.csv")))
        return _read(accelerator, summary, _rows(Path(folder) / "network_per-layer.csv"), _names(content))


def network_macs(architecture: Architecture) -> int:
    """Multiply-accumulates of the convolutions and dense layers. Raises InfeasibleArchitecture as `expand` does."""
    return sum(layer_macs(layer) for layer in all_layers(architecture))


def layer_macs(layer: Layer) -> int:
    """Multiply-accumulates of one layer; 0 for all but convolutions and dense layers."""
    outputs = prod(layer.output_shape)
    match layer:
        case Conv():
            return outputs * prod(layer.kernel) * layer.input_shape[-1]
        case Depthwise():
            return outputs * prod(layer.kernel)
        case Dense():
            return outputs * layer.input_shape[-1]
        case _:
            return 0


def _compile(source: Path, accelerator: str) -> None:
    command = [
        sys.executable, "-m", "ethosu.vela", str(source), "--accelerator-config", accelerator,
        "--output-dir", str(source.parent), "--verbose-performance",
    ]  # fmt: skip
    try:
        made = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise TransientError(f"Vela did not compile the network within {_PATIENCE_SECONDS:.0f} s.") from error
    if made.returncode < 0:
        raise TransientError(f"Vela was ended by signal {-made.returncode}; the system may have run out of memory.")
    if made.returncode != 0 or not list(source.parent.glob("network_summary_*.csv")):
        printed = (made.stdout + made.stderr).strip().splitlines()[-1:]
        raise EarshotError(f"Vela cannot compile this network for {accelerator}: {''.join(printed)}")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _names(content: bytes) -> tuple[str, ...]:
    """Names of the operators' outputs; none for a file that Vela reads and Earshot does not."""
    try:
        return output_names(content)
    except ValueError:
        return ()


def _read(
    accelerator: str, summary: Mapping[str, str], rows: Iterable[Mapping[str, str]], names: Collection[str]
) -> NpuEstimate:
    def whole(*names: str) -> int:
        return sum(round(float(summary[name])) for name in names)

    def used(*places: str) -> int:
        return round(_BYTES_A_KIB * sum(float(summary[f"{place}_memory_used"]) for place in places))

    return NpuEstimate(
        accelerator=accelerator,
        system=summary["system_config"],
        memory_mode=summary["memory_mode"],
        clock_hz=float(summary["core_clock"]),
        cycles=whole("cycles_total"),
        seconds=float(summary["inference_time"]),
        sram_bytes_used=used("sram"),
        dram_bytes_used=used("dram"),
        flash_bytes_used=used("on_chip_flash", "off_chip_flash"),
        sram_traffic_bytes=whole("sram_total_bytes"),
        dram_traffic_bytes=whole("dram_total_bytes"),
        flash_traffic_bytes=whole("on_chip_flash_total_bytes", "off_chip_flash_total_bytes"),
        vela_macs=whole("nn_macs"),
        operators=merged_operators(rows, names),
    )


def merged_operators(rows: Iterable[Mapping[str, str]], names: Collection[str]) -> tuple[NpuOperator, ...]:
    """One for each operator of the file, of Vela's rows per layer; `names` are those of the operators' outputs.

    Vela names parts as the output with a suffix: "84_intermediate"; a softmax has parts named after its input, but a
    network has one softmax.
    """
    parts: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for row in rows:
        operator, tensor = row["Original Operator"], _tensor(row["Name"], names)
        parts.setdefault((operator, "" if operator == _SOFTMAX else tensor), []).append(row)
    return tuple(_operator(operator, found, names) for (operator, _), found in parts.items())


def _tensor(name: str, names: Collection[str]) -> str:
    """The longest of `names` that `name` is, or begins with before a suffix; without one, `name` itself."""
    return max((known for known in names if f"{name}_".startswith(f"{known}_")), key=len, default=name)


def _operator(operator: str, rows: list[Mapping[str, str]], names: Collection[str]) -> NpuOperator:
    def total(*columns: str) -> int:
        return sum(int(row[column]) for row in rows for column in columns)

    return NpuOperator(
        operator=operator,
        tensor=_tensor(rows[-1]["Name"], names),
        on_cpu=any(row["Target"] == _CPU for row in rows),
        parts=len(rows),
        cycles=total("Op Cycles"),
        npu_cycles=total("NPU"),
        sram_access_cycles=total("SRAM AC"),
        dram_access_cycles=total("DRAM AC"),
        flash_access_cycles=total("OnFlash AC", "OffFlash AC"),
    )
