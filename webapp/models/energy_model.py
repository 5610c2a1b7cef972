"""Energy models learned from a device's runs, and the energy estimates of trials by them."""

from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from webapp.models.device import Device
from webapp.models.trial import Trial


class EnergyModel(models.Model):
    """One version of a device's energy model. Its training runs are kept, so that it can be trained again.

    A version with an `accelerator` is not trained: it takes the time that Vela estimates by a power that a user stated.
    """

    class State(models.TextChoices):
        TRAINING = "TRAINING", "training"
        READY = "READY", "ready"
        FAILED = "FAILED", "failed"

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="energy_models")
    version = models.PositiveIntegerField(help_text="Counts from 1 within the device")
    state = models.CharField(max_length=12, choices=State.choices, default=State.TRAINING)
    settings = models.JSONField(default=dict)
    seed = models.PositiveIntegerField(default=1)
    runs = models.JSONField(default=dict, help_text="Ids of the runs it was trained on, and the table's digest")
    report = models.JSONField(default=dict, help_text="Errors, importances, intervals, learning curve")
    report_r2 = models.GeneratedField(
        expression=Cast(KeyTextTransform("r2", "report"), models.FloatField()),
        output_field=models.FloatField(),
        db_persist=True,
        null=True,
        help_text="Of the report, without reading it",
    )
    report_networks = models.GeneratedField(
        expression=Cast(KeyTextTransform("networks", "report"), models.IntegerField()),
        output_field=models.IntegerField(),
        db_persist=True,
        null=True,
        help_text="Of the report, without reading it",
    )
    arrays = models.FileField(max_length=200, blank=True, help_text=".npz that nas_engine.energy.estimators.base loads")
    accelerator = models.CharField(max_length=20, blank=True, help_text="Of Vela's estimates; none for a trained model")
    power_mw = models.FloatField(null=True, blank=True, help_text="Of the device while the accelerator computes")
    power_source = models.CharField(max_length=200, blank=True, help_text="Where that power is from")
    reason = models.TextField(blank=True, help_text="Why training failed")
    created_at = models.DateTimeField(auto_now_add=True)
    trained_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0, help_text="Trainings begun; a worker may die under one")
    worker = models.CharField(max_length=120, blank=True, help_text="Who trains it now")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")

    class Meta:
        ordering = ["device", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["device", "version"], name="energy_model_version_once_a_device"),
            models.CheckConstraint(
                condition=Q(state__in=["TRAINING", "READY", "FAILED"]), name="energy_model_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="READY") | ~Q(accelerator="") | (~Q(arrays="") & Q(trained_at__isnull=False)),
                name="ready_energy_model_has_arrays",
            ),
            models.CheckConstraint(
                condition=Q(accelerator="", power_mw__isnull=True, power_source="")
                | (~Q(accelerator="") & Q(power_mw__gt=0) & ~Q(power_source="")),
                name="accelerator_has_power_and_source",
            ),
            models.CheckConstraint(condition=~Q(state="FAILED") | ~Q(reason=""), name="failed_energy_model_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.device}, model {self.version}"

    @property
    def source(self) -> str:
        """Its name as the source of energies: one without measurements behind it is marked as an estimate."""
        return f"estimate by Vela, {self}" if self.accelerator else str(self)


class TrialEnergyEstimate(models.Model):
    """Energy estimate of a completed trial by one energy model, or without one by the published figures; written once.

    The trial itself is never rewritten. A study shows the estimates of the model that it points at.
    """

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="energy_estimates")
    energy_model = models.ForeignKey(
        EnergyModel, null=True, blank=True, on_delete=models.PROTECT, related_name="energy_estimates"
    )
    energy_mj = models.FloatField()
    low_mj = models.FloatField(null=True, blank=True, help_text="Lower end of the 90 % interval")
    high_mj = models.FloatField(null=True, blank=True, help_text="Upper end of the 90 % interval")
    reward = models.FloatField()
    outside = models.JSONField(default=list, help_text="In what it lies outside of what was measured")
    formula = models.CharField(max_length=200, help_text="The reward's formula")
    source = models.CharField(max_length=120, help_text="The energy's source, with the model's version")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "energy_model"], name="trial_energy_estimate_once_a_model"),
            models.UniqueConstraint(
                fields=["trial"],
                condition=Q(energy_model__isnull=True),
                name="trial_energy_estimate_once_without_a_model",
            ),
            models.CheckConstraint(condition=Q(energy_mj__gte=0), name="trial_energy_estimate_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.energy_mj:.3f} mJ of {self.trial}"
