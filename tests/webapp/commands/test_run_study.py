"""`run_study` as a person at a terminal meets it."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from tests.webapp import rows
from webapp.management import watch
from webapp.models import Study, Worker
from webapp.services import studies, workers
from webapp.services.suggestion_failures import end_exhausted
from webapp.worker import suggesting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    rows.ready_dataset(name="clips")
    path = tmp_path / "quick.toml"
    path.write_text('name = "quick"\ntrials = 3\nepochs = 4\n')
    return path


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("run_study", *arguments, stdout=output, stderr=output)
    return output.getvalue()


def background(act) -> threading.Thread:
    """Call `act` with the study once it exists."""

    def wait_and_act() -> None:
        try:
            rows.until(lambda: Study.objects.filter(state="RUNNING").exists())
            act(Study.objects.get(state="RUNNING"))
        finally:
            connection.close()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    return thread


def work(study: Study) -> None:
    """What the workers would do."""
    while Study.objects.get(pk=study.pk).state == Study.State.RUNNING:
        suggesting.suggest_for(study.pk)
        for trial in study.trials.filter(state="REQUESTED"):
            rows.complete(trial)
            rows.store_simulated_network(trial)


def test_a_study_is_started_from_its_file_with_overrides(study_file):
    output = run(str(study_file), "--dataset", "clips", "--set", "trials=5", "--set", "seed=9")
    study = Study.objects.get()
    assert (study.name, study.state, study.trial_budget, study.seed) == ("quick", "RUNNING", 5, 9)
    assert "has started: 5 trials" in output


def test_a_study_file_is_started_at_a_smaller_scale_which_states_what_it_changes(study_file):
    output = run("studies/1d-nas-bayesian.toml", "--dataset", "clips", "--scale", "1%", "--set", "epochs=9")
    study = Study.objects.get()
    assert (study.name, study.space, study.trial_budget, study.switch_at) == ("1D-NAS-Bayesian", "paper_1d", 20, 10)
    assert study.full_epochs == 9
    assert "At 1 % of its size: 20 instead of 2,000 trials, 10 instead of 1,000 trials before the switch. A" in output


def test_a_second_run_of_one_file_gets_a_name_of_its_own(study_file):
    for _ in range(2):
        run(str(study_file), "--dataset", "clips")
    assert sorted(Study.objects.values_list("name", flat=True)) == ["quick", "quick 2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "nobody"], "no dataset 'nobody'. There are: clips"),
        (["--dataset", "clips", "--set", "trails=5"], "trials"),
        (["--dataset", "clips", "--set", "trials"], "FIELD=VALUE"),
        (["--dataset", "clips", "--set", "trials=many"], "trial_budget"),
        (["--dataset", "clips", "--scale", "2"], "--scale: A scale is a number above 0 and at most 1"),
        (["--dataset", "clips", "--json", "out.json"], "needs --wait"),
    ],
)
def test_a_mistake_is_told_in_words_and_starts_nothing(study_file, arguments, message):
    with pytest.raises(CommandError, match=message):
        run(str(study_file), *arguments)
    assert not Study.objects.exists()


def test_a_missing_study_file_is_named():
    with pytest.raises(CommandError, match=r"no study file nowhere\.toml"):
        run("nowhere.toml", "--dataset", "clips")


def test_waiting_ends_with_the_study_and_writes_its_results(study_file, tmp_path):
    thread = background(work)
    out = tmp_path / "results" / "out.json"
    output = run(str(study_file), "--dataset", "clips", "--wait", "--json", str(out))
    thread.join()
    assert "is completed" in output
    summary = json.loads(out.read_text())
    assert summary["study"]["state"] == "COMPLETED"
    assert [trial["number"] for trial in summary["trials"]] == [1, 2, 3]
    needed = {"number", "state", "architecture", "float_accuracy", "int8_accuracy", "flash_bytes", "flops"}
    needed |= {"parameters", "energy_mj", "energy_source", "reward", "seconds", "tflite"}
    for trial in summary["trials"]:
        assert needed <= trial.keys()
        assert Path(trial["tflite"]).read_bytes() == rows.SIMULATED_NETWORK


def test_a_study_that_is_stopped_ends_the_wait_with_an_error(study_file):
    thread = background(lambda study: studies.stop(study_id=study.pk))
    with pytest.raises(CommandError, match=r"is stopped: Stopped by a person"):
        run(str(study_file), "--dataset", "clips", "--wait")
    thread.join()


def test_a_study_that_ends_before_its_budget_says_why(study_file):
    thread = background(lambda study: end_exhausted(study_id=study.pk, reason="The search space is used up."))
    output = run(str(study_file), "--dataset", "clips", "--wait")
    thread.join()
    assert "is completed. The search space is used up." in output


def test_that_no_worker_is_alive_is_said_once(study_file, monkeypatch, capsys):
    monkeypatch.setattr(watch, "_PATIENCE_SECONDS", 0.0)
    workers.record_heartbeat(name="searching", role=Worker.Role.SEARCH)

    def stop_later(study: Study) -> None:
        rows.until(lambda: False, seconds=2, fail=False)
        studies.stop(study_id=study.pk)

    thread = background(stop_later)
    with pytest.raises(CommandError):
        run(str(study_file), "--dataset", "clips", "--wait")
    thread.join()
    assert capsys.readouterr().err.count("No training worker is alive") == 1


def test_ctrl_c_leaves_the_study_running_and_says_so(study_file):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_study", str(study_file), "--dataset", "clips", "--wait"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Who starts the tests in the background of a shell has them, and so their children, ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert "has started" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "goes on without this command" in errors
    assert Study.objects.get().state == Study.State.RUNNING


def test_a_database_out_of_reach_is_said_in_words(tmp_path):
    environment = {**os.environ, "DATABASE_URL": f"postgres://nobody@/earshot?host={tmp_path}"}
    file = tmp_path / "quick.toml"
    file.write_text('name = "quick"\n')
    done = subprocess.run(
        [sys.executable, "manage.py", "run_study", str(file), "--dataset", "clips"],
        cwd=settings.BASE_DIR,
        env=environment | {"DJANGO_SETTINGS_MODULE": "webapp.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"The database at {tmp_path} cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
