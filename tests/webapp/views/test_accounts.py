"""Signing in and out, and the theme."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from sesame.utils import get_query_string

from tests.supervisor.processes import ROOT, environment
from tests.webapp.factories import make_study, make_user
from webapp.data_folder import DataFolder

pytestmark = pytest.mark.django_db


def test_a_link_signs_in_once(client: Client) -> None:
    address = reverse("sign_in_link") + get_query_string(make_user())
    response = client.post(address)
    assert (response.status_code, response.headers["Location"]) == (302, reverse("studies"))
    assert client.get(reverse("studies")).status_code == 200
    for second in (Client().get(address), Client().post(address)):
        assert second.status_code == 403
        assert "This sign-in link no longer works" in second.content.decode()


def test_a_preview_of_a_link_does_not_use_it_up(client: Client) -> None:
    address = reverse("sign_in_link") + get_query_string(make_user())
    for preview in (Client().get(address), Client().head(address), client.get(address)):
        assert preview.status_code == 200
        assert "sessionid" not in preview.cookies
    assert 'method="post"' in client.get(address).content.decode()
    assert client.post(address).status_code == 302


def test_a_link_that_is_only_read_asks_for_a_token_of_the_form() -> None:
    address = reverse("sign_in_link") + get_query_string(make_user())
    assert Client(enforce_csrf_checks=True).post(address).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_link_used_by_many_at_once_signs_in_one(postgres_server: object) -> None:
    address = reverse("sign_in_link") + get_query_string(make_user())
    together = threading.Barrier(6)

    def use() -> int:
        together.wait()
        try:
            return Client().post(address).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(answer.result() for answer in [pool.submit(use) for _ in range(6)])
    assert codes == [302, 403, 403, 403, 403, 403]


def wrong(client: Client, name: str, **headers: str) -> int:
    return client.post(reverse("sign_in"), {"username": name, "password": "wrong"}, headers=headers).status_code


def test_wrong_passwords_lock_a_name_for_an_address_and_nobody_else(client: Client) -> None:
    ada = make_user("ada", "correct horse")
    make_user("bob", "battery staple")
    codes = [wrong(client, "ada") for _ in range(10)]
    assert codes[:-1] == [200] * 9
    assert codes[-1] == 429
    right = client.post(reverse("sign_in"), {"username": "ada", "password": "correct horse"})
    assert right.status_code == 429
    assert "After 10 wrong passwords for a name" in right.content.decode()
    elsewhere = Client(REMOTE_ADDR="10.0.0.7")
    assert elsewhere.post(reverse("sign_in"), {"username": "ada", "password": "correct horse"}).status_code == 302
    assert Client().post(reverse("sign_in"), {"username": "bob", "password": "battery staple"}).status_code == 302
    ada.refresh_from_db()  # a link is signed with the time of the last sign-in
    assert client.post(reverse("sign_in_link") + get_query_string(ada)).status_code == 302


def test_a_right_password_forgets_the_wrong_ones(client: Client) -> None:
    make_user("ada", "correct horse")
    for _ in range(2):
        assert [wrong(client, "ada") for _ in range(6)] == [200] * 6
        assert client.post(reverse("sign_in"), {"username": "ada", "password": "correct horse"}).status_code == 302
        client.post(reverse("sign_out"))


def test_behind_a_proxy_addresses_are_those_that_the_proxy_has_seen(client: Client, settings: Any) -> None:
    settings.HTTPS = True
    make_user("ada", "correct horse")
    for number in range(10):
        wrong(client, "ada", x_forwarded_for=f"10.9.9.{number}, 10.0.0.7")
    assert wrong(client, "ada", x_forwarded_for="10.0.0.7") == 429
    assert wrong(client, "ada", x_forwarded_for="10.0.0.8") == 200


@pytest.mark.parametrize("query", ["", "?sesame=", "?sesame=AAAAAQ-nonsense", "?sesame=%00"])
def test_a_wrong_link_signs_nobody_in(client: Client, query: str) -> None:
    make_user()
    assert client.get(reverse("sign_in_link") + query).status_code == 403
    assert "sessionid" not in client.cookies


def test_a_used_link_takes_who_is_signed_in_to_the_studies(person: Client) -> None:
    assert person.get(reverse("sign_in_link") + "?sesame=used").status_code == 302


def test_a_password_signs_in_and_leads_to_where_the_person_was_going(client: Client) -> None:
    make_user("ada", "correct horse")
    wanted = reverse("datasets")
    response = client.post(
        reverse("sign_in") + f"?next={wanted}", {"username": "ada", "password": "correct horse", "next": wanted}
    )
    assert response.headers["Location"] == wanted


def test_a_wrong_password_says_so_and_keeps_the_name(client: Client) -> None:
    make_user("ada", "correct horse")
    text = client.post(reverse("sign_in"), {"username": "ada", "password": "wrong"}).content.decode()
    assert "Name and password do not match" in text
    assert 'value="ada"' in text


def test_signing_out_takes_a_post(person: Client) -> None:
    assert person.get(reverse("sign_out")).status_code == 405
    assert person.post(reverse("sign_out")).status_code == 302
    assert person.get(reverse("studies")).status_code == 302


@pytest.mark.parametrize("name", ["studies", "new_study", "datasets", "new_dataset", "explain_study"])
def test_pages_need_a_sign_in(client: Client, name: str) -> None:
    response = client.get(reverse(name))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("sign_in"))


@pytest.mark.parametrize(
    "name", ["study", "study_progress", "study_trials", "trials_csv", "study_json", "rewards_chart"]
)
def test_data_of_studies_needs_a_sign_in(client: Client, name: str) -> None:
    study = make_study(completed=1)
    assert client.get(reverse(name, args=[study.pk])).status_code == 302


def test_the_theme_is_kept_in_a_cookie(client: Client) -> None:
    response = client.post(reverse("choose_theme"), {"theme": "dark", "next": reverse("sign_in")})
    assert (response.status_code, response.headers["Location"]) == (302, reverse("sign_in"))
    assert 'data-theme="dark"' in client.get(reverse("sign_in")).content.decode()


@pytest.mark.parametrize(
    "odd", ["word", "a.b", "", "\0", "//evil.example", "http://[", "javascript:1", "?", "x" * 20_000]
)
def test_an_odd_page_to_go_on_to_is_none(person: Client, odd: str) -> None:
    assert person.post(reverse("choose_theme"), {"theme": "dark", "next": odd}).headers["Location"] == "/"
    response = person.get(reverse("sign_in"), {"next": odd})
    assert (response.status_code, response.headers["Location"]) == (302, reverse("studies"))


def test_the_sign_in_does_not_lead_back_to_itself(person: Client) -> None:
    for address in (reverse("sign_in"), f"{reverse('sign_in')}?next=/", f"{reverse('sign_in')}#top"):
        response = person.get(reverse("sign_in"), {"next": address})
        assert (response.status_code, response.headers["Location"]) == (302, reverse("studies"))


def test_the_theme_form_leads_nowhere_else(client: Client) -> None:
    response = client.post(reverse("choose_theme"), {"theme": "pink", "next": "https://elsewhere.example/"})
    assert response.headers["Location"] == "/"
    assert "theme" not in client.cookies


HTTPS_PROGRAM = """
import django; django.setup()
from django.test import Client
from django.conf import settings
outside, inside = (Client().post("/theme/", {"theme": "dark"}, headers={"host": "localhost", **headers})
                   for headers in ({}, {"x-forwarded-proto": "https"}))
print(outside.status_code, outside.headers["Location"])
print(inside.status_code, inside.headers.get("Strict-Transport-Security"), inside.cookies["theme"]["secure"])
print(settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE)
"""


@pytest.mark.parametrize(
    ("https", "lines"),
    [
        ("1", ["301 https://localhost/theme/", "302 max-age=31536000 True", "True True"]),
        ("", ["302 /", "302 None ", "False False"]),
    ],
)
def test_one_variable_sets_everything_that_https_needs(tmp_path: Path, https: str, lines: list[str]) -> None:
    more = {"EARSHOT_HTTPS": https, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", HTTPS_PROGRAM], env=environment(DataFolder(tmp_path), **more), cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines() == lines, done.stderr
