"""What the study's form refuses: a dataset that does not fit the space, and limits that leave nothing."""

from typing import Any

import pytest
from django.utils import timezone

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.designers import registry
from nas_engine.early_stopping import registry as stopping_rules
from tests.webapp.benches import device
from tests.webapp.factories import edited_spec, make_dataset, make_study
from tests.webapp.npus import npu_model
from webapp.forms.study import StudyForm, defaults
from webapp.models import Dataset, EnergyModel
from webapp.services.studies import create_study

pytestmark = pytest.mark.django_db


def form_of(dataset: Dataset | None = None, *, fit_input: bool = False, **values: Any) -> StudyForm:
    dataset = dataset or make_dataset()
    return StudyForm(defaults() | {"name": "x", "dataset": dataset.pk} | values, fit_input=fit_input)


def small_dataset() -> Dataset:
    return make_dataset(name="short clips", frontend=FrontendConfig(frames=98, mel_bins=20).to_json())


def test_a_new_study_chooses_between_the_papers_spaces() -> None:
    form = StudyForm()
    assert form.fields["space"].choices == [("paper_2d", "Paper, 2-D"), ("paper_1d", "Paper, 1-D")]
    assert [value for value, _ in form.fields["designer"].choices] == [
        "random", "eagle", "gaussian_process", "evolution", "hyperfirefly", "hybrid", "nsga2",
    ]  # fmt: skip


def test_every_designer_on_offer_is_one_that_the_search_knows() -> None:
    assert {value for value, _ in StudyForm().fields["designer"].choices} == set(registry.NAMES)


def test_the_hybrids_switch_is_a_setting_of_at_least_one_trial() -> None:
    assert form_of(designer="hybrid", switch_at=50).is_valid()
    assert "switch_at" in form_of(designer="hybrid", switch_at=0).errors


@pytest.mark.parametrize(("of_device", "chosen", "runtime"), [
    ("micro", "", "micro"), ("micro", "reference", "reference"), ("", "", "xnnpack"),
])  # fmt: skip
def test_a_study_without_a_runtime_takes_that_of_its_energy_models_device(
    of_device: str, chosen: str, runtime: str
) -> None:
    model = EnergyModel.objects.create(
        device=device(runtime=of_device), version=1, state="READY", trained_at=timezone.now(), arrays="a.npz"
    )
    form = form_of(energy_model=model.pk, runtime=chosen)
    assert form.is_valid(), form.errors
    assert form.save(commit=False).runtime == runtime


def test_every_stopping_rule_on_offer_is_one_that_the_engine_knows() -> None:
    assert tuple(value for value, _ in StudyForm().fields["early_stopping"].choices) == stopping_rules.NAMES


def test_a_new_study_stops_by_marginal_value_unless_another_rule_is_chosen() -> None:
    assert StudyForm()["early_stopping"].value() == "marginal_value"
    assert form_of(early_stopping="none").save(commit=False).early_stopping == "none"


def test_a_search_for_the_front_is_not_stopped_by_rewards() -> None:
    refused = form_of(designer="nsga2", early_stopping="marginal_value")
    assert "choose none" in refused.errors["early_stopping"][0]
    assert form_of(designer="nsga2", early_stopping="none").is_valid()


def test_the_confidence_of_stopping_is_one_that_the_rules_take() -> None:
    low, high = stopping_rules.LOWEST_CONFIDENCE, stopping_rules.HIGHEST_CONFIDENCE
    assert all(form_of(early_stopping="tsgp", stop_confidence=value).is_valid() for value in (low, high))
    assert "stop_confidence" in form_of(early_stopping="tsgp", stop_confidence=1.0).errors


def test_a_draft_with_an_edited_space_offers_it_by_name() -> None:
    draft = make_study(state="DRAFT", space="edited", space_spec=edited_spec().search_space().to_json())
    assert StudyForm(instance=draft).fields["space"].choices[-1] == ("edited", "Edited from Paper, 2-D")


def test_a_dataset_that_does_not_fit_the_space_is_refused_with_what_to_do() -> None:
    form = form_of(small_dataset())
    assert form.errors["space"] == [
        "The space takes 196 frames of 40 mel bins, but short clips has 98 of 20: edit the space's input, or add the "
        "dataset again with 196 frames and 40 mel bins."
    ]


def test_a_space_about_to_be_edited_is_given_the_datasets_input() -> None:
    form = form_of(small_dataset(), fit_input=True)
    assert form.is_valid(), form.errors
    study = create_study(study=form.save(commit=False), owner=None)
    assert (study.space, study.space_spec["name"]) == ("edited", "Edited from Paper, 2-D")
    assert study.space_spec["stem"] == {"frames": 98, "mel_bins": 20, "layout": "2d"}


def test_screening_needs_a_limit() -> None:
    assert "give one" in str(form_of(enforce_constraints=True).errors["enforce_constraints"])
    assert form_of(enforce_constraints=True, energy_limit_mj=2.0).is_valid()
    assert form_of(enforce_constraints=False, flash_limit_kb=0.5).is_valid()


@pytest.mark.parametrize(
    ("field", "unit"), [("flash_limit_kb", "kB"), ("peak_ram_limit_kb", "kB"), ("energy_limit_mj", "mJ")]
)
def test_a_limit_below_everything_is_refused_with_the_smallest_value(field: str, unit: str) -> None:
    form = form_of(enforce_constraints=True, **{field: 0.01})
    (message,) = form.errors[field]
    smallest = float(message.split(" takes ")[1].split()[0])
    assert message.startswith("No network of this space is so small: the smallest of 2,000 drawn")
    assert f" {unit}. Raise the limit" in message
    assert form_of(enforce_constraints=True, **{field: smallest * 1.01}).is_valid()
    assert not form_of(enforce_constraints=True, **{field: smallest * 0.99}).is_valid()


def test_limits_that_exclude_each_other_are_refused() -> None:
    smallest = {
        field: float(
            str(form_of(enforce_constraints=True, **{field: 0.01}).errors[field][0]).split(" takes ")[1].split()[0]
        )
        for field in ("flash_limit_kb", "energy_limit_mj")
    }
    form = form_of(enforce_constraints=True, **{field: value * 1.001 for field, value in smallest.items()})
    assert "None of 2,000 networks drawn at random keeps all limits together" in str(form.errors["enforce_constraints"])


def test_limits_of_an_npu_need_its_name_and_its_name_needs_limits() -> None:
    on = {"enforce_constraints": True}
    assert form_of(**on, accelerator="ethos-u55-128", npu_time_limit_ms=0.5).is_valid()
    assert form_of(**on, accelerator="ethos-u85-256", npu_sram_limit_kb=100.0).is_valid()
    nameless = form_of(**on, npu_time_limit_ms=0.5)
    assert "Choose the Ethos-U that the limits" in str(nameless.errors["accelerator"])
    limitless = form_of(**on, accelerator="ethos-u55-128", flash_limit_kb=500.0)
    assert "Give a limit of inference time or SRAM" in str(limitless.errors["accelerator"])
    assert "ethos-u99 is not one of the available choices" in str(
        form_of(accelerator="ethos-u99").errors["accelerator"]
    )


def test_a_limit_of_energy_by_an_npu_is_not_judged_by_the_published_figures() -> None:
    limits = {"enforce_constraints": True, "energy_limit_mj": 0.001}
    assert not form_of(**limits).is_valid()
    assert form_of(**limits, energy_model=npu_model().pk).is_valid()


def test_the_rule_of_the_front_needs_both_its_numbers() -> None:
    assert form_of().is_valid(), "no rule is the default"
    assert form_of(stop_trials=10, stop_hours=0.5, stop_front_percent=2, stop_front_trials=20).is_valid()
    half = form_of(stop_front_percent=2)
    assert half.errors == {
        "stop_front_trials": ["The rule of the front needs both its percentage and its number of trials, or neither."]
    }
    assert form_of(stop_trials=0).errors == {"stop_trials": ["Must be at least 1."]}
