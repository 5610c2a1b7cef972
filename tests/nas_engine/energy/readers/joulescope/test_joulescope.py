"""Joulescope's three CSV files and its recordings."""

import contextlib
import hashlib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from pyjls import DataType, Writer

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.joulescope import jls
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.readers import samples
from tests.nas_engine.energy.readers.samples import joulescope_export, joulescope_statistics, read


def test_rows_of_statistics_tell_of_the_time_that_ends_at_their_stamp(tmp_path: Path) -> None:
    trace = read(tmp_path, joulescope_statistics(11)).content
    assert (trace.samples, trace.duration_s, trace.spacing, trace.rate_hz) == (10, 5.0, "interval", 2.0)
    assert trace.power_mw.mean() == pytest.approx(400.0)


def test_the_real_statistics_give_the_energy_that_the_instrument_counted(measurements: Path) -> None:
    trace = registry.read(measurements / "joulescope_stats/rpi_idle_stats_2Hz.csv").content
    assert trace.duration_s == 10.0
    assert trace.power_mw.sum() / trace.rate_hz == pytest.approx(20_532.1, rel=2e-5)


def test_statistics_with_dates_know_when_they_began(tmp_path: Path) -> None:
    rows = "".join(f"20260102T03040{i // 2}.{5 * (i % 2)}Z,0.1,4,0.4,{i * 0.05:g},{i * 0.2:g}\n" for i in range(8))
    trace = read(tmp_path, "#time,current,voltage,power,charge,energy\n" + rows).content
    assert (trace.samples, trace.rate_hz, trace.started_at_s) == (7, 2.0, 1767323040.0)


def test_statistics_without_time_take_it_from_the_counted_energy(tmp_path: Path) -> None:
    text = "\n".join(line.split(",", 1)[-1] for line in joulescope_statistics().split("\n"))
    reading = read(tmp_path, "#" + text)
    assert reading.content.rate_hz == pytest.approx(2.0)
    assert [finding.code for finding in reading.all_findings] == ["guessed_rate"]


def test_downsample_logging_writes_its_header_as_comments(tmp_path: Path) -> None:
    header = "#= header=time,current,voltage,power,charge,energy,current_min,current_max\n#= units=s,A,V,W,C,J,A,A\n"
    header += "#= start_time=1767323040.5\n#= start_str=20260102_030400\n"
    rows = "".join(f"{i / 2:.7f},0.1,4.0000,0.4,{i * 0.05:g},{i * 0.2:g},0.05,0.2\n" for i in range(9))
    trace = read(tmp_path, header + rows).content
    assert (trace.samples, trace.started_at_s) == (8, 1767323040.5)
    assert trace.power_mw.mean() == pytest.approx(400.0)


def test_statistics_saved_by_a_spreadsheet_or_with_doubled_line_ends_are_the_same(tmp_path: Path) -> None:
    header = "#time,current,voltage,power,charge,energy"
    rows = [f"20260102T03040{i // 2}.{5 * (i % 2)}Z,0.1,4,0.4,{i * 0.05:g},{i * 0.2:g}" for i in range(8)]
    plain = "\n".join([header, *rows, ""])
    quoted = "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in [header, *rows]) + "\n"
    for text in (plain.replace("\n", "\n\n"), plain.replace("\n", "\r\r\n"), quoted):
        trace = read(tmp_path, text).content
        assert (trace.samples, trace.rate_hz, trace.started_at_s) == (7, 2.0, 1767323040.0)


def test_the_names_of_an_export_may_be_quoted_with_their_hash_sign(tmp_path: Path) -> None:
    header, rows = joulescope_export().split("\n", 1)
    quoted = ",".join(f'"{name}"' for name in header.split(","))
    assert read(tmp_path, f"{quoted}\n{rows}").format == "joulescope_export"


CURRENT_AND_VOLTAGE = (1, 2)  # their product is the same either way


@pytest.mark.parametrize("pair", sorted({*combinations(range(6), 2)} - {CURRENT_AND_VOLTAGE}))
def test_swapped_columns_of_statistics_are_noticed(pair: tuple[int, int], tmp_path: Path) -> None:
    rows = [line.split(",") for line in joulescope_statistics(41).split("\n")[1:-1]]
    for row in rows:
        row[pair[0]], row[pair[1]] = row[pair[1]], row[pair[0]]
    text = "\n".join(["#time,current,voltage,power,charge,energy", *map(",".join, rows), ""])
    with pytest.raises(BadMeasurement):
        read(tmp_path, text)


def test_exported_rows_are_means_over_their_stretch(tmp_path: Path) -> None:
    trace = read(tmp_path, joulescope_export()).content
    assert (trace.samples, trace.spacing) == (100, "interval")
    assert trace.power_mw.mean() == pytest.approx(400.0)
    assert trace.rate_hz == pytest.approx(1000.0)


def test_of_several_instruments_one_is_chosen_by_name(tmp_path: Path) -> None:
    rows = "".join(f"{i / 1000:.6f},0.1,4,0.2,4\n" for i in range(9))
    header = "# time,JS110-1.i,JS110-1.v,JS220-2.i,JS220-2.v\n"
    trace = read(tmp_path, header + rows, channel="JS220-2").content
    assert trace.power_mw.mean() == pytest.approx(800.0)


def test_an_export_whose_time_was_swapped_is_refused(tmp_path: Path) -> None:
    text = joulescope_export(header="# JS220-1.i,time,JS220-1.v,JS220-1.p\n")
    with pytest.raises(BadMeasurement, match=r"line 3: the time 0\.1 does not come after 0\.1"):
        read(tmp_path, text)


def test_a_recording_gives_power_and_inputs(tmp_path: Path) -> None:
    trace = read(tmp_path, samples.jls(tmp_path / "w.jls")).content
    assert (trace.samples, trace.rate_hz) == (20_000, 100_000.0)
    assert trace.power_mw.mean() == pytest.approx(300.0)
    assert trace.triggers["gpi[0]"].sum() == 10_000


def test_without_a_signal_of_power_it_is_current_times_voltage(tmp_path: Path) -> None:
    trace = read(tmp_path, samples.jls(tmp_path / "w.jls", ("current", "voltage"))).content
    assert trace.power_mw.mean() == pytest.approx(300.0)


def test_a_recording_of_current_alone_needs_the_voltage(tmp_path: Path) -> None:
    data = samples.jls(tmp_path / "w.jls", ("current",))
    with pytest.raises(BadMeasurement, match="give the supply voltage"):
        read(tmp_path, data)
    assert read(tmp_path, data, voltage_v=3.0).content.power_mw.mean() == pytest.approx(300.0)


def test_long_recordings_are_averaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jls, "_KEPT_SAMPLES", 1_000)
    reading = read(tmp_path, samples.jls(tmp_path / "w.jls"))
    assert (reading.content.samples, reading.content.rate_hz) == (1_000, 5_000.0)
    assert reading.content.power_mw.mean() == pytest.approx(300.0)
    assert reading.content.triggers["gpi[0]"].sum() == 500
    assert [finding.code for finding in reading.all_findings] == ["averaged"]


def two_instruments(path: Path) -> bytes:
    """0.1 A from sample 100 on at 3 V from sample 153 on, input high from sample 1,100 on; another with 0.5 W."""
    with Writer(str(path)) as writer:
        for number, name in enumerate(("JS220-1", "JS220-2"), start=1):
            writer.source_def(number, name=name, vendor="", model="", version="", serial_number="")
        writer.signal_def(1, source_id=1, sample_rate=1000, name="current", units="A")
        writer.fsr(1, 100, np.full(2_000, 0.1, np.float32))
        writer.signal_def(2, source_id=1, sample_rate=1000, name="voltage", units="V")
        writer.fsr(2, 153, np.full(2_000, 3.0, np.float32))
        writer.signal_def(3, source_id=1, data_type=DataType.U1, sample_rate=1000, name="gpi[0]", units="")
        writer.fsr(3, 100, np.packbits(np.arange(2_000) >= 1_000, bitorder="little"))
        writer.signal_def(4, source_id=2, sample_rate=1000, name="power", units="W")
        writer.fsr(4, 0, np.full(50, 0.5, np.float32))
    return path.read_bytes()


def test_signals_that_begin_at_different_samples_are_laid_side_by_side(tmp_path: Path) -> None:
    trace = read(tmp_path, two_instruments(tmp_path / "w.jls"), channel="JS220-1").content
    assert trace.samples == 2_100 - 153
    assert int(trace.triggers["gpi[0]"].argmax()) == pytest.approx(1_100 - 153, abs=7)
    assert trace.power_mw.mean() == pytest.approx(300.0)


def test_of_several_instruments_in_a_recording_one_is_chosen(tmp_path: Path) -> None:
    data = two_instruments(tmp_path / "w.jls")
    assert read(tmp_path, data, channel="JS220-2").content.power_mw.mean() == pytest.approx(500.0)
    assert [finding.code for finding in read(tmp_path, data).all_findings] == ["guessed_channel"]
    with pytest.raises(BadMeasurement, match="it has JS220-1, JS220-2"):
        read(tmp_path, data, channel="main")


def test_lost_samples_of_a_recording_are_a_hole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watts = np.full(20_000, 0.3, np.float32)
    watts[5_000:5_010] = np.nan
    with Writer(str(tmp_path / "w.jls")) as writer:
        writer.source_def(1, name="JS110", vendor="", model="", version="", serial_number="")
        writer.signal_def(1, source_id=1, sample_rate=1000, name="power", units="W")
        writer.fsr(1, 0, watts)
    reading = read(tmp_path, (tmp_path / "w.jls").read_bytes())
    assert (reading.content.samples, [finding.code for finding in reading.all_findings]) == (19_990, ["lost_samples"])
    assert reading.content.time_s[-1] == pytest.approx(19.999)
    monkeypatch.setattr(jls, "_KEPT_SAMPLES", 1_000)
    averaged = read(tmp_path, (tmp_path / "w.jls").read_bytes()).content
    assert averaged.power_mw.mean() == pytest.approx(300.0)


def test_notes_beside_a_recording_are_answered(tmp_path: Path) -> None:
    with Writer(str(tmp_path / "w.jls")) as writer:
        writer.user_data(1, "a note")
    with pytest.raises(BadMeasurement, match=r"\.anno\.jls"):
        read(tmp_path, (tmp_path / "w.jls").read_bytes())


@pytest.mark.parametrize("kept", [10, 20, 5_000, 100_000, -1])
def test_a_cut_recording_is_refused_and_the_upload_stays_as_it_was(kept: int, tmp_path: Path) -> None:
    """pyjls would repair it in place."""
    data = samples.jls(tmp_path / "w.jls")[:kept]
    path = tmp_path / "cut.jls"
    path.write_bytes(data)
    with pytest.raises(BadMeasurement):
        registry.read(path)
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(data).digest()


def test_a_recording_with_a_flipped_byte_is_refused_or_right(tmp_path: Path) -> None:
    whole = samples.jls(tmp_path / "w.jls")
    for place in range(100, len(whole), len(whole) // 40):
        data = bytearray(whole)
        data[place] ^= 0xFF
        with contextlib.suppress(BadMeasurement):
            assert read(tmp_path, bytes(data)).content.power_mw.mean() == pytest.approx(300.0)
