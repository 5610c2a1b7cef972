"""Evaluations of trials' networks on streams."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from webapp.models.finals import SplitOpening
from webapp.models.recording import RecordingSet
from webapp.models.trial import Trial


class StreamEvaluation(models.Model):
    """Evaluation of a trial's network on streams: COMPUTING -> READY or FAILED.

    Streams are put together from clips, both halves of the evaluation split. With an `opening` or with recordings,
    thresholds are chosen on the whole evaluation split, and measured on the test split, once for each network of the
    opening, or on these recordings.
    """

    class State(models.TextChoices):
        COMPUTING = "COMPUTING", "computing"
        READY = "READY", "ready"
        FAILED = "FAILED", "failed"

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="stream_evaluations")
    opening = models.ForeignKey(
        SplitOpening,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="stream_evaluations",
        help_text="Opening of the test split that the measured streams are taken under",
    )
    recordings = models.ForeignKey(
        RecordingSet, null=True, blank=True, on_delete=models.SET_NULL, related_name="stream_evaluations"
    )
    recordings_name = models.CharField(
        max_length=80, blank=True, help_text="Of the recordings that are measured, also if they were deleted since"
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    evaluated_at = models.DateTimeField(null=True, blank=True)
    plan = models.JSONField(help_text="EvaluationPlan.to_json()")
    state = models.CharField(max_length=12, choices=State.choices, default=State.COMPUTING)
    attempts = models.PositiveIntegerField(default=0, help_text="Evaluations begun; a worker may die under one")
    worker = models.CharField(max_length=120, blank=True, help_text="Who evaluates it now")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")
    reason = models.TextField(blank=True, help_text="Why it could not be evaluated")
    clips = models.JSONField(
        default=list,
        help_text="Key of the clip that each sound of the measured streams is, or of the recording of each stream",
    )
    result = models.JSONField(null=True, blank=True, help_text="EvaluationOutcome.to_json()")

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["COMPUTING", "READY", "FAILED"]), name="stream_evaluation_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="READY") | Q(result__isnull=False, evaluated_at__isnull=False),
                name="ready_stream_evaluation_has_result",
            ),
            models.CheckConstraint(
                condition=~Q(state="FAILED") | ~Q(reason=""), name="failed_stream_evaluation_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(recordings_name="") | Q(opening__isnull=True), name="stream_evaluation_of_one_source"
            ),
            models.CheckConstraint(
                condition=Q(recordings__isnull=True) | ~Q(recordings_name=""), name="stream_evaluation_names_recordings"
            ),
            models.UniqueConstraint(
                fields=["trial", "opening"],
                condition=Q(opening__isnull=False),
                name="stream_evaluation_once_an_opening",
            ),
        ]

    def __str__(self) -> str:
        return f"evaluation on streams {self.pk}"

    @property
    def is_recorded(self) -> bool:
        """Whether recordings are measured, not streams put together from clips."""
        return bool(self.recordings_name)
