"""Exceptions of the engine, named by how the caller reacts; hence not every name ends in "Error"."""

import errno
from collections.abc import Sequence

_MACHINE = frozenset(
    {
        errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENOMEM,
        errno.EAGAIN, errno.EBUSY, errno.EPIPE, errno.ETIMEDOUT, errno.ECONNRESET, errno.ECONNREFUSED,
        errno.ECONNABORTED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN,
    }
)  # fmt: skip


class EarshotError(Exception):
    """Base of every error the engine raises on purpose; `str(error)` is a sentence for the user."""


class InfeasibleArchitecture(EarshotError):
    """The architecture can never be built or run. This is a result: record it with its reason, do not retry."""


class ConversionError(EarshotError):
    """The trained model could not be turned into a usable .tflite file. Record the trial as failed."""


class TrainingDiverged(EarshotError):
    """The loss became NaN or infinite; the message names phase and epoch. Record the trial as failed."""


class BadDataset(EarshotError):
    """The data set cannot be used as it is. Show the message: it names the fault, its place and the remedy."""


class ClosedSplit(EarshotError):
    """Search, training or a page reached for the test split. A fault of Earshot: report it."""


class UnmappedList(BadDataset):
    """A list of clips has columns that only its owner can name: have them mapped.

    `columns` and `rows` (texts) are those of the list `list_name`; `proposal` is a mapping as JSON, perhaps unfinished.
    """

    def __init__(
        self,
        message: str,
        *,
        list_name: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        proposal: dict[str, str],
    ) -> None:
        super().__init__(message)
        self.list_name, self.columns, self.rows, self.proposal = list_name, columns, rows, proposal


class BadMeasurement(EarshotError):
    """An uploaded measurement cannot be read or cannot be true. Show the message to the person who uploaded it."""


class TransientError(EarshotError):
    """Something outside the architecture failed (a truncated cache file, a killed process). A retry may help."""


class Outage(EarshotError):
    """This machine failed (a full disk, too many open files), not the work. Wait, and do the same again."""


class EvaluationCancelled(EarshotError):
    """Raised by a progress callback to end the evaluation. Not a failure of the trial."""


def is_of_the_machine(error: BaseException) -> bool:
    """Whether an OSError is of the machine, such as a full disk or a lost network, and not of the file that met it."""
    return isinstance(error, OSError) and error.errno in _MACHINE
