"""Reports of studies and comparisons: WRITING -> READY | FAILED. A report holds what stood when it was written."""

from django.db import transaction
from django.utils import timezone

from webapp.models import Comparison, Report, Study
from webapp.services import jobs
from webapp.services.errors import Conflict
from webapp.services.transitions import Actor

State = Report.State


def request_report(*, study_id: int | None = None, comparison_id: int | None = None, owner: Actor = None) -> Report:
    """Have a data worker write a report of a search or of a comparison, unless one is being written.

    Conflict for a study that is no search, and for a comparison without studies.
    """
    with transaction.atomic():
        subject = _study(study_id) if study_id is not None else _comparison(comparison_id or 0)
        writing = subject.reports.filter(state=State.WRITING).first()
        if writing is not None:
            return writing
        report: Report = subject.reports.create(owner_id=owner.pk if owner is not None else None)
        jobs.send(jobs.REPORTS, report.pk)
    return report


def _study(study_id: int) -> Study:
    study = Study.objects.select_for_update(no_key=True).get(pk=study_id)
    if study.kind != Study.Kind.SEARCH:
        raise Conflict(f"{study.name} is no search: have the report written of the search that it belongs to.")
    return study


def _comparison(comparison_id: int) -> Comparison:
    comparison = Comparison.objects.select_for_update(no_key=True).get(pk=comparison_id)
    if not comparison.studies.exists():
        raise Conflict(f"{comparison.name} has no studies: add some before you have a report written.")
    return comparison


def claim(*, report_id: int, worker: str) -> Report | None:
    """The report to write; None if another worker has it, or it is written."""
    if not jobs.claim(jobs.REPORTS, report_id, worker):
        return None
    return Report.objects.select_related("study", "comparison").get(pk=report_id)


def complete(*, report_id: int, worker: str, document: str, tables: str, seconds: float) -> bool:
    """WRITING -> READY with the names of the stored files. False if another worker has taken it over."""
    held = jobs.REPORTS.held(report_id, worker)
    files = {"document": document, "tables": tables}
    values = {"state": State.READY, "written_at": timezone.now(), "seconds": seconds, "reason": "", **files}
    return bool(held.update(**jobs.FREE, **values))


def fail(*, report_id: int, worker: str, reason: str) -> bool:
    """WRITING -> FAILED."""
    return bool(jobs.REPORTS.held(report_id, worker).update(**jobs.FREE, state=State.FAILED, reason=reason))
