"""Repetitions of trials that came out as their originals did."""

from webapp.models import CurvePoint, Trial
from webapp.services.reproduction import reproduce

_RESULT = (
    "float_accuracy", "int8_accuracy", "flash_bytes", "energy_mj", "energy_source", "reward", "confusion", "seconds",
    "environment", "tflite", "finished_at", "worker",
)  # fmt: skip


def ended_like(original: Trial) -> Trial:
    """A completed repetition with the result, file and curve of its original."""
    repetition = reproduce(trial_id=original.pk)
    values = {name: getattr(original, name) for name in _RESULT}
    Trial.objects.filter(pk=repetition.pk).update(state="COMPLETED", **values)
    for point in list(CurvePoint.objects.filter(trial=original)):
        point.pk, point.trial = None, repetition
        point.save()
    return Trial.objects.get(pk=repetition.pk)
