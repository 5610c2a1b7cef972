"""Trials and their learning curves."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from webapp.models.architecture import StoredArchitecture
from webapp.models.study import BYTES_PER_KB, Study


def within_thresholds(energy: str, trial: str = "") -> Q:
    """The condition that Equation 1 takes nothing off, as `nas_engine.reward.within_thresholds` has it for arrays.

    `energy` names the column in mJ to judge by; `trial` is the prefix, such as "trial__", of a trial's columns.
    """
    return Q(
        (f"{energy}__lte", F(f"{trial}study__energy_threshold_mj")),
        (f"{trial}flash_bytes__lte", F(f"{trial}study__flash_threshold_kb") * BYTES_PER_KB),
    )


class TrialQuerySet(models.QuerySet["Trial"]):
    """Trials, with the rules that several pages select them by."""

    def within_thresholds(self, energy: str = "energy_mj") -> Self:
        """Those that Equation 1 takes nothing off, by the energy in the column or annotation `energy`."""
        return self.filter(within_thresholds(energy))


class Trial(models.Model):
    """One architecture trained, quantised and scored for one study. A finished trial is never rewritten."""

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", "waiting"
        RUNNING = "RUNNING", "running"
        COMPLETED = "COMPLETED", "completed"
        STOPPED = "STOPPED", "stopped early"
        INFEASIBLE = "INFEASIBLE", "infeasible"
        FAILED = "FAILED", "failed"
        CANCELLED = "CANCELLED", "cancelled"

    class Origin(models.TextChoices):
        SUGGESTED = "suggested", "suggested"
        ADDED = "added", "added by hand"
        WARM_START = "warm_start", "warm start"

    OPEN = (State.REQUESTED, State.RUNNING)
    ORIGIN = ("origin", "origin_note", "outside_space")
    VIOLATING = "VIOLATING"  # no state of its own, but how pages mark an INFEASIBLE trial that violates a constraint

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="trials")
    number = models.PositiveIntegerField(help_text="Counts from 1 within the study")
    architecture = models.ForeignKey(StoredArchitecture, on_delete=models.PROTECT, related_name="trials")
    state = models.CharField(max_length=12, choices=State.choices, default=State.REQUESTED)
    label = models.CharField(max_length=80, blank=True, help_text="The network's name, if it has one: MobileNetV1")
    violates_constraints = models.BooleanField(
        default=False, help_text="Not trained, because its estimate violates a constraint of the study"
    )
    origin = models.CharField(max_length=12, choices=Origin.choices, default=Origin.SUGGESTED)
    origin_note = models.CharField(
        max_length=200, blank=True, help_text="Where a network that a person added comes from"
    )
    outside_space = models.BooleanField(
        default=False, help_text="The study's space has no such network: its designer cannot learn from it"
    )
    suggestion = models.JSONField(default=dict, help_text="The designer's own notes on this suggestion")
    retried_from = models.OneToOneField(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="retry",
        help_text="The failed trial that this one repeats; a trial is retried at most once",
    )
    reproduces = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="reproductions",
        help_text="The completed trial that this one repeats with the same seed, to see whether it comes out the same",
    )
    confirms = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="confirmations",
        help_text="The completed trial whose network this one trains again, with another seed",
    )
    seed = models.PositiveIntegerField(help_text="Seed of initial weights, crops and augmentation")
    requested_at = models.DateTimeField(auto_now_add=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, help_text="Why it failed, was cancelled or is infeasible")
    log_tail = models.TextField(blank=True, help_text="The end of the log of the process in which it failed")
    skipped = models.BooleanField(
        default=False, help_text="A person gave it up: it ends as cancelled, and its network is not tried again"
    )

    # The lease of the worker that runs it
    worker = models.CharField(max_length=120, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    # Live progress
    phase = models.CharField(max_length=20, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    epochs = models.PositiveIntegerField(default=0)

    # Result
    float_accuracy = models.FloatField(null=True, blank=True)
    int8_accuracy = models.FloatField(null=True, blank=True, help_text="On clips")
    stream_accuracy = models.FloatField(
        null=True, blank=True, help_text="Detection rate on streams, where the study's reward takes that"
    )
    reward_accuracy = models.GeneratedField(
        expression=Coalesce("stream_accuracy", "int8_accuracy"),
        output_field=models.FloatField(null=True),
        db_persist=True,
        help_text="The accuracy that Equation 1 takes: on streams where it was measured there, else on clips",
    )
    streams = models.JSONField(null=True, blank=True, help_text="StreamResult.to_json(), None without streams")
    flash_bytes = models.PositiveIntegerField(null=True, blank=True)
    energy_mj = models.FloatField(null=True, blank=True)
    energy_source = models.CharField(max_length=120, blank=True)
    reward = models.FloatField(null=True, blank=True)
    confusion = models.JSONField(null=True, blank=True, help_text="Rows: true class; columns: predicted class")
    runtimes = models.JSONField(default=dict, help_text="`RuntimeResult` by runtime; empty for results before these")
    seconds = models.JSONField(default=dict, help_text="Seconds by phase")
    environment = models.JSONField(default=dict, help_text="Library versions and threads the result came from")
    stopping = models.JSONField(null=True, blank=True, help_text="Forecasts of early stopping, and what came of them")
    tflite = models.FileField(max_length=200, blank=True)

    # Of people, who may change them in every state
    notes = models.TextField(blank=True)
    tags = models.JSONField(default=list, blank=True, help_text="Words that it is found by")

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering = ["study", "number"]
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="trial_number_once"),
            models.CheckConstraint(
                condition=Q(
                    state__in=["REQUESTED", "RUNNING", "COMPLETED", "STOPPED", "INFEASIBLE", "FAILED", "CANCELLED"]
                ),
                name="trial_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="COMPLETED")
                | (
                    Q(float_accuracy__isnull=False)
                    & Q(int8_accuracy__isnull=False)
                    & Q(flash_bytes__isnull=False)
                    & Q(energy_mj__isnull=False)
                    & Q(reward__isnull=False)
                    & Q(finished_at__isnull=False)
                    & ~Q(tflite="")
                ),
                name="completed_trial_has_values",
            ),
            models.CheckConstraint(
                condition=Q(stream_accuracy__isnull=True, streams__isnull=True)
                | Q(stream_accuracy__range=(0, 1), streams__isnull=False),
                name="trial_stream_accuracy_has_result",
            ),
            models.CheckConstraint(
                condition=~Q(state="RUNNING") | (~Q(worker="") & Q(heartbeat_at__isnull=False)),
                name="running_trial_has_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["FAILED", "INFEASIBLE", "CANCELLED"]) | ~Q(reason=""),
                name="ended_trial_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(violates_constraints=False) | Q(state="INFEASIBLE", started_at__isnull=True),
                name="violating_trial_never_ran",
            ),
            models.CheckConstraint(
                condition=Q(outside_space=False) | Q(origin="added"), name="trial_outside_space_was_added"
            ),
        ]
        indexes = [
            models.Index(fields=["study", "state"]),
            models.Index(fields=["study", "-reward"]),
        ]

    def __str__(self) -> str:
        return f"trial {self.number} of study {self.study_id}"

    @property
    def shown_state(self) -> str:
        """The state as pages mark and filter it."""
        return self.VIOLATING if self.violates_constraints else self.state

    @property
    def state_label(self) -> str:
        """The state in a word."""
        return "constraint violated" if self.violates_constraints else self.get_state_display()


class ClipMistakes(models.Model):
    """Clips of the evaluation split that a trial's int8 network got wrong, the ones it was most certain of first."""

    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, primary_key=True, related_name="clip_mistakes")
    clips = models.JSONField(help_text="[position of the clip in its split, its class, class answered, score 0..1]")

    def __str__(self) -> str:
        return f"mistakes of {self.trial}"


class CurvePoint(models.Model):
    """One epoch of a trial's learning curve."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="curve")
    phase = models.CharField(max_length=8, help_text="float or qat")
    epoch = models.PositiveIntegerField(help_text="Counts from 1 within the phase")
    loss = models.FloatField()
    train_accuracy = models.FloatField(null=True, blank=True)
    eval_accuracy = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["trial", "phase", "epoch"]
        constraints = [models.UniqueConstraint(fields=["trial", "phase", "epoch"], name="curve_point_once")]

    def __str__(self) -> str:
        return f"{self.phase} epoch {self.epoch} of trial {self.trial_id}"
