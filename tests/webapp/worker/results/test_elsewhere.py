"""A run of results that goes on from a journal on another machine, with and without its networks."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from nas_engine.baselines import baseline
from tests.webapp import rows
from tests.webapp.worker.results.runs import (
    BASELINE,
    FINALISTS,
    PLAN,
    begun,
    changed_lines,
    leave_to_another_machine,
    networks_of,
    work,
)
from webapp import translation
from webapp.management.results.claims import claims_of
from webapp.management.results.page import page_of
from webapp.management.results.pictures import FIGURE_6, FRONTS, pictures_of
from webapp.management.results.streams import compared_on_streams, heard_of
from webapp.management.results.values import values_of
from webapp.models import ArtifactChunk, SplitOpening, Trial
from webapp.services import restoring

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_on_another_machine_goes_on_from_the_journal_and_comes_to_the_same_figures(dataset, worker, journal):
    first = begun(dataset, journal)
    nothing_yet = values_of(first, dataset.name, PLAN.to_json())
    assert {one.verdict for one in claims_of(nothing_yet)} == {"not tested"}
    assert work(first, worker)[0] >= 5 * PLAN.trials
    before = values_of(first, dataset.name, PLAN.to_json())
    assert all(one["test"] for one in before["networks"])
    assert all(one["training_hours"] > 0 for one in before["searches"])
    pictures = pictures_of(first)
    page = page_of(json.loads(json.dumps(before)), "make results", tuple(pictures))
    assert set(pictures) == {FRONTS, FIGURE_6}
    for name, svg in pictures.items():
        assert f"]({name})" in page
        assert ElementTree.fromstring(svg).tag.endswith("svg")
    for shown in (*(one["name"] for one in before["networks"]), *(one.claim for one in claims_of(before))):
        assert shown in page
    opened = list(SplitOpening.objects.order_by("opened_at").values_list("label", "number", "opened_at"))
    leave_to_another_machine()
    second = begun(dataset, journal)
    assert work(second, worker) == (0, 0)
    assert list(SplitOpening.objects.order_by("opened_at").values_list("label", "number", "opened_at")) == opened
    assert values_of(second, dataset.name, PLAN.to_json()) == before
    assert second.failures() == []


def test_networks_that_are_trained_again_are_opened_under_the_number_after_the_journals(dataset, worker, finished):
    of_the_trial, of_the_opening = (f"tflite/{digit * 64}.tflite" for digit in "ab")

    def of_another_training(line: dict[str, Any]) -> dict[str, Any]:
        if not line["label"].startswith(BASELINE):
            return line
        if "tflite" in line:
            return line | {"tflite": of_the_trial}
        return line | {"seeds": [[seed, of_the_opening, *answers] for seed, _, *answers in line["seeds"]]}

    changed_lines(finished, of_another_training)
    second = begun(dataset, finished)
    assert work(second, worker) == (PLAN.seeds, 1)
    numbers = SplitOpening.objects.values_list("label", "number")
    assert {number for name, number in numbers if name == BASELINE} == {2}
    assert {number for name, number in numbers if name != BASELINE} == {1}
    marked = [one["name"] for one in values_of(second, "d", {})["networks"] if one["times_opened"] > 1]
    assert marked == [BASELINE]


def test_a_finalist_is_never_completed_with_the_network_of_another_architecture(dataset, worker, finished):
    other = translation.baseline_network(baseline("MobileNetV1"), dataset).to_json()
    changed_lines(finished, lambda line: line | ({"architecture": other} if line["study"] == FINALISTS else {}))
    second = begun(dataset, finished)
    assert work(second, worker)[0] == PLAN.seeds
    values = next(line for line in map(json.loads, finished.read_text().splitlines()[1:]) if line["label"])
    trial = rows.requested_trials(rows.running_study(dataset=dataset))[0]
    with pytest.raises(ValueError, match="trained another architecture"):
        restoring.complete_from(trial=trial, values=values | {"architecture": other}, network=b"")


def test_of_networks_whose_files_are_lost_only_those_that_are_needed_are_trained_again(dataset, worker, finished):
    [kept] = networks_of(finished).iterdir()  # all simulated networks are the same file
    network = kept.read_bytes()
    kept.write_bytes(network[:10])
    ArtifactChunk.objects.filter(name__startswith="tflite/").delete()
    second = begun(dataset, finished)
    assert work(second, worker) == (2, 0), "the first seeds of the best network and of the baseline, for the streams"
    assert second.failures() == []
    assert kept.read_bytes() == network


def test_a_network_that_was_trained_again_is_kept_in_the_journal_and_not_trained_a_third_time(
    dataset, worker, finished
):
    lost = f"tflite/{'a' * 64}.tflite"

    def of_another_training(line: dict[str, Any]) -> dict[str, Any]:
        if not line["label"].startswith(BASELINE):
            return line
        if "tflite" in line:
            return line | {"tflite": lost}
        return line | {"seeds": [[seed, lost, *answers] for seed, _, *answers in line["seeds"]]}

    changed_lines(finished, of_another_training)
    second = begun(dataset, finished)
    assert work(second, worker) == (1, 0)
    [repetition] = Trial.objects.exclude(reproduces=None)
    [heard] = [heard_of(one) for _, one in compared_on_streams(second.searches) if one.finalist.label == BASELINE]
    assert (heard, second.failures()) == (repetition, [])
    leave_to_another_machine()
    assert work(begun(dataset, finished), worker) == (0, 0)
