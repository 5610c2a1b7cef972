"""A dataset's preparation in a data worker."""

from webapp.services import preparation
from webapp.services.working import Interrupted
from webapp.worker.lifecycle import ThisWorker


def prepare(dataset_id: int, worker: ThisWorker) -> None:
    """Prepare the dataset, or leave it to another worker when this one has to end."""

    def end_if_stopping(done: int, total: int, phase: str) -> None:
        if worker.stopping.is_set():
            raise Interrupted

    preparation.prepare(
        dataset_id=dataset_id,
        worker=worker.name,
        on_progress=end_if_stopping,
        stopping=worker.stopping.is_set,
    )
