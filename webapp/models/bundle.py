"""Deploy bundles that workers pack of trials."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from webapp.models.trial import Trial


class DeployBundle(models.Model):
    """Deploy bundle of a trial's network: PACKING -> READY or FAILED."""

    class State(models.TextChoices):
        PACKING = "PACKING", "packing"
        READY = "READY", "ready"
        FAILED = "FAILED", "failed"

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="bundles")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    packed_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PACKING)
    attempts = models.PositiveIntegerField(default=0, help_text="Packings begun; a worker may die under one")
    worker = models.CharField(max_length=120, blank=True, help_text="Who packs it now")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")
    reason = models.TextField(blank=True, help_text="Why it could not be packed")
    file = models.FileField(max_length=200, blank=True, help_text="Zip")
    arena = models.JSONField(null=True, blank=True, help_text="ArenaMeasurement.to_json(); null if not measured")
    arena_note = models.TextField(blank=True, help_text="Why the tensor arena was not measured")
    npu = models.JSONField(
        default=list, help_text="NpuEstimate.to_json() by accelerator, or its name and why there is no estimate"
    )

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["PACKING", "READY", "FAILED"]), name="deploy_bundle_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="READY") | (~Q(file="") & Q(packed_at__isnull=False)),
                name="ready_deploy_bundle_has_file",
            ),
            models.CheckConstraint(
                condition=~Q(state="FAILED") | ~Q(reason=""), name="failed_deploy_bundle_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"deploy bundle {self.pk}"
