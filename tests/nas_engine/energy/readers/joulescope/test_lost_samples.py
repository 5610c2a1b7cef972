"""Recordings with holes: the same as of a PPK2, and never by summaries."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyjls import Writer

from nas_engine.energy.readers.joulescope import jls
from nas_engine.energy.traces.integration import mean_power_mw
from nas_engine.energy.traces.trace import FileReading, Values, Window
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.readers import samples
from tests.nas_engine.energy.readers.joulescope import written
from tests.nas_engine.energy.readers.samples import read

RATE_HZ = 100_000


def with_hole(hole: slice, count: int = 20_000) -> Values:
    """Amperes [n]: a saw of 1 to 1.9 mA, NaN in the hole."""
    current_a = 1e-3 + 1e-4 * (np.arange(count) % 10)
    current_a[hole] = np.nan
    return current_a


def of_joulescope(folder: Path, current_a: Values) -> FileReading:
    return read(folder, written.current_and_voltage(folder / "w.jls", current_a), "recording.jls")


def of_ppk2(folder: Path, current_a: Values) -> FileReading:
    frames = np.zeros(len(current_a), samples.FRAME)
    frames["current_ua"] = current_a * 1e6
    return read(folder, samples.ppk2_session(frames), "session.ppk2", voltage_v=3.0)


@pytest.mark.parametrize("hole", [slice(5_000, 5_010), slice(5_000, 6_500), slice(0, 40), slice(19_000, 20_000)])
def test_a_recording_with_a_hole_is_what_a_ppk2_makes_of_it(hole: slice, tmp_path: Path) -> None:
    current_a = with_hole(hole)
    ours, theirs = of_joulescope(tmp_path, current_a), of_ppk2(tmp_path, current_a)
    np.testing.assert_allclose(ours.content.power_mw, theirs.content.power_mw, rtol=1e-5)
    np.testing.assert_allclose(ours.content.time_s, theirs.content.time_s, atol=1e-12)
    assert [(each.code, each.message) for each in ours.all_findings] == [
        (each.code, each.message) for each in theirs.all_findings
    ]


@pytest.mark.parametrize("reader", [of_joulescope, of_ppk2])
def test_too_large_a_hole_is_refused_in_words_for_a_binary_file(reader: Any, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r", sample \d[\d,]*: a hole of 0\.03\d* s") as refused:
        reader(tmp_path, with_hole(slice(5_000, 8_000)))
    assert " line " not in str(refused.value)
    assert "row" not in str(refused.value)


def test_samples_that_the_instrument_skipped_are_a_hole(tmp_path: Path) -> None:
    """The driver passes the number of each block's first sample; pyjls fills what is between with NaN."""
    with Writer(str(tmp_path / "w.jls")) as writer:
        writer.source_def(1, name="JS220", vendor="", model="", version="", serial_number="")
        writer.signal_def(1, source_id=1, sample_rate=1_000, name="power", units="W")
        writer.fsr(1, 0, np.full(5_000, 0.1, np.float32))
        writer.fsr(1, 6_000, np.full(14_000, 0.3, np.float32))
    trace = read(tmp_path, (tmp_path / "w.jls").read_bytes(), "recording.jls").content
    assert (trace.samples, trace.time_s[5_000]) == (19_000, pytest.approx(6.0))
    assert trace.power_mw[4_999:5_001].tolist() == pytest.approx([100.0, 300.0])


def test_a_recording_of_nothing_but_lost_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="every sample of the recording was lost; record again"):
        of_joulescope(tmp_path, with_hole(slice(0, None)))


def test_windows_are_means_of_samples_and_no_summary_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class WithoutSummaries(jls.JlsFile):
        def fsr_statistics(self, *_: object) -> None:
            raise AssertionError("summaries are not sample-accurate")

    monkeypatch.setattr(jls, "JlsFile", WithoutSummaries)
    current_a = with_hole(slice(5_000, 5_010))
    trace = of_joulescope(tmp_path, current_a).content
    first, last = 4_321, 5_987
    expected_mw = 3e3 * float(np.nanmean(current_a[first:last]))
    assert mean_power_mw(trace, Window(first / RATE_HZ, last / RATE_HZ)) == pytest.approx(expected_mw, rel=1e-4)
    assert trace.power_mw.min() == pytest.approx(3.0, rel=1e-5)


def test_a_js320_is_read_at_its_own_rate(tmp_path: Path) -> None:
    recording = written.current_and_voltage(tmp_path / "w.jls", with_hole(slice(0, 0)), rate=16_000_000)
    trace = read(tmp_path, recording, "recording.jls", channel="JS320-8w2a").content
    assert (trace.samples, trace.rate_hz) == (20_000, pytest.approx(16e6))
