"""Damaged files of every format by the function behind `read_measurement`: a refusal or a right answer.

Both the files that the tests make and, where they are there, the real ones.
"""

import gzip
import json
import math
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.runs.file_report import FileReport, report_each, report_together
from nas_engine.energy.runs.settings import RunSettings
from tests.nas_engine.energy import made_files, sessions
from tests.nas_engine.energy.shared import ENERGYRUNNER, EVERY_FILE, LIVE_RUN, LIVE_TIMES

_ENOUGH_BYTES = 60_000
_NUMBER = re.compile(rb"-?\d+\.\d+(?:[eE][+-]?\d+)?")
Damage = Callable[[bytes, Random], bytes]
REAL = pytest.mark.real_data("measurements")
MADE_FILES = tuple(Path(name) for name in made_files.FORMATS)  # relative, unlike the paths of real files


def cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def cut_off_the_beginning(data: bytes, random: Random) -> bytes:
    return data[random.randrange(len(data)) :]


def junk_inside(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    return data[:start] + random.randbytes(random.randrange(1, 200)) + data[start + random.randrange(200) :]


def flipped_bits(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randrange(1, 20)):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def no_numbers(data: bytes, random: Random) -> bytes:
    word = random.choice([b"nan", b"NaN", b"inf", b"-inf", b"", b"n/a", b"1e400"])
    share = random.choice([0.0005, 0.1, 1.0])
    return _NUMBER.sub(lambda found: word if random.random() < share else found.group(), data)


def other_encoding(data: bytes, random: Random) -> bytes:
    encoding = random.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp037"])
    return data.decode("latin-1").encode(encoding)


def swapped_columns(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    first, keep_header = random.randrange(3), random.random() < 0.5
    return b"\n".join(line if keep_header and number == 0 else _swap(line, first) for number, line in enumerate(lines))


def _swap(line: bytes, first: int) -> bytes:
    cells = line.split(b",")
    if len(cells) > first + 1:
        cells[first], cells[first + 1] = cells[first + 1], cells[first]
    return b",".join(cells)


def shuffled_lines(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    start = random.randrange(len(lines))
    part = lines[start : start + 50]
    random.shuffle(part)
    return b"\n".join(lines[:start] + part + lines[start + 50 :])


def doubled(data: bytes, random: Random) -> bytes:
    return data + data


def other_commas(data: bytes, random: Random) -> bytes:
    return random.choice([data.replace(b".", b","), data.replace(b",", b";"), data.replace(b",", b"\t")])


def one_absurd_number(data: bytes, random: Random) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    place, absurd = random.choice(found), random.choice([b"1e308", b"-9e99", b"9" * 400, b"0.0", b"1e-320"])
    return data[: place.start()] + absurd + data[place.end() :]


def squeezed(data: bytes, random: Random) -> bytes:
    packed = gzip.compress(data, 1, mtime=0)
    return packed if random.random() < 0.5 else packed[: random.randrange(1, len(packed))]


DAMAGES: tuple[Damage, ...] = (
    cut, cut_off_the_beginning, junk_inside, flipped_bits, no_numbers, other_encoding, swapped_columns, shuffled_lines,
    doubled, other_commas, one_absurd_number, squeezed,
)  # fmt: skip


def whole(path: Path) -> bytes:
    return made_files.content(path.name) if path in MADE_FILES else path.read_bytes()


@cache
def beginning(path: Path) -> bytes:
    """Enough of a file for its format; JSON only means something whole."""
    data = whole(path)
    if path.suffix == ".json" or len(data) <= _ENOUGH_BYTES:
        return data
    end = data.find(b"\n", _ENOUGH_BYTES) + 1
    return data[: _ENOUGH_BYTES + 5 if path.suffix == ".bin" else end]


def check(report: FileReport) -> None:
    """No figure beside an error, no figure that cannot be, and JSON in every case."""
    shown = report.to_json()
    json.dumps(shown, allow_nan=False)
    energies = shown["energy_per_inference_mj"] or []
    if report.ok:
        assert shown["format"]
        assert shown["samples"] is None or shown["samples"] >= 2
    else:
        assert len(shown["error"]) > len(report.path.name) + 10
        assert shown["mean_power_mw"] is shown["latency_ms"] is shown["energy_per_inference_mj"] is None
    figures = [shown["rate_hz"], shown["duration_s"], shown["mean_power_mw"], shown["latency_ms"], *energies]
    assert all(math.isfinite(figure) for figure in figures if figure is not None)
    assert 0 < (shown["mean_power_mw"] or 1) <= 100_000
    assert 0 < (shown["latency_ms"] or 1) <= 3_600_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


@pytest.mark.parametrize(
    "path",
    [*MADE_FILES, *(pytest.param(path, marks=REAL) for path in EVERY_FILE)],
    ids=lambda path: f"{path.parent.name}/{path.name}".lstrip("/"),
)
@given(damages=st.lists(st.sampled_from(DAMAGES), min_size=1, max_size=2), seed=st.integers(0, 2**32))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_damage_is_refused_in_a_sentence_or_does_no_harm(
    path: Path, folder: Path, damages: list[Damage], seed: int
) -> None:
    random, data = Random(seed), beginning(path)
    for damage in damages:
        data = damage(data or b"\n", random)
    (folder / path.name).write_bytes(data)
    (report,) = report_each([folder / path.name], ReadOptions(voltage_v=4.2), RunSettings())
    check(report)


UNITS = (
    ("(mA)", "(A)"),
    ("(mA)", "(uA)"),
    ("Voltage(V)", "Voltage(mV)"),
    ("Time(ms)", "Time(us)"),
    ("Main(mA),Main Voltage(V)", "Main Voltage(V),Main(mA)"),
    ("Current(uA)", "Current(mA)"),
    ("Timestamp(ms)", "Timestamp(s)"),
    ("current,voltage,power", "voltage,current,power"),
    ("start_us,end_us,duration_us", "start_ms,end_ms,duration_ms"),
    ("energy_joules", "energy_mJ"),
    ("timings in us", "timings in ms"),
    (" uJ", " mJ"),
)


@pytest.mark.parametrize("files", [MADE_FILES, pytest.param(EVERY_FILE, marks=REAL)], ids=["made", "real"])
@pytest.mark.parametrize(("right", "wrong"), UNITS)
def test_a_wrong_unit_is_refused_or_warned_of_or_without_effect(
    right: str, wrong: str, files: tuple[Path, ...], folder: Path
) -> None:
    concerned = [path for path in files if right.encode() in beginning(path)[:4000] and path.name != "log.txt"]
    assert concerned
    for path in concerned:
        sound, changed = (_alone(folder / path.name, data) for data in _with_units(path, right, wrong))
        warned = any(finding.severity == "warning" for finding in changed.result.findings)
        if sound.ok and changed.ok and not warned:
            assert changed.result.mean_power_mw == pytest.approx(sound.result.mean_power_mw, rel=1e-3)
            assert changed.result.latency_ms == sound.result.latency_ms


def _with_units(path: Path, right: str, wrong: str) -> tuple[bytes, bytes]:
    return beginning(path), beginning(path).replace(right.encode(), wrong.encode())


def _alone(path: Path, data: bytes) -> FileReport:
    path.write_bytes(data)
    (report,) = report_each([path], ReadOptions(voltage_v=4.2), RunSettings())
    check(report)
    return report


def test_a_time_stamp_of_hundreds_of_digits_is_refused(folder: Path) -> None:
    (folder / "trace1-timestamps.json").write_text(f"[0.015, {'9' * 400}]")
    (report,) = report_each([folder / "trace1-timestamps.json"], ReadOptions(), RunSettings())
    assert "hundreds of digits" in str(report.error)


RUNS = {
    "phone": (Path("power.csv"), Path("inference_time.csv"), None, 4.2),
    "energyrunner": (Path("trace1-energy.bin"), Path("trace1-timestamps.json"), sessions.INFERENCES, 0.6016),
    "real phone": (LIVE_RUN, LIVE_TIMES, None, 4.40),
    "real energyrunner": (ENERGYRUNNER / "trace1-energy.bin", ENERGYRUNNER / "trace1-timestamps.json", 150, 5.6275),
}


@pytest.mark.parametrize("run", [pytest.param(run, marks=[REAL] if "real" in run else []) for run in RUNS])
@given(damage=st.sampled_from(DAMAGES), which=st.sampled_from([0, 1]), seed=st.integers(0, 2**32))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_damage_to_one_file_of_a_run_gives_no_wrong_energy(
    run: str, folder: Path, damage: Damage, which: int, seed: int
) -> None:
    *files, inferences, expected_mj = RUNS[run]
    (folder / run).mkdir(exist_ok=True)
    given_files = [folder / run / path.name for path in files]
    for number, (path, copy) in enumerate(zip(files, given_files, strict=True)):
        copy.write_bytes(damage(whole(path), Random(seed)) if number == which else whole(path))
    reports = report_together(given_files, ReadOptions(), RunSettings(inferences=inferences))
    for report in reports:
        check(report)
    result = reports[0].result
    if result.gross is not None:
        clean = all(finding.severity == "note" or finding.code == "short_window" for finding in result.findings)
        assert result.gross.median == pytest.approx(expected_mj, rel=0.05 if clean else 0.5)


@pytest.mark.parametrize("run", ["phone", pytest.param("real phone", marks=REAL)])
@pytest.mark.parametrize("kept", [1, 2, 10, 40, 100, 244, 260, 350])
def test_the_first_inferences_of_a_run_are_placed_only_if_they_take_long_enough(
    run: str, kept: int, tmp_path: Path
) -> None:
    """A list of times that ends after a whole line shows no damage; the first inference of the real run took 3 ms."""
    trace, times, _, expected_mj = RUNS[run]
    lines = whole(times).split(b"\n")[: kept + 1]
    (tmp_path / "power.csv").write_bytes(whole(trace))
    (tmp_path / "times.csv").write_bytes(b"\n".join(lines) + b"\n")
    report = report_together([tmp_path / "power.csv", tmp_path / "times.csv"], ReadOptions(), RunSettings())[0]
    check(report)
    if report.result.gross is None:
        assert kept < 300
        assert "to find their place on a trace of another clock takes 0.1 s" in str(report.error)
    else:
        assert kept > 40
        assert report.result.gross.median == pytest.approx(expected_mj, rel=0.25)
