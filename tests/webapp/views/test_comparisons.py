"""Pages of comparisons: the list, the form, the paper's five, a comparison, adding a study from its own page."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.webapp.energy_models import device, ready_model
from tests.webapp.factories import make_baselines, make_dataset, make_study
from tests.webapp.finals import make_finals
from tests.webapp.views.reading import markup_of
from webapp.models import Comparison, Dataset, Study

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("comparisons"), reverse("new_comparison")
HTMX = {"HX-Request": "true"}


def comparison_of(*studies: Study, name: str = "Both") -> Comparison:
    made = Comparison.objects.create(name=name)
    made.studies.add(*studies)
    return made


def page(person: Client, comparison: Comparison) -> str:
    response = person.get(reverse("comparison", args=[comparison.pk]))
    assert response.status_code == 200
    return markup_of(response)


def start_five(person: Client, on: Dataset, **values: str) -> HttpResponse:
    sent = {"name": "Five", "dataset": on.pk, "scale": "0.05", "seed": "1", "energy_model": "", **values}
    return person.post(reverse("paper_five"), {f"five-{name}": value for name, value in sent.items()})


def test_the_list_leads_to_a_first_comparison_and_shows_what_is_at_work(person: Client) -> None:
    assert "No comparison yet" in markup_of(person.get(LIST))
    comparison_of(make_study(running=1), make_study(completed=1))
    text = markup_of(person.get(LIST))
    assert "1 comparison." in text
    assert '<td class="num">2</td> <td class="num">1</td>' in text
    assert f'<a href="{LIST}" aria-current="page">Comparisons</a>' in text
    assert f'<a href="{LIST}">Comparisons</a>' in markup_of(person.get(reverse("studies")))


def test_a_comparison_of_chosen_studies_is_created(person: Client) -> None:
    one, two = make_study(name="one"), make_study(name="two")
    make_study(name="three")
    assert "three" in markup_of(person.get(NEW))
    response = person.post(NEW, {"name": " Both  of them ", "notes": "why", "studies": [one.pk, two.pk]})
    made = Comparison.objects.get()
    assert response.headers["Location"] == reverse("comparison", args=[made.pk])
    assert (made.name, made.notes, set(made.studies.all()), made.owner.username) == (
        "Both of them", "why", {one, two}, "ada",
    )  # fmt: skip


def test_a_wrong_form_keeps_what_was_ticked(person: Client) -> None:
    one, _ = make_study(), comparison_of(name="Taken")
    response = person.post(NEW, {"name": "Taken", "studies": [one.pk]})
    assert response.status_code == 422
    text = markup_of(response)
    assert "exists already: choose another name" in text
    assert f'value="{one.pk}" id="study-{one.pk}" checked' in text
    assert "Must not be empty." in markup_of(person.post(NEW, {"name": ""}))
    assert person.post(NEW, {"name": "Odd", "studies": ["x", "9" * 30]}).status_code == 422


def test_the_filter_by_dataset_gets_the_choices_alone_and_keeps_the_ticked(person: Client) -> None:
    one, two = make_study(name="one"), make_study(name="two")
    assert f'<option value="{one.dataset_id}">' in markup_of(person.get(NEW))
    part = person.get(NEW, {"dataset": two.dataset_id, "studies": [one.pk]}, headers=HTMX)
    text = markup_of(part)
    assert "<html" not in text
    assert f'id="study-{one.pk}" checked' in text
    assert f'id="study-{two.pk}">' in text
    assert ">one<" not in markup_of(person.get(NEW, {"dataset": two.dataset_id}, headers=HTMX))


def test_the_papers_five_start_in_one_click_at_the_chosen_scale(person: Client) -> None:
    response = start_five(person, make_dataset(name="Hall"))
    made = Comparison.objects.get()
    assert response.headers["Location"] == reverse("comparison", args=[made.pk])
    assert made.studies.filter(state="RUNNING", trial_budget=100).count() == 5
    text = page(person, made)
    for name in ("NAS-Bayesian", "NAS-HyperFirefly-b&#x27;", "1D-NAS-Bayesian"):
        assert f'title="Five: {name}">{name}</a>' in text
    assert "The paper's five searches (Table 1) on Hall with seed 1. At 5 % of its size: 100 instead" in text
    assert "not directly comparable" not in text
    assert "Rewards weigh differently (energy step (mJ)): compare accuracy and energy, not rewards." in text


def test_a_second_click_starts_nothing_and_the_page_then_offers_a_free_name(person: Client) -> None:
    dataset = make_dataset()
    shown = person.get(NEW).context["five"]["name"].value()
    start_five(person, dataset, name=shown)
    second = start_five(person, dataset, name=shown)
    assert second.status_code == 422
    assert "exists already: choose another name." in markup_of(second)
    assert Study.objects.count() == 5
    assert person.get(NEW).context["five"]["name"].value() == f"{shown} 2"


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"scale": "much"}, "A scale is a number above 0"),
        ({"seed": ""}, "Must not be empty."),
        ({"name": ""}, "Must not be empty."),
        ({"dataset": "77"}, "Select a valid choice"),
    ],
)
def test_wrong_settings_of_the_five_start_nothing(person: Client, values: dict[str, str], complaint: str) -> None:
    response = start_five(person, make_dataset(), **values)
    assert response.status_code == 422
    assert complaint in markup_of(response)
    assert not Study.objects.exists()


def test_the_five_can_go_by_an_energy_model(person: Client) -> None:
    model = ready_model(device(name="Pixel 4 XL"))
    dataset = make_dataset()
    assert "Pixel 4 XL, model 1" in markup_of(person.get(NEW))
    start_five(person, dataset, energy_model=str(model.pk))
    assert set(Study.objects.values_list("energy_model", flat=True)) == {model.pk}


def test_the_outlook_follows_scale_and_dataset(person: Client) -> None:
    study = make_study(completed=4, full_epochs=8)
    address = reverse("paper_five_outlook")
    text = markup_of(person.get(address, {"five-scale": "0.1", "five-dataset": study.dataset_id}))
    assert "At 10 % of its size: 200 instead of 2,000 trials" in text
    assert "estimated from 4 earlier trials on this dataset" in text
    assert "At full size, as in the paper." in markup_of(person.get(address, {"five-scale": "1"}))
    assert person.get(address, {"five-scale": "\0", "five-dataset": "9" * 40}).status_code == 200


def test_without_a_ready_dataset_the_five_are_not_offered(person: Client) -> None:
    text = markup_of(person.get(NEW))
    assert "Create and start all five" not in text
    assert reverse("new_dataset") in text


def test_the_page_shows_studies_side_by_side_and_what_they_differ_in(person: Client) -> None:
    one = make_study(name="one", completed=5, running=1, trial_budget=9)
    two = make_study(name="two", completed=3, designer="random", trial_budget=9)
    made = comparison_of(one, two)
    text = page(person, made)
    assert "5 / 9" in text
    best = one.trials.filter(state="COMPLETED").order_by("-reward").first()
    assert best is not None
    assert f">trial {best.number}</a>" in text
    assert "of 180, " in text  # the interval's clips
    assert "Results are not directly comparable: the studies differ in dataset." in text
    assert "<td>Firefly (eagle strategy)</td><td>Random search</td>" in text
    assert reverse("comparison_chart", args=[made.pk]) in text


def test_the_chart_has_a_front_a_study_and_the_baselines_of_all_datasets(person: Client) -> None:
    one, two = make_study(name="one", completed=9), make_study(name="two", completed=9)
    make_baselines(one.dataset, names=["TC-ResNet8"])
    made = comparison_of(one, two)
    chart = person.get(reverse("comparison_chart", args=[made.pk])).json()
    assert [trace["name"] for trace in chart["data"]] == ["one", "two", "Baseline"]
    assert chart["data"][2]["text"] == ["TC-ResNet8-1.0"]
    own = person.get(reverse("front_chart", args=[one.pk, "energy"])).json()
    assert chart["data"][0]["x"] == own["data"][1]["x"]
    assert chart["data"][0]["text"][0].startswith("<b>one</b><br><b>Trial ")
    assert chart["layout"]["shapes"][0]["x0"] == 1.25
    make_baselines(two.dataset, names=["MobileNetV1"])
    both = person.get(reverse("comparison_chart", args=[made.pk])).json()
    names = {trace["name"]: trace.get("text") for trace in both["data"][2:]}
    assert names == {
        f"Baseline, {one.dataset}": ["TC-ResNet8-1.0"],
        f"Baseline, {two.dataset}": ["MobileNetV1-1.0"],
    }


def test_polling_states_when_the_chart_is_out_of_date_and_ends_with_the_studies(person: Client) -> None:
    made = comparison_of(make_study(completed=2, running=1))
    address = reverse("comparison_rows", args=[made.pk])
    first = person.get(address, headers=HTMX)
    assert (first.status_code, first.headers["HX-Trigger"]) == (200, '{"results-changed": true}')
    again = person.get(address, {"version": first.context["version"]}, headers=HTMX)
    assert "HX-Trigger" not in again.headers
    assert f"version={first.context['version']}" in markup_of(again)
    Study.objects.update(state="STOPPED")
    assert person.get(address, headers=HTMX).status_code == 286


def test_studies_are_added_and_removed_on_the_page(person: Client) -> None:
    one, made = make_study(name="one"), comparison_of()
    assert "No study is chosen" in page(person, made)
    person.post(reverse("add_studies", args=[made.pk]), {"studies": [one.pk]})
    assert list(made.studies.all()) == [one]
    person.post(reverse("remove_study", args=[made.pk, one.pk]))
    assert not made.studies.exists()
    baselines = make_baselines(one.dataset, names=["TC-ResNet8"])
    refused = person.post(reverse("add_studies", args=[made.pk]), {"studies": [baselines.pk, "x"]}, follow=True)
    assert "is no search" in markup_of(refused)


def test_a_deleted_comparison_leaves_its_studies(person: Client) -> None:
    made = comparison_of(make_study())
    page = " ".join(markup_of(person.get(reverse("comparison", args=[made.pk]))).split())
    assert "Deletes the comparison and its reports, for good. Its studies stay, with their trials, repetitions" in page
    response = person.post(reverse("delete_comparison", args=[made.pk]), follow=True)
    assert "Deleted the comparison Both; its studies are still there." in markup_of(response)
    assert (Comparison.objects.count(), Study.objects.count()) == (0, 1)
    assert person.get(reverse("comparison", args=[made.pk])).status_code == 404


def add(person: Client, study: Study, **values: Any) -> HttpResponse:
    return person.post(reverse("add_to_comparison", args=[study.pk]), values, follow=True)


def test_a_study_is_added_from_its_own_page_to_a_new_comparison_or_to_one_there_is(person: Client) -> None:
    study, made = make_study(name="one"), comparison_of(name="There")
    address = reverse("add_to_comparison", args=[study.pk])
    assert address in markup_of(person.get(reverse("study", args=[study.pk])))
    add(person, study, comparison=made.pk)
    add(person, study, comparison="", name="Mine")
    assert {one.name for one in study.comparisons.all()} == {"There", "Mine"}
    text = markup_of(person.get(address))
    assert f'<a href="{reverse("comparison", args=[made.pk])}">There</a>' in text
    assert "<option" in text
    assert f'<option value="{made.pk}">' not in text


def test_a_new_comparison_for_a_study_needs_a_free_name(person: Client) -> None:
    study, _ = make_study(), comparison_of(name="Taken")
    assert "A new comparison needs a name." in markup_of(add(person, study, comparison="", name=" "))
    assert "exists already" in markup_of(add(person, study, comparison="", name="Taken"))
    baselines = make_baselines(study.dataset, names=["TC-ResNet8"])
    assert reverse("add_to_comparison", args=[baselines.pk]) not in markup_of(
        person.get(reverse("study", args=[baselines.pk]))
    )
    assert "is no search" in markup_of(add(person, baselines, name="Other"))


def test_finalists_of_all_studies_and_their_baselines_stand_on_the_page_in_as_many_queries(
    person: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    dataset = make_dataset()
    for count in (1, 3):
        studies = [make_study(dataset=dataset, completed=4, name=f"{count} {number}") for number in range(count)]
        for study in studies:
            make_finals(study, count=1, seeds=2, opened=1, waiting=0)
        made = comparison_of(*studies, name=f"of {count}")
        with django_assert_max_num_queries(14):
            text = page(person, made)
        assert text.count("best mean reward") == count
        assert text.count("MobileNetV2-1.0</") == text.count("TC-ResNet8-1.0</")
        assert "In words, on the test split" in text
        figure = person.get(reverse("compared_finalists_chart", args=[made.pk])).json()
        assert {trace["name"] for trace in figure["data"]} == {
            "Finalist, evaluation split", "Finalist, test split", "Baseline, evaluation split", "Baseline, test split",
        }  # fmt: skip


def test_page_and_chart_take_as_many_queries_for_many_studies_as_for_few(
    person: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    dataset = make_dataset()
    make_baselines(dataset, names=["TC-ResNet8"])
    for count in (2, 7):
        studies = [make_study(dataset=dataset, completed=4, running=1) for _ in range(count)]
        made = comparison_of(*studies, name=f"of {count}")
        with django_assert_num_queries(10):
            page(person, made)
        with django_assert_num_queries(6):
            person.get(reverse("comparison_chart", args=[made.pk]))
