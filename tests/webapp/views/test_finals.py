"""The page of finalists: choosing, training, opening, and what it says."""

import pytest
from django.urls import reverse

from tests.webapp import finals as made
from tests.webapp.factories import make_user
from webapp.models import Finalist, SplitOpening, Study
from webapp.services import openings
from webapp.services.finals import train_final_baselines
from webapp.services.openings import open_test_split
from webapp.services.reproduction import reproduce

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client):
    user = make_user()
    client.force_login(user)
    return user


def page(client, study: Study) -> str:
    response = client.get(reverse("finalists", args=[study.pk]))
    assert response.status_code == 200
    return response.content.decode()


def choose(client, study: Study, **values):
    data = {"how": "reward", "top": "2", "numbers": "", "seeds": "3"} | values
    return client.post(reverse("choose_finalists", args=[study.pk]), data)


def test_a_study_without_finalists_offers_to_choose_them(client, ada):
    text = page(client, made.search())
    assert "No finalist yet" in text
    assert "Train the finalists" in text


def test_the_best_by_reward_are_trained(client, ada):
    study = made.search()
    assert choose(client, study).status_code == 302
    assert list(Finalist.objects.values_list("label", "seeds", "chosen")) == [
        ("trial 3", 3, "reward"), ("trial 2", 3, "reward"),
    ]  # fmt: skip
    assert Finalist.objects.first().added_by == ada
    assert "Trial 3" in page(client, study)


def test_trials_by_number_keep_their_order(client, ada):
    study = made.search()
    choose(client, study, how="hand", numbers="1; 3")
    assert list(Finalist.objects.order_by("pk").values_list("label", flat=True)) == ["trial 1", "trial 3"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"how": "hand", "numbers": ""}, "Give the numbers of the trials"),
        ({"how": "hand", "numbers": "1, x"}, "is none"),
        ({"how": "hand", "numbers": "999"}, "Only completed trials of this study"),
        ({"seeds": "0"}, "Must be at least 1"),
        ({"top": ""}, "Give how many finalists"),
        ({"top": "51"}, "Must be at most 50"),
    ],
)
def test_a_rejected_choice_keeps_what_was_typed_and_trains_nothing(client, ada, values, words):
    response = choose(client, made.search(), **values)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Finalist.objects.exists()


def test_baselines_are_trained_by_the_recipe_of_the_study(client, ada):
    study = made.search()
    data = {"names": ["TC-ResNet8"], "seeds": "2"}
    assert client.post(reverse("train_final_baselines", args=[study.pk]), data).status_code == 302
    assert "TC-ResNet8-1.0" in page(client, study)
    refused = client.post(reverse("train_final_baselines", args=[study.pk]), {"seeds": "2"})
    assert refused.status_code == 422
    assert "Choose at least one network" in refused.content.decode()


def test_the_test_split_is_opened_by_name_and_once(client, ada):
    study = made.search()
    [finalist] = made.finalists(study, count=1)
    made.train(finalist)
    assert "Open the test split" in page(client, study)
    address = reverse("open_test", args=[study.pk, finalist.pk])
    assert client.post(address).status_code == 302
    opening = SplitOpening.objects.get()
    assert opening.opened_by == ada
    openings.claim(opening_id=opening.pk, worker="data-1")
    openings.complete(opening_id=opening.pk, worker="data-1", evaluated=made.evaluated(finalist))
    text = page(client, study)
    assert "75.0 ± 0.0" in text
    assert "ada" in text
    assert "opened before" not in text
    client.post(address)
    assert SplitOpening.objects.count() == 1
    client.post(address, {"again": "1"})
    assert "opened before" in page(client, study)


def test_a_finalist_of_another_study_cannot_be_opened_here(client, ada):
    study, other = made.search(), made.search()
    [finalist] = made.finalists(other, count=1)
    assert client.post(reverse("open_test", args=[study.pk, finalist.pk])).status_code == 404


def test_the_live_part_stops_when_everything_has_ended(client, ada):
    study = made.search()
    [finalist] = made.finalists(study, count=1)
    address = reverse("finalists_live", args=[study.pk])
    assert client.get(address).status_code == 200
    made.train(finalist)
    assert client.get(address).status_code == 286


def test_the_chart_has_a_point_for_each_network_on_each_split(client, ada):
    study = made.search()
    for finalist in made.finalists(study, count=2):
        made.train(finalist)
    finalist = Finalist.objects.first()
    opening = open_test_split(finalist_id=finalist.pk)
    openings.claim(opening_id=opening.pk, worker="data-1")
    openings.complete(opening_id=opening.pk, worker="data-1", evaluated=made.evaluated(finalist))
    figure = client.get(reverse("finalists_chart", args=[study.pk])).json()
    assert {trace["name"]: trace["text"] for trace in figure["data"]} == {
        "Finalist, evaluation split": ["trial 3", "trial 2"],
        "Finalist, test split": ["trial 3"],
    }


def test_the_number_of_queries_does_not_grow_with_finalists(client, ada, django_assert_max_num_queries):
    study = made.search(trials_completed=4)
    for finalist in made.finalists(study, count=4):
        made.train(finalist)
    with django_assert_max_num_queries(13):
        page(client, study)


def test_a_finals_study_leads_back_to_its_search(client, ada):
    study = made.search()
    [finalist] = made.finalists(study, count=1)
    text = client.get(reverse("study", args=[finalist.finals_id])).content.decode()
    assert reverse("finalists", args=[study.pk]) in text
    assert client.get(reverse("finalists", args=[finalist.finals_id])).status_code == 200


def test_finalists_of_finals_and_of_repetitions_are_those_of_the_search_they_come_from(client, ada):
    study = made.search()
    [finalist] = made.finalists(study, count=1)
    repetition = reproduce(trial_id=made.train(finalist)[0].pk)
    assert repetition.study.parent_id == finalist.finals_id
    for child in (finalist.finals, repetition.study):
        response = client.get(reverse("finalists", args=[child.pk]))
        assert response.context["study"] == study
        assert choose(client, child, how="hand", numbers="1").status_code == 302
    assert set(Finalist.objects.values_list("finals", flat=True)) == {finalist.finals_id}


def test_baselines_and_their_repetitions_have_no_finalists(client, ada):
    published = train_final_baselines(study_id=made.search().pk, names=["TC-ResNet8"], seeds=1).finals
    [trial] = made.train(published.finalists.get())
    for container in (published, reproduce(trial_id=trial.pk).study):
        assert client.get(reverse("finalists", args=[container.pk])).status_code == 404


def test_a_study_names_what_is_deleted_with_it(client, ada):
    study = made.search()
    Study.objects.filter(pk=study.pk).update(state="STOPPED")
    text = " ".join(client.get(reverse("study", args=[study.pk])).content.decode().split())
    assert "their repetitions, its finalists with all their seeds, and its reports, for good." in text


def test_a_figure_of_a_later_opening_is_marked_in_sentences_and_charts(client, ada):
    study = made.search()
    made.make_finals(study, count=2, opened=2, waiting=0)
    again = Finalist.objects.filter(finals__parent=study).first()
    SplitOpening.objects.filter(finalist=again).update(number=2)
    caption = f"opening 2 of the test split for {again.label}: it was looked at before"
    text = page(client, study)
    for title in ("comparisons-title", "cautions-title"):
        section = text.partition(f'id="{title}"')[2].partition("</section>")[0]
        marked = [part for part in section.split("<dt>")[1:] if "§" in part]
        assert [part.partition("<")[0] for part in marked] == [again.label.capitalize()], title
        assert marked[0].count("§") == marked[0].count("<dd>") == marked[0].count(f'<abbr title="{caption}')
    figure = client.get(reverse("finalists_chart", args=[study.pk])).json()
    traces = [zip(trace["text"], trace["hovertext"], strict=True) for trace in figure["data"]]
    names = {name: hover for trace in traces for name, hover in trace}
    assert [name for name in names if "§" in name] == [f"{again.label}§"]
    assert "opening 2 of the test split" in names[f"{again.label}§"]
    assert again.label in names  # on the evaluation split, which needs no mark


def test_a_comparison_in_words_marks_a_baseline_of_a_later_opening(client, ada):
    study = made.search()
    made.make_finals(study, count=1, opened=1, waiting=0)
    baseline = Finalist.objects.get(chosen="baseline", openings__isnull=False)
    SplitOpening.objects.filter(finalist=baseline).update(number=3)
    context = client.get(reverse("finalists", args=[study.pk])).context
    assert [one.later_openings for one in context["comparisons"]] == [((baseline.label, 3),)]
    assert [bool(one.later_openings) for one in context["cautions"]] == [False, True]
