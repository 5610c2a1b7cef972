"""Sets of labelled clips and what their preparation found."""

from django.conf import settings
from django.db import models


class Dataset(models.Model):
    """A set of clips in train, eval and test splits, with its cached log-mel features (`pack`)."""

    class State(models.TextChoices):
        PREPARING = "PREPARING", "preparing"
        READY = "READY", "ready"
        FAILED = "FAILED", "failed"

    name = models.CharField(max_length=80, unique=True)
    notes = models.TextField(blank=True)
    licence = models.CharField(max_length=200, blank=True, help_text="Licence of the sounds, as its user stated it")
    state = models.CharField(max_length=12, choices=State.choices, default=State.PREPARING)
    synthetic = models.BooleanField(
        default=False, help_text="Made by nas_engine.audio.synthesis.generator, not recorded"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    prepared_at = models.DateTimeField(null=True, blank=True)

    upload = models.FileField(max_length=200, blank=True, help_text="The uploaded archive, until it is prepared")
    options = models.JSONField(default=dict, help_text="How to read the source: layout choices given by the user")
    phase = models.CharField(max_length=40, blank=True)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0, help_text="Preparations begun; a worker may die under one")
    worker = models.CharField(max_length=120, blank=True, help_text="Who prepares it now")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")
    error = models.TextField(blank=True)
    columns = models.JSONField(
        null=True,
        blank=True,
        help_text="Name, columns and first rows of a list that only its owner can map, and a proposal",
    )

    classes = models.JSONField(default=list, help_text="Class names in the order of the network's outputs")
    frontend = models.JSONField(default=dict, help_text="FrontendConfig.to_json()")
    normalisation = models.JSONField(default=dict, help_text="mean and std per mel bin, from the training split")
    counts = models.JSONField(default=dict, help_text="{split: {class: clips}}")
    problems = models.JSONField(default=list, help_text="[{kind, severity, where, message}]")
    suppression = models.JSONField(
        default=list, help_text="What noise suppression leaves of its clips: ClassSuppression.to_json() by class"
    )
    pack = models.FileField(max_length=200, blank=True, help_text="Feature pack")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="READY") | (~models.Q(pack="") & models.Q(prepared_at__isnull=False)),
                name="ready_dataset_has_features",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListProfile(models.Model):
    """Named mapping of the columns of a list of clips, for use with other datasets."""

    name = models.CharField(max_length=80, unique=True)
    mapping = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Clip(models.Model):
    """One clip of a dataset, as 16 kHz mono FLAC. `position` is its row in the pack's split."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="clips")
    split = models.CharField(max_length=8)
    label = models.CharField(max_length=80)
    group = models.CharField(max_length=200, blank=True, help_text="The recording it was cut from")
    source_name = models.CharField(max_length=400)
    seconds = models.FloatField()
    position = models.PositiveIntegerField()
    audio = models.FileField(max_length=200)

    class Meta:
        ordering = ["split", "label", "position"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "split", "position"], name="clip_position_once"),
        ]
        indexes = [models.Index(fields=["dataset", "split", "label"])]

    def __str__(self) -> str:
        return self.source_name
