"""Study files hold what the browser form holds, and say what is wrong with them."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from nas_engine.architecture import Head
from nas_engine.energy.estimators.published_figures import TABLE_1
from tests.webapp.energy_models import device, ready_model
from tests.webapp.factories import edited_spec, make_dataset, make_study, unsaved_study
from webapp.forms.presets import preset_values, presets
from webapp.forms.study import EDITED_SPACE, StudyForm, settings_of
from webapp.forms.study_file import (
    StudyFileError,
    errors_in_words,
    form_from_file,
    read_study_file,
    settings_from,
    study_to_toml,
)
from webapp.models import Study
from webapp.services.studies import create_study

pytestmark = pytest.mark.django_db


def test_a_study_written_to_a_file_reads_back_to_the_same_settings(tmp_path: Path) -> None:
    study = make_study(
        name='Ears "up" \\ 100 %',
        notes="first line\nsecond\tline \x7f é",
        seed=7,
        energy_step_mj=1.75,
        enforce_constraints=True,
        flash_limit_kb=70.0,
        stop_trials=40,
        stop_hours=12.5,
        stop_front_percent=1.0,
        stop_front_trials=50,
        state="DRAFT",
    )
    path = tmp_path / "study.toml"
    path.write_text(study_to_toml(study), encoding="utf-8")
    data = read_study_file(path) | {"name": "another name"}
    form = form_from_file(data)
    assert form.is_valid(), form.errors
    copy = form.save(commit=False)
    assert settings_of(copy) == settings_of(study) | {"name": "another name"}


def test_a_search_needs_a_designer_that_searches() -> None:
    form = form_from_file({"name": "none", "designer": "listed"}, make_dataset())
    assert "designer: Select a valid choice. listed is not one of the available choices." in errors_in_words(form)


def test_what_a_file_leaves_out_takes_its_default() -> None:
    form = form_from_file({"name": "short"}, make_dataset())
    assert form.is_valid(), form.errors
    study = form.save(commit=False)
    assert (study.trial_budget, study.designer, study.energy_threshold_mj) == (24, "eagle", 1.25)
    assert study.early_stopping == "marginal_value"


def test_short_names_stand_for_trials_and_epochs() -> None:
    assert read_study_file("trials = 12\nepochs = 8") == {"trial_budget": 12, "full_epochs": 8}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trial_budgets = 3", "There is no setting named trial_budgets. Did you mean trial_budget?"),
        ("state = 'RUNNING'", "There is no setting named state"),
        ("owner = 1", "There is no setting named owner"),
        ("name = quick", "This is not valid TOML"),
        ("trials = 3\ntrial_budget = 4", "trial_budget is given twice, once as trial_budget: keep one of them."),
        ("seed = [1, 2]", "seed must be a text or a number, not [1, 2]."),
        ("enforce_constraints = 1.5", "enforce_constraints must be true or false"),
        ("screening = 1.5", "screening must be true or false"),
        ("seed = true", "seed must be a text or a number, not true."),
        ("x = 1\n" * 20_000, "a study file has at most"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(StudyFileError, match=message.replace("[", r"\[").replace(".", r"\.")):
        read_study_file(text)


def test_wrong_values_are_named_by_their_setting() -> None:
    form = form_from_file({"name": "bad", "trials": 0, "designer": "magic", "energy_step_mj": 0}, make_dataset())
    assert not form.is_valid()
    words = errors_in_words(form)
    for name in ("trial_budget:", "designer:", "energy_step_mj:"):
        assert name in words


def test_an_unknown_dataset_is_refused_with_those_there_are() -> None:
    make_dataset(name="kitchen clips")
    with pytest.raises(StudyFileError, match=r"no dataset named attic\. There are: kitchen clips"):
        form_from_file({"name": "x", "dataset": "attic"})


def test_the_given_dataset_overrides_that_of_the_file() -> None:
    chosen = make_dataset()
    form = form_from_file({"name": "x", "dataset": "not there"}, chosen)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["dataset"] == chosen


def test_form_file_and_model_hold_the_same_settings() -> None:
    assert set(StudyForm().fields) == {*Study.SETTINGS, EDITED_SPACE}
    limits = {"flash_limit_kb": 60.0, "peak_ram_limit_kb": 80.0, "energy_limit_mj": 2.0}
    limits |= {"accelerator": "ethos-u55-128", "npu_time_limit_ms": 0.5, "npu_sram_limit_kb": 200.0}
    limits |= {"stop_trials": 9, "stop_hours": 1.0, "stop_front_percent": 1.0, "stop_front_trials": 9}
    study = make_study(enforce_constraints=True, energy_model=ready_model(device()), **limits)
    in_file = {line.split(" = ")[0] for line in study_to_toml(study).splitlines() if " = " in line}
    assert in_file == set(Study.SETTINGS)


def test_an_edited_space_travels_in_the_file_as_a_table() -> None:
    spec = edited_spec()
    study = create_study(study=unsaved_study(space="edited", space_spec=spec.search_space().to_json()), owner=None)
    text = study_to_toml(study)
    assert "[[space.positions]]" in text
    assert tomllib.loads(text)["space"]["positions"][0]["kinds"] == ["kxk"]
    form = form_from_file(read_study_file(text) | {"name": "another"}, study.dataset)
    assert form.is_valid(), form.errors
    copy = create_study(study=form.save(commit=False), owner=None)
    assert (copy.space, copy.space_spec) == ("edited", study.space_spec)
    assert settings_of(copy) == settings_of(study) | {"name": "another"}


def test_an_edited_space_in_a_file_takes_the_classes_of_the_dataset() -> None:
    table = replace(edited_spec(), head=Head(classes=4)).to_json()
    form = form_from_file({"name": "x", "space": table}, make_dataset())
    assert form.is_valid(), form.errors
    assert form.save(commit=False).space_spec["head"]["classes"] == 9


def test_a_wrong_space_in_a_file_says_why() -> None:
    table = edited_spec().to_json()
    table["positions"][1]["strides"] = [2, 1]
    table["positions"][1]["kinds"] = ["mobilenet_v1"]
    form = form_from_file({"name": "x", "space": table}, make_dataset())
    assert "position 2" in errors_in_words(form)
    assert "unequal strides (2, 1)" in errors_in_words(form)
    del table["stem"]
    assert "key 'stem' is missing" in errors_in_words(form_from_file({"name": "x", "space": table}, make_dataset()))


def test_an_edited_space_needs_to_be_there() -> None:
    assert "space: Select a valid choice" in errors_in_words(
        form_from_file({"name": "x", "space": "edited"}, make_dataset())
    )


def test_a_setting_on_the_command_line_overrides_the_files_space() -> None:
    data = settings_from({"name": "x", "space": edited_spec().to_json()}) | settings_from({"space": "paper_1d"})
    form = form_from_file(data, make_dataset())
    assert form.is_valid(), form.errors
    assert create_study(study=form.save(commit=False), owner=None).space_spec["stem"]["layout"] == "1d"


def test_every_preset_that_comes_along_is_a_valid_study() -> None:
    assert {"quick", "demo"} <= {preset.slug for preset in presets()}
    dataset = make_dataset()
    for preset in presets():
        form = form_from_file(preset.values, dataset)
        assert form.is_valid(), (preset.slug, form.errors)
        assert preset.notes, f"{preset.slug} does not say what it is for"


def test_the_papers_five_searches_differ_in_what_the_paper_says_and_in_nothing_else() -> None:
    """Section 6 and Table 1: the search algorithm, the slope of the energy penalty, the space."""
    by_title = {preset.title: dict(preset.values) for preset in presets() if preset.values["trial_budget"] == 2000}
    assert by_title.keys() == {row.model for row in TABLE_1 if "NAS" in row.model}
    differing = ("designer", "switch_at", "energy_step_mj", "space")
    assert {title: tuple(values.pop(key, None) for key in differing) for title, values in by_title.items()} == {
        "NAS-Bayesian": ("hybrid", 1000, 0.75, "paper_2d"),
        "NAS-HyperFirefly": ("hyperfirefly", None, 0.75, "paper_2d"),
        "NAS-Bayesian-b'": ("hybrid", 1000, 1.75, "paper_2d"),
        "NAS-HyperFirefly-b'": ("hyperfirefly", None, 1.75, "paper_2d"),
        "1D-NAS-Bayesian": ("hybrid", 1000, 0.75, "paper_1d"),
    }
    for values in by_title.values():
        del values["name"], values["notes"]
    one, *others = by_title.values()
    assert all(other == one for other in others)
    assert (one["energy_threshold_mj"], one["flash_threshold_kb"], one["early_stopping"]) == (1.25, 60.0, "tsgp")
    assert preset_values("no such preset") == {}


def test_a_failed_dataset_cannot_be_chosen() -> None:
    failed = make_dataset(state="FAILED", pack="")
    form = StudyForm({"name": "x", "dataset": failed.pk})
    assert "dataset" in form.errors
    assert Study.objects.count() == 0
