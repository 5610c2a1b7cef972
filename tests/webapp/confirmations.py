"""Confirmations in the rows of a study that `factories` made."""

from webapp.models import CurvePoint, Study, Trial


def confirmation(study: Study, number: int, accuracy: float) -> Trial:
    """A completed confirmation of the trial `number`, with this accuracy and the curve of that trial."""
    confirmed = Trial.objects.get(study=study, number=number)
    trial = Trial.objects.get(pk=confirmed.pk)
    trial.pk, trial.number, trial.confirms = None, study.trials.count() + 1, confirmed
    trial.int8_accuracy = accuracy
    trial.reward = (confirmed.reward or 0.0) + accuracy - (confirmed.int8_accuracy or 0.0)
    trial.seed += 1
    trial.save(force_insert=True)
    points = list(confirmed.curve.all())
    for point in points:
        point.pk, point.trial = None, trial
    CurvePoint.objects.bulk_create(points)
    return trial
