"""The deploy bundle's project for a computer in fixed point, and what it states where there is none."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from nas_engine.deployment.bundle import bundle_files
from tests.nas_engine.deployment import made

pytestmark = pytest.mark.usefixtures("project_tools")


def built(files: Mapping[str, bytes], folder: Path, *options: str) -> str:
    """Write the bundle, build its project in build/ and return what its tests print."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    run("cmake", "-S", "pc", "-B", "build", *options, folder=folder)
    run("cmake", "--build", "build", folder=folder)
    return run("ctest", "--test-dir", "build", "--verbose", folder=folder)


def run(*command: str, folder: Path) -> str:
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.parametrize(("switch", "name"), [("OFF", "earshot_loop_init"), ("ON", "earshot_loop_init_fixed_point")])
def test_the_loop_is_in_fixed_point_on_demand_and_both_front_ends_are_tested(
    tmp_path: Path, switch: str, name: str
) -> None:
    files = bundle_files(made.contents())
    said = built(files, tmp_path, f"-DEARSHOT_FIXED_POINT={switch}")
    assert "at most 0.001 allowed" in said
    assert "at most 0.010 allowed" in said
    assert "100% tests passed, 0 tests failed out of 3" in said
    assert f" T {name}\n" in run("nm", "build/libearshot_loop.a", folder=tmp_path)
    assert "-DEARSHOT_FIXED_POINT=ON" in files["README.md"].decode()
    assert "not computed" not in files["README.md"].decode()


def test_a_front_end_without_fixed_point_is_tested_in_float_and_the_readme_states_why(tmp_path: Path) -> None:
    page = made.contents().frontend
    files = bundle_files(made.contents(frontend={**page, "parameters": page["parameters"] | {"log_offset": 1e-9}}))
    assert "not computed in integers: its log_offset of 1e-09 is too small" in files["README.md"].decode()
    assert "-DEARSHOT_FIXED_POINT=ON" not in files["README.md"].decode()
    assert "100% tests passed, 0 tests failed out of 2" in built(files, tmp_path)
