"""Studies whose rewards take the accuracy on streams, for tests: settings, results, rows without hearing anything."""

from typing import Any

from nas_engine.evaluation_result import DetectedClass, StreamResult
from tests.webapp import rows
from webapp.models import Dataset, Study

COUNTS = {split: dict.fromkeys(rows.CLASSES, 6) for split in ("train", "eval", "test")}
SETTINGS: dict[str, Any] = {
    "accuracy_measure": "streams",
    "stream_alarms_per_hour": 30.0,
    "stream_hours": 0.1,
    "stream_snr_db": 20.0,
}


def running_study(dataset: Dataset | None = None, **values: Any) -> Study:
    """A RUNNING study on a data set whose evaluation split has clips of every class."""
    return rows.running_study(dataset=dataset or rows.ready_dataset(counts=COUNTS), **(SETTINGS | values))


def detected(accuracy: float) -> StreamResult:
    """Result with this detection rate, of hundredths, in both classes."""
    misses = round(100 * (1.0 - accuracy))
    classes = tuple(DetectedClass(label, 0.5, 100, misses, 1) for label in rows.CLASSES[:2])
    return StreamResult(0.1, 3, classes)
