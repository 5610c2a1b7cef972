"""Importing a table of results, in a data worker."""

import logging

from webapp.models import MeasurementFile
from webapp.services import measurements
from webapp.services.errors import Conflict
from webapp.services.result_tables import import_table

logger = logging.getLogger(__name__)


def import_file(file: MeasurementFile, worker: str) -> None:
    """Make a run of each line of a table that `worker` has claimed; or say which lines are wrong, and make none."""
    try:
        with file.file.open("rb") as stored:
            text = stored.read().decode("utf-8-sig")
        import_table(file_id=file.pk, worker=worker, text=text)
    except Conflict as conflict:
        lines = [
            {"code": "wrong_line", "severity": "error", "message": one} for one in getattr(conflict, "problems", ())
        ]
        refused = measurements.RefusedFile(str(conflict), findings=lines)
        measurements.refuse(file_id=file.pk, worker=worker, refused=refused)
    except Exception as error:
        logger.exception("Table %d cannot be imported", file.pk)
        refused = measurements.RefusedFile(f"{file.original_name} could not be imported: {error!r}. Report this file.")
        measurements.refuse(file_id=file.pk, worker=worker, refused=refused)
