"""The explanation of a study of ten thousand trials is quick to look at, and its charts are light."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.webapp.large_studies import made_up_study
from tests.webapp.views.test_speed import server_time
from webapp.charts.why.page import SECTIONS

LIMIT_SECONDS = 0.3
MOST_BYTES = 400_000


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_each_chart_of_ten_thousand_trials_takes_a_third_of_a_second_and_few_bytes(person: Client) -> None:
    study = made_up_study(10_000)
    address = reverse("study_why", args=[study.pk])
    with CaptureQueriesContext(connection) as queries:
        text = person.get(address).content.decode()
    assert "of 10,000 networks are drawn" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert len(queries) <= 12
    assert len(text) < MOST_BYTES
    slow, heavy = {}, {}
    for part in SECTIONS:
        chart = reverse("why_chart", args=[study.pk, "energy", part])
        size = len(person.get(chart).content)
        heavy |= {part: size} if size > MOST_BYTES else {}
        taken = server_time(lambda chart=chart: person.get(chart))
        slow |= {part: taken} if taken.exceeds(LIMIT_SECONDS) else {}
    assert heavy == {}
    assert slow == {}
