"""`paper_five` as a user at a terminal meets it."""

import io
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from tests.webapp import rows
from tests.webapp.factories import make_dataset
from webapp.models import Comparison, Study
from webapp.services import studies

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("paper_five", *arguments, stdout=output, stderr=output)
    return output.getvalue()


def test_the_five_start_and_their_addresses_are_printed() -> None:
    make_dataset(name="clips")
    output = run("--dataset", "clips", "--scale", "1%", "--seed", "7")
    made = Comparison.objects.get()
    assert f"Comparison {made.pk} (Paper's five): {reverse('comparison', args=[made.pk])}" in output
    assert "At 1 % of its size: 20 instead of 2,000 trials" in output
    for study in made.studies.all():
        assert (study.state, study.seed, study.trial_budget) == ("RUNNING", 7, 20)
        assert f"Study {study.pk} ({study.name}) has started: {reverse('study', args=[study.pk])}" in output
    assert made.studies.count() == 5


def test_a_second_run_gets_a_name_of_its_own() -> None:
    make_dataset(name="clips")
    for _ in range(2):
        run("--dataset", "clips")
    assert sorted(Comparison.objects.values_list("name", flat=True)) == ["Paper's five", "Paper's five 2"]
    assert Study.objects.count() == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "nobody"], "no dataset 'nobody'. There are: clips"),
        (["--dataset", "clips", "--scale", "2"], "scale: A scale is a number above 0"),
        (["--dataset", "clips", "--seed", "many"], "seed: Must be a whole number"),
        (["--dataset", "clips", "--energy-model", "Pixel"], "no ready energy model named Pixel"),
    ],
)
def test_a_mistake_is_reported_in_words_and_starts_nothing(arguments: list[str], message: str) -> None:
    make_dataset(name="clips")
    with pytest.raises(CommandError, match=message):
        run(*arguments)
    assert not Study.objects.exists()


def test_waiting_ends_with_the_last_of_the_five_and_names_those_that_were_stopped() -> None:
    make_dataset(name="clips")

    def stop_all() -> None:
        try:
            rows.until(lambda: Study.objects.filter(state="RUNNING").count() == 5)
            for study in Study.objects.all():
                studies.stop(study_id=study.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=stop_all)
    thread.start()
    with pytest.raises(CommandError) as raised:
        run("--dataset", "clips", "--scale", "0.01", "--wait")
    thread.join()
    assert str(raised.value).count("is stopped: Stopped by a person") == 5
