"""Compilers and an emulator for the exported C code; what becomes of its tests without them.

A test asks for a fixture of this module. Without its programs the test is skipped; with EARSHOT_REAL_DATA=required it
fails, as where real data are missing.
"""

import os

import pytest

from bootstrap import cmake
from bootstrap.cross_compiler import advice, missing
from tests.real_data import REQUIRED, VARIABLE


@pytest.fixture(scope="session")
def missing_programs() -> frozenset[str]:
    """Programs of `bootstrap.cross_compiler` that this machine lacks."""
    return frozenset(missing())


def _require(missing_programs: frozenset[str], *programs: str) -> None:
    if lacking := [name for name in programs if name in missing_programs]:
        _go_without(advice(lacking))


def _go_without(advice: str) -> None:
    if os.environ.get(VARIABLE) == REQUIRED:
        pytest.fail(f"{advice} {VARIABLE}={REQUIRED} requires them.", pytrace=False)
    pytest.skip(advice)


@pytest.fixture(scope="session")
def project_tools() -> None:
    """CMake, make and compilers, for tests that build the projects of a deploy bundle or check their sources."""
    if lacking := cmake.missing():
        _go_without(cmake.advice(lacking))


@pytest.fixture(scope="session")
def gcc(missing_programs: frozenset[str]) -> str:
    """The host's C compiler."""
    _require(missing_programs, "gcc")
    return "gcc"


@pytest.fixture(scope="session")
def arm_gcc(missing_programs: frozenset[str]) -> str:
    """Arm's C compiler for microcontrollers."""
    _require(missing_programs, "arm-none-eabi-gcc")
    return "arm-none-eabi-gcc"


@pytest.fixture(scope="session")
def emulator(arm_gcc: str, missing_programs: frozenset[str]) -> str:
    """Emulator of microcontrollers, with the compiler for them."""
    _require(missing_programs, "qemu-system-arm")
    return "qemu-system-arm"
