"""Networks of a run of results whose files are lost, trained once more where a step needs a file.

The journal holds what every training came to, and a repository keeps it without its networks. A repetition
has the same network, seed, settings and data. It gives the same file only where TensorFlow and the processor are the
same, so its figures name it as trained again.
"""

from collections.abc import Iterable

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from webapp.models import Trial
from webapp.services.errors import Conflict
from webapp.services.reproduction import reproduce


def network_at_hand(trial: Trial) -> Trial | None:
    """The trial if its network is stored here, else its newest completed repetition, if there is one."""
    if default_storage.exists(str(trial.tflite.name)):
        return trial
    return _repetitions(trial).filter(state=Trial.State.COMPLETED).first()


def request_lost(needed: Iterable[Trial]) -> None:
    """Have each trial repeated whose network is not at hand, once; one that failed stays so."""
    for trial in needed:
        if network_at_hand(trial) is None and not _repetitions(trial).exists():
            try:
                reproduce(trial_id=trial.pk)
            except Conflict:
                continue  # `words_on_lost` states it, since there is no repetition


def being_repeated(needed: Iterable[Trial]) -> int:
    """How many of these trials are being repeated."""
    return sum(_repetitions(trial).filter(state__in=Trial.OPEN).exists() for trial in needed)


def words_on_lost(trial: Trial) -> str:
    """Why no network of a trial is at hand."""
    latest = _repetitions(trial).first()
    if latest is None:
        return "its file is lost, and the data set has changed since: it cannot be trained again"
    if latest.state in Trial.OPEN:
        return "its file is lost; it is being trained again"
    return f"its file is lost, and training it again ended as {latest.state_label}: {latest.reason.rstrip('.')}"


def _repetitions(trial: Trial) -> QuerySet[Trial]:
    return Trial.objects.filter(reproduces=trial).order_by("-pk")
