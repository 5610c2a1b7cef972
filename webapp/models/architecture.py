"""Architectures, once each, by their hash, and what Vela estimates of them on NPUs."""

from django.db import models
from django.db.models import Q


class StoredArchitecture(models.Model):
    """A network as data. `spec` is `nas_engine.Architecture.to_json()`; the costs are the pure walk's."""

    hash = models.CharField(max_length=64, primary_key=True)
    spec = models.JSONField()
    flops = models.BigIntegerField()
    parameters = models.BigIntegerField(help_text="Trainable weights")
    peak_activation_bytes = models.BigIntegerField()

    def __str__(self) -> str:
        return self.hash[:12]


class StoredNpuEstimate(models.Model):
    """What Vela estimates of an architecture, compiled with weights at random, on one accelerator; or why it does not.

    A 1-D network is compiled with time along the width. Neither study nor training matters to an estimate.
    """

    architecture = models.ForeignKey(StoredArchitecture, on_delete=models.CASCADE, related_name="npu_estimates")
    accelerator = models.CharField(max_length=20, help_text="Vela's name, such as ethos-u55-128")
    seconds = models.FloatField(null=True, help_text="Of one inference, without operators that fall back to the CPU")
    sram_bytes = models.PositiveIntegerField(null=True)
    fallbacks = models.PositiveIntegerField(null=True, help_text="Operators that the CPU computes")
    estimate = models.JSONField(null=True, help_text="NpuEstimate.to_json()")
    reason = models.TextField(blank=True, help_text="Why Vela does not compile it")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["architecture", "accelerator"], name="npu_estimate_once_an_accelerator"),
            models.CheckConstraint(
                condition=Q(
                    seconds__isnull=False,
                    sram_bytes__isnull=False,
                    fallbacks__isnull=False,
                    estimate__isnull=False,
                    reason="",
                )
                | (Q(seconds=None, sram_bytes=None, fallbacks=None, estimate=None) & ~Q(reason="")),
                name="npu_estimate_or_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.architecture_id[:12]} on {self.accelerator}"
