"""Re-pricing: a study goes by another energy model, and no trial is trained or rewritten for it."""

from functools import partial

import pytest

from nas_engine.cost import cost
from nas_engine.reward import reward
from tests.webapp import energy_models, rows
from tests.webapp.factories import make_baselines
from webapp.energy_predictors import predictor
from webapp.models import Event, Study, Trial, TrialEnergyEstimate
from webapp.queries.energy_estimates import estimate_of, trials_with_estimates
from webapp.queries.pages.baselines import baselines_of
from webapp.queries.pages.results import bests, results
from webapp.services import energy_estimates, requests, studies, trials
from webapp.services.errors import Conflict
from webapp.translation import architecture, check, described, reward_parameters

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]
FIELDS = ("energy_mj", "energy_source", "reward", "state", "finished_at")


def finished_trials(study: Study) -> list[tuple[object, ...]]:
    return list(study.trials.order_by("number").values_list(*FIELDS))


def test_a_completed_trial_keeps_its_price_with_formula_and_source() -> None:
    trial = rows.completed_trial(rows.running_study())
    (estimate,) = trial.energy_estimates.all()
    assert (estimate.energy_mj, estimate.reward, estimate.source) == (
        trial.energy_mj,
        trial.reward,
        trial.energy_source,
    )
    assert estimate.formula == "Equation 1: E0 1.25 mJ, 2 points per 0.75 mJ; M0 60 kB, 2 points per 30 kB"
    assert estimate.energy_model is None


def test_a_trial_that_ends_under_a_model_is_priced_by_it() -> None:
    model = energy_models.ready_model(energy_models.device(name="Pixel 4 XL"))
    trial = rows.completed_trial(rows.running_study(energy_model=model), energy_mj=99.0)
    expected = predictor(model).estimate(cost(architecture(trial.architecture)))
    assert trial.energy_mj == pytest.approx(expected.energy_mj)
    assert trial.energy_source == "Pixel 4 XL, model 1"
    assert trial.reward == pytest.approx(
        reward(trial.int8_accuracy, expected.energy_mj, trial.flash_bytes, reward_parameters(trial.study))
    )
    (estimate,) = trial.energy_estimates.all()
    assert estimate.low_mj < estimate.energy_mj < estimate.high_mj


def test_repricing_gives_every_trial_a_price_and_rewrites_none() -> None:
    study = rows.running_study(trial_budget=6)
    for seed in range(3):
        rows.completed_trial(study, seed=seed)
    before, model = finished_trials(study), energy_models.ready_model(energy_models.device())
    reestimated = energy_estimates.reestimate(study_id=study.pk, energy_model_id=model.pk)
    assert reestimated.estimated == 3
    assert finished_trials(study) == before
    study = Study.objects.get(pk=study.pk)
    assert study.energy_model == model
    for trial in trials_with_estimates(study):
        estimate = estimate_of(trial)
        assert estimate.source == str(model)
        assert estimate.reward != trial.reward
    assert results(study).energy_mj.tolist() == [estimate_of(trial).energy_mj for trial in trials_with_estimates(study)]
    assert bests(results(study)).by_reward.energy_source == str(model)
    assert Event.objects.filter(study=study, message__contains=f"now by {model}").exists()


def test_pointing_at_the_former_model_undoes_and_prices_nothing_anew() -> None:
    study = rows.running_study()
    trial = rows.completed_trial(study)
    model = energy_models.ready_model(energy_models.device())
    energy_estimates.reestimate(study_id=study.pk, energy_model_id=model.pk)
    undone = energy_estimates.reestimate(study_id=study.pk, energy_model_id=None)
    assert undone.estimated == 0
    study = Study.objects.get(pk=study.pk)
    assert study.energy_model is None
    (now,) = trials_with_estimates(study)
    assert (estimate_of(now).energy_mj, estimate_of(now).reward) == (trial.energy_mj, trial.reward)
    assert trial.energy_estimates.count() == 2


def test_a_new_version_takes_over_from_the_former() -> None:
    device = energy_models.device()
    first, second = energy_models.ready_model(device, times=2.0), energy_models.ready_model(device, times=4.0)
    study = rows.running_study(energy_model=first)
    rows.completed_trial(study)
    energy_estimates.reestimate(study_id=study.pk, energy_model_id=second.pk)
    old, new = TrialEnergyEstimate.objects.order_by("pk")
    assert (old.energy_model, new.energy_model) == (first, second)
    assert new.energy_mj == pytest.approx(2 * old.energy_mj, rel=0.05)


def test_only_a_ready_model_prices() -> None:
    study = rows.running_study()
    model = energy_models.ready_model(energy_models.device())
    type(model).objects.update(state="TRAINING", trained_at=None)
    with pytest.raises(Conflict, match="is training"):
        energy_estimates.reestimate(study_id=study.pk, energy_model_id=model.pk)
    with pytest.raises(Conflict, match="no such energy model"):
        energy_estimates.reestimate(study_id=study.pk, energy_model_id=model.pk + 1)
    assert Study.objects.get(pk=study.pk).energy_model is None


@pytest.mark.parametrize("round_", range(4))
def test_a_trial_that_ends_while_its_study_is_repriced_has_a_price_by_the_new_model(round_: int) -> None:
    study = rows.running_study()
    rows.completed_trial(study, seed=1)
    trial = rows.running_trial(study, seed=2)
    model = energy_models.ready_model(energy_models.device())
    done, reestimated = rows.at_once(
        partial(
            trials.complete,
            trial_id=trial.pk,
            worker="worker-a",
            evaluation=rows.evaluation(),
            tflite_name=rows.TFLITE,
        ),
        partial(energy_estimates.reestimate, study_id=study.pk, energy_model_id=model.pk),
    )
    assert done is True
    assert reestimated.source == str(model)
    by_model = TrialEnergyEstimate.objects.filter(energy_model=model).values_list("trial", flat=True)
    assert set(by_model) == set(study.trials.values_list("pk", flat=True))


@pytest.mark.parametrize("round_", range(3))
def test_of_two_who_reprice_both_models_have_every_price_and_one_of_them_shows(round_: int) -> None:
    study = rows.running_study()
    rows.completed_trial(study)
    device = energy_models.device()
    models = [energy_models.ready_model(device, times) for times in (2.0, 4.0)]
    rows.at_once(
        *(partial(energy_estimates.reestimate, study_id=study.pk, energy_model_id=model.pk) for model in models)
    )
    assert TrialEnergyEstimate.objects.filter(energy_model__in=models).count() == 2
    assert Study.objects.get(pk=study.pk).energy_model in models


def test_baselines_are_priced_with_the_searches_beside_which_they_show() -> None:
    study = rows.running_study(dataset=rows.ready_dataset(classes=["a", "b", "c"]))
    model = energy_models.ready_model(energy_models.device())
    baselines = make_baselines(study.dataset, names=["TC-ResNet8"])
    assert energy_estimates.reestimate(study_id=study.pk, energy_model_id=model.pk).estimated == 0
    (row,) = baselines_of(study.dataset_id, model.pk).rows
    assert row.estimate.source == str(model)
    assert baselines_of(study.dataset_id).rows[0].estimate.source != str(model)
    assert Study.objects.get(pk=baselines.pk).energy_model is None


def test_a_baseline_that_ends_later_is_priced_by_every_model_in_use_on_its_dataset() -> None:
    dataset = rows.ready_dataset(classes=["a", "b", "c"])
    model = energy_models.ready_model(energy_models.device())
    rows.draft_study(dataset=dataset, energy_model=model)
    study = make_baselines(dataset, names=["TC-ResNet8"], completed=0)
    rows.complete(study.trials.get())
    assert set(TrialEnergyEstimate.objects.values_list("energy_model", flat=True)) == {None, model.pk}


def test_suggestions_made_at_former_prices_come_to_nothing() -> None:
    study = rows.running_study()
    rows.completed_trial(study)
    seen = Study.objects.get(pk=study.pk)
    model = energy_models.ready_model(energy_models.device())
    Study.objects.filter(pk=study.pk).update(designer_state={"revision": "old"})
    energy_estimates.reestimate(study_id=study.pk, energy_model_id=model.pk)
    assert Study.objects.get(pk=study.pk).designer_state is None
    wanted = [requests.RequestedTrial(network) for network in rows.networks(study, 1, seed=9)]
    late = partial(requests.request_trials, study_id=study.pk, requested=wanted, designer_state={"revision": "late"})
    assert late(estimated_as=seen) == []
    assert Study.objects.get(pk=study.pk).designer_state is None
    assert len(late(estimated_as=Study.objects.get(pk=study.pk))) == 1


def test_screening_and_penalty_go_by_the_model_of_the_study() -> None:
    model = energy_models.ready_model(energy_models.device(), times=4.0)
    limits = {"enforce_constraints": True, "energy_limit_mj": 4.0}
    by_model, published = rows.draft_study(energy_model=model, **limits), rows.draft_study(**limits)
    networks = energy_models.sampled(20, seed=11)
    refused = [sum(check(study)(network) is not None for network in networks) for study in (by_model, published)]
    assert refused[0] > refused[1]
    (dear,) = energy_models.sampled(1, seed=12)
    assert described(dear, by_model).penalty > described(dear, published).penalty


def test_a_clone_goes_by_the_model_of_its_original() -> None:
    model = energy_models.ready_model(energy_models.device())
    study = rows.draft_study(energy_model=model)
    assert studies.clone(study_id=study.pk, owner=None).energy_model == model


def test_a_trial_without_a_price_of_its_own_shows_what_it_ended_with() -> None:
    """Trials from before there were prices."""
    trial = rows.completed_trial(rows.running_study())
    TrialEnergyEstimate.objects.all().delete()
    (shown,) = trials_with_estimates(trial.study)
    assert (estimate_of(shown).energy_mj, estimate_of(shown).reward) == (trial.energy_mj, trial.reward)
    assert Trial.objects.get(pk=trial.pk).reward == trial.reward
