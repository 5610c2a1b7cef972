"""The front end in C for microcontrollers: built for Cortex-M4F, M55 and M0+, and run in an emulator."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from benchmarks.emulation.cortex_m import (
    PROCESSORS,
    WARNINGS,
    Processor,
    compile_program,
    count_instructions,
    run,
)
from nas_engine.deployment.frontend import files
from tests.nas_engine.deployment.frontend.compiled import FIXED, write_files
from tests.nas_engine.deployment.frontend.sounds import description_of, hard_clips, synthetic_clips

ON_EACH = pytest.mark.parametrize("processor", PROCESSORS.values(), ids=PROCESSORS)
IN_BOTH = pytest.mark.parametrize(
    ("options", "state_bytes"), [((), 2860), (("-DEARSHOT_FIXED_POINT",), 2864)], ids=["float32", "fixed point"]
)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """C files with test vectors that fit into the memory of the smallest board."""
    clips = {f"{name}, one second": clip[:16_000] for name, clip in list(synthetic_clips(1).items())[:2]} | hard_clips()
    description = description_of(clips)
    delivered = files.c_files(description) | files.vector_files(description, clips)
    return write_files(tmp_path_factory.mktemp("device"), delivered)


@pytest.mark.usefixtures("arm_gcc")
@ON_EACH
def test_the_sources_need_no_heap_and_nothing_but_libm_and_memory_functions(
    sources: Path, tmp_path: Path, processor: Processor
) -> None:
    """Linked without newlib, these functions alone are missing; __aeabi_* are gcc's own arithmetic."""
    built = tmp_path / "earshot_frontend.o"
    command = ["arm-none-eabi-gcc", "-mthumb", "-O2", *WARNINGS, *processor.flags, "-c", "-o", str(built)]
    compiled = subprocess.run([*command, str(sources / "earshot_frontend.c")], capture_output=True, text=True)
    assert compiled.returncode == 0, compiled.stderr
    listed = subprocess.run(["arm-none-eabi-nm", "-u", str(built)], capture_output=True, text=True, check=True)
    symbols = {line.split()[-1] for line in listed.stdout.splitlines()}
    needed = {name for name in symbols if not name.startswith("__aeabi_")}
    assert {"logf"} <= needed <= {"logf", "rintf", "memcpy", "memmove", "memset"}
    sizes = subprocess.run(["arm-none-eabi-size", str(built)], capture_output=True, text=True, check=True)
    assert sizes.stdout.splitlines()[1].split()[1:3] == ["0", "0"], "no data that is written"


@pytest.mark.usefixtures("arm_gcc")
@ON_EACH
def test_in_fixed_point_they_need_no_float_and_no_libm(sources: Path, tmp_path: Path, processor: Processor) -> None:
    """gcc's own arithmetic for integers, and the functions for memory, are all that is missing."""
    built = tmp_path / "earshot_frontend.o"
    flags = (*WARNINGS, *FIXED, *processor.flags)
    command = ["arm-none-eabi-gcc", "-mthumb", "-O2", *flags, "-c", "-o", str(built)]
    compiled = subprocess.run([*command, str(sources / "earshot_frontend.c")], capture_output=True, text=True)
    assert compiled.returncode == 0, compiled.stderr
    listed = subprocess.run(["arm-none-eabi-nm", "-u", str(built)], capture_output=True, text=True, check=True)
    needed = {line.split()[-1] for line in listed.stdout.splitlines()}
    of_integers = {f"__aeabi_{name}" for name in ("lmul", "llsl", "llsr", "lasr", "idiv", "uidiv")}
    assert needed <= {"memcpy", "memmove", "memset"} | of_integers
    sizes = subprocess.run(["arm-none-eabi-size", str(built)], capture_output=True, text=True, check=True)
    assert sizes.stdout.splitlines()[1].split()[1:3] == ["0", "0"], "no data that is written"


@pytest.mark.usefixtures("emulator")
@ON_EACH
@IN_BOTH
def test_the_vectors_pass_on_the_emulated_processor(
    sources: Path, tmp_path: Path, processor: Processor, options: tuple[str, ...], state_bytes: int
) -> None:
    parts = [sources / "test_frontend.c", sources / "earshot_frontend.c"]
    ended = run(processor, compile_program(processor, parts, tmp_path / "test.elf", options))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"state: {state_bytes} bytes" in ended.stdout


@pytest.mark.usefixtures("emulator")
@ON_EACH
def test_wrong_features_fail_on_the_emulated_processor(tmp_path: Path, processor: Processor) -> None:
    clips = {"silence": np.zeros(1_000, np.int16)}
    description = description_of(synthetic_clips(1))
    other = description | {"parameters": description["parameters"] | {"log_offset": 1.1e-6}}
    folder = write_files(tmp_path, files.c_files(other) | files.vector_files(description, clips))
    program = compile_program(
        processor, [folder / "test_frontend.c", folder / "earshot_frontend.c"], tmp_path / "test.elf"
    )
    ended = run(processor, program)
    assert ended.returncode == 1
    assert "silence, pieces of 320 samples: 2 rows, expected 2" in ended.stdout


@pytest.mark.usefixtures("emulator")
@IN_BOTH
@pytest.mark.parametrize(
    ("name", "most_of"),
    [
        ("cortex-m4f", {2860: 40_000, 2864: 60_000}),
        ("cortex-m55", {2860: 40_000, 2864: 60_000}),
        ("cortex-m0plus", {2860: 1_400_000, 2864: 125_000}),
    ],
)
def test_single_instructions_are_counted(
    sources: Path, tmp_path: Path, name: str, most_of: dict[int, int], options: tuple[str, ...], state_bytes: int
) -> None:
    """In fixed point a Cortex-M0+ has, at two cycles an instruction, three quarters of 48 MHz left."""
    counted = count_instructions(PROCESSORS[name], sources, tmp_path, options)
    assert counted["loop_of_20000"] == 20_000
    assert counted["state_bytes"] == state_bytes <= 4_000
    assert 10_000 < counted["push_mean"] <= counted["push_most"] < most_of[state_bytes]
    again = count_instructions(PROCESSORS[name], sources, tmp_path, options)
    assert counted == again, "it depends on the machine's load"
