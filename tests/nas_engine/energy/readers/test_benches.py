"""Otii and STMicroelectronics' bench."""

from pathlib import Path

import pytest

from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.readers.samples import older_otii, otii, read, stm32n6


def test_the_newer_otii_has_current_and_voltage_and_a_date(tmp_path: Path) -> None:
    trace = read(tmp_path, otii()).content
    assert trace.power_mw.mean() == pytest.approx(400.0)
    assert trace.rate_hz == pytest.approx(4_000.0, rel=1e-6)
    assert trace.started_at_s == pytest.approx(1767323045.0)


def test_an_otii_s_own_energy_shows_wrong_columns(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="the column of energy counts"):
        read(tmp_path, otii().replace('"0.1","4.0"', '"0.2","4.0"'))


def test_the_older_otii_has_a_file_a_channel(tmp_path: Path) -> None:
    reading = read(tmp_path, older_otii(), "Main current - Arc.csv", voltage_v=4.0)
    assert reading.content.power_mw.mean() == pytest.approx(400.0)
    assert not reading.all_findings
    with pytest.raises(BadMeasurement, match="give the supply voltage"):
        read(tmp_path, older_otii(), "Main current - Arc.csv")
    with pytest.raises(BadMeasurement, match="give the file of the same recording named Main current"):
        read(tmp_path, older_otii(), "Main voltage - Arc.csv", voltage_v=4.0)


def test_an_otii_channel_under_another_name_is_taken_for_current_with_a_warning(tmp_path: Path) -> None:
    reading = read(tmp_path, older_otii(), "run 1.csv", voltage_v=4.0)
    assert [(finding.code, finding.severity) for finding in reading.all_findings] == [("guessed_unit", "warning")]


def test_a_date_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match='line 3: "yesterday" is no date with a time'):
        read(tmp_path, otii(20).replace('"2026-01-02 03:04:05.000250"', '"yesterday"'))


def test_rails_in_watts_are_added_and_steps_are_windows(tmp_path: Path) -> None:
    reading = read(tmp_path, stm32n6())
    trace = reading.content
    assert trace.power_mw.mean() == pytest.approx(225.0)
    assert [(window.label, window.start_s) for window in trace.windows] == [("idle", 0.0), ("inference", 0.0075)]
    assert trace.windows[1].end_s == pytest.approx(0.01)
    assert [finding.code for finding in reading.all_findings] == ["sum_of_rails"]


def with_pin(rows: int = 100) -> str:
    return "time,VDD1V8,PD13\n" + "".join(f"{i / 1000},0.1,{int(40 <= i < 60)}\n" for i in range(rows))


def test_rails_in_amperes_need_the_voltage_and_pins_are_triggers(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="give their supply voltage"):
        read(tmp_path, with_pin())
    trace = read(tmp_path, with_pin(), voltage_v=1.8).content
    assert trace.power_mw.mean() == pytest.approx(180.0)
    assert trace.triggers["PD13"].sum() == 20


def test_a_column_that_may_be_a_rail_is_not_left_out_in_silence(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match='a column "V1V8", which may be a rail or not'):
        read(tmp_path, stm32n6().replace("VDDIO", "V1V8"))


def test_steps_and_rails_that_were_swapped_are_noticed(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="seq_idx does not count the steps that seq_changed marks"):
        read(tmp_path, stm32n6().replace("VDDIO,seq_changed", "seq_changed,VDDIO"))


def test_a_capture_whose_time_was_swapped_is_refused(tmp_path: Path) -> None:
    rows = [line.split(",") for line in with_pin().split("\n")[1:-1]]
    text = "time,VDD1V8,PD13\n" + "".join(f"{amperes},{time},{pin}\n" for time, amperes, pin in rows)
    with pytest.raises(BadMeasurement, match="though the monitor itself counts it"):
        read(tmp_path, text, voltage_v=1.8)
