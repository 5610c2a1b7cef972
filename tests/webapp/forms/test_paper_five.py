"""The form of the paper's five: which they are, what they share, and what a scale changes."""

from typing import Any

import pytest

from nas_engine.energy.estimators.published_figures import TABLE_1
from tests.webapp.energy_models import device, ready_model
from tests.webapp.factories import make_dataset, make_study
from webapp.forms.paper_five import PAPER_FIVE, PaperFiveForm, consequences_of, scale_in_words
from webapp.forms.presets import preset_values
from webapp.models import Dataset, Study

pytestmark = pytest.mark.django_db


def form_on(on: Dataset, **values: Any) -> PaperFiveForm:
    return PaperFiveForm({"name": "five", "dataset": on.pk, "scale": "0.05", "seed": "3", **values})


def test_they_are_the_searches_of_table_1_in_its_order() -> None:
    titles = [preset_values(slug)["name"] for slug in PAPER_FIVE]
    assert titles == [row.model for row in TABLE_1 if "NAS" in row.model]
    form = form_on(make_dataset())
    assert form.is_valid(), form.errors
    assert [study.name for study in form.studies] == titles
    assert not Study.objects.exists()


def test_they_share_dataset_seed_and_scale_and_keep_their_differences() -> None:
    dataset = make_dataset()
    form = form_on(dataset)
    assert form.is_valid()
    for study in form.studies:
        assert (study.dataset, study.seed, study.trial_budget, study.full_epochs) == (dataset, 3, 100, 10)
        assert (study.early_stopping, study.energy_model, study.runtime) == ("tsgp", None, "xnnpack")
    assert [(study.designer, study.energy_step_mj, study.space) for study in form.studies] == [
        ("hybrid", 0.75, "paper_2d"),
        ("hyperfirefly", 0.75, "paper_2d"),
        ("hybrid", 1.75, "paper_2d"),
        ("hyperfirefly", 1.75, "paper_2d"),
        ("hybrid", 0.75, "paper_1d"),
    ]
    assert {study.switch_at for study in form.studies if study.designer == "hybrid"} == {50}


def test_an_energy_model_is_that_of_all_five_with_the_runtime_of_its_device() -> None:
    model = ready_model(device(runtime="micro"))
    form = form_on(make_dataset(), energy_model=str(model.pk))
    assert form.is_valid(), form.errors
    assert {study.energy_model for study in form.studies} == {model}
    assert {study.runtime for study in form.studies} == {"micro"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 91}, "name"),
        ({"dataset": "0"}, "dataset"),
        ({"scale": "2"}, "scale"),
        ({"seed": "-1"}, "seed"),
        ({"seed": "9" * 30}, "seed"),
        ({"energy_model": "7"}, "energy_model"),
    ],
)
def test_a_wrong_value_is_marked(values: dict[str, str], field: str) -> None:
    form = form_on(make_dataset(), **values)
    assert not form.is_valid()
    assert list(form.errors) == [field]
    assert form.studies == ()


def test_a_dataset_that_does_not_fit_the_space_is_explained_once() -> None:
    short = make_dataset(frontend={**make_dataset().frontend, "frames": 98})
    form = form_on(short)
    assert not form.is_valid()
    (message,) = form.non_field_errors()
    assert message.startswith("NAS-Bayesian: space: ")


def test_only_a_ready_dataset_is_offered() -> None:
    preparing = make_dataset(state="PREPARING", pack="")
    assert "dataset" in form_on(preparing).errors


def test_a_study_of_the_same_name_is_no_obstacle() -> None:
    study = make_study(name="NAS-Bayesian")
    assert form_on(study.dataset).is_valid()


def test_a_scale_states_what_it_changes() -> None:
    assert scale_in_words(1.0) == "100 %: 5 × 2,000 trials, full length 200 epochs"
    assert scale_in_words(0.05) == "5 %: 5 × 100 trials, full length 10 epochs"
    assert consequences_of(0.05).startswith("At 5 % of its size: 100 instead of 2,000 trials")
    assert consequences_of(1.0) == ""
    form = form_on(make_dataset(name="kitchen"))
    assert form.is_valid()
    assert form.notes.startswith("The paper's five searches (Table 1) on kitchen with seed 3. At 5 % of its size: 100")
