"""Finalists: networks trained again with several seeds, and the openings of the test split that evaluate them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from webapp.models.architecture import StoredArchitecture
from webapp.models.dataset import Dataset
from webapp.models.study import Study
from webapp.models.trial import Trial


class Finalist(models.Model):
    """A network of a FINALS study, which trains it once for each seed; its trials share its architecture."""

    class Chosen(models.TextChoices):
        EXPECTED = "expected", "best by expected reward"
        REWARD = "reward", "best by reward"
        FRONT = "front", "on the front"
        HAND = "hand", "picked by hand"
        BASELINE = "baseline", "published network"

    finals = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="finalists")
    architecture = models.ForeignKey(StoredArchitecture, on_delete=models.PROTECT, related_name="finalists")
    label = models.CharField(max_length=60, help_text="The network's name on pages: trial 12, MobileNetV1")
    source = models.ForeignKey(
        Trial, null=True, blank=True, on_delete=models.SET_NULL, help_text="The trial of the search it was chosen from"
    )
    chosen = models.CharField(max_length=12, choices=Chosen.choices)
    seeds = models.PositiveIntegerField(help_text="How often it is trained, each time with another seed")
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["finals", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["finals", "architecture"], name="finalist_once_a_study"),
            models.CheckConstraint(condition=Q(seeds__gte=1), name="finalist_has_seeds"),
        ]

    def __str__(self) -> str:
        return self.label


class SplitOpening(models.Model):
    """One reading of a data set's test split, to evaluate all trained seeds of one network.

    The row is written before anything is read, and stays when study and data set are deleted: who looked, when, and at
    what.
    `number` counts the openings of the network on the same features.
    """

    class State(models.TextChoices):
        EVALUATING = "EVALUATING", "evaluating"
        READY = "READY", "evaluated"
        FAILED = "FAILED", "failed"

    dataset = models.ForeignKey(Dataset, null=True, on_delete=models.SET_NULL, related_name="openings")
    dataset_name = models.CharField(max_length=80, help_text="Also of a data set that was deleted since")
    data_hash = models.CharField(max_length=64, help_text="SHA-256 of the feature pack")
    architecture = models.ForeignKey(StoredArchitecture, on_delete=models.PROTECT, related_name="openings")
    label = models.CharField(max_length=60)
    finalist = models.ForeignKey(Finalist, null=True, blank=True, on_delete=models.SET_NULL, related_name="openings")
    number = models.PositiveIntegerField(help_text="Counts from 1 for the network and the features")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    opened_at = models.DateTimeField(auto_now_add=True)

    state = models.CharField(max_length=12, choices=State.choices, default=State.EVALUATING)
    attempts = models.PositiveIntegerField(default=0, help_text="Evaluations begun; a worker may die under one")
    worker = models.CharField(max_length=120, blank=True, help_text="Who evaluates it now")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")
    reason = models.TextField(blank=True, help_text="Why it failed")
    clips = models.JSONField(
        default=dict, help_text="{split: {labels: class index of each clip, recordings: recording of each clip}}"
    )
    statistics = models.JSONField(default=dict, help_text="Means and intervals over seeds and clips")

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["data_hash", "architecture", "number"], name="split_opening_numbered_once"),
            models.CheckConstraint(
                condition=Q(state__in=["EVALUATING", "READY", "FAILED"]), name="split_opening_state_known"
            ),
            models.CheckConstraint(condition=~Q(state="FAILED") | ~Q(reason=""), name="failed_opening_has_reason"),
        ]

    def __str__(self) -> str:
        return f"opening {self.number} of {self.label}"


class SeedResult(models.Model):
    """Answers of one trained seed to the clips of both splits, in the order of the opening's `clips`."""

    opening = models.ForeignKey(SplitOpening, on_delete=models.CASCADE, related_name="results")
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="seed_results")
    eval_accuracy = models.FloatField(help_text="Share of right answers (0..1) on the evaluation split")
    test_accuracy = models.FloatField(help_text="Share of right answers (0..1) on the test split")
    eval_answers = models.JSONField(help_text="Class index answered to each clip")
    test_answers = models.JSONField(help_text="Class index answered to each clip")

    class Meta:
        ordering = ["opening", "trial"]
        constraints = [
            models.UniqueConstraint(fields=["opening", "trial"], name="seed_result_once_an_opening"),
            models.CheckConstraint(
                condition=Q(eval_accuracy__range=(0, 1), test_accuracy__range=(0, 1)), name="seed_result_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.test_accuracy:.3f} of {self.trial}"
