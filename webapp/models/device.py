"""Devices whose energy is measured, and the campaigns of measurements on them."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q


class Runtime(models.TextChoices):
    """What runs networks; `nas_engine.evaluation_result.Runtime` has the same values."""

    XNNPACK = "xnnpack", "TensorFlow Lite with XNNPACK"
    REFERENCE = "reference", "TensorFlow Lite, reference kernels"
    MICRO = "micro", "TensorFlow Lite Micro"


class Device(models.Model):
    """A phone, watch, earbud or board that networks run on. `version` counts edits: of two at once, one wins."""

    name = models.CharField(max_length=80, unique=True, help_text="Results and energy models carry this name.")
    core = models.CharField(
        max_length=120, blank=True, help_text="The processor core that networks run on, such as Cortex-A76 at 2.4 GHz."
    )
    battery_kj = models.FloatField(
        "battery (kJ)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1e-3)],
        help_text="1 kJ is 0.278 Wh. Phones have about 51 kJ, watches 3.6 kJ, earbuds 0.7 kJ.",
    )
    supply_v = models.FloatField(
        "supply (V)",
        null=True,
        blank=True,
        validators=[MinValueValidator(0.1)],
        help_text="Taken for files that hold a current but no voltage.",
    )
    idle_power_mw = models.FloatField(
        "idle power (mW)",
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Taken off for net energy where a run has no idle measurement of its own.",
    )
    runtime = models.CharField(
        max_length=12,
        blank=True,
        choices=Runtime.choices,
        help_text="Phones and computers use XNNPACK by default; microcontrollers have TensorFlow Lite Micro.",
    )
    notes = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(battery_kj__isnull=True) | Q(battery_kj__gt=0))
                & (Q(supply_v__isnull=True) | Q(supply_v__gt=0))
                & (Q(idle_power_mw__isnull=True) | Q(idle_power_mw__gte=0)),
                name="device_figures_positive",
            ),
            models.CheckConstraint(condition=Q(runtime__in=["", *Runtime.values]), name="device_runtime_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """Measurements on one device that belong together: the same bench, the same settings of the device."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(max_length=120)
    notes = models.TextField(blank=True, help_text="Clock, threads, temperature, who measured.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["device", "name"], name="campaign_name_once_a_device")]

    def __str__(self) -> str:
        return self.name
