"""Settings of Equation 1: its accuracy, thresholds and slopes."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from nas_engine.streaming.procedure.plan import MOST_HOURS


class RewardSettings(models.Model):
    """Columns of a study that its rewards depend on, besides its energy model."""

    class AccuracyMeasure(models.TextChoices):
        CLIPS = "clips", "Accuracy on clips"
        STREAMS = "streams", "Detection rate on streams"

    accuracy_measure = models.CharField(
        "accuracy in the reward",
        max_length=8,
        choices=AccuracyMeasure.choices,
        default=AccuracyMeasure.CLIPS,
        help_text="On clips, or 1 less the mean miss rate on streams put together from the evaluation split.",
    )
    stream_alarms_per_hour = models.FloatField(
        "false alarms per hour, at most",
        default=1.0,
        validators=[MinValueValidator(0.25), MaxValueValidator(1_000)],
        help_text="Of all classes together; the rate that the miss rate is taken at.",
    )
    stream_hours = models.FloatField(
        "hours of streams",
        default=3.0,
        validators=[MinValueValidator(0.02), MaxValueValidator(MOST_HOURS)],
        help_text="Every trial hears the same. x false alarms an hour need 3/x hours to be shown.",
    )
    stream_snr_db = models.FloatField(
        "noise level (dB)",
        default=10.0,
        validators=[MinValueValidator(-40), MaxValueValidator(60)],
        help_text="Signal-to-noise ratio: at 0 dB the background is as loud as the event.",
    )
    energy_threshold_mj = models.FloatField(
        "energy threshold (mJ)",
        default=1.25,
        validators=[MinValueValidator(0)],
        help_text="Energy per inference up to which a network costs nothing in the reward (E0).",
    )
    energy_step_mj = models.FloatField(
        "energy step (mJ)",
        default=0.75,
        validators=[MinValueValidator(1e-6)],
        help_text="Additional energy above the threshold that has to bring the accuracy points per energy step.",
    )
    energy_step_points = models.FloatField(
        "accuracy points per energy step", default=2.0, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    flash_threshold_kb = models.FloatField(
        "flash threshold (kB)",
        default=60.0,
        validators=[MinValueValidator(0)],
        help_text="Size of the .tflite file up to which a network costs nothing in the reward (M0). 1 kB = 1000 bytes.",
    )
    flash_step_kb = models.FloatField(
        "flash step (kB)",
        default=30.0,
        validators=[MinValueValidator(1e-6)],
        help_text="Additional memory above the threshold that has to bring the accuracy points per flash step.",
    )
    flash_step_points = models.FloatField(
        "accuracy points per flash step", default=2.0, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )

    REWARD_SETTINGS = (
        "energy_threshold_mj", "energy_step_mj", "energy_step_points",
        "flash_threshold_kb", "flash_step_kb", "flash_step_points",
    )  # fmt: skip
    STREAM_SETTINGS = ("stream_alarms_per_hour", "stream_hours", "stream_snr_db")

    class Meta:
        abstract = True

    @property
    def is_on_streams(self) -> bool:
        """Whether its rewards take the accuracy on streams."""
        return self.accuracy_measure == self.AccuracyMeasure.STREAMS
