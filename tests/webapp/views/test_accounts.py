"""Signing in and out, and the theme."""

import pytest
from django.test import Client
from django.urls import reverse
from sesame.utils import get_query_string

from tests.webapp.factories import make_study, make_user

pytestmark = pytest.mark.django_db


def test_a_link_signs_in_once(client: Client) -> None:
    address = reverse("sign_in_link") + get_query_string(make_user())
    response = client.get(address)
    assert (response.status_code, response.headers["Location"]) == (302, reverse("studies"))
    assert client.get(reverse("studies")).status_code == 200
    second = Client().get(address)
    assert second.status_code == 403
    assert "This sign-in link no longer works" in second.content.decode()


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


def test_the_theme_form_leads_nowhere_else(client: Client) -> None:
    response = client.post(reverse("choose_theme"), {"theme": "pink", "next": "https://elsewhere.example/"})
    assert response.headers["Location"] == "/"
    assert "theme" not in client.cookies
