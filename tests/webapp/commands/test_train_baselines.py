"""`train_baselines` as a person at a terminal meets it."""

import io
import json
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.webapp import rows
from webapp.models import Dataset, Study, Trial, Worker
from webapp.services import trials, workers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


@pytest.fixture
def dataset() -> Dataset:
    return rows.ready_dataset(name="clips")


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("train_baselines", "--dataset", "clips", *arguments, stdout=output, stderr=output)
    return output.getvalue()


def labels() -> list[str]:
    return list(Trial.objects.order_by("number").values_list("label", flat=True))


def work(*, failing: str = "") -> threading.Thread:
    """What a training worker would do with everything that is requested."""

    def train() -> None:
        try:
            workers.record_heartbeat(name="worker-a", role=Worker.Role.TRAINING)
            rows.until(lambda: Trial.objects.exists())
            for trial in Trial.objects.filter(state="REQUESTED").order_by("number"):
                if trial.label == failing:
                    assert trials.claim(trial_id=trial.pk, worker="worker-a")
                    assert trials.fail(trial_id=trial.pk, worker="worker-a", reason="it diverged", retry=False)
                else:
                    rows.complete(trial)
                    rows.store_simulated_network(trial)
        finally:
            connection.close()

    thread = threading.Thread(target=train)
    thread.start()
    return thread


def test_all_four_are_the_default_and_nothing_is_asked_for_twice(dataset):
    output = run()
    assert "trains TC-ResNet8-1.0, TC-ResNet14-1.5, MobileNetV1-1.0, MobileNetV2-1.0." in output
    assert (
        run() == "Trained already, or under way: MobileNetV1-1.0, MobileNetV2-1.0, TC-ResNet8-1.0, TC-ResNet14-1.5.\n"
    )
    assert (Study.objects.get().full_epochs, len(labels())) == (60, 4)


def test_names_are_written_with_commas_or_spaces_and_take_the_widths_they_lack(dataset):
    run("--names", "tcresnet8,MobileNetV2-0.35", "TC-ResNet14", "--width", "0.25", "0.5", "--epochs", "8")
    expected = ["MobileNetV2-0.35", "TC-ResNet14-0.25", "TC-ResNet14-0.5", "TC-ResNet8-0.25", "TC-ResNet8-0.5"]
    assert sorted(labels()) == expected
    assert Study.objects.get().full_epochs == 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--names", "ResNet50"], "no baseline 'ResNet50'; known are MobileNetV1"),
        (["--width", "7"], "between 0.1 and 2, not 7"),
        (["--width", "wide"], "no baseline 'MobileNetV1-wide'"),
        (["--epochs", "0"], "Full training length: "),
        (["--dataset", "nobody"], "no dataset 'nobody'. There are: clips"),
        (["--json", "out.json"], "needs --wait"),
    ],
)
def test_a_mistake_is_told_in_words_and_requests_nothing(dataset, arguments, message):
    with pytest.raises(CommandError, match=message):
        run(*arguments)
    assert not Study.objects.exists()


def test_another_length_needs_replace(dataset):
    run("--names", "TC-ResNet8", "--epochs", "8")
    thread = work()
    thread.join()
    with pytest.raises(CommandError, match="full length of 8 epochs, not 16"):
        run("--names", "TC-ResNet8", "--epochs", "16")
    run("--names", "TC-ResNet8", "--epochs", "16", "--replace")
    assert Study.objects.get().full_epochs == 16


def test_waiting_ends_with_the_last_network_and_writes_the_results(dataset, tmp_path: Path):
    thread = work()
    out = tmp_path / "out.json"
    output = run("--names", "TC-ResNet8", "TC-ResNet14", "--wait", "--json", str(out))
    thread.join()
    assert "2 baselines of clips are trained." in output
    summary = json.loads(out.read_text())
    assert (summary["study"]["kind"], summary["study"]["state"]) == ("baselines", "COMPLETED")
    assert [trial["label"] for trial in summary["trials"]] == ["TC-ResNet8-1.0", "TC-ResNet14-1.5"]
    assert all(Path(trial["tflite"]).is_file() for trial in summary["trials"])


def test_a_network_that_failed_is_named_with_its_reason(dataset):
    thread = work(failing="TC-ResNet14-1.5")
    with pytest.raises(CommandError, match=r"Not trained: TC-ResNet14-1.5 \(failed: it diverged\)"):
        run("--names", "TC-ResNet8", "TC-ResNet14", "--wait")
    thread.join()
