from pathlib import Path

import pytest

from benchmarks.read_trace import KINDS, in_own_process, made


def test_however_it_is_written_the_file_gives_the_same_energy(tmp_path: Path) -> None:
    results = [in_own_process(made(tmp_path, kind, 30_000)) for kind in KINDS]
    assert results[0]["rows"] == 30_000
    assert results[0]["energies_mj"] == pytest.approx([1.8e-3 * 458.0 * 4.19], rel=0.01)
    for result in results[1:]:
        assert result["energies_mj"] == results[0]["energies_mj"]
        assert result["findings"] == results[0]["findings"]


@pytest.mark.alone
def test_five_minutes_of_a_monsoon_take_a_second_and_a_half_and_400_megabytes(tmp_path: Path) -> None:
    """Of processor time, all threads: to read, check, find the window and integrate."""
    result = in_own_process(made(tmp_path, "plain", 1_500_000))
    assert result["file_mb"] > 67
    assert result["cpu_seconds"] <= 1.5
    assert result["peak_mb"] < 400
