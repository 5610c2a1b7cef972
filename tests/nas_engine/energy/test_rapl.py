"""The processors' own energy counters, on folders like the kernel's."""

from pathlib import Path

from nas_engine.energy.rapl import RaplCounters, unavailable_reason


def package(powercap: Path, number: int, used_uj: int, name: str = "package-0", range_uj: int = 1_000_000) -> Path:
    folder = powercap / f"intel-rapl:{number}"
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "energy_uj").write_text(f"{used_uj}\n")
    (folder / "max_energy_range_uj").write_text(f"{range_uj}\n")
    return folder


def test_all_packages_are_added_up_and_their_parts_and_the_platform_left_out(tmp_path: Path) -> None:
    first, second = package(tmp_path, 0, 1_000), package(tmp_path, 1, 5_000, "package-1")
    package(tmp_path, 2, 9_000, "psys")
    part = tmp_path / "intel-rapl:0:0"
    part.mkdir()
    (part / "energy_uj").write_text("77")
    counters = RaplCounters.find(tmp_path)
    assert counters is not None
    before = counters.read_uj()
    assert before == (1_000, 5_000)
    (first / "energy_uj").write_text("3000")
    (second / "energy_uj").write_text("5500")
    assert counters.used_mj(before, counters.read_uj()) == 2.5


def test_a_counter_that_starts_anew_is_counted_through(tmp_path: Path) -> None:
    package(tmp_path, 0, 0)
    counters = RaplCounters.find(tmp_path)
    assert counters is not None
    assert counters.used_mj((999_000,), (500,)) == 1.5


def test_without_counters_or_without_leave_to_read_it_says_why(tmp_path: Path) -> None:
    assert RaplCounters.find(tmp_path) is None
    assert "shows no energy counters" in unavailable_reason(tmp_path)
    (package(tmp_path, 0, 0) / "energy_uj").unlink()  # reads like a file that may not be read
    assert RaplCounters.find(tmp_path) is None
    assert "chmod a+r" in unavailable_reason(tmp_path)
