"""Reports as jobs: requested once at a time, claimed by one, written or failed; files stay while their rows do."""

import pytest
from django.core.files.storage import default_storage

from tests.webapp import finals as made
from tests.webapp.factories import make_study, make_user
from webapp.models import ArtifactChunk, Comparison, Report
from webapp.services import jobs, reports
from webapp.services.artifacts import collect_artifacts
from webapp.services.errors import Conflict
from webapp.storage import save_by_hash

pytestmark = pytest.mark.django_db


def test_a_report_that_is_being_written_is_not_requested_twice() -> None:
    study, ada = make_study(completed=1), make_user()
    report = reports.request_report(study_id=study.pk, owner=ada)
    assert (report.state, report.owner, report.dispatched_at is None) == ("WRITING", ada, True)
    assert reports.request_report(study_id=study.pk) == report
    assert reports.claim(report_id=report.pk, worker="data-1")
    assert reports.fail(report_id=report.pk, worker="data-1", reason="The disk is full.")
    assert reports.request_report(study_id=study.pk) != report


def test_one_worker_writes_it_and_another_changes_nothing() -> None:
    report = reports.request_report(study_id=make_study().pk)
    assert reports.claim(report_id=report.pk, worker="data-1")
    assert reports.claim(report_id=report.pk, worker="data-2") is None
    files = {"document": "reports/a.html", "tables": "reports/b.zip"}
    assert not reports.complete(report_id=report.pk, worker="data-2", seconds=1.0, **files)
    assert reports.complete(report_id=report.pk, worker="data-1", seconds=1.5, **files)
    report.refresh_from_db()
    assert (report.state, report.seconds, report.worker) == ("READY", 1.5, "")
    assert report.written_at is not None
    assert not reports.fail(report_id=report.pk, worker="data-1", reason="late")


def test_a_lost_report_is_sent_again_by_the_rule_of_all_jobs() -> None:
    report = reports.request_report(study_id=make_study().pk)
    assert reports.claim(report_id=report.pk, worker="dead")
    assert jobs.recover(jobs.REPORTS, dead_workers=["dead"], worker_is_idle=False) == (1, 0)


def test_a_report_that_was_given_up_says_what_to_do_about_a_report() -> None:
    report = reports.request_report(study_id=make_study().pk)
    for _ in range(jobs.MOST_ATTEMPTS):
        assert reports.claim(report_id=report.pk, worker="dead")
        jobs.recover(jobs.REPORTS, dead_workers=["dead"], worker_is_idle=False)
    report.refresh_from_db()
    assert (report.state, report.reason) == ("FAILED", jobs.REPORTS.given_up)
    assert "Have it written again" in report.reason


def test_only_searches_and_comparisons_with_studies_have_reports() -> None:
    [finalist] = made.finalists(made.search(), count=1)
    with pytest.raises(Conflict, match="is no search"):
        reports.request_report(study_id=finalist.finals_id)
    with pytest.raises(Conflict, match="has no studies"):
        reports.request_report(comparison_id=Comparison.objects.create(name="Empty").pk)


def test_files_of_a_report_are_kept_until_it_is_deleted() -> None:
    report = reports.request_report(study_id=make_study().pk)
    assert reports.claim(report_id=report.pk, worker="data-1")
    files = {
        "document": save_by_hash(default_storage, "reports", b"<html>", ".html"),
        "tables": save_by_hash(default_storage, "reports", b"PK", ".zip"),
    }
    assert reports.complete(report_id=report.pk, worker="data-1", seconds=0.1, **files)
    ArtifactChunk.objects.update(stored_at="2020-01-01T00:00:00Z")
    assert collect_artifacts() == 0
    Report.objects.all().delete()
    assert collect_artifacts() == 2
