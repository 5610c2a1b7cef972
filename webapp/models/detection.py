"""Published networks on the streams that studies compare networks by."""

from django.db import models
from django.db.models import Q

from webapp.models.trial import Trial


class StreamDetection(models.Model):
    """A published network's int8 file on the streams of some studies: COMPUTING -> READY or FAILED.

    Baselines are trained once for a data set and shown with every study on it; each plan of streams that a study's
    reward takes its accuracy from has a row for each of them.
    """

    class State(models.TextChoices):
        COMPUTING = "COMPUTING", "computing"
        READY = "READY", "ready"
        FAILED = "FAILED", "failed"

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="stream_detections")
    key = models.CharField(max_length=64, help_text="Hash of `plan`, by which studies find it")
    plan = models.JSONField(help_text="EvaluationPlan.to_json()")
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.COMPUTING)
    attempts = models.PositiveIntegerField(default=0, help_text="Evaluations begun; a worker may die under one")
    worker = models.CharField(max_length=120, blank=True, help_text="Who evaluates it now")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")
    reason = models.TextField(blank=True, help_text="Why it could not be evaluated")
    accuracy = models.FloatField(null=True, blank=True, help_text="Detection rate")
    result = models.JSONField(null=True, blank=True, help_text="StreamResult.to_json()")

    class Meta:
        ordering = ["trial", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "key"], name="stream_detection_once_a_plan"),
            models.CheckConstraint(
                condition=Q(state__in=["COMPUTING", "READY", "FAILED"]), name="stream_detection_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="READY") | Q(accuracy__range=(0, 1), result__isnull=False),
                name="ready_stream_detection_has_result",
            ),
            models.CheckConstraint(
                condition=~Q(state="FAILED") | ~Q(reason=""), name="failed_stream_detection_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"detections {self.pk} of trial {self.trial_id}"
