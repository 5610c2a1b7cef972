"""Repetitions next to their originals, compared from rows and stored files."""

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from nas_engine.files.tflite_tensors import stored_tensors
from nas_engine.network.untrained import untrained_files
from nas_engine.testing.spaces import tiny_2d
from tests.nas_engine.network.threads import use_one_thread
from tests.webapp.factories import make_study, with_tflite
from tests.webapp.repetitions import ended_like
from webapp.models import CurvePoint, Study, Trial
from webapp.queries.bench_choices import studies as studies_of_a_bench
from webapp.queries.named_architectures import named_networks, search
from webapp.queries.pages.datasets import studies_using
from webapp.queries.pages.paper import studies_with_results
from webapp.queries.pages.studies import StudyFilter, state_counts, study_page
from webapp.queries.reproduction import outcome, repeated_trials, repetitions_of
from webapp.services.reproduction import reproduce

use_one_thread()
pytestmark = pytest.mark.django_db


@pytest.fixture
def original() -> Trial:
    trial = make_study(completed=1, curves=1).trials.get()
    Trial.objects.filter(pk=trial.pk).update(environment={"tensorflow": "2.20.0", "threads": "1"})
    return Trial.objects.get(pk=trial.pk)


@pytest.fixture(scope="module")
def network() -> bytes:
    return untrained_files(tiny_2d().sample(np.random.default_rng(0)))[1]


def test_a_repetition_that_came_out_the_same_is_identical(original: Trial) -> None:
    found = repetitions_of(original)
    assert (found.rows, found.outcome, found.is_live) == ((), None, False)
    repetition = ended_like(original)
    found = repetitions_of(original)
    assert found.compared == repetition
    assert found.outcome is not None
    assert found.outcome.is_identical
    assert found.outcome.verdict == (
        f"The same, bit for bit: 15 epochs of training, int8 accuracy {original.int8_accuracy:.4f} and file sha256 "
        f"{'1' * 64}."
    )


def test_the_epoch_in_which_they_part_comes_from_the_curves(original: Trial) -> None:
    repetition = ended_like(original)
    point = CurvePoint.objects.get(trial=repetition, phase="qat", epoch=2)
    CurvePoint.objects.filter(pk=point.pk).update(loss=point.loss + 1e-9)
    Trial.objects.filter(pk=repetition.pk).update(environment={"tensorflow": "2.21.0", "threads": "1"})
    found = outcome(original, Trial.objects.get(pk=repetition.pk))
    assert found.verdict.startswith("They part in training with simulated quantisation: epoch 2, loss ")
    assert "Different: tensorflow 2.20.0 and 2.21.0 (library version)." in found.verdict


def test_weights_are_compared_in_the_stored_files(original: Trial, network: bytes) -> None:
    weights = max((one for one in stored_tensors(network) if one.dtype == "int8"), key=lambda one: one.values.size)
    at = network.index(weights.values.tobytes())
    other = network[:at] + bytes([(network[at] + 1) % 256]) + network[at + 1 :]
    original = with_tflite(original, network)
    repetition = with_tflite(ended_like(original), other)
    found = outcome(original, repetition)
    assert found.verdict.startswith("They part in conversion: 1 of ")
    assert "int8 weights by at most 1 step." in found.verdict
    assert (found.first.sha256, found.second.sha256) == (original.tflite.name[7:71], repetition.tflite.name[7:71])


def test_files_that_are_lost_or_no_networks_are_compared_by_their_hashes(original: Trial) -> None:
    repetition = with_tflite(ended_like(original), b"no network")
    found = outcome(original, repetition)
    assert found.verdict.startswith(f"They part in conversion: sha256 {'1' * 64} and ")
    assert "cannot be read" in found.phases[2].detail


def test_the_newest_completed_repetition_is_compared_while_another_is_open(original: Trial) -> None:
    ended_like(original)
    latest = ended_like(original)
    reproduce(trial_id=original.pk)
    found = repetitions_of(original)
    assert [row.trial.number for row in found.rows] == [3, 2, 1]
    assert [row.same_file for row in found.rows] == [None, True, True]
    assert (found.compared, found.is_live) == (latest, True)


def test_queries_do_not_grow_with_repetitions(
    original: Trial, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(2):
        ended_like(original)
        with django_assert_num_queries(2):
            repetitions_of(original)


def test_a_study_of_repetitions_lists_each_with_its_original(
    original: Trial, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    repetition = ended_like(original)
    container = repetition.study
    with django_assert_num_queries(1):
        (row,) = repeated_trials(container)
    assert (row.repetition, row.original, row.same_file) == (repetition, original, True)


def test_repetitions_are_no_searches_in_lists_counts_and_choices(original: Trial) -> None:
    study = Study.objects.get()
    ended_like(original)
    assert Study.objects.count() == 2
    assert [row.id for row in study_page(StudyFilter()).rows] == [study.pk]
    assert sum(state_counts().values()) == 1
    assert [use.id for use in studies_using(study.dataset)] == [study.pk]
    assert studies_with_results() == (study,)
    assert studies_of_a_bench() == (study,)
    assert named_networks([original.architecture_id])[0].label == f"{study.name}, trial 1"
    assert [found.name for found in search("again")] == []
