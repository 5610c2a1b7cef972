"""Importing a table of results, in a data worker."""

from functools import partial

from webapp.models import MeasurementFile
from webapp.services.result_tables import import_table
from webapp.services.working import Write


def imported(file: MeasurementFile, worker: str) -> Write:
    """The write that makes a run of each line of a table that `worker` has claimed. It raises Conflict, with nothing
    imported, where lines are wrong.
    """
    with file.file.open("rb") as stored:
        text = stored.read().decode("utf-8-sig")
    return partial(import_table, file_id=file.pk, worker=worker, text=text)
