"""Trials whose reward takes the accuracy on streams, and the published networks that are compared with them."""

from dataclasses import replace

import pytest
from django.utils import timezone

from nas_engine.early_stopping.link import Linked
from nas_engine.reward import reward
from tests.webapp import on_streams, packs, rows
from webapp.charts.study import _hover_texts, baseline_point, trial_in_words
from webapp.forms.study_file import form_from_file, read_study_file, study_to_toml
from webapp.models import Clip, Dataset, StreamDetection, Study, Trial
from webapp.queries.detection import ON_CLIPS, measure_words, shared_measure
from webapp.queries.energy_estimates import all_estimates, current_estimate
from webapp.queries.finals import final_networks
from webapp.queries.pages.baselines import baselines_of, baselines_shown_with, compared_with
from webapp.queries.pages.export import trial_rows
from webapp.queries.pages.results import bests, on_clips, results, results_of
from webapp.queries.pages.trial import reward_parts, shown_trials
from webapp.queries.setting_differences import differences_of
from webapp.queries.study_summary import study_summary
from webapp.services import finals, restoring, stream_detections, studies, trials
from webapp.services.baselines import train_baselines
from webapp.services.errors import Conflict
from webapp.translation import plan_key, reward_parameters, stream_plan
from webapp.worker.history import Memory, history_of
from webapp.worker.stopping import ended_curves, rule_of

pytestmark = pytest.mark.django_db


def dataset_with_counts() -> Dataset:
    return rows.ready_dataset(counts=on_streams.COUNTS)


def trained_baseline(dataset: Dataset) -> Trial:
    study = train_baselines(dataset_id=dataset.pk, names=["TC-ResNet8"]).study
    trial = study.trials.get()
    rows.complete(trial)
    return Trial.objects.get(pk=trial.pk)


def ready(row: StreamDetection, accuracy: float) -> None:
    assert stream_detections.claim(detection_id=row.pk, worker="data-1")
    found = on_streams.detected(accuracy)
    assert stream_detections.complete(detection_id=row.pk, worker="data-1", result=found)


def test_a_trial_has_both_accuracies_and_its_reward_takes_that_on_streams() -> None:
    study = on_streams.running_study()
    trial = rows.completed_trial(study, int8_accuracy=0.9, streams=on_streams.detected(0.75))
    assert (trial.int8_accuracy, trial.stream_accuracy, trial.reward_accuracy) == (0.9, 0.75, 0.75)
    expected = reward(0.75, trial.energy_mj or 0.0, trial.flash_bytes or 0, reward_parameters(study))
    assert trial.reward == pytest.approx(expected)
    estimate = trial.energy_estimates.get()
    assert estimate.reward == pytest.approx(expected)
    assert estimate.formula.endswith("; accuracy: detection rate at 30 false alarms an hour, 0.1 h of streams, 20 dB")
    shown = shown_trials(study.pk).get()
    parts = reward_parts(shown, current_estimate(shown, all_estimates(shown)))
    assert parts is not None
    assert (parts.accuracy, parts.reward) == (0.75, pytest.approx(expected))


def test_a_trial_on_clips_is_as_it_was() -> None:
    trial = rows.completed_trial(rows.running_study(), int8_accuracy=0.9)
    assert (trial.stream_accuracy, trial.streams, trial.reward_accuracy) == (None, None, 0.9)
    assert trial.energy_estimates.get().formula.endswith("points per 30 kB")


def test_fronts_bests_exports_and_the_designer_take_the_accuracy_on_streams() -> None:
    study = on_streams.running_study(trial_budget=9)
    shared = {"energy_mj": 1.0, "flash_bytes": 50_000}
    by_clips = rows.completed_trial(study, seed=1, int8_accuracy=0.95, streams=on_streams.detected(0.4), **shared)
    by_streams = rows.completed_trial(study, seed=2, int8_accuracy=0.80, streams=on_streams.detected(0.7), **shared)
    found = results(study)
    best = bests(found)
    assert best.by_reward is not None
    assert best.within_limits is not None
    assert (best.by_reward.id, best.within_limits.id) == (by_streams.pk, by_streams.pk)
    assert (best.within_limits.accuracy, best.within_limits.int8_accuracy) == (0.7, 0.8)
    assert found.ids_on(found.on_energy_front) == {by_streams.pk}
    again = on_clips(found)
    assert again.ids_on(again.on_energy_front) == {by_clips.pk}
    assert results_of([study])[study.pk].accuracy.tolist() == [0.4, 0.7]
    assert [one.objectives.accuracy for one in history_of(study, Memory()).outcomes] == [0.4, 0.7]
    assert [(one.final_accuracy, one.clip_accuracy) for one in ended_curves(study)] == [(0.4, 0.95), (0.7, 0.8)]
    exported = list(trial_rows(study))
    names = ("reward_accuracy", "stream_accuracy", "int8_accuracy")
    assert [tuple(row[name] for name in names) for row in exported] == [(0.4, 0.4, 0.95), (0.7, 0.7, 0.8)]
    summary = study_summary(study.pk)
    assert summary["study"]["best_trial"] == by_streams.number
    assert summary["study"]["settings"]["stream_hours"] == 0.1
    assert summary["trials"][0]["streams"]["allowed"] == 3
    assert "detection rate on streams 40.0 %<br>int8 accuracy on clips 95.0 %" in (_hover_texts(found, [0], study)[0])
    assert "int8 accuracy 95.0 %" in trial_in_words(again, 0, study.dataset, ON_CLIPS)


def test_the_rule_of_such_a_study_links_the_two_accuracies() -> None:
    study = on_streams.running_study(early_stopping="tsgp")
    assert isinstance(rule_of(study, 12), Linked)
    assert not isinstance(rule_of(rows.running_study(early_stopping="tsgp"), 12), Linked)


def test_trained_baselines_are_evaluated_when_the_study_starts_and_later_ones_when_they_end() -> None:
    dataset = dataset_with_counts()
    first = trained_baseline(dataset)
    study = on_streams.running_study(dataset)
    row = StreamDetection.objects.get()
    key = plan_key(stream_plan(study))
    assert (row.trial_id, row.key, row.state) == (first.pk, key, "COMPUTING")
    on_streams.running_study(dataset)
    rows.running_study(dataset=dataset)
    assert StreamDetection.objects.count() == 1, "another study hears the same streams, or clips"
    on_streams.running_study(dataset, stream_snr_db=0.0)
    assert StreamDetection.objects.filter(trial=first).count() == 2
    later = train_baselines(dataset_id=dataset.pk, names=["TC-ResNet14-0.5"]).study.trials.get(label="TC-ResNet14-0.5")
    rows.complete(later)
    assert StreamDetection.objects.filter(trial=later).count() == 2


def test_a_draft_and_trials_of_searches_request_nothing() -> None:
    dataset = dataset_with_counts()
    rows.draft_study(dataset=dataset, **on_streams.SETTINGS)
    trained_baseline(dataset)
    rows.completed_trial(on_streams.running_study(), streams=on_streams.detected(0.5))
    assert not StreamDetection.objects.exists()


def test_baselines_are_shown_by_the_accuracy_of_the_study() -> None:
    dataset = dataset_with_counts()
    baseline = trained_baseline(dataset)
    study = on_streams.running_study(dataset)
    rows.completed_trial(study, streams=on_streams.detected(0.8), int8_accuracy=0.9)
    best = bests(results(study)).by_reward
    waiting = baselines_shown_with(study)
    assert waiting is not None
    assert (waiting.comparable, compared_with(waiting.rows, study, best)) == ((), ())
    assert waiting.not_comparable[0].missing == "it is being evaluated on the streams"
    ready(StreamDetection.objects.get(), 0.6)
    found = baselines_shown_with(study)
    assert found is not None
    (compared,) = compared_with(found.rows, study, best)
    assert (compared.row.accuracy, compared.row.int8_accuracy) == (0.6, 0.68)
    assert compared.accuracy_difference == pytest.approx(-0.2)
    energy_mj, flash_bytes = baseline.energy_mj or 0.0, baseline.flash_bytes or 0
    assert compared.reward == pytest.approx(reward(0.6, energy_mj, flash_bytes, reward_parameters(study)))
    point = baseline_point(compared.row, True, dataset, measure_words(study))
    assert (point.accuracy_percent, "detection rate on streams 60.0 %" in point.text) == (60.0, True)
    by_clips = baselines_of(dataset.pk)
    assert by_clips is not None
    assert [row.accuracy for row in by_clips.comparable] == [0.68]


def test_a_baseline_that_cannot_be_evaluated_states_why_and_is_tried_by_the_next_study() -> None:
    dataset = dataset_with_counts()
    trained_baseline(dataset)
    study = on_streams.running_study(dataset)
    row = StreamDetection.objects.get()
    assert stream_detections.claim(detection_id=row.pk, worker="data-1")
    assert stream_detections.claim(detection_id=row.pk, worker="data-2") is None
    assert stream_detections.fail(detection_id=row.pk, worker="data-1", reason="It has no real network.")
    found = baselines_shown_with(study)
    assert found is not None
    assert found.not_comparable[0].missing == "It has no real network."
    on_streams.running_study(dataset)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("COMPUTING", "")


def test_finals_are_judged_by_the_streams_of_the_study_and_baselines_too() -> None:
    dataset = dataset_with_counts()
    study = on_streams.running_study(dataset)
    trial = rows.completed_trial(study, streams=on_streams.detected(0.8))
    own = finals.train_finalists(study_id=study.pk, trial_ids=[trial.pk], chosen="hand", seeds=1).finals
    published = finals.train_final_baselines(study_id=study.pk, names=["TC-ResNet8"], seeds=1).finals
    assert (own.accuracy_measure, own.stream_hours) == ("streams", 0.1)
    assert published.accuracy_measure == "clips"
    seed, other = own.trials.get(), published.trials.get()
    assert trials.claim(trial_id=seed.pk, worker="w")
    result = rows.evaluation(streams=on_streams.detected(0.7))
    assert trials.complete(trial_id=seed.pk, worker="w", evaluation=result, tflite_name=rows.TFLITE)
    rows.complete(other)
    networks = final_networks(study)
    assert [one.detection_rate and one.detection_rate.mean for one in networks] == [0.7, None]
    assert networks[1].reward is None
    ready(StreamDetection.objects.get(trial=other), 0.5)
    networks = final_networks(study)
    assert [one.detection_rate and one.detection_rate.mean for one in networks] == [0.7, 0.5]
    energy_mj, flash_bytes = networks[1].seeds[0].estimate.energy_mj or 0.0, 90_000
    assert networks[1].reward is not None
    assert networks[1].reward.mean == pytest.approx(reward(0.5, energy_mj, flash_bytes, reward_parameters(study)))


def test_a_restored_trial_keeps_what_it_detected() -> None:
    study = on_streams.running_study(dataset := dataset_with_counts())
    trial = rows.completed_trial(study, streams=on_streams.detected(0.75))
    values = restoring.trial_as_values(trial)
    other = on_streams.running_study(dataset)
    assert restoring.restore_trials(study_id=other.pk, ended=[values]) == 1
    restored = other.trials.get()
    assert (restored.reward_accuracy, restored.streams) == (0.75, trial.streams)
    before = {name: value for name, value in values.items() if name not in ("stream_accuracy", "streams")}
    third = rows.running_study(dataset=dataset)
    assert restoring.restore_trials(study_id=third.pk, ended=[before | {"number": 1}]) == 1
    assert third.trials.get().reward_accuracy == 0.68


@pytest.mark.parametrize(
    ("counts", "settings", "words"),
    [
        ({}, {}, "no clips of 'negative'"),
        ({"eval": {"alarm": 3, "dog": 3}}, {}, "no clips of 'negative'"),
        ({"eval": {"alarm": 3, "negative": 3}}, {}, "no clips of dog"),
        (on_streams.COUNTS, {"stream_hours": 0.05}, "give at least 0.1 hours"),
        (on_streams.COUNTS, {"stream_hours": 0.02, "stream_alarms_per_hour": 200.0}, "fewer events than there are"),
    ],
)
def test_a_study_whose_data_cannot_give_the_streams_is_not_created(counts, settings, words: str) -> None:
    with pytest.raises(Conflict, match=words):
        on_streams.running_study(rows.ready_dataset(counts=counts), **settings)


def test_the_clips_are_judged_when_the_data_set_is_ready() -> None:
    dataset = rows.ready_dataset(state="PREPARING", counts={}, prepared_at=None)
    study = rows.draft_study(dataset=dataset, **on_streams.SETTINGS)
    Dataset.objects.filter(pk=dataset.pk).update(
        state="READY", prepared_at=timezone.now(), counts={"eval": {"alarm": 3, "dog": 3}}
    )
    with pytest.raises(Conflict, match="no clips of 'negative'"):
        studies.start(study_id=study.pk)


def test_clips_that_would_fill_a_stream_are_refused() -> None:
    dataset = packs.dataset_with_features()
    Clip.objects.filter(dataset=dataset, split="eval").update(seconds=52.0)
    with pytest.raises(Conflict, match="would fill 95 % of a stream"):
        on_streams.running_study(dataset)


def test_settings_travel_by_file_and_clone() -> None:
    study = on_streams.running_study()
    form = form_from_file(read_study_file(study_to_toml(study)) | {"name": "another"}, study.dataset)
    assert form.is_valid(), form.errors
    copy = studies.create_study(study=form.save(commit=False), owner=None)
    clone = studies.clone(study_id=study.pk, owner=None)
    for one in (copy, clone):
        assert {name: getattr(one, name) for name in on_streams.SETTINGS} == on_streams.SETTINGS
    assert plan_key(stream_plan(copy)) == plan_key(stream_plan(study))


def test_the_form_names_the_setting_that_is_wrong() -> None:
    dataset = rows.ready_dataset(counts={"eval": {"alarm": 3, "negative": 1}})
    file = {"name": "x", **on_streams.SETTINGS, "stream_hours": 0.05}
    form = form_from_file(file, dataset)
    assert not form.is_valid()
    assert "give at least 0.1 hours" in form.errors["stream_hours"][0]
    assert "no clips of dog" in form.errors["accuracy_measure"][0]
    assert form_from_file({"name": "x", "stream_hours": 0.05}, dataset).is_valid(), "without an effect on clips"
    wrong = form_from_file({"name": "x", "accuracy_measure": "smells", "stream_alarms_per_hour": 0.1}, dataset)
    assert set(wrong.errors) == {"accuracy_measure", "stream_alarms_per_hour"}


def test_studies_of_different_measures_are_compared_on_clips() -> None:
    dataset = dataset_with_counts()
    one, other = on_streams.running_study(dataset), rows.running_study(dataset=dataset)
    assert shared_measure([one, other]) == (ON_CLIPS, "")
    assert shared_measure([one])[1] == plan_key(stream_plan(one))
    assert shared_measure([]) == (ON_CLIPS, "")
    found = differences_of([one, other])
    assert "accuracy in the reward" in found.of_results
    assert [one.name for one in found.settings] == ["accuracy_measure"]


def test_every_study_of_equal_settings_hears_the_same_streams() -> None:
    one = Study(**on_streams.SETTINGS, seed=1)
    assert stream_plan(Study()) is None
    assert plan_key(stream_plan(one)) == plan_key(stream_plan(Study(**on_streams.SETTINGS, seed=2)))
    assert plan_key(stream_plan(one)) != plan_key(stream_plan(Study(**(on_streams.SETTINGS | {"stream_hours": 0.2}))))
    plan = stream_plan(one)
    assert plan is not None
    assert replace(plan, hours=0.2) == stream_plan(Study(**(on_streams.SETTINGS | {"stream_hours": 0.2})))
