"""Programs in C on emulated Cortex-M processors: compiled by arm-none-eabi-gcc, run by qemu-system-arm.

A program uses newlib with semihosting: printf and the exit status reach the host. Instructions are counted by SysTick
under `-icount`, where each instruction takes the same time; `instructions.c` checks that with a loop of known length.
They are executed instructions, not cycles: qemu models no pipeline, no wait states of the flash and no caches.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COMPILER, EMULATOR = "arm-none-eabi-gcc", "qemu-system-arm"
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
_ICOUNT_SHIFT = 8  # 2**8 ns for an instruction are several ticks of SysTick, whose 24 bits hold 2 million of them
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor, its flags for gcc, the machine of qemu, addresses of code and data, and SysTick's clock in hertz."""

    flags: tuple[str, ...]
    machine: str
    code_start: int
    data_start: int
    data_bytes: int
    clock_hz: int


_MPS2 = (0x0, 0x2000_0000, 0x40_0000, 25_000_000)
PROCESSORS: Mapping[str, Processor] = {
    "cortex-m4f": Processor(("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"), "mps2-an386", *_MPS2),
    "cortex-m55": Processor(
        ("-mcpu=cortex-m55", "-mfloat-abi=hard"), "mps3-an547", 0x1000_0000, 0x3000_0000, 0x8_0000, 32_000_000
    ),
    "cortex-m0plus": Processor(
        ("-mcpu=cortex-m0plus", "-mfloat-abi=soft", "-masm-syntax-unified"), "mps2-an385", *_MPS2
    ),
}
"""The instructions of a Cortex-M0+ run on the board with a Cortex-M3, which has all of them."""


def compile_program(processor: Processor, sources: Sequence[Path], program: Path, options: Sequence[str] = ()) -> Path:
    """Compile C sources with warnings as errors and link them to `program`, which is returned.

    Raises CalledProcessError with the compiler's words in `stderr`.
    """
    addresses = {
        "CODE_START": processor.code_start,
        "DATA_START": processor.data_start,
        "DATA_BYTES": processor.data_bytes,
    }
    command = [
        *(COMPILER, "-mthumb", "-O2", *WARNINGS, *processor.flags, "--specs=rdimon.specs", "-T", HERE / "cortex_m.ld"),
        *(f"-Wl,--defsym={name}={address:#x}" for name, address in addresses.items()),
        *options,
        *(*sources, HERE / "startup.c", "-lm", "-o", program),
    ]
    subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
    return program


def run(processor: Processor, program: Path, *, count: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a program in the emulator; `count`: each instruction takes the same time. Raises TimeoutExpired."""
    command = [
        *(EMULATOR, "-machine", processor.machine, "-nographic", "-monitor", "none", "-serial", "none"),
        *("-semihosting-config", "enable=on,target=native", "-kernel", str(program)),
        *(("-icount", f"shift={_ICOUNT_SHIFT}") if count else ()),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, stdin=subprocess.DEVNULL)


def count_instructions(
    processor: Processor, sources: Path, work: Path, further_options: Sequence[str] = ()
) -> dict[str, Any]:
    """What `instructions.c` prints for the front end and the test vectors in the folder `sources`.

    Instructions of `earshot_frontend_push` with one hop (mean, most), of normalising and quantising a row (mean), of
    the loop of 20,000 instructions; rows; state in bytes. Raises CalledProcessError where the program fails.
    """
    options = (
        f"-I{sources}",
        f"-DCLOCK_HZ={processor.clock_hz}.0",
        f"-DNANOSECONDS_PER_INSTRUCTION={2**_ICOUNT_SHIFT}.0",
        *further_options,
    )
    files = (HERE / "instructions.c", sources / "earshot_frontend.c")
    program = compile_program(processor, files, work / "instructions.elf", options)
    ended = run(processor, program, count=True)
    ended.check_returncode()
    result: dict[str, Any] = json.loads(ended.stdout)
    return result
