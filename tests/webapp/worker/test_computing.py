"""Runs in a data worker: real readers, real arithmetic, real rows."""

import gzip

import numpy as np
import pytest

from tests.webapp import benches, rows, traces
from tests.webapp.worker.measured import computed, read
from webapp.services import runs
from webapp.worker.computing import compute_run

pytestmark = pytest.mark.django_db


def test_a_trace_and_a_log_make_the_papers_energy_with_idle_apart() -> None:
    campaign = benches.campaign()
    files = (
        read(campaign, "trace.csv.gz", gzip.compress(traces.monsoon_csv())),
        read(campaign, "log.txt", traces.benchmark_log()),
    )
    run = computed(campaign, *files)
    assert run.state == "READY", run.error
    assert run.energy_mj == pytest.approx(1600 * 5e-3, rel=0.01), "mean power x mean time of an inference"
    assert run.net_mj == pytest.approx(1200 * 5e-3, rel=0.01)
    assert (run.latency_ms, run.repeats) == (5.0, 1)
    assert [file["sha256"] for file in run.result["files"]] == [file.sha256 for file in files]


def test_a_window_by_hand_changes_the_figure() -> None:
    campaign = benches.campaign()
    files = read(campaign, "trace.csv", traces.monsoon_csv()), read(campaign, "log.txt", traces.benchmark_log())
    run = computed(campaign, *files, window="manual", spans_s=[[0.1, 1.9], [3.0, 13.0]])
    assert run.repeats == 2
    assert [window["energy"]["gross_mj"] for window in run.result["windows"]] == pytest.approx([2.0, 8.0], rel=0.01)
    assert run.sd_mj == pytest.approx(np.std([2.0, 8.0], ddof=1), rel=0.01)
    assert run.result["choices"]["window"] == "manual"


def test_an_impossible_window_is_refused_with_the_traces_length() -> None:
    campaign = benches.campaign()
    files = read(campaign, "trace.csv", traces.monsoon_csv()), read(campaign, "log.txt", traces.benchmark_log())
    run = computed(campaign, *files, window="manual", spans_s=[[100.0, 110.0]])
    assert (run.state, run.energy_mj) == ("REFUSED", None)
    assert "lasts from 0 s to 1" in run.error


def test_the_devices_idle_power_is_taken_where_the_run_has_none() -> None:
    campaign = benches.campaign(idle_power_mw=300.0)
    files = (
        read(campaign, "trace.csv", traces.monsoon_csv(before_s=0.0)),
        read(campaign, "log.txt", traces.benchmark_log()),
    )
    run = computed(campaign, *files, window="whole")
    assert run.net_mj == pytest.approx(1300 * 5e-3, rel=0.01)


def test_a_log_names_the_network_it_is_of() -> None:
    known = rows.completed_trial(rows.running_study()).architecture_id
    campaign = benches.campaign()
    run = computed(campaign, read(campaign, "log.txt", traces.benchmark_log(graph=known)))
    assert (run.architecture_id, run.latency_ms, run.energy_mj) == (known, 5.0, None)


def test_a_run_of_a_refused_file_says_so_and_is_computed_once_that_is_left_out() -> None:
    campaign = benches.campaign()
    good, bad = read(campaign, "log.txt", traces.benchmark_log()), read(campaign, "x.csv", traces.monsoon_csv()[:35])
    run = computed(campaign, good, bad)
    assert run.state == "REFUSED"
    assert "x.csv" in run.error
    runs.change_settings(run_id=run.pk, seen_version=1, choices={}, file_ids=[good.pk])
    compute_run(run.pk, "worker")
    run.refresh_from_db()
    assert run.latency_ms == 5.0


def test_a_log_of_another_network_than_the_files_are_named_after_attaches_none_until_it_is_taken_out() -> None:
    known = rows.completed_trial(rows.running_study()).architecture_id
    campaign = benches.campaign()
    trace = read(campaign, f"{known[:16]}.csv", traces.monsoon_csv())
    log = read(campaign, "bench.log", traces.benchmark_log(graph="f00dfeedbeef0000"))
    run = computed(campaign, trace, log)
    assert (run.state, run.architecture_id) == ("READY", None)
    (told,) = [finding["message"] for finding in run.findings if finding["code"] == "several_networks"]
    assert "f00dfeedbeef" in told
    assert known[:12] in told
    right = read(campaign, "right.log", traces.benchmark_log(graph=known))
    runs.change_settings(run_id=run.pk, seen_version=1, choices={}, file_ids=[trace.pk, right.pk])
    compute_run(run.pk, "worker")
    run.refresh_from_db()
    assert run.architecture_id == known
    assert "several_networks" not in {finding["code"] for finding in run.findings}


def test_the_network_that_a_person_attached_stands_whatever_the_log_says() -> None:
    known = rows.completed_trial(rows.running_study()).architecture_id
    campaign = benches.campaign()
    run = computed(campaign, read(campaign, "bench.log", traces.benchmark_log(graph="f00dfeedbeef0000")))
    runs.attach(run_id=run.pk, seen_version=1, architecture_hash=known)
    runs.change_settings(run_id=run.pk, seen_version=2, choices={"latency_ms": 4.0})
    compute_run(run.pk, "worker")
    run.refresh_from_db()
    assert (run.architecture_id, run.latency_ms) == (known, 4.0)
