"""EnergyRunner's and MLCommons' files: trace, stamps, results."""

import json
import math
import re
import statistics
from pathlib import Path

import numpy as np
import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.energyrunner_stamps import stamps
from nas_engine.energy.readers.runner_results import parse
from nas_engine.energy.traces.trace import Trace
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy import sessions
from tests.nas_engine.energy.readers.samples import RUNNER_RESULTS, energyrunner_trace, mlcommons_trial, read

KWS = Path("eembc_energyrunner/L4R5ZI_kws_lpm01a")
U385 = Path("mlcommons_tiny_runner/U385RG_kws")
PUBLISHED_UJ = [5626.356, 5627.485, 5628.098, 5626.994, 5629.824]
U385_UJ = [245.350, 245.341, 245.349, 245.321, 245.320]


def energies_uj(trace: Trace) -> list[float]:
    """Energy per inference of each window, by the sum of its samples."""
    found = []
    for window in trace.windows:
        begin, end = np.searchsorted(trace.time_s, [window.start_s, window.end_s])
        found.append(1e3 * float(trace.power_mw[begin:end].sum()) / trace.rate_hz / (window.inferences or 0))
    return found


def test_a_trace_of_microjoules_is_one_of_milliwatts(tmp_path: Path) -> None:
    trace = read(tmp_path, energyrunner_trace([75.0, 77.0, 79.0])).content
    assert list(trace.power_mw) == [75.0, 77.0, 79.0]
    assert (trace.rate_hz, trace.spacing, trace.duration_s) == (1000.0, "interval", 0.003)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, 1e9])
def test_a_trace_with_an_impossible_sample_is_refused(wrong: float, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"sample 2 is no energy|100 W"):
        read(tmp_path, energyrunner_trace([75.0, wrong, 79.0]))


def test_a_trace_in_joules_is_refused_rather_than_a_million_times_too_small(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="not microjoules"):
        read(tmp_path, energyrunner_trace([7.5e-5] * 10))


def test_a_trace_that_was_cut_within_a_sample_says_so(tmp_path: Path) -> None:
    reading = read(tmp_path, energyrunner_trace([75.0, 77.0, 79.0])[:-1])
    assert reading.content.samples == 2
    assert [finding.code for finding in reading.all_findings] == ["unfinished_row"]


def test_the_real_trace_and_its_stamps_give_the_published_energies(measurements: Path) -> None:
    trace = registry.read(measurements / KWS / "trace1-energy.bin").content
    windows = registry.read(measurements / KWS / "trace1-timestamps.json").content.windows
    assert isinstance(trace, Trace)
    energies = [
        1e3 * trace.power_mw[round(1e3 * w.start_s) : round(1e3 * w.end_s)].sum() / trace.rate_hz / 150 for w in windows
    ]
    assert energies == pytest.approx(PUBLISHED_UJ, rel=1e-4)  # the stamps are rounded to a sample
    assert statistics.median(energies) == pytest.approx(5627.485, rel=1e-4)


def test_stamps_are_named_as_in_the_runner_s_results() -> None:
    windows = stamps([0.015, 2.78, 13.994, 15.851, 27.064]).windows
    assert [(each.label, each.start_s, each.end_s) for each in windows] == [
        ("window 2", 2.78, 13.994),
        ("window 4", 15.851, 27.064),
    ]


@pytest.mark.parametrize("edges", [[0.015, 2.0, 3.0, 4.0], [1.0], [0.0, 2.0, 1.0], [0.1, 1e9], [0.0, math.nan]])
def test_stamps_that_do_not_pair_up_or_rise_are_refused(edges: list[float]) -> None:
    with pytest.raises(BadMeasurement):
        stamps(edges)


def test_stamps_that_were_cut_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="not valid JSON"):
        read(tmp_path, "[\n\t0.015,\n\t2.78,\n\t13.9")


@pytest.mark.parametrize(("folder", "published"), [(KWS, PUBLISHED_UJ), (U385, U385_UJ)])
def test_results_give_the_published_energies(folder: Path, published: list[float], measurements: Path) -> None:
    table = registry.read(measurements / folder / "results.txt").content
    assert [1e3 * row.energy_per_inference_mj for row in table.rows] == pytest.approx(published, abs=1e-9)
    assert not table.findings


def test_results_know_inferences_and_time(measurements: Path) -> None:
    row = registry.read(measurements / KWS / "results.txt").content.rows[0]
    assert (row.label, row.inferences) == ("window 2", 150)
    assert row.latency_ms == pytest.approx(74.76)
    assert row.mean_power_mw == pytest.approx(75.258902)


@pytest.mark.parametrize("since_start", ["7.350", "00040.350", "99999.350", "259755.350", "1756255148.1"])
def test_the_runner_s_stamps_have_any_number_of_digits(since_start: str, tmp_path: Path) -> None:
    session = {
        name: data.decode() for name, data in sessions.energyrunner().items() if name in ("results.txt", "log.txt")
    }
    stamped = {name: re.sub(r"(?m)^000\d\d\.\d{3}", since_start, text) for name, text in session.items()}
    table = read(tmp_path, stamped["results.txt"]).content
    assert [row.energy_per_inference_mj for row in table.rows] == pytest.approx(sessions.ENERGIES_MJ, rel=1e-6)
    with pytest.raises(BadMeasurement, match="the log of an EnergyRunner session"):
        read(tmp_path, stamped["log.txt"].replace("sequencer", "other"))


def test_results_of_two_sessions_in_one_file_are_refused() -> None:
    text = sessions.energyrunner()["results.txt"].decode()
    other = text.replace("Median energy cost is 60", "Median energy cost is 70")
    with pytest.raises(BadMeasurement, match=r"line \d+: a second median, 70\d\.\d+ uJ after 60\d\.\d+ uJ"):
        parse(text + other)
    assert parse(text + text).rows == parse(text).rows


@pytest.mark.parametrize(
    ("there", "damaged"),
    [
        ("100\n", "10\n"),
        ("5.0000 mW", "0.5 mW"),
        ("50000.000", "5000.0"),
        ("500.000 uJ/inf\n", "50.000 uJ/inf\n"),
        ("500.0000 uJ", "400 uJ"),
        ("  Energy/Inf    : 500.000 uJ/inf\n", ""),
        ("Energy data for trial 0\n", ""),
    ],
)
def test_results_that_contradict_themselves_are_refused(there: str, damaged: str) -> None:
    assert parse(RUNNER_RESULTS).rows[0].energy_per_inference_mj == 0.5
    with pytest.raises(BadMeasurement):
        parse(RUNNER_RESULTS.replace(there, damaged, 1))


def test_results_without_their_median_may_be_cut() -> None:
    assert [finding.code for finding in parse(RUNNER_RESULTS.split("---")[0]).findings] == ["unfinished_row"]


def test_results_of_a_performance_run_have_no_energy(tmp_path: Path) -> None:
    text = "00155.399 ulp-ml: Performance results for window 2:\n00155.399 ulp-ml:   # Inferences :          150\n"
    text += "00155.399 ulp-ml:   Throughput   :       13.376 inf./sec.\n"
    with pytest.raises(BadMeasurement, match="performance run"):
        read(tmp_path, text)


def test_trials_in_json_have_windows_exact_to_the_sample(tmp_path: Path) -> None:
    trials = [mlcommons_trial([1e-6] * 10 + [5e-6] * 20 + [1e-6] * 3, 10, 30), mlcommons_trial([2e-6] * 40, 7, 9)]
    trace = read(tmp_path, json.dumps(trials)).content
    assert energies_uj(trace) == pytest.approx([20.0, 0.8])
    assert [window.label for window in trace.windows] == ["trial 0", "trial 1"]


def test_bare_nan_is_interpolated_where_it_is_rare_and_refused_where_it_is_not(tmp_path: Path) -> None:
    samples = [1e-6] * 3000
    samples[1500] = math.nan
    reading = read(tmp_path, json.dumps([mlcommons_trial(samples, 0, 3000)]))
    assert energies_uj(reading.content) == pytest.approx([600.0])
    assert "nan_cells" in [finding.code for finding in reading.all_findings]
    samples[1400:1600] = [math.nan] * 200
    with pytest.raises(BadMeasurement, match="200 of 3,000 samples in the window of trial 0 were lost"):
        read(tmp_path, json.dumps([mlcommons_trial(samples, 0, 3000)]))


@pytest.mark.parametrize(
    "trial",
    [
        {"infer": {"iterations": 5}},
        mlcommons_trial([1e-6] * 10, 5, 11),
        mlcommons_trial([1e-6] * 10, 5, 5),
        mlcommons_trial([1e-6] * 10, 0, 5, iterations=0),
        mlcommons_trial([math.inf] * 10, 0, 5),
        mlcommons_trial([1.0] * 10, 0, 5),
        mlcommons_trial([-1e-6] * 10, 0, 5),
        mlcommons_trial(["much"] * 10, 0, 5),
        mlcommons_trial([10**400] * 10, 0, 5),
    ],
)
def test_trials_that_cannot_be_are_refused(trial: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"^results\.json: "):
        read(tmp_path, json.dumps([trial]), "results.json")


def test_the_real_trials_give_the_published_energies(measurements: Path) -> None:
    energies = energies_uj(registry.read(measurements / U385 / "results.json").content)
    assert energies == pytest.approx(U385_UJ, abs=5e-4)
    assert statistics.median(energies) == pytest.approx(245.3412, abs=5e-5)
