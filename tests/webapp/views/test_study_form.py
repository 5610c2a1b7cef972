"""The form of a study keeps what was typed: under a preset, a wrong file, a dry run, and beside another tab."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.webapp.factories import edited_spec, make_dataset, make_study
from tests.webapp.views.reading import markup_of
from webapp.forms.study import StudyForm
from webapp.models import DryRun, Study
from webapp.queries.spaces import space_version
from webapp.services import studies as services
from webapp.services.spaces import save_space
from webapp.translation import trial_settings

NEW = reverse("new_study")

pytestmark = pytest.mark.django_db


def form_of(response: HttpResponse) -> StudyForm:
    found: StudyForm = response.context["form"]
    return found


def sent(response: HttpResponse, **changes: Any) -> dict[str, Any]:
    """The fields of the shown form as a browser sends them, with what a user changes."""
    form = form_of(response)
    shown: dict[str, Any] = {"seen": response.context["seen"]}
    for name in Study.SETTINGS:
        shown |= {name: form[name].value(), f"initial-{name}": form.data.get(f"initial-{name}", form[name].value())}
    sent = {name: "" if value is None else value for name, value in (shown | changes).items()}
    return {name: value for name, value in sent.items() if not (name == "enforce_constraints" and value is False)}


def values_of(response: HttpResponse, *names: str) -> list[str]:
    return [str(form_of(response)[name].value()) for name in names]


@pytest.fixture
def draft() -> Study:
    return make_study(name="Doorbell watch", state="DRAFT", trial_budget=24, seed=1)


def test_a_preset_keeps_what_was_typed_and_says_so(person: Client) -> None:
    first, _ = make_dataset(name="first"), make_dataset(name="newest")
    typed = {"dataset": first.pk, "name": "Mine", "notes": "For the hall.", "seed": "7", "preset": "quick"}
    response = person.post(NEW, sent(person.get(NEW), **typed))
    assert response.status_code == 200
    assert values_of(response, "dataset", "name", "notes", "seed") == [str(first.pk), "Mine", "For the hall.", "7"]
    assert values_of(response, "trial_budget", "full_epochs", "early_stopping") == ["12", "16", "marginal_value"]
    assert "What you had typed is kept: Name, Notes, Dataset, Seed." in markup_of(response)
    assert not Study.objects.exists()


def test_a_second_preset_replaces_the_first_and_keeps_what_was_typed(person: Client) -> None:
    make_dataset()
    first = person.post(NEW, sent(person.get(NEW), trial_budget="5", preset="quick"))
    assert values_of(first, "name", "trial_budget", "full_epochs") == ["Quick look", "5", "16"]
    second = person.post(NEW, sent(first, preset="nas-hyperfirefly-b-prime"))
    names = ("name", "trial_budget", "full_epochs", "energy_step_mj", "early_stopping")
    assert values_of(second, *names) == ["NAS-HyperFirefly-b'", "5", "200", "1.75", "tsgp"]
    third = person.post(NEW, sent(second, preset="quick"))
    assert values_of(third, *names) == ["Quick look", "5", "16", "0.75", "marginal_value"]


def test_a_preset_is_filled_in_at_the_scale_that_is_chosen(person: Client) -> None:
    make_dataset()
    response = person.post(NEW, sent(person.get(NEW), preset="nas-bayesian", scale="0.1"))
    assert values_of(response, "trial_budget", "switch_at", "full_epochs") == ["200", "100", "20"]
    assert "200 instead of 2,000 trials" in markup_of(response)
    assert '<option value="0.1" selected>10 %</option>' in markup_of(response)
    typed = person.post(NEW, sent(person.get(NEW), trial_budget="7", preset="nas-bayesian", scale="0.1"))
    assert values_of(typed, "trial_budget", "full_epochs") == ["7", "20"]
    assert "At 10 % of its size: 100 instead of 1,000 trials before the switch" in markup_of(typed)
    nonsense = person.post(NEW, sent(person.get(NEW), preset="nas-bayesian", scale="a tenth"))
    assert values_of(nonsense, "trial_budget") == ["2000"]


def test_a_preset_shows_no_errors_of_a_form_that_nobody_has_sent(person: Client) -> None:
    make_study(name="Mine")
    response = person.post(NEW, sent(person.get(NEW), name="Mine", trial_budget="x", preset="quick"))
    assert not form_of(response).errors
    assert values_of(response, "name", "trial_budget") == ["Mine", "x"]


def test_a_ticked_box_survives_a_preset_and_an_unticked_one_stays_so(person: Client) -> None:
    make_dataset()
    ticked = person.post(NEW, sent(person.get(NEW), enforce_constraints="on", preset="quick"))
    assert form_of(ticked)["enforce_constraints"].value() is True
    unticked = person.post(NEW, sent(person.get(NEW), preset="quick"))
    assert form_of(unticked)["enforce_constraints"].value() is False


def test_a_wrong_study_file_leaves_the_form_as_it_was_typed(person: Client) -> None:
    make_dataset()
    file = SimpleUploadedFile("study.toml", b"trails = 5")
    response = person.post(NEW, sent(person.get(NEW), name="Mine", seed="7", read_file="1", file=file))
    assert response.status_code == 422
    assert values_of(response, "name", "seed") == ["Mine", "7"]


@pytest.mark.parametrize("name", ["", "Taken"])
def test_a_dry_run_needs_no_free_name(person: Client, name: str) -> None:
    make_study(name="Taken")
    response = person.post(NEW, sent(person.get(NEW), name=name, dry_run="1"))
    assert response.status_code == 200
    assert not form_of(response).errors
    assert DryRun.objects.count() == 1
    assert person.post(NEW, sent(response, save="1")).status_code == 422
    assert Study.objects.count() == 1


def test_the_second_of_two_tabs_on_a_draft_is_told_and_keeps_its_input(person: Client, draft: Study) -> None:
    address = reverse("edit_study", args=[draft.pk])
    one, two = person.get(address), person.get(address)
    person.post(address, sent(one, trial_budget="48"))
    refused = person.post(address, sent(two, seed="7"))
    draft.refresh_from_db()
    assert (draft.trial_budget, draft.seed) == (48, 1)
    assert refused.status_code == 409
    assert values_of(refused, "trial_budget", "seed") == ["24", "7"]
    text = markup_of(refused)
    assert "Doorbell watch was changed by somebody else, or in another tab" in text
    assert "Stored is now: Trials 48, Seed 1." in text
    person.post(address, sent(refused))
    draft.refresh_from_db()
    assert (draft.trial_budget, draft.seed) == (24, 7)


@pytest.mark.parametrize("change", ["budget", "space"])
def test_every_way_to_change_a_draft_is_noticed(person: Client, draft: Study, change: str) -> None:
    address = reverse("edit_study", args=[draft.pk])
    shown = person.get(address)
    if change == "budget":
        services.extend_budget(study_id=draft.pk, additional_trials=6)
    else:
        save_space(study_id=draft.pk, spec=edited_spec(blocks=4), seen=space_version(draft))
    assert person.post(address, sent(shown, seed="7")).status_code == 409


def test_a_dry_run_of_a_draft_forgets_no_version(person: Client, draft: Study) -> None:
    address = reverse("edit_study", args=[draft.pk])
    tried = person.post(address, sent(person.get(address), dry_run="1"))
    services.extend_budget(study_id=draft.pk, additional_trials=6)
    assert person.post(address, sent(tried)).status_code == 409


def test_the_epochs_with_simulated_quantisation_are_a_setting_and_the_sum_is_said(person: Client) -> None:
    make_dataset()
    response = person.post(
        NEW, sent(person.get(NEW), name="Short", full_epochs="6", qat_epochs="2", save="1"), follow=True
    )
    study = Study.objects.get()
    assert (study.full_epochs, study.qat_epochs) == (6, 2)
    said = (
        "A trial trains for 5 float epochs, three quarters of the full length, and 2 with simulated quantisation: 7 in"
    )
    assert said in markup_of(response)
    lengths = {"full_epochs": "6", "qat_epochs": "2"}
    assert said in markup_of(person.get(reverse("explain_study"), lengths))
    trial = make_study(completed=1, full_epochs=6, qat_epochs=2).trials.get()
    assert trial_settings(trial).qat_epochs == 2


def test_errors_stand_at_the_top_each_with_a_link_to_its_field_in_words_of_the_form(person: Client) -> None:
    make_study(name="Taken")
    wrong = {"name": "Taken", "trial_budget": "0", "full_epochs": "", "energy_step_mj": "-1", "flash_step_kb": "much"}
    response = person.post(NEW, sent(person.get(NEW), **wrong, save="1"))
    assert response.status_code == 422
    text = markup_of(response)
    top = text[text.index('role="alert"') : text.index('aria-label="Presets"')]
    assert "autofocus" in top
    assert "Nothing was saved. 5 settings must be changed:" in top
    for name, label, words in [
        ("name", "Name", "This name is taken: choose another one."),
        ("trial_budget", "Trials", "Must be at least 1."),
        ("full_epochs", "Full training length", "Must not be empty."),
        ("energy_step_mj", "Energy step (mJ)", "Must be above 0."),
        ("flash_step_kb", "Flash step (kB)", "Must be a number, such as 1.5."),
    ]:
        assert f'<a href="#id_{name}">{label}</a>: {words}' in top
    one = person.post(NEW, sent(person.get(NEW), name="Free", trial_budget="0", save="1"))
    assert "Nothing was saved. 1 setting must be changed:" in markup_of(one)
