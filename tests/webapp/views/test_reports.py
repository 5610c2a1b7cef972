"""Pages of reports: having one written, its page, its files."""

import pytest
from django.urls import reverse

from tests.webapp import finals as made
from tests.webapp import reports
from tests.webapp.factories import make_study, make_user
from webapp.models import Comparison, Report
from webapp.services.reports import request_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client):
    user = make_user()
    client.force_login(user)
    return user


def test_a_report_is_requested_on_the_page_of_finalists_and_listed_there(client, ada):
    study = made.search()
    page = reverse("finalists", args=[study.pk])
    assert "Write a report" in client.get(page).content.decode()
    response = client.post(reverse("report_study", args=[study.pk]))
    report = Report.objects.get()
    assert response.url == reverse("report", args=[report.pk])
    assert report.owner == ada
    assert f"Report {report.pk}" in client.get(page).content.decode()


def test_what_has_no_report_is_answered_with_the_reason(client, ada):
    [finalist] = made.finalists(made.search(), count=1)
    response = client.post(reverse("report_study", args=[finalist.finals_id]), follow=True)
    assert "is no search" in response.content.decode()
    empty = Comparison.objects.create(name="Empty")
    assert client.post(reverse("report_comparison", args=[empty.pk])).url == f"/comparisons/{empty.pk}/"
    empty.studies.add(make_study())
    response = client.post(reverse("report_comparison", args=[empty.pk]))
    assert response.url == reverse("report", args=[Report.objects.get().pk])
    assert client.post(reverse("report_study", args=[999_999])).status_code == 404
    assert client.post(reverse("report_comparison", args=[999_999])).status_code == 404


def test_the_page_is_live_while_the_report_is_written_and_has_no_files_before(client, ada):
    report = request_report(study_id=make_study(completed=2).pk)
    text = client.get(reverse("report", args=[report.pk])).content.decode()
    assert "being written" in text
    assert "No data worker is alive" in text
    live = reverse("report_live", args=[report.pk])
    assert client.get(live).status_code == 200
    for name in ("report_document", "report_tables"):
        assert client.get(reverse(name, args=[report.pk])).status_code == 404
    Report.objects.update(state="FAILED", reason="The <b>disk</b> is full.")
    response = client.get(live)
    assert (response.status_code, response.headers["HX-Refresh"]) == (286, "true")
    assert "The &lt;b&gt;disk" in client.get(reverse("report", args=[report.pk])).content.decode()


def test_the_page_shows_the_document_of_the_file_without_its_frame(client, ada):
    report = reports.written(reports.complete_study())
    text = client.get(reverse("report", args=[report.pk])).content.decode()
    assert text.count("<main") == text.count("<h1") == 1
    assert "<style" not in text
    assert "Table 1: networks and baselines" in text
    assert reverse("report_document", args=[report.pk]) in text


def test_the_file_is_an_attachment_whose_links_lead_back_to_this_server(client, ada):
    report = reports.written(made.search())
    response = client.get(reverse("report_document", args=[report.pk]))
    text = response.getvalue().decode()
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith(f'attachment; filename="report-{report.pk}-study-')
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert f'href="http://testserver/studies/{report.study_id}/"' in text
    assert 'href="/' not in text
    assert "@media print" in text


def test_the_tables_are_a_zip(client, ada):
    report = reports.written(made.search())
    response = client.get(reverse("report_tables", args=[report.pk]))
    assert response.headers["Content-Type"] == "application/zip"
    assert "-tables.zip" in response.headers["Content-Disposition"]
    assert response.getvalue().startswith(b"PK")


def test_the_page_takes_few_queries(client, ada, django_assert_max_num_queries):
    report = reports.written(made.search())
    with django_assert_max_num_queries(6):
        client.get(reverse("report", args=[report.pk]))


def test_a_stranger_sees_no_report(client):
    report = request_report(study_id=make_study().pk)
    assert client.get(reverse("report", args=[report.pk])).status_code == 302
