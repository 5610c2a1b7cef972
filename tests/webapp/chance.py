"""Studies whose networks answer one class always."""

from tests.webapp.factories import CLASSES, make_study
from webapp.models import Study

CHANCE = 1 / len(CLASSES)


def study_at_chance(above: int = 0) -> Study:
    """A study of four cheap trials at chance, but for the first `above`."""
    study = make_study(completed=4)
    study.trials.update(int8_accuracy=CHANCE, reward=0.99)
    study.trials.filter(number__lte=above).update(int8_accuracy=0.6, reward=0.5)
    return study
