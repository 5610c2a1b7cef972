"""Files of power monitors and benchmarks, and the runs that they measure."""

from django.db import models
from django.db.models import Q

from webapp.models.architecture import StoredArchitecture
from webapp.models.device import Campaign


class MeasurementFile(models.Model):
    """One uploaded file, kept as it came. A worker reads it: READING -> READY or REFUSED; new options read it again."""

    class State(models.TextChoices):
        READING = "READING", "reading"
        READY = "READY", "read"
        REFUSED = "REFUSED", "refused"

    class Kind(models.TextChoices):
        TRACE = "trace", "power trace"
        STAMPS = "stamps", "time stamps"
        LOG = "log", "benchmark log"
        SUMMARY = "summary", "summary of results"
        TABLE = "table", "table of results"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="files")
    original_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    file = models.FileField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    options = models.JSONField(default=dict, help_text="Options given by the user: voltage_v, rate_hz, mapping, ...")
    options_version = models.PositiveIntegerField(default=1, help_text="Counts changes of the options")

    state = models.CharField(max_length=12, choices=State.choices, default=State.READING)
    attempts = models.PositiveIntegerField(default=0, help_text="Readings begun; a worker may die under one")
    worker = models.CharField(max_length=120, blank=True, help_text="Who reads it now")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")
    format = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=160, blank=True, help_text="The format in words")
    kind = models.CharField(max_length=12, choices=Kind.choices, blank=True)
    findings = models.JSONField(default=list, help_text="[{code, severity, message}] of reader and trace doctor")
    error = models.TextField(blank=True, help_text="Why it was refused and what to do")
    columns = models.JSONField(null=True, blank=True, help_text="Columns and first rows of a table that nobody knows")
    summary = models.JSONField(default=dict, help_text="samples, rate_hz, duration_s, mean_power_mw, ...")
    plot = models.FileField(max_length=200, blank=True, help_text=".npz with minima and maxima of the power")

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "sha256"], name="measurement_file_once_a_campaign"),
            models.CheckConstraint(
                condition=Q(state__in=["READING", "READY", "REFUSED"]), name="measurement_file_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="READY") | (~Q(format="") & ~Q(kind="")), name="read_file_has_format"
            ),
            models.CheckConstraint(condition=~Q(state="REFUSED") | ~Q(error=""), name="refused_file_has_error"),
        ]

    def __str__(self) -> str:
        return self.original_name


class Run(models.Model):
    """One network measured once or several times in a row. Its result is computed from its files and settings.

    `settings["source"]` names the origin of the figures: "files", "table" (imported), or "host" (this computer).
    A change of files or settings counts `settings_version` up and has a worker compute the result again.
    """

    class State(models.TextChoices):
        COMPUTING = "COMPUTING", "computing"
        READY = "READY", "ready"
        REFUSED = "REFUSED", "refused"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="runs")
    architecture = models.ForeignKey(
        StoredArchitecture, null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    label = models.CharField(max_length=200, blank=True)
    notes = models.TextField(blank=True)
    files = models.ManyToManyField(MeasurementFile, related_name="runs", blank=True)
    settings = models.JSONField(default=dict, help_text="Window, channel, clock offset, idle")
    settings_version = models.PositiveIntegerField(default=1, help_text="Counts changes of settings and files")
    created_at = models.DateTimeField(auto_now_add=True)

    state = models.CharField(max_length=12, choices=State.choices, default=State.COMPUTING)
    attempts = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=120, blank=True, help_text="Who computes it now")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")
    computed_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict, help_text="Windows, energies, repeats and cross-check; files and settings")
    findings = models.JSONField(default=list, help_text="[{code, severity, message}]")
    error = models.TextField(blank=True, help_text="Why nothing could be computed and what to do")
    energy_mj = models.FloatField(null=True, blank=True, help_text="Gross energy per inference, as in the paper")
    net_mj = models.FloatField(null=True, blank=True, help_text="The same above idle power")
    latency_ms = models.FloatField(null=True, blank=True)
    sd_mj = models.FloatField(null=True, blank=True, help_text="Of the repeats' gross energies")
    repeats = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["COMPUTING", "READY", "REFUSED"]), name="run_state_known"),
            models.CheckConstraint(
                condition=~Q(state="READY") | Q(computed_at__isnull=False), name="ready_run_was_computed"
            ),
            models.CheckConstraint(condition=~Q(state="REFUSED") | ~Q(error=""), name="refused_run_has_error"),
            models.CheckConstraint(
                condition=(Q(energy_mj__isnull=True) | Q(energy_mj__gt=0))
                & (Q(latency_ms__isnull=True) | Q(latency_ms__gt=0)),
                name="run_figures_positive",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "-created_at"])]

    def __str__(self) -> str:
        return self.label or f"run {self.pk}"


class MappingProfile(models.Model):
    """Named column mapping of a table: quantity and unit of each column, for use with other files."""

    name = models.CharField(max_length=80, unique=True)
    mapping = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class BenchKit(models.Model):
    """An order of files for a bench: networks, a manifest and a script, zipped by a worker."""

    class State(models.TextChoices):
        PACKING = "PACKING", "packing"
        READY = "READY", "ready"
        FAILED = "FAILED", "failed"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="kits")
    architectures = models.JSONField(help_text="[{hash, label}] in the order in which they are to be measured")
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PACKING)
    attempts = models.PositiveIntegerField(default=0, help_text="Packings begun; a worker may die under one")
    worker = models.CharField(max_length=120, blank=True, help_text="Who packs it now")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")
    reason = models.TextField(blank=True, help_text="Why it could not be packed")
    file = models.FileField(max_length=200, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["PACKING", "READY", "FAILED"]), name="bench_kit_state_known"),
            models.CheckConstraint(condition=~Q(state="READY") | ~Q(file=""), name="ready_bench_kit_has_file"),
            models.CheckConstraint(condition=~Q(state="FAILED") | ~Q(reason=""), name="failed_bench_kit_has_reason"),
        ]

    def __str__(self) -> str:
        return f"bench kit {self.pk}"
