"""Settings of the rules that stop a study before its budget is used up."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

MOST_WINDOW = 20_000


class StopRuleSettings(models.Model):
    """Columns of a study that its stop rules depend on; an empty one is a rule that is off."""

    stop_trials = models.PositiveIntegerField(
        "stop after trials without a better reward",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_WINDOW)],
        help_text="Trials in a row that were completed or stopped early and did not raise the best reward.",
    )
    stop_hours = models.FloatField(
        "stop after hours of running",
        null=True,
        blank=True,
        validators=[MinValueValidator(1e-3), MaxValueValidator(100_000)],
        help_text="Hours in which the study is paused do not count.",
    )
    stop_front_percent = models.FloatField(
        "stop when the front grows less than (%)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1e-6), MaxValueValidator(1_000)],
        help_text="Growth of the hypervolume of accuracy and energy over the trials of the next field.",
    )
    stop_front_trials = models.PositiveIntegerField(
        "over the last trials",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_WINDOW)],
        help_text="Trials that were completed or stopped early.",
    )

    STOP_SETTINGS = ("stop_trials", "stop_hours", "stop_front_percent", "stop_front_trials")

    class Meta:
        abstract = True

    @property
    def has_stop_rule(self) -> bool:
        """Whether any rule may stop it before its budget is used up."""
        return any(getattr(self, name) is not None for name in ("stop_trials", "stop_hours", "stop_front_percent"))
