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
from tests.nas_engine.deployment.frontend.compiled import write_files
from tests.nas_engine.deployment.frontend.sounds import description_of, hard_clips, synthetic_clips

STATE_BYTES = 2860
ON_EACH = pytest.mark.parametrize("processor", PROCESSORS.values(), ids=PROCESSORS)


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


@pytest.mark.usefixtures("emulator")
@ON_EACH
def test_the_vectors_pass_on_the_emulated_processor(sources: Path, tmp_path: Path, processor: Processor) -> None:
    program = compile_program(
        processor, [sources / "test_frontend.c", sources / "earshot_frontend.c"], tmp_path / "test.elf"
    )
    ended = run(processor, program)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"state: {STATE_BYTES} bytes" in ended.stdout


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
@pytest.mark.parametrize(
    ("name", "most"), [("cortex-m4f", 40_000), ("cortex-m55", 40_000), ("cortex-m0plus", 1_400_000)]
)
def test_single_instructions_are_counted(sources: Path, tmp_path: Path, name: str, most: int) -> None:
    counted = count_instructions(PROCESSORS[name], sources, tmp_path)
    assert counted["loop_of_20000"] == 20_000
    assert counted["state_bytes"] == STATE_BYTES <= 4_000
    assert 10_000 < counted["push_mean"] <= counted["push_most"] < most
    assert counted == count_instructions(PROCESSORS[name], sources, tmp_path), "it depends on the machine's load"
