"""A study simulated before it is started."""

from django.conf import settings
from django.db import models


class DryRun(models.Model):
    """One order to simulate, and what came of it. Nothing in `result` was measured."""

    class State(models.TextChoices):
        WAITING = "WAITING", "waiting"
        RUNNING = "RUNNING", "running"
        DONE = "DONE", "done"
        FAILED = "FAILED", "failed"

    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveIntegerField(default=0, help_text="Simulations begun; a worker may die under one")
    worker = models.CharField(max_length=120, blank=True, help_text="Who simulates it now")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")
    settings = models.JSONField(help_text="Values of the study's columns by name, its search space among them")
    result = models.JSONField(null=True, blank=True, help_text="webapp.services.dry_runs.Result")
    reason = models.TextField(blank=True, help_text="Why it failed")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["WAITING", "RUNNING", "DONE", "FAILED"]), name="dry_run_state_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="DONE") | models.Q(result__isnull=False), name="dry_run_done_has_result"
            ),
        ]

    def __str__(self) -> str:
        return f"Dry run {self.pk}"
