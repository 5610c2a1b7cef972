"""Openings of the test split: recorded first, then evaluated, each network once unless a person insists."""

from functools import partial

import pytest

from tests.webapp import finals as made
from tests.webapp import rows
from tests.webapp.factories import make_user
from webapp.models import Dataset, Event, SeedResult, SplitOpening
from webapp.queries.finals import final_networks
from webapp.services import datasets, jobs, openings, studies
from webapp.services.errors import Conflict
from webapp.services.openings import open_test_split

pytestmark = pytest.mark.django_db


def trained(**values):
    study = made.search(**values)
    [finalist] = made.finalists(study, count=1, seeds=3)
    made.train(finalist)
    return finalist


def finish(opening: SplitOpening) -> None:
    claimed = openings.claim(opening_id=opening.pk, worker="data-1")
    assert claimed is not None
    assert claimed.finalist is not None
    evaluated = made.evaluated(claimed.finalist)
    assert openings.complete(opening_id=opening.pk, worker="data-1", evaluated=evaluated)


def test_an_opening_is_recorded_before_anything_is_read():
    finalist, ada = trained(), make_user()
    opening = open_test_split(finalist_id=finalist.pk, actor=ada)
    assert (opening.number, opening.opened_by, opening.state) == (1, ada, "EVALUATING")
    assert (opening.architecture_id, opening.label) == (finalist.architecture_id, "trial 3")
    assert opening.data_hash == "0" * 64
    assert not SeedResult.objects.exists()
    assert Event.objects.filter(study=finalist.finals, actor=ada, message__startswith="Test split opened").exists()


def test_one_opening_evaluates_all_seeds():
    finalist = trained()
    finish(open_test_split(finalist_id=finalist.pk))
    opening = SplitOpening.objects.get()
    assert (opening.state, opening.results.count()) == ("READY", 3)
    assert set(opening.results.values_list("test_accuracy", flat=True)) == {0.75}
    assert opening.clips["test"] == {"labels": [0, 1, 2, 2], "recordings": ["r1", "r1", "r2", "r3"]}
    [shown] = final_networks(finalist.source.study)
    assert (shown.test_accuracy.mean, shown.test_accuracy.n, shown.times_opened) == (0.75, 3, 1)


def test_a_second_opening_is_refused_unless_a_person_insists_and_then_counted():
    finalist = trained()
    finish(open_test_split(finalist_id=finalist.pk))
    with pytest.raises(Conflict, match="was evaluated on this test split before"):
        open_test_split(finalist_id=finalist.pk)
    assert open_test_split(finalist_id=finalist.pk, again=True).number == 2


def test_an_opening_that_failed_counts():
    finalist = trained()
    first = open_test_split(finalist_id=finalist.pk)
    assert openings.claim(opening_id=first.pk, worker="data-1")
    assert openings.fail(opening_id=first.pk, worker="data-1", reason="killed")
    assert open_test_split(finalist_id=finalist.pk).number == 2


def test_the_same_network_of_another_study_on_the_same_features_counts_on():
    first = trained()
    second = trained(dataset=first.finals.dataset)
    assert first.architecture_id == second.architecture_id
    finish(open_test_split(finalist_id=first.pk))
    assert open_test_split(finalist_id=second.pk, again=True).number == 2


@pytest.mark.django_db(transaction=True)
def test_two_browsers_that_click_at_once_open_it_once():
    finalist = trained()
    click = partial(open_test_split, finalist_id=finalist.pk)
    results = rows.at_once(click, click)
    assert sum(isinstance(one, Conflict) for one in results) == 1
    assert SplitOpening.objects.count() == 1


def test_open_seeds_must_be_waited_for():
    study = made.search()
    [finalist] = made.finalists(study, count=1, seeds=2)
    with pytest.raises(Conflict, match="No seed"):
        open_test_split(finalist_id=finalist.pk)
    rows.complete(finalist.finals.trials.order_by("number").first())
    with pytest.raises(Conflict, match="still to be trained"):
        open_test_split(finalist_id=finalist.pk)
    assert not SplitOpening.objects.exists()


def test_seeds_of_other_features_must_be_trained_again():
    finalist = trained()
    Dataset.objects.update(pack="packs/" + "2" * 64 + ".pack")
    with pytest.raises(Conflict, match="trained on other features"):
        open_test_split(finalist_id=finalist.pk)


def test_a_dataset_without_test_clips_says_so():
    finalist = trained()
    Dataset.objects.update(counts={split: made.COUNTS[split] for split in ("train", "eval")})
    with pytest.raises(Conflict, match="has 0 test clips"):
        open_test_split(finalist_id=finalist.pk)


def test_a_single_clip_is_too_few_for_an_interval():
    finalist = trained()
    Dataset.objects.update(counts={**made.COUNTS, "test": {"dog": 1}})
    with pytest.raises(Conflict, match="has 1 test clip: accuracies and intervals need 2"):
        open_test_split(finalist_id=finalist.pk)


def test_the_record_of_an_opening_outlives_the_study_and_its_data_set():
    finalist = trained()
    finish(open_test_split(finalist_id=finalist.pk))
    dataset = finalist.finals.dataset
    studies.stop(study_id=finalist.source.study_id)
    studies.delete(study_id=finalist.source.study_id)
    datasets.delete(dataset_id=dataset.pk)
    opening = SplitOpening.objects.get()
    assert (opening.finalist, opening.label, opening.number) == (None, "trial 3", 1)
    assert (opening.dataset, opening.dataset_name) == (None, dataset.name)


def test_a_study_is_not_deleted_while_its_finalist_is_being_evaluated():
    finalist = trained()
    open_test_split(finalist_id=finalist.pk)
    studies.stop(study_id=finalist.source.study_id)
    with pytest.raises(Conflict, match="is being evaluated on the test split"):
        studies.delete(study_id=finalist.source.study_id)


def test_results_of_another_recipe_are_not_shown_but_count():
    """The same network trained for another length has other weights."""
    first = trained()
    finish(open_test_split(finalist_id=first.pk))
    other = made.search(dataset=first.finals.dataset, full_epochs=16)
    [second] = made.finalists(other, count=1, seeds=3)
    assert second.architecture_id == first.architecture_id
    made.train(second)
    [shown] = final_networks(other)
    assert (shown.opening, shown.test_accuracy, shown.times_opened) == (None, None, 1)
    finish(open_test_split(finalist_id=second.pk, again=True))
    [shown] = final_networks(other)
    assert (shown.opening.finalist, shown.opening.number) == (second, 2)
    [unchanged] = final_networks(first.source.study)
    assert unchanged.opening.finalist == first


def test_statistics_of_deleted_seeds_are_shown_nowhere():
    first = trained()
    finish(open_test_split(finalist_id=first.pk))
    other = made.search(dataset=first.finals.dataset)
    [second] = made.finalists(other, count=1, seeds=3)
    made.train(second)
    studies.stop(study_id=first.source.study_id)
    studies.delete(study_id=first.source.study_id)
    [shown] = final_networks(other)
    assert (shown.opening, shown.times_opened) == (None, 1)


def test_an_opening_is_a_job_that_one_worker_holds():
    opening = open_test_split(finalist_id=trained().pk)
    assert openings.claim(opening_id=opening.pk, worker="data-1")
    assert openings.claim(opening_id=opening.pk, worker="data-2") is None
    assert jobs.OPENINGS.held(opening.pk, "data-1").exists()
