"""The published networks on every page that shows them, and the page that sets networks beside each other."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from nas_engine.baselines import NAMES
from tests.webapp.factories import make_baselines, make_dataset, make_study
from tests.webapp.views.reading import markup_of
from webapp.models import Dataset, StoredArchitecture, Study, Trial

pytestmark = pytest.mark.django_db
FORM = {"full_epochs": "60", **{f"width_{family}": "" for family in NAMES}}


def dataset_page(person: Client, dataset: Dataset, **query: object) -> str:
    return markup_of(person.get(reverse("dataset", args=[dataset.pk]), query))


def study_page(person: Client, study: Study) -> str:
    return markup_of(person.get(reverse("study", args=[study.pk])))


def train(person: Client, dataset: Dataset, **values: object) -> HttpResponse:
    return person.post(reverse("train_baselines", args=[dataset.pk]), FORM | values)


def test_the_button_requests_the_ticked_networks_at_their_widths(person: Client) -> None:
    dataset = make_dataset()
    response = train(person, dataset, names=["TC-ResNet8", "MobileNetV2"], width_MobileNetV2="0.35")
    study = Study.objects.get(kind="baselines")
    assert response.headers["Location"] == reverse("study", args=[study.pk])
    assert list(study.trials.order_by("number").values_list("label", flat=True)) == [
        "TC-ResNet8-1.0",
        "MobileNetV2-0.35",
    ]
    assert study.owner is not None
    text = person.get(response.headers["Location"]).content.decode()
    assert "To be trained: TC-ResNet8-1.0, MobileNetV2-0.35." in text


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({}, "Choose at least one network."),
        ({"names": ["TC-ResNet8"], "width_TC-ResNet8": "3"}, "Must be at most 2"),
        ({"names": ["TC-ResNet8"], "width_TC-ResNet8": "wide"}, "Must be a number, such as 1.5."),
        ({"names": ["TC-ResNet8"], "full_epochs": "0"}, "Must be at least 1"),
        ({"names": ["TC-ResNet8"], "full_epochs": ""}, "Must not be empty."),
        ({"names": ["ResNet50"]}, "ResNet50 is not one of the available choices"),
    ],
)
def test_a_wrong_form_is_explained_with_what_was_filled_in(
    person: Client, values: dict[str, object], complaint: str
) -> None:
    response = train(person, make_dataset(), **{"width_MobileNetV1": "0.123", **values})
    assert response.status_code == 422
    assert complaint in response.content.decode()
    assert 'value="0.123"' in response.content.decode()
    assert not Study.objects.exists()


def test_another_length_is_refused_on_the_page_and_replacing_offered(person: Client) -> None:
    dataset = make_dataset()
    old = make_baselines(dataset, full_epochs=8)
    response = train(person, dataset, names=["TC-ResNet8"])
    assert response.status_code == 422
    assert "full length of 8 epochs, not 60" in response.content.decode()
    assert train(person, dataset, names=["TC-ResNet8"], replace="on").status_code == 302
    assert not Study.objects.filter(pk=old.pk).exists()


def test_the_form_ticks_what_is_missing_and_takes_the_length_there_is(person: Client) -> None:
    dataset = make_dataset()
    fresh = dataset_page(person, dataset, full_epochs="24")
    assert fresh.count(" checked") == 4
    assert 'name="full_epochs" value="24"' in fresh
    assert "by a rule of thumb: nothing has been trained on this dataset yet" in fresh
    make_baselines(dataset, names=["TC-ResNet8", "MobileNetV1-0.5"], full_epochs=8)
    text = dataset_page(person, dataset, full_epochs="24")
    assert text.count(" checked") == 3
    assert 'value="TC-ResNet8" checked' not in text
    assert 'name="full_epochs" value="8"' in text
    assert "estimated from 2 earlier trials on this dataset" in text


def test_a_dataset_that_is_not_ready_offers_no_training(person: Client) -> None:
    dataset = Dataset.objects.create(name="slow")
    assert reverse("train_baselines", args=[dataset.pk]) not in dataset_page(person, dataset)
    assert train(person, dataset, names=["TC-ResNet8"]).status_code == 422
    assert not Study.objects.exists()


def test_a_search_without_baselines_leads_to_their_form(person: Client) -> None:
    study = make_study(completed=2, full_epochs=24)
    link = reverse("dataset", args=[study.dataset_id]) + "?full_epochs=24#baselines"
    assert f'href="{link}">Compare with baselines' in study_page(person, study)
    Study.objects.filter(pk=study.pk).update(state="DRAFT")
    assert "Compare with baselines" not in study_page(person, study)


def test_a_search_sets_completed_baselines_beside_its_best(person: Client) -> None:
    study = make_study(completed=5)
    baselines = make_baselines(study.dataset, names=["TC-ResNet8", "MobileNetV1"], completed=1)
    best = Trial.objects.filter(study=study).order_by("-reward").first()
    done = baselines.trials.get(number=1)
    assert best is not None
    assert best.int8_accuracy is not None
    assert best.energy_mj is not None
    assert done.int8_accuracy is not None
    assert done.energy_mj is not None
    text = study_page(person, study)
    difference = f"{100 * (done.int8_accuracy - best.int8_accuracy):+.1f}".replace("-", "−")
    assert f"{difference}\N{NO-BREAK SPACE}points" in text
    assert f"{done.energy_mj / best.energy_mj:.2f}×" in text
    assert f"{reverse('compare')}?of={best.pk}&amp;of={done.pk}" in text
    assert "Not trained yet:" in text
    assert "are not directly comparable" not in text
    Study.objects.filter(pk=study.pk).update(full_epochs=8)
    assert "so accuracies are not directly comparable" in study_page(person, study)


def test_a_study_of_baselines_offers_nothing_that_only_a_search_can(person: Client) -> None:
    study = make_baselines(make_dataset(), names=["TC-ResNet8"])
    text = study_page(person, study)
    for absent in ("Clone", "Extend", "study.toml", "rewards.json", "Designer", "Search space", "Compare with"):
        assert absent not in text
    assert "TC-ResNet8-1.0" in text
    assert "manage.py train_baselines" in text
    assert person.get(reverse("study_toml", args=[study.pk])).status_code == 404
    person.post(reverse("clone_study", args=[study.pk]))
    person.post(reverse("extend_study", args=[study.pk]), {"additional_trials": "3"})
    assert (Study.objects.count(), Study.objects.get().trial_budget) == (1, 1)
    assert person.get(reverse("edit_study", args=[study.pk])).status_code == 302
    assert 'value="listed"' not in person.get(reverse("new_study"), {"from": study.pk}).content.decode()


def test_the_list_shows_baselines_apart_from_searches(person: Client) -> None:
    search = make_study(name="Doorbell", completed=1)
    study = make_baselines(search.dataset, names=["TC-ResNet8", "TC-ResNet14"], completed=1)
    context = person.get(reverse("studies")).context
    assert [row.id for row in context["page"].rows] == [search.pk]
    assert [(row.id, row.done, row.trial_budget) for row in context["baselines"]] == [(study.pk, 1, 2)]
    assert context["is_live"]
    assert person.get(reverse("studies"), {"q": "nothing"}).context["baselines"] == ()
    search.delete()
    text = person.get(reverse("studies")).content.decode()
    assert "No study yet" in text
    assert study.name in text


def test_a_baselines_page_names_it_and_tells_how_to_repeat_it(person: Client) -> None:
    study = make_baselines(make_dataset(), names=["TC-ResNet8"])
    text = markup_of(person.get(reverse("trial", args=[study.pk, 1])))
    assert "<h1> TC-ResNet8-1.0 <" in text
    assert "study.toml" not in text
    assert "--epochs 60 --replace --wait" in text


def test_exports_carry_the_names(person: Client) -> None:
    study = make_baselines(make_dataset(), names=["TC-ResNet8"])
    lines = b"".join(person.get(reverse("trials_csv", args=[study.pk])).streaming_content).decode().splitlines()
    assert lines[1].split(",")[lines[0].split(",").index("label")] == "TC-ResNet8-1.0"
    summary = person.get(reverse("study_json", args=[study.pk])).json()
    assert (summary["study"]["kind"], summary["trials"][0]["label"]) == ("baselines", "TC-ResNet8-1.0")


@pytest.mark.parametrize("resource", ["energy", "flash"])
def test_a_searchs_front_draws_completed_baselines_with_names_and_links(person: Client, resource: str) -> None:
    study = make_study(completed=5)
    address = reverse("front_chart", args=[study.pk, resource])
    before = person.get(address).json()
    baselines = make_baselines(study.dataset, names=["TC-ResNet8", "TC-ResNet14", "MobileNetV1"], completed=2)
    after = person.get(address).json()
    assert after["data"][:2] == before["data"]
    assert "type" not in before["layout"]["xaxis"]
    trace = after["data"][2]
    assert set(trace["text"]) == {"TC-ResNet8-1.0", "TC-ResNet14-1.5"}
    assert set(trace["customdata"]) == {reverse("trial", args=[baselines.pk, number]) for number in (1, 2)}


def test_the_chart_of_baselines_has_neither_front_nor_threshold(person: Client) -> None:
    study = make_baselines(make_dataset())
    figure = person.get(reverse("front_chart", args=[study.pk, "flash"])).json()
    assert [len(trace["x"]) for trace in figure["data"]] == [0, 0, 4]
    assert [(shape["y0"], shape["y1"]) for shape in figure["layout"]["shapes"]] == [(11.11, 11.11)], "chance alone"


def test_a_trial_can_be_compared_with_baselines_and_with_its_studys_fronts(person: Client) -> None:
    study = make_study(completed=10)
    baselines = make_baselines(study.dataset, names=["TC-ResNet8"])
    response = person.get(reverse("trial", args=[study.pk, 1]))
    offered = response.context["choices"]
    assert [choice.text for choice in offered.baselines] == ["TC-ResNet8-1.0"]
    assert offered.front
    assert Trial.objects.get(study=study, number=1).pk not in {choice.trial_id for choice in offered.front}
    assert f'<option value="{baselines.trials.get().pk}">TC-ResNet8-1.0</option>' in response.content.decode()


def test_networks_stand_stage_beside_stage(person: Client) -> None:
    study = make_study(completed=1)
    baselines = make_baselines(study.dataset, names=["TC-ResNet8", "MobileNetV2-0.35"])
    ids = [study.trials.get().pk, *baselines.trials.order_by("number").values_list("pk", flat=True)]
    comparison = person.get(reverse("compare"), {"of": ids}).context["comparison"]
    first, *others = comparison.networks
    assert [network.name for network in comparison.networks] == ["Trial 1", "TC-ResNet8-1.0", "MobileNetV2-0.35"]
    for other in others:
        assert [(stage.time_steps, len(stage.rows)) for stage in other.stages] == [
            (stage.time_steps, len(stage.rows)) for stage in first.stages
        ]
    assert [stage.time_steps for stage in first.stages] == [196, 98, 49, 25, 13, 7, 0]
    for network in comparison.networks:
        assert len([row for stage in network.stages for row in stage.rows if row]) == len(network.blocks.rows)
        assert sum(stage.energy_share for stage in network.stages) == pytest.approx(1)
    assert first.relative is None
    assert others[1].relative.flops == others[1].trial.architecture.flops / first.trial.architecture.flops


def test_what_does_not_compare_is_said(person: Client) -> None:
    one, other = make_study(completed=1, full_epochs=8), make_study(completed=1, running=4)
    first, running = one.trials.get(), other.trials.get(number=2)
    text = person.get(reverse("compare"), {"of": [first.pk, running.pk, 999_999]}).content.decode()
    assert "trained on different datasets: their accuracies cannot be compared" in text
    assert "different lengths, 8 and 60 epochs" in text
    assert "There is no network 999999" in text
    assert "running</span>" in text
    nine = list(make_study(completed=9).trials.values_list("pk", flat=True))
    assert "Only the first 8 networks are shown." in person.get(reverse("compare"), {"of": nine}).content.decode()


def test_a_network_that_cannot_be_built_is_left_out_with_a_word(person: Client) -> None:
    study = make_study(completed=2)
    broken, whole = study.trials.order_by("number")
    spec = broken.architecture.spec
    spec["blocks"][1] |= {"kind": "mobilenet_v1", "strides": [2, 1]}
    StoredArchitecture.objects.filter(pk=broken.architecture_id).update(spec=spec)
    response = person.get(reverse("compare"), {"of": [broken.pk, whole.pk]})
    assert "Trial 1 cannot be built" in response.content.decode()
    assert response.context["comparison"].ids == (whole.pk,)


@pytest.mark.parametrize("query", ["", "?of=", "?of=abc&of=-1", "?of=99999999999999999999999"])
def test_without_a_network_the_page_says_where_to_find_some(person: Client, query: str) -> None:
    response = person.get(reverse("compare") + query)
    assert response.status_code == 200
    assert "No network is chosen" in response.content.decode()


def test_pages_take_the_same_number_of_queries_however_many_baselines_there_are(
    person: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    study = make_study(completed=5)
    widths = [f"{family}-{width}" for family in NAMES for width in (0.25, 0.5, 0.75)]
    make_baselines(study.dataset, names=widths)
    ids = [*Trial.objects.values_list("pk", flat=True)[:4]]
    for address, most in [
        (reverse("study", args=[study.pk]), 14),
        (reverse("front_chart", args=[study.pk, "energy"]), 6),
        (reverse("compare") + "?" + "&".join(f"of={pk}" for pk in ids), 6),
        (reverse("studies"), 9),
        (reverse("dataset", args=[study.dataset_id]), 10),
    ]:
        with django_assert_max_num_queries(most):
            person.get(address)
