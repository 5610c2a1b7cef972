"""Exceptions of the engine, named by how the caller reacts; hence not every name ends in "Error"."""


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


class BadMeasurement(EarshotError):
    """An uploaded measurement cannot be read or cannot be true. Show the message to the person who uploaded it."""


class TransientError(EarshotError):
    """Something outside the architecture failed (a truncated cache file, a full disk). A retry may help."""


class EvaluationCancelled(EarshotError):
    """Raised by a progress callback to end the evaluation. Not a failure of the trial."""
