"""Writing a report in a data worker: the document and its tables, stored by their hashes."""

import time
from collections.abc import Callable
from functools import partial

from django.core.files.storage import default_storage
from django.utils import timezone

from webapp.models import Report
from webapp.services import jobs, reports
from webapp.services.persistence import persist
from webapp.services.working import Write, never, reason, work
from webapp.storage import save_by_hash
from webapp.worker.report.contents import document_of
from webapp.worker.report.rendering import html_of
from webapp.worker.report.tables import zip_of


def write_report(report_id: int, worker: str, stopping: Callable[[], bool] = never) -> None:
    """Write one report, unless another worker does; its files, or why there are none, are in its row."""
    work(
        jobs.REPORTS,
        report_id,
        worker,
        claim=partial(reports.claim, report_id=report_id, worker=worker),
        do=partial(_outcome, worker),
        reject=partial(_refuse, worker),
        stopping=stopping,
    )


def _outcome(worker: str, report: Report) -> Write:
    begun = time.monotonic()
    document = document_of(report, timezone.now())
    html, tables = html_of(document), zip_of(document)
    files = {
        "document": persist(partial(save_by_hash, default_storage, "reports", html, ".html")),
        "tables": persist(partial(save_by_hash, default_storage, "reports", tables, ".zip")),
    }
    seconds = time.monotonic() - begun
    return partial(reports.complete, report_id=report.pk, worker=worker, seconds=seconds, **files)


def _refuse(worker: str, report: Report, error: Exception) -> bool:
    return reports.fail(report_id=report.pk, worker=worker, reason=reason(error, "It could not be written"))
