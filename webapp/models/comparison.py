"""Comparisons: groups of studies on one page; and the reports that workers write of a study or a comparison."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from webapp.models.study import Study


class Comparison(models.Model):
    """Studies shown side by side with their finalists and the baselines of their data sets."""

    name = models.CharField(max_length=120, unique=True)
    notes = models.TextField(blank=True)
    studies = models.ManyToManyField(Study, related_name="comparisons", blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class Report(models.Model):
    """Report of one study or one comparison as it stood when the report was written."""

    class State(models.TextChoices):
        WRITING = "WRITING", "writing"
        READY = "READY", "ready"
        FAILED = "FAILED", "failed"

    study = models.ForeignKey(Study, null=True, blank=True, on_delete=models.CASCADE, related_name="reports")
    comparison = models.ForeignKey(Comparison, null=True, blank=True, on_delete=models.CASCADE, related_name="reports")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    written_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WRITING)
    attempts = models.PositiveIntegerField(default=0, help_text="Writings begun; a worker may die under one")
    worker = models.CharField(max_length=120, blank=True, help_text="Who writes it now")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")
    reason = models.TextField(blank=True, help_text="Why it could not be written")
    seconds = models.FloatField(null=True, blank=True, help_text="Time that a worker took to write it")
    document = models.FileField(max_length=200, blank=True, help_text="One HTML file that needs no network")
    tables = models.FileField(max_length=200, blank=True, help_text="Zip of each table as CSV, Parquet and LaTeX")

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(study__isnull=False, comparison__isnull=True)
                | Q(study__isnull=True, comparison__isnull=False),
                name="report_of_a_study_or_a_comparison",
            ),
            models.CheckConstraint(condition=Q(state__in=["WRITING", "READY", "FAILED"]), name="report_state_known"),
            models.CheckConstraint(
                condition=~Q(state="READY") | (~Q(document="") & ~Q(tables="") & Q(written_at__isnull=False)),
                name="ready_report_has_files",
            ),
            models.CheckConstraint(condition=~Q(state="FAILED") | ~Q(reason=""), name="failed_report_has_reason"),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"
