"""Nordic's PPK2: CSV and session."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from nas_engine.energy.readers import ppk2_csv, ppk2_session, registry
from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.traces.trace import Trace
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.readers.samples import FRAME, ppk2, read
from tests.nas_engine.energy.readers.samples import ppk2_session as session

HEADERS = [
    "Timestamp(ms),Current(uA),D0-D7",
    "Timestamp(ms),Current(uA),D0,D1,D2,D3,D4,D5,D6,D7",
    "Timestamp(ms),Current(uA),D0-D7,D0,D1,D2,D3,D4,D5,D6,D7",
    "Current(uA),D0-D7",
    "Current(uA),D0,D1,D2,D3,D4,D5,D6,D7",
]


@pytest.mark.parametrize("header", HEADERS)
def test_whatever_was_switched_on_the_power_and_the_input_are_read(header: str, tmp_path: Path) -> None:
    trace = read(tmp_path, ppk2(header), voltage_v=3.0).content
    assert trace.power_mw.mean() == pytest.approx(6.0)
    assert trace.rate_hz == pytest.approx(100_000.0)
    assert list(trace.triggers) == ["D0"]
    assert trace.power_mw[trace.triggers["D0"]].mean() == pytest.approx(9.0)


@pytest.mark.parametrize("header", ["Timestamp(ms),Current(uA)", "Current(uA)"])
def test_without_inputs_there_is_no_trigger(header: str, tmp_path: Path) -> None:
    assert read(tmp_path, ppk2(header), voltage_v=3.0).content.triggers == {}


def test_without_times_the_rate_is_the_instrument_s_and_said_to_be(tmp_path: Path) -> None:
    reading = read(tmp_path, ppk2("Current(uA),D0-D7"), voltage_v=3.0)
    assert [finding.code for finding in reading.all_findings] == ["guessed_rate"]
    given = read(tmp_path, ppk2("Current(uA),D0-D7"), voltage_v=3.0, rate_hz=1000.0)
    assert (given.content.rate_hz, given.all_findings) == (1000.0, ())


@pytest.mark.parametrize("data", [ppk2(), session()])
def test_the_voltage_has_to_be_given(data: str | bytes, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"^file: a PPK2 records no voltage; give the supply voltage"):
        read(tmp_path, data)


def test_without_current_the_switch_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="with Current switched on"):
        read(tmp_path, "Timestamp(ms),D0-D7\n0,00000000\n0.01,00000000\n", voltage_v=3.0)


def test_inputs_that_are_unknown_or_both_are_words(tmp_path: Path) -> None:
    words = ["-" * 8, "X0000000", "11111111", "-0000000"]
    rows = "".join(f"{i},1000.000,{word}\n" for i, word in enumerate(words))
    trace = read(tmp_path, "Timestamp(ms),Current(uA),D0-D7\n" + rows, voltage_v=3.0).content
    assert list(trace.triggers["D0"]) == [False, True, True, False]
    assert list(trace.triggers["D7"]) == [False, False, True, False]


@pytest.mark.parametrize("word", ["20000000", "abcdefgh", "1000000000", "0.5"])
def test_other_things_than_inputs_are_refused(word: str, tmp_path: Path) -> None:
    text = ppk2().replace("10000000", word)
    with pytest.raises(BadMeasurement):
        read(tmp_path, text, voltage_v=3.0)


@pytest.mark.parametrize(("word", "inputs"), [("10000000", ["D0"]), ("255", [])])
def test_bits_of_the_first_versions_are_doubted(word: str, inputs: list[str], tmp_path: Path) -> None:
    text = ppk2().replace("D0-D7", "Bits").replace("10000000", word)
    reading = read(tmp_path, text, voltage_v=3.0)
    assert reading.content.power_mw.mean() == pytest.approx(6.0)
    assert (list(reading.content.triggers), [each.code for each in reading.all_findings]) == (
        inputs,
        ["inputs_unknown"],
    )


def test_holes_are_real_and_named(tmp_path: Path) -> None:
    lines = ppk2().split("\n")
    del lines[500:520]
    reading = read(tmp_path, "\n".join(lines), voltage_v=3.0)
    assert np.diff(reading.content.time_s).max() == pytest.approx(21e-5)
    assert [finding.code for finding in reading.all_findings] == ["lost_samples"]


def logged(stamps_ms: Iterable[str], current_ua: float = 1_000.0) -> str:
    return "Timestamp(ms),Current(uA)\n" + "".join(f"{stamp},{current_ua:.3f}\n" for stamp in stamps_ms)


@pytest.mark.parametrize("digits", [0, 1, 2])
@pytest.mark.parametrize("period_ms", [0.010017, 0.013, 0.16, 0.9])
def test_stamps_rounded_to_fewer_digits_than_the_rate_needs_make_no_holes(
    period_ms: float, digits: int, tmp_path: Path
) -> None:
    stamps = (f"{-3.005 + index * period_ms:.{digits}f}" for index in range(3_000))
    reading = read(tmp_path, logged(stamps), voltage_v=3.0)
    assert "lost_samples" not in {finding.code for finding in reading.all_findings}
    assert reading.content.samples == 3_000
    assert reading.content.rate_hz == pytest.approx(1e3 / period_ms, rel=2 * 10.0**-digits / (3_000 * period_ms))
    assert np.ptp(np.diff(reading.content.time_s)) < 1e-9


def test_a_hole_in_rounded_stamps_is_real(tmp_path: Path) -> None:
    stamps = [f"{index * 0.013:.2f}" for index in range(3_000) if not 1_000 <= index < 1_400]
    reading = read(tmp_path, logged(stamps), voltage_v=3.0)
    assert np.diff(reading.content.time_s).max() == pytest.approx(401 * 0.013e-3, rel=0.01)
    assert [finding.code for finding in reading.all_findings] == ["retimed", "lost_samples"]


def test_an_uneven_logger_in_the_same_columns_is_read_by_its_stamps(tmp_path: Path) -> None:
    stamps_ms = np.cumsum(np.random.default_rng(0).uniform(5.0, 15.0, 500))
    reading = read(tmp_path, logged(f"{stamp:.3f}" for stamp in stamps_ms), voltage_v=3.0)
    np.testing.assert_allclose(reading.content.time_s, (stamps_ms - stamps_ms[0]) / 1e3, atol=2e-6)
    assert (reading.content.spacing, reading.content.power_mw.mean()) == ("point", pytest.approx(3.0))
    assert [finding.code for finding in reading.all_findings] == ["uneven_stamps"]


@pytest.mark.parametrize("names", ["Current(uA),Timestamp(ms),D0-D7", "D0-D7,Current(uA),Timestamp(ms)"])
def test_a_header_that_does_not_fit_its_columns_is_noticed(names: str, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement):
        read(tmp_path, ppk2().replace("Timestamp(ms),Current(uA),D0-D7", names), voltage_v=3.0)


def test_currents_beyond_the_instrument_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="beyond 2 A"):
        read(tmp_path, ppk2().replace("3000.000", "3000000.000"), voltage_v=0.5)


def test_too_much_csv_is_refused_with_the_better_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ppk2_csv, "_MAX_BYTES", 1_000)
    with pytest.raises(BadMeasurement, match=r"save the session as \.ppk2"):
        read(tmp_path, ppk2(), voltage_v=3.0)


def test_the_generated_file_holds_the_energy_of_the_trace_it_was_made_from(measurements: Path) -> None:
    path = measurements / "generated/ppk2_default_D0-D7.csv"
    trace = registry.read(path, ReadOptions(voltage_v=3.0)).content
    assert isinstance(trace, Trace)
    assert (trace.samples, list(trace.triggers)) == (20_000, ["D0"])
    assert trace.power_mw[trace.triggers["D0"]].mean() == pytest.approx(75.3, rel=0.01)
    assert trace.power_mw[~trace.triggers["D0"]].mean() == pytest.approx(60.9, rel=0.03)


def test_a_session_gives_what_its_csv_gives(tmp_path: Path) -> None:
    trace = read(tmp_path, session(), "run.ppk2", voltage_v=3.0).content
    exported = read(tmp_path, ppk2(), voltage_v=3.0).content
    np.testing.assert_allclose(trace.power_mw, exported.power_mw)
    np.testing.assert_allclose(trace.time_s, exported.time_s)
    np.testing.assert_array_equal(trace.triggers["D0"], exported.triggers["D0"])
    assert trace.started_at_s == 1.7e9


def test_lost_frames_are_holes(tmp_path: Path) -> None:
    frames = np.zeros(3_000, FRAME)
    frames["current_ua"] = 1000.0
    frames["current_ua"][100:150] = np.nan
    reading = read(tmp_path, session(frames), voltage_v=3.0)
    assert reading.content.samples == 2_950
    assert reading.content.power_mw.mean() == pytest.approx(3.0)
    assert [finding.code for finding in reading.all_findings] == ["lost_samples"]


def test_long_sessions_are_averaged_without_losing_energy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ppk2_session, "_MAX_SAMPLES", 300)
    reading = read(tmp_path, session(), voltage_v=3.0)
    trace = reading.content
    assert (trace.samples, trace.rate_hz) == (286, pytest.approx(100_000 / 7))
    assert trace.power_mw.mean() == pytest.approx(6.0, rel=0.01)
    assert [finding.code for finding in reading.all_findings] == ["averaged"]


@pytest.mark.parametrize(
    "frames", [np.full(1_000, np.array((np.nan, 0), FRAME)), np.full(9, np.array((3e9, 0), FRAME))]
)
def test_sessions_without_a_possible_sample_are_refused(frames: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"every sample of the session was lost|beyond 2 A"):
        read(tmp_path, session(frames), voltage_v=3.0)


@pytest.mark.parametrize(
    "metadata",
    [[], {}, {"metadata": None}, {"metadata": {"samplesPerSecond": 0}}, {"metadata": {"samplesPerSecond": "many"}}],
)
def test_sessions_without_a_rate_are_refused(metadata: object, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"metadata\.json"):
        read(tmp_path, session(metadata=metadata), voltage_v=3.0)


def test_a_cut_session_is_refused(tmp_path: Path) -> None:
    whole = session()
    for kept in range(1, len(whole), len(whole) // 30):
        with pytest.raises(BadMeasurement, match=r"^file: "):
            read(tmp_path, whole[:kept], voltage_v=3.0)


def test_a_session_that_unpacks_to_a_gigabyte_is_refused_early(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="unpacks to more than"):
        read(tmp_path, session(np.zeros(20_000_000, FRAME)), voltage_v=3.0)
