"""Runs: made, computed, changed by one of two, attached to architectures."""

from functools import partial
from typing import Any

import pytest

from tests.webapp import benches, rows
from webapp.models import Campaign, Run
from webapp.services import devices, runs
from webapp.services.errors import Conflict

pytestmark = pytest.mark.django_db


def architecture_hash() -> str:
    return rows.completed_trial(rows.running_study()).architecture_id


def compute(run: Run, **figures: Any) -> None:
    claimed = runs.claim(run_id=run.pk, worker="w")
    assert claimed is not None
    done = runs.Figures(result={"windows": []}, **figures)
    assert runs.complete(run_id=run.pk, worker="w", seen_version=claimed.settings_version, figures=done)
    run.refresh_from_db()


def run_of(campaign: Campaign, *names: str) -> Run:
    files = [benches.read_file(campaign, name) for name in names]
    return runs.create_run(campaign_id=campaign.pk, file_ids=[file.pk for file in files])


def test_a_run_finds_its_architecture_by_the_hash_in_a_files_name() -> None:
    known = architecture_hash()
    campaign = benches.campaign()
    assert run_of(campaign, f"{known[:16]}-repeat2.csv").architecture_id == known
    assert run_of(campaign, f"{known.upper()}.txt").architecture_id == known
    assert run_of(campaign, "trace of Tuesday.csv", "a" * 40 + ".log").architecture_id is None


def test_a_run_finds_its_architecture_by_the_graph_in_a_log_unless_a_person_said_otherwise() -> None:
    known = architecture_hash()
    campaign = benches.campaign()
    for by_hand in (False, True):
        run = run_of(campaign, f"log {by_hand}.txt")
        if by_hand:
            runs.attach(run_id=run.pk, seen_version=1, architecture_hash=None)
        claimed = runs.claim(run_id=run.pk, worker="w")
        assert claimed is not None
        figures = runs.Figures(result={}, latency_ms=3.0)
        version = claimed.settings_version
        names = [f"/data/local/tmp/earshot/{known}.tflite"]
        assert runs.complete(run_id=run.pk, worker="w", seen_version=version, figures=figures, names=names)
        run.refresh_from_db()
        assert run.architecture_id == (None if by_hand else known)


def test_another_window_has_a_run_computed_anew() -> None:
    run = run_of(benches.campaign(), "trace.csv")
    compute(run, energy_mj=1.5, latency_ms=3.0, repeats=1)
    choices = {"window": "manual", "spans_s": [[1.0, 11.0]]}
    runs.change_settings(run_id=run.pk, seen_version=1, choices=choices)
    run.refresh_from_db()
    assert (run.state, run.settings["choices"], run.settings_version) == ("COMPUTING", choices, 2)
    compute(run, energy_mj=1.4)
    assert (run.state, run.energy_mj, run.latency_ms) == ("READY", 1.4, None)


def test_figures_of_former_settings_are_not_taken() -> None:
    run = run_of(benches.campaign(), "trace.csv")
    assert runs.claim(run_id=run.pk, worker="w")
    runs.change_settings(run_id=run.pk, seen_version=1, choices={})
    assert runs.claim(run_id=run.pk, worker="w")
    assert not runs.complete(run_id=run.pk, worker="w", seen_version=1, figures=runs.Figures(result={}))
    assert not runs.refuse(run_id=run.pk, worker="w", seen_version=1, error="old")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_choose_a_window_at_once_one_is_told() -> None:
    run = run_of(benches.campaign(), "trace.csv")
    change = partial(runs.change_settings, run_id=run.pk, seen_version=1)
    results = rows.at_once(partial(change, choices={"window": "plateau"}), partial(change, choices={"window": "whole"}))
    told = [result for result in results if isinstance(result, Conflict)]
    assert len(told) == 1
    assert "Somebody else has changed this run" in str(told[0])


def test_a_refused_run_keeps_no_former_figures() -> None:
    run = run_of(benches.campaign(), "trace.csv")
    compute(run, energy_mj=1.5)
    runs.change_settings(run_id=run.pk, seen_version=1, choices={"window": "plateau"})
    assert runs.claim(run_id=run.pk, worker="w")
    assert runs.refuse(run_id=run.pk, worker="w", seen_version=2, error="no plateau; choose a window by hand")
    run.refresh_from_db()
    assert (run.state, run.energy_mj, run.error) == ("REFUSED", None, "no plateau; choose a window by hand")


def test_files_of_another_campaign_cannot_be_taken() -> None:
    mine, other = benches.campaign(), benches.campaign()
    with pytest.raises(Conflict, match="file of this campaign"):
        runs.create_run(campaign_id=mine.pk, file_ids=[benches.read_file(other).pk])
    with pytest.raises(Conflict, match="at least one file"):
        runs.create_run(campaign_id=mine.pk, file_ids=[])


def test_an_architecture_that_is_gone_cannot_be_attached() -> None:
    run = run_of(benches.campaign(), "trace.csv")
    with pytest.raises(Conflict, match="no such architecture"):
        runs.attach(run_id=run.pk, seen_version=1, architecture_hash="f" * 64)


def test_devices_and_campaigns_have_names_of_their_own_and_go_when_empty() -> None:
    campaign = benches.campaign(name="Pixel")
    with pytest.raises(Conflict, match="'Pixel' exists already"):
        devices.create_device(values={"name": "Pixel"})
    with pytest.raises(Conflict, match="'bench 1' exists already"):
        devices.create_campaign(device_id=campaign.device_id, name="bench 1")
    with pytest.raises(Conflict, match="delete these first"):
        devices.delete_device(device_id=campaign.device_id)
    devices.delete_campaign(campaign_id=campaign.pk)
    devices.delete_device(device_id=campaign.device_id)


def test_of_two_who_edit_a_device_one_is_told() -> None:
    device = benches.device(name="Watch")
    devices.change_device(device_id=device.pk, seen_version=1, values={"name": "Watch", "battery_kj": 3.6})
    with pytest.raises(Conflict, match="Somebody else has changed this device"):
        devices.change_device(device_id=device.pk, seen_version=1, values={"name": "Watch", "battery_kj": 4.0})
