"""The study's page and its parts."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.webapp.factories import make_baselines, make_study, make_workers
from tests.webapp.views.reading import markup_of
from webapp.models import Study, Trial

pytestmark = pytest.mark.django_db


def end_running_trial(study: Study, nth: int = 0) -> None:
    """Complete a running trial with the result of the study's trial 1 or 2."""
    done = Trial.objects.get(study=study, number=nth + 1)
    names = ("float_accuracy", "int8_accuracy", "energy_mj", "flash_bytes", "reward")
    result = {name: getattr(done, name) for name in names}
    running = Trial.objects.filter(study=study, state="RUNNING").order_by("number").first()
    assert running is not None
    Trial.objects.filter(pk=running.pk).update(
        state="COMPLETED", tflite=done.tflite.name, finished_at=timezone.now(), **result
    )


def page(person: Client, study: Study, **query: object) -> str:
    response = person.get(reverse("study", args=[study.pk]), query)
    assert response.status_code == 200
    return markup_of(response)


def test_the_page_shows_state_counts_and_the_best_trial(person: Client) -> None:
    study = make_study(completed=6, running=2, waiting=1, failed=1, trial_budget=20)
    make_workers()
    text = page(person, study)
    best = Trial.objects.filter(study=study).exclude(reward=None).order_by("-reward").first()
    assert best is not None
    assert f"{best.reward:.3f}" in text
    assert '<progress value="7" max="20"' in text
    assert "2 running · 1 waiting · 1 failed" in text
    assert "Pause" in text
    assert "the training process was ended by signal 11 (SIGSEGV)" in text


def test_energy_is_called_an_estimate_with_its_source(person: Client) -> None:
    text = page(person, make_study(completed=2))
    assert "estimate from published figures (Speckhard et al., Tables 1 and 2)" in text
    assert '<abbr title="estimate from published figures' in text


def test_synthetic_data_is_called_synthetic(person: Client) -> None:
    study = make_study(completed=1)
    assert "synthetic data" not in page(person, study)
    study.dataset.synthetic = True
    study.dataset.save(update_fields=["synthetic"])
    assert "synthetic data" in page(person, study)


def test_a_draft_leads_on_to_its_start(person: Client) -> None:
    text = page(person, make_study(state=Study.State.DRAFT, trial_budget=5))
    assert "Start the study: the designer suggests networks and workers train them." in text
    assert reverse("edit_study", args=[Study.objects.get().pk]) in text


@pytest.mark.parametrize(
    ("state", "offered", "missing"),
    [
        ("DRAFT", ["Start", "Extend", "Delete"], ["Pause", "Resume", "Stop"]),
        ("RUNNING", ["Pause", "Stop", "Extend"], ["Start", "Resume", "Delete"]),
        ("PAUSED", ["Resume", "Stop", "Delete"], ["Start", "Pause"]),
        ("DRAINING", ["Clone"], ["Start", "Pause", "Resume", "Extend", "Delete"]),
        ("COMPLETED", ["Extend", "Clone", "Delete"], ["Start", "Pause", "Resume", "Stop"]),
        ("STOPPED", ["Resume", "Clone", "Delete"], ["Start", "Pause", "Stop"]),
    ],
)
def test_only_moves_that_the_state_allows_are_offered(
    person: Client, state: str, offered: list[str], missing: list[str]
) -> None:
    study = make_study(state=state, trial_budget=5)
    text = person.get(reverse("study_header", args=[study.pk])).content.decode()
    for label in offered:
        assert f">{label}<" in text
    for label in missing:
        assert f">{label}<" not in text


def test_polling_tells_which_parts_are_out_of_date(person: Client) -> None:
    study = make_study(completed=2, running=1)
    address = reverse("study_progress", args=[study.pk])
    first = person.get(address, {"version": "", "state": "PAUSED"}, headers={"HX-Request": "true"})
    assert json.loads(first.headers["HX-Trigger"]) == {"results-changed": True, "state-changed": True}
    now = person.get(address, {"version": first.context["progress"].version, "state": "RUNNING"})
    assert "HX-Trigger" not in now.headers


def test_polling_stops_when_nothing_can_change(person: Client) -> None:
    study = make_study(completed=2)
    response = person.get(reverse("study_progress", args=[study.pk]))
    assert response.status_code == 286
    assert "hx-trigger" not in response.content.decode()
    running = make_study(completed=1, running=1)
    response = person.get(reverse("study_progress", args=[running.pk]))
    assert response.status_code == 200
    assert 'hx-trigger="every 3s"' in response.content.decode()


def test_without_javascript_a_live_page_reloads_itself_and_its_charts_are_drawn_in_it(person: Client) -> None:
    refresh = '<noscript><meta http-equiv="refresh"'
    live, over = page(person, make_study(running=1)), page(person, make_study(completed=5))
    assert refresh in live
    assert refresh not in over
    assert live.count("No data yet: the first point appears when a trial completes.</p>") == 3
    assert over.count('<svg class="drawing"') == 6  # each chart for wide windows and for phones
    assert "needs JavaScript" not in over


def test_a_browser_that_has_a_chart_gets_it_again_only_when_it_has_changed(person: Client) -> None:
    study = make_study(completed=4, running=2)
    for number, (name, arguments) in enumerate([("front_chart", ["energy"]), ("rewards_chart", [])]):
        address = reverse(name, args=[study.pk, *arguments])
        first = person.get(address)
        assert first.headers["Cache-Control"] == "private, no-cache"
        mark = {"If-None-Match": first.headers["ETag"]}
        again = person.get(address, headers=mark)
        assert (again.status_code, again.content) == (304, b"")
        end_running_trial(study, number)
        changed = person.get(address, headers=mark)
        assert changed.status_code == 200
        assert changed.headers["ETag"] != first.headers["ETag"]


def test_trials_are_sorted_filtered_and_paged_by_the_server(person: Client) -> None:
    study = make_study(completed=60, failed=3)
    address = reverse("study_trials", args=[study.pk])
    rows = person.get(address).context["page"].rows
    assert len(rows) == 50
    rewards = [row.reward for row in rows]
    assert rewards == sorted(rewards, reverse=True)
    second = person.get(address, {"sort": "-reward", "page": "2"}).context["page"]
    assert (second.number, second.pages, len(second.rows)) == (2, 2, 13)
    by_number = person.get(address, {"sort": "number"}).context["page"]
    assert [row.number for row in by_number.rows] == list(range(1, 51))
    failed = person.get(address, {"state": "FAILED"}).context["page"]
    assert [row.number for row in failed.rows] == [61, 62, 63]
    by_number = person.get(address, {"q": "61"}).context["page"]
    assert 61 in [row.number for row in by_number.rows]


def test_the_front_filter_shows_exactly_the_trials_no_other_beats(person: Client) -> None:
    study = make_study(completed=40)
    rows = person.get(reverse("study_trials", args=[study.pk]), {"front": "energy"}).context["page"].rows
    trials = list(Trial.objects.filter(study=study).values_list("number", "int8_accuracy", "energy_mj"))
    beaten = {
        number
        for number, accuracy, energy in trials
        for _, other_accuracy, other_energy in trials
        if other_accuracy >= accuracy
        and other_energy <= energy
        and (other_accuracy, other_energy) != (accuracy, energy)
    }
    assert {row.number for row in rows} == {number for number, *_ in trials} - beaten


def test_a_wrong_filter_is_ignored_and_a_page_out_of_range_is_the_last(person: Client) -> None:
    study = make_study(completed=3)
    context = person.get(
        reverse("study", args=[study.pk]), {"state": "NONSENSE", "sort": "password", "page": "99"}
    ).context
    rewards = [row.reward for row in context["page"].rows]
    assert len(rewards) == 3
    assert rewards == sorted(rewards, reverse=True)


def test_a_silent_crew_is_reported_with_the_way_out(person: Client) -> None:
    study = make_study(completed=1, waiting=2, trial_budget=10)
    Trial.objects.filter(study=study).update(requested_at="2026-01-01T00:00:00Z")
    make_workers(trainers=1, searchers=1, silent_seconds=100)
    text = page(person, study)
    assert "No training worker has reported for 10" in text
    assert "python manage.py up" in text


def test_an_unknown_study_is_not_found(person: Client) -> None:
    response = person.get(reverse("study", args=[4711]))
    assert response.status_code == 404
    assert "Not found" in response.content.decode()


def test_a_filter_is_part_of_the_address_and_a_refresh_of_the_table_is_not(person: Client) -> None:
    study = make_study(completed=3)
    query = {"state": "COMPLETED", "front": "", "q": "", "sort": "-int8"}
    fetched = [
        (reverse("study_trials", args=[study.pk]), query, "trials", reverse("study", args=[study.pk])),
        (reverse("studies"), {"state": "COMPLETED", "sort": "-int8"}, "rows", reverse("studies")),
        (
            reverse("dataset_clips", args=[study.dataset_id]),
            {"state": "COMPLETED", "label": "", "sort": "-int8"},
            "clips",
            reverse("dataset", args=[study.dataset_id]),
        ),
    ]
    for address, values, part, page_address in fetched:
        headers = {"HX-Request": "true"}
        response = person.get(address, values, headers=headers)
        assert response.headers["HX-Replace-Url"] == page_address + "?state=COMPLETED&sort=-int8"
        response = person.get(address, {"q": ""}, headers=headers)
        assert response.headers["HX-Replace-Url"] == page_address
        response = person.get(address, values, headers=headers | {"HX-Trigger": part})
        assert "HX-Replace-Url" not in response.headers


def test_a_choice_is_part_of_the_address_and_says_why(person: Client) -> None:
    study = make_study(completed=60)
    make_baselines(study.dataset)
    text = page(person, study, choose="within", points="2", by="energy")
    assert "whose expected accuracy is at most 2 points below the best" in text
    assert "less energy than MobileNetV2-1.0 at equal accuracy" in text
    under = page(person, study, choose="under", most_mj="0.9", most_kb="")
    assert "is the most accurate with at most 0.9 mJ: expected accuracy" in under
    assert "is the knee of the front over flash" in page(person, study, choose="knee", by="flash")
    assert "Choose for me" in page(person, study)
    assert 'id="choice"' not in page(person, study)


def test_a_choice_that_makes_no_sense_is_answered_in_words(person: Client) -> None:
    study = make_study(completed=3)
    text = page(person, study, choose="within", points="-1")
    assert "Points: Must be at least 0." in text
    assert 'id="choice"' not in text
    assert 'id="choice"' not in page(person, study, choose="nonsense")
    assert "Choose for me" not in page(person, make_study(waiting=1))
