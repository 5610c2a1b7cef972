"""What goes wrong is said on a page; what is forbidden is refused."""

import re
from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, OperationalError, connection
from django.templatetags.static import static
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.webapp import benches
from tests.webapp.factories import edited_spec, make_dataset, make_study, make_user
from tests.webapp.views.reading import text_of
from webapp.models import Study
from webapp.views import problems

pytestmark = pytest.mark.django_db


def test_the_icon_is_found_where_programs_look_for_it(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert (response.status_code, response.headers["Location"]) == (302, static("earshot/icon.svg"))


def test_health_is_told_to_anybody(client: Client) -> None:
    response = client.get(reverse("health"))
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_health_says_when_the_database_is_gone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise DatabaseError("the server closed the connection")

    monkeypatch.setattr(connection, "cursor", gone)
    assert client.get(reverse("health")).status_code == 503


def test_an_unknown_address_has_a_page_even_for_strangers(client: Client) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "Not found" in response.content.decode()


def test_a_breakdown_has_a_page_that_needs_no_database(person: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise DatabaseError("the server closed the connection")

    monkeypatch.setattr("webapp.views.studies.studies_context", broken)
    person.raise_request_exception = False
    response = person.get(reverse("studies"))
    assert response.status_code == 500
    assert "Server error" in response.content.decode()


def test_a_database_out_of_reach_is_told_with_when_to_come_again(
    person: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("the database system is starting up")

    monkeypatch.setattr("webapp.views.studies.studies_context", away)
    person.raise_request_exception = False
    response = person.get(reverse("studies"))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "The database is starting" in response.content.decode()


def test_what_the_database_cannot_hold_is_the_requests_fault(person: Client) -> None:
    run = benches.ready_run(benches.campaign())
    person.raise_request_exception = False
    values = {"architecture": "a\0b", "seen_version": str(run.settings_version)}
    response = person.post(reverse("attach_run", args=[run.pk]), values)
    assert response.status_code == 400
    assert "cannot be stored" in response.content.decode()


def test_a_pasted_table_over_the_limit_is_answered_in_words(person: Client, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    campaign = benches.campaign()
    response = person.post(reverse("import_results", args=[campaign.pk]), {"pasted": "a,b\n" * 5_000})
    assert response.status_code == 413
    text = text_of(response)
    assert "upload the file instead" in text
    assert reverse("import_results", args=[campaign.pk]) in text


def test_a_form_of_too_many_fields_or_files_is_answered_in_words(person: Client, settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = settings.DATA_UPLOAD_MAX_NUMBER_FILES = 5
    many = {f"field{number}": "1" for number in range(9)}
    files = {f"file{number}": ContentFile(b"1", name="1.csv") for number in range(9)}
    for values, words in ((many, "fields"), (files, "zip them")):
        response = person.post(reverse("new_study"), values)
        assert response.status_code == 400
        assert words in response.content.decode()


def test_forbidden_and_stale_forms_have_pages(client: Client) -> None:
    careful = Client(enforce_csrf_checks=True)
    response = careful.post(reverse("sign_in"), {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "The form was too old" in response.content.decode()
    request = client.get(reverse("sign_in")).wsgi_request
    assert problems.forbidden(request, PermissionError()).status_code == 403


def test_every_post_needs_its_token() -> None:
    person = Client(enforce_csrf_checks=True)
    person.force_login(make_user())
    study = make_study(completed=1)
    dataset = make_dataset()
    addresses = [
        reverse("new_study"),
        reverse("new_dataset"),
        reverse("sign_out"),
        reverse("choose_theme"),
        *(reverse(name, args=[study.pk]) for name in ("extend_study", "clone_study", "delete_study")),
        *(reverse("study_action", args=[study.pk, action]) for action in ("start", "pause", "resume", "stop")),
        reverse("edit_study", args=[study.pk]),
        reverse("delete_dataset", args=[dataset.pk]),
    ]
    for address in addresses:
        assert person.post(address).status_code == 403, address
    assert Study.objects.get().state == "COMPLETED"


def test_every_page_carries_the_content_security_policy_and_no_inline_code(person: Client) -> None:
    study = make_study(completed=1, running=1)
    addresses = [
        reverse("studies"),
        reverse("new_study"),
        reverse("datasets"),
        reverse("new_dataset"),
        "/nowhere/",
        reverse("study", args=[study.pk]),
        reverse("trial", args=[study.pk, 1]),
        reverse("dataset", args=[study.dataset_id]),
    ]
    for address in addresses:
        response = person.get(address)
        policy = response.headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["Cache-Control"] == "no-store", address
        text = response.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), address
        assert not re.search(r"\son\w+=", text), address
        assert not re.search(r"https?://(?!testserver)", re.sub(r'"http://www.w3.org/[^"]*"', "", text)), address


def test_text_of_users_is_escaped(person: Client) -> None:
    name = "<script>alert(1)</script>"
    spec = replace(edited_spec(), name=name)
    edited = {"space": "edited", "space_spec": spec.search_space().to_json()}
    study = make_study(completed=1, name=name, notes=name, dataset=make_dataset(name=name[:40]), **edited)
    draft = make_study(name=f"{name} 2", state="DRAFT", **edited)
    of_study = (reverse("study", args=[study.pk]), reverse("trial", args=[study.pk, 1]))
    spaces = [reverse("study_space", args=[one.pk]) for one in (study, draft)]
    for address in (reverse("studies"), *of_study, *spaces, f"{reverse('new_study')}?from={study.pk}"):
        assert "<script>alert" not in person.get(address).content.decode()


def test_every_address_answers_strangers_with_the_sign_in_or_on_purpose(client: Client) -> None:
    open_to_all = {"sign_in", "sign_in_link", "sign_out", "choose_theme", "health", "favicon"}
    study = make_study(completed=1)
    arguments = {
        "study_id": study.pk,
        "number": 1,
        "dataset_id": study.dataset_id,
        "clip_id": 1,
        "dry_run_id": 1,
        "action": "start",
        "resource": "energy",
        "slug": "paper-2d",
        "part": "accuracy",
        "comparison_id": 1,
        "finalist_id": 1,
        "report_id": 1,
        "evaluation_id": 1,
        "set_id": 1,
        "opening_id": 1,
        "place": 0,
        "token": "nobody-s",
        "table": "blocks",
        "kind": "csv",
        "goal": "accuracy",
        "chart": "blocks",
        **dict.fromkeys(("device_id", "campaign_id", "file_id", "run_id", "kit_id", "profile_id", "version"), 1),
    }
    for pattern in _patterns(get_resolver().url_patterns):
        if pattern.name in open_to_all or pattern.name is None:
            continue
        names = pattern.pattern.converters
        found = [resolved for resolved in _parameters(pattern.name) if resolved in arguments]
        address = reverse(pattern.name, kwargs={name: arguments[name] for name in (*names, *found)})
        response = client.get(address)
        assert response.status_code == 302, address
        assert response.headers["Location"].startswith(reverse("sign_in")), address


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**30])
def test_numbers_that_no_row_can_have_are_not_found(person: Client, number: int) -> None:
    study = make_study(completed=1)
    for address in (
        f"/studies/{number}/", f"/studies/{study.pk}/trials/{number}/", f"/datasets/{number}/",
        f"/datasets/{study.dataset_id}/clips/{number}/", f"/studies/new/?from={number}",
        f"/studies/dry-runs/{number}/", f"/devices/{number}/", f"/devices/campaigns/{number}/",
        f"/devices/files/{number}/", f"/devices/runs/{number}/", f"/comparisons/{number}/",
    ):  # fmt: skip
        assert person.get(address).status_code == 404, address


@pytest.mark.parametrize(
    "query", ["q=%00", "label=%00", "split=a%00b", "page=-1", "page=²", f"q={'x' * 5000}", "sort=%27"]
)
def test_odd_queries_are_answered(person: Client, query: str) -> None:
    study = make_study(completed=1)
    for address in (
        reverse("studies"), reverse("study", args=[study.pk]), reverse("dataset", args=[study.dataset_id]),
        reverse("new_study"), reverse("explain_study"), reverse("datasets"),
    ):  # fmt: skip
        assert person.get(f"{address}?{query}").status_code == 200, address


def test_odd_posts_are_answered(person: Client) -> None:
    for values in (
        {"dataset": "\0", "name": "a\0b"},
        {"dataset": str(10**30)},
        {"read_file": "1", "dataset": str(10**30)},
    ):
        assert person.post(reverse("new_study"), values).status_code == 422
    assert person.get(reverse("new_study"), {"dataset": str(10**30), "preset": "\0"}).status_code == 200
    values = {"dataset": str(10**8), "trial_budget": str(10**7), "full_epochs": "1"}
    assert person.get(reverse("explain_study"), values).status_code == 200


def _patterns(found: list[URLPattern | URLResolver]) -> list[URLPattern]:
    result: list[URLPattern] = []
    for entry in found:
        result += _patterns(entry.url_patterns) if isinstance(entry, URLResolver) else [entry]
    return result


def _parameters(name: str) -> list[str]:
    """The parameters of a named address, those of the includes around it too."""
    possibilities = get_resolver().reverse_dict.getlist(name)
    return possibilities[0][0][0][1]
