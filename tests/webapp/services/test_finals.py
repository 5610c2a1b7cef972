"""Finalists and final baselines: listed trials with several seeds in a study of their own."""

from functools import partial

import pytest

from nas_engine.baselines import NAMES
from tests.webapp import benches, energy_models, rows
from tests.webapp import finals as made
from webapp.models import Event, Finalist, Study, Trial
from webapp.queries.budget import budget_of
from webapp.queries.finals import final_networks
from webapp.queries.opening_statistics import energy_ratios
from webapp.queries.pages.finals import best_by_reward
from webapp.services import finals, recovery, studies, trials
from webapp.services.energy_estimates import reestimate
from webapp.services.errors import Conflict
from webapp.translation import trial_settings
from webapp.worker.history import Memory, history_of

pytestmark = pytest.mark.django_db


def test_finalists_are_trained_for_the_full_length_with_the_same_seeds_for_every_network():
    study = made.search()
    first, second = made.finalists(study, count=2, seeds=5)
    finals_study = first.finals
    assert (finals_study.kind, finals_study.parent_id, finals_study.designer) == ("finals", study.pk, "listed")
    assert [finalist.label for finalist in (first, second)] == ["trial 3", "trial 2"]
    by_network = [
        set(finals_study.trials.filter(architecture=one.architecture).values_list("seed", flat=True))
        for one in (first, second)
    ]
    assert by_network == [{finals.seed_of(n) for n in range(1, 6)}] * 2
    settings = trial_settings(finals_study.trials.first())
    assert (settings.trial_share, settings.full_epochs, settings.qat_epochs) == (1.0, 8, 2)
    searched = trial_settings(study.trials.first())
    assert (searched.trial_share, searched.full_epochs) == (0.75, 8)


def test_no_seed_is_that_of_the_search():
    study = made.search()
    [finalist, _] = made.finalists(study)
    assert not set(study.trials.values_list("seed", flat=True)) & set(
        finalist.finals.trials.values_list("seed", flat=True)
    )


def test_the_search_keeps_its_budget_and_its_designers_history():
    study = made.search()
    before, known = budget_of(study), history_of(study, Memory())
    for finalist in made.finalists(study):
        made.train(finalist)
    after = history_of(study, Memory())
    assert budget_of(study) == before
    assert (after.trials, after.finished, after.outcomes) == (known.trials, known.finished, known.outcomes)


def test_a_finalist_killed_in_its_third_seed_goes_on_with_the_third():
    study = made.search()
    [finalist] = made.finalists(study, count=1, seeds=5)
    waiting = list(finalist.finals.trials.order_by("number"))
    for trial in waiting[:2]:
        rows.complete(trial)
    assert trials.claim(trial_id=waiting[2].pk, worker="worker-a")
    assert trials.fail(trial_id=waiting[2].pk, worker="worker-a", reason="killed")
    retry = finalist.finals.trials.get(retried_from=waiting[2])
    assert (retry.seed, retry.label, retry.state) == (waiting[2].seed, "trial 3, seed 3", "REQUESTED")
    assert finalist.finals.trials.filter(state="COMPLETED").count() == 2
    assert budget_of(study).open == 0


def test_more_seeds_of_a_finalist_are_added_to_those_it_has():
    study = made.search()
    [finalist] = made.finalists(study, count=1, seeds=2)
    made.train(finalist)
    [again] = made.finalists(study, count=1, seeds=4)
    assert again.pk == finalist.pk
    assert list(again.finals.trials.order_by("number").values_list("state", flat=True)) == [
        "COMPLETED", "COMPLETED", "REQUESTED", "REQUESTED",
    ]  # fmt: skip
    again.finals.refresh_from_db()
    assert again.finals.state == Study.State.RUNNING


def test_the_same_finalists_chosen_again_change_nothing():
    study = made.search()
    [finalist] = made.finalists(study, count=1)
    ids = [finalist.source_id]
    added = finals.train_finalists(study_id=study.pk, trial_ids=ids, chosen=Finalist.Chosen.HAND, seeds=3)
    assert (added.added, added.present) == ((), ("trial 3",))
    assert finalist.finals.trials.count() == 3


@pytest.mark.parametrize("seeds", [0, 21])
def test_a_number_of_seeds_out_of_bounds_is_refused(seeds):
    study = made.search()
    with pytest.raises(Conflict, match="must be 1 to 20"):
        made.finalists(study, seeds=seeds)
    assert not Finalist.objects.exists()


def test_only_completed_trials_of_the_search_itself_can_be_finalists():
    study, other = made.search(), made.search()
    for trial in (rows.requested_trials(study)[0], other.trials.first()):
        with pytest.raises(Conflict, match="Only completed trials of this study"):
            finals.train_finalists(study_id=study.pk, trial_ids=[trial.pk], chosen=Finalist.Chosen.HAND)
    with pytest.raises(Conflict, match="at least one"):
        finals.train_finalists(study_id=study.pk, trial_ids=[], chosen=Finalist.Chosen.HAND)


def test_a_finals_study_has_no_finalists_of_its_own():
    study = made.search()
    [finalist] = made.finalists(study, count=1)
    trial = made.train(finalist)[0]
    with pytest.raises(Conflict, match="is no search"):
        finals.train_finalists(study_id=finalist.finals_id, trial_ids=[trial.pk], chosen=Finalist.Chosen.HAND)


@pytest.mark.django_db(transaction=True)
def test_two_browsers_that_choose_at_once_train_each_seed_once():
    study = made.search()
    ids = list(study.trials.filter(state="COMPLETED").values_list("pk", flat=True))
    choose = partial(finals.train_finalists, study_id=study.pk, trial_ids=ids, chosen=Finalist.Chosen.FRONT, seeds=2)
    results = rows.at_once(choose, choose)
    assert not [one for one in results if isinstance(one, Exception)]
    assert Study.objects.filter(kind="finals").count() == 1
    assert Trial.objects.filter(study__kind="finals").count() == 6


def test_baselines_are_trained_once_for_all_studies_of_one_recipe():
    first = made.search()
    second = made.search(dataset=first.dataset)
    longer = rows.running_study(dataset=first.dataset, full_epochs=16, qat_epochs=2)
    done = [finals.train_final_baselines(study_id=one.pk, names=NAMES[:2], seeds=2) for one in (first, second, longer)]
    assert done[0].finals == done[1].finals != done[2].finals
    assert (done[0].added, done[1].added) == (("MobileNetV1-1.0", "MobileNetV2-1.0"), ())
    assert done[0].finals.trials.count() == 4
    assert [network.finalist.label for network in final_networks(second)] == ["MobileNetV1-1.0", "MobileNetV2-1.0"]
    assert all(network.is_baseline for network in final_networks(second))


def test_the_networks_shown_have_statistics_over_their_seeds():
    study = made.search()
    best, second = made.finalists(study, count=2, seeds=3)
    made.train(best, first_accuracy=0.70)
    shown = final_networks(study)
    assert [one.finalist for one in shown] == [best, second]
    assert shown[0].accuracy.mean == pytest.approx(0.71)
    assert shown[0].accuracy.sd == pytest.approx(0.01)
    assert (shown[0].accuracy.n, shown[0].is_trained, shown[1].is_open) == (3, True, True)
    assert (shown[1].accuracy, shown[1].estimate, shown[1].reward) == (None, None, None)


def test_a_retried_seed_counts_once():
    study = made.search()
    [finalist] = made.finalists(study, count=1, seeds=2)
    trial = finalist.finals.trials.order_by("number").first()
    assert trials.claim(trial_id=trial.pk, worker="worker-a")
    assert trials.fail(trial_id=trial.pk, worker="worker-a", reason="killed")
    made.train(finalist)
    [shown] = final_networks(study)
    assert [seed.trial.state for seed in shown.seeds] == ["COMPLETED", "COMPLETED"]


def test_a_stopped_finals_study_goes_on_with_the_seeds_it_had():
    study = made.search()
    [finalist] = made.finalists(study, count=1, seeds=2)
    seeds = set(finalist.finals.trials.values_list("seed", flat=True))
    studies.stop(study_id=finalist.finals_id)
    studies.resume(study_id=finalist.finals_id)
    again = finalist.finals.trials.filter(state="REQUESTED")
    assert set(again.values_list("seed", flat=True)) == seeds


def test_a_study_that_changes_its_energy_model_takes_its_finalists_along():
    study = made.search()
    [finalist] = made.finalists(study, count=1, seeds=2)
    made.train(finalist)
    model = energy_models.ready_model(energy_models.device())
    reestimate(study_id=study.pk, energy_model_id=model.pk)
    for row in (finalist.finals, study):
        row.refresh_from_db()
    assert finalist.finals.energy_model == model
    [shown] = final_networks(study)
    assert {seed.estimate.tag for seed in shown.seeds} == {"predicted"}


def test_baselines_are_estimated_by_the_energy_model_of_a_study_that_begins_after_them():
    first = made.search()
    finals.train_final_baselines(study_id=first.pk, names=["TC-ResNet8"], seeds=1)
    [baseline] = final_networks(first)
    made.train(baseline.finalist)
    model = energy_models.ready_model(energy_models.device())
    second = made.search(dataset=first.dataset, energy_model=model)
    [shown] = final_networks(Study.objects.get(pk=second.pk))
    assert shown.estimate.tag == "predicted"


def test_the_best_is_one_whose_seeds_are_all_trained():
    study = made.search()
    first, second = made.finalists(study, count=2, seeds=2)
    made.train(second, first_accuracy=0.6)
    for trial in first.finals.trials.filter(architecture=first.architecture).order_by("number")[:1]:
        rows.complete(trial)
    lost = first.finals.trials.get(architecture=first.architecture, state="REQUESTED")
    assert trials.claim(trial_id=lost.pk, worker="worker-a")
    assert trials.fail(trial_id=lost.pk, worker="worker-a", reason="diverged", retry=False)
    shown = final_networks(study)
    assert [(one.is_trained, one.is_complete) for one in shown] == [(True, False), (True, True)]
    assert best_by_reward(shown).finalist == second


def test_measured_energies_are_told_apart_from_estimates_and_decide_the_ratio():
    study = made.search()
    first, second = made.finalists(study, count=2, seeds=1)
    campaign = benches.campaign()
    for finalist, energies in ((first, (1.0, 1.2)), (second, (4.4,))):
        made.train(finalist)
        for energy_mj in energies:
            benches.ready_run(campaign, architecture=finalist.architecture, energy_mj=energy_mj)
    shown = final_networks(study)
    assert shown[0].measured[0].repeats_mj == (1.0, 1.2)
    assert shown[0].estimate.energy_mj == 2.0
    ratio = energy_ratios(shown)[first.pk, second.pk]
    assert (ratio.energy.basis, ratio.ratio) == ("measured", pytest.approx(4.0))


def test_without_measurements_of_both_the_estimates_are_compared():
    study = made.search()
    first, second = made.finalists(study, count=2, seeds=1)
    for finalist in (first, second):
        made.train(finalist)
    benches.ready_run(benches.campaign(), architecture=first.architecture, energy_mj=1.0)
    ratio = energy_ratios(final_networks(study))[first.pk, second.pk]
    assert (ratio.energy.basis, ratio.other.basis, ratio.ratio) == ("estimated", "estimated", 1.0)


def test_each_choice_is_an_event():
    study = made.search()
    [finalist] = made.finalists(study, count=1)
    messages = Event.objects.filter(study=finalist.finals, trial=None).values_list("message", flat=True)
    assert "To be trained with 3 seeds: trial 3." in messages


def test_the_reaper_offers_lost_seeds_again():
    study = made.search()
    [finalist] = made.finalists(study, count=1, seeds=1)
    finalist.finals.trials.update(dispatched_at=None)
    recovery.reap()
    assert finalist.finals.trials.get().dispatched_at is not None
