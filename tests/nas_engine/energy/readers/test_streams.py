"""The power shield's stream and libsigrok's CSV."""

from pathlib import Path

import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.lpm01a import Lpm01a
from nas_engine.energy.readers.sigrok import Sigrok
from nas_engine.errors import BadMeasurement
from nas_engine.testing.readers import ReaderContract
from tests.nas_engine.energy.readers import streams
from tests.nas_engine.energy.readers.samples import read
from tests.real_data import DATA

CASE = DATA / "cases" / "power" / "lpm01a_ascii.txt"


class TestLpm01a(ReaderContract):
    reader = Lpm01a()
    whole = streams.lpm01a().encode()


class TestSigrok(ReaderContract):
    reader = Sigrok()
    whole = streams.sigrok().encode()


@pytest.mark.real_data("cases")
def test_a_stream_as_people_bring_it_states_voltage_and_rate() -> None:
    trace = registry.read(CASE).content
    assert (trace.samples, trace.rate_hz, trace.spacing) == (360, 20.0, "interval")
    assert trace.power_mw.mean() == pytest.approx(56.604, abs=5e-4)


def test_samples_are_digits_and_an_exponent(tmp_path: Path) -> None:
    reading = read(tmp_path, streams.lpm01a(), voltage_v=1.8, rate_hz=5.0)  # what the file states counts
    assert (reading.content.rate_hz, reading.all_findings) == (100.0, ())
    assert reading.content.power_mw.mean() == pytest.approx(5.2 * 3.3)
    energies = read(tmp_path, streams.lpm01a(output="energy")).content
    assert energies.power_mw.mean() == pytest.approx(0.12e-3 * 100 * 1e3)


def test_a_stream_without_acknowledgements_needs_voltage_and_rate(tmp_path: Path) -> None:
    bare = streams.lpm01a(acks=False)
    with pytest.raises(BadMeasurement, match="give the samples per second"):
        read(tmp_path, bare)
    with pytest.raises(BadMeasurement, match="give the supply voltage"):
        read(tmp_path, bare, rate_hz=100.0)
    assert read(tmp_path, bare, rate_hz=100.0, voltage_v=3.3).content.power_mw.mean() == pytest.approx(17.16)


def test_samples_that_the_shield_lost_are_counted_by_its_time_stamps(tmp_path: Path) -> None:
    (finding,) = read(tmp_path, streams.lpm01a(lost=range(120, 140))).all_findings
    assert finding.code == "lost_samples"
    assert "280 samples in 3 s, where 100 per second are 300" in finding.message


def test_a_line_of_a_stream_that_is_no_sample_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match='line 9: "abc" is no sample like 6409-07'):
        read(tmp_path, streams.lpm01a().replace("5200-06", "abc", 1))


@pytest.mark.parametrize(("rate", "hz", "step"), [("300 kHz", 3e5, 3), ("1 MHz", 1e6, 1), ("31.25 kHz", 31_250.0, 32)])
def test_a_step_that_sigrok_cut_is_replaced_by_the_rate_of_the_header(
    rate: str, hz: float, step: int, tmp_path: Path
) -> None:
    trace = read(tmp_path, streams.sigrok(rate=rate, step=step)).content
    assert (trace.samples, trace.rate_hz) == (300, hz)
    assert trace.duration_s == pytest.approx(299 / hz)
    assert trace.power_mw.mean() == pytest.approx(1_600.0 / 3)
    assert trace.triggers["D0"].sum() == 100


def test_rows_alike_that_sigrok_left_out_are_filled_in(tmp_path: Path) -> None:
    whole, dense = read(tmp_path, streams.sigrok()), read(tmp_path, streams.sigrok(dedup=True))
    assert dense.content.power_mw.tolist() == whole.content.power_mw.tolist()
    assert dense.content.triggers["D0"].tolist() == whole.content.triggers["D0"].tolist()
    assert [finding.code for finding in dense.all_findings] == ["repeated_rows"]


def test_columns_named_by_channel_have_no_unit(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"no column in A or W \(there are Time, P1_VOL, P1_CURR, D0\)"):
        read(tmp_path, streams.sigrok(label="channel"))


def test_times_of_another_rate_than_the_headers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="times that are not of 300000 samples per second"):
        read(tmp_path, streams.sigrok(step=1))
