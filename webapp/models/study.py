"""A study: one search over one space on one dataset, with its settings and its state."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from nas_engine.deployment.vela import ACCELERATORS
from nas_engine.trial_plan import FULL_EPOCHS, QAT_EPOCHS, STATISTICS_STRIDE, TRIAL_SHARE
from webapp.models.dataset import Dataset
from webapp.models.device import Runtime
from webapp.models.reward_settings import RewardSettings
from webapp.models.stop_rule_settings import StopRuleSettings

BYTES_PER_KB = 1000


class Study(RewardSettings, StopRuleSettings):
    """A search. The settings below are the fields of the browser form and of the study file alike."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", "draft"
        RUNNING = "RUNNING", "running"
        PAUSED = "PAUSED", "paused"
        DRAINING = "DRAINING", "stopping"
        COMPLETED = "COMPLETED", "completed"
        STOPPED = "STOPPED", "stopped"
        FAILED = "FAILED", "failed"

    class Kind(models.TextChoices):
        SEARCH = "search", "search"
        BASELINES = "baselines", "baselines"
        FINALS = "finals", "finalists"
        REPETITIONS = "repetitions", "repetitions"

    class Designer(models.TextChoices):
        RANDOM = "random", "Random search"
        EAGLE = "eagle", "Firefly (eagle strategy)"
        GAUSSIAN_PROCESS = "gaussian_process", "Gaussian process (Bayesian)"
        EVOLUTION = "evolution", "Regularised evolution"
        HYPERFIREFLY = "hyperfirefly", "HyperFirefly (a firefly tuned by another)"
        HYBRID = "hybrid", "Gaussian process, then HyperFirefly"
        NSGA2 = "nsga2", "NSGA-II (for the front, not the reward)"
        LISTED = "listed", "None: a given list"

    class EarlyStopping(models.TextChoices):
        NONE = "none", "None"
        EXPONENTIAL_DECAY = "exponential_decay", "Exponential decay, default parameters"
        TSGP = "tsgp", "Learned curves (TSGP)"
        MARGINAL_VALUE = "marginal_value", "Marginal value (against new trials)"

    class Space(models.TextChoices):
        PAPER_2D = "paper_2d", "Paper, 2-D (12 blocks)"
        PAPER_1D = "paper_1d", "Paper, 1-D (12 blocks)"
        EDITED = "edited", "Edited"

    class Priority(models.IntegerChoices):
        LOW = -1, "low"
        NORMAL = 0, "normal"
        HIGH = 1, "high"

    # Settings
    name = models.CharField(max_length=120, unique=True)
    notes = models.TextField(blank=True)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="studies")
    space = models.CharField("search space", max_length=40, choices=Space.choices, default=Space.PAPER_2D)
    designer = models.CharField(max_length=40, choices=Designer.choices, default=Designer.EAGLE)
    trial_budget = models.PositiveIntegerField(
        "trials", default=24, validators=[MinValueValidator(1), MaxValueValidator(20_000)]
    )
    full_epochs = models.PositiveIntegerField(
        "full training length",
        default=FULL_EPOCHS,
        validators=[MinValueValidator(1), MaxValueValidator(1_000)],
        help_text="Epochs of a finished network. A trial trains for three quarters of them, as in the paper.",
    )
    qat_epochs = models.PositiveIntegerField(
        "epochs with simulated quantisation",
        default=QAT_EPOCHS,
        validators=[MinValueValidator(1), MaxValueValidator(200)],
        help_text="Quantisation-aware training (QAT), which follows the float epochs of a trial.",
    )
    batch_size = models.PositiveIntegerField(default=64, validators=[MinValueValidator(8), MaxValueValidator(512)])
    statistics_stride = models.PositiveIntegerField(
        "BatchNorm takes every nth position",
        default=STATISTICS_STRIDE,
        validators=[MinValueValidator(1), MaxValueValidator(8)],
        help_text="For mean and variance, in time and frequency. 1: all, as usual; more is faster and less accurate.",
    )
    seed = models.PositiveIntegerField(default=1, help_text="The same seed suggests the same first networks.")
    runtime = models.CharField(
        max_length=12,
        choices=Runtime.choices,
        default=Runtime.XNNPACK,
        help_text="int8 accuracy is that of this runtime; a trial's page compares the others with it.",
    )
    enforce_constraints = models.BooleanField(
        default=False,
        help_text="Do not train a network whose estimate violates a constraint below.",
    )
    flash_limit_kb = models.FloatField(
        "hard flash limit (kB)", null=True, blank=True, validators=[MinValueValidator(1e-3)]
    )
    peak_ram_limit_kb = models.FloatField(
        "hard RAM limit (kB)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1e-3)],
        help_text="Of the activations that are alive at once.",
    )
    energy_limit_mj = models.FloatField(
        "hard energy limit (mJ)", null=True, blank=True, validators=[MinValueValidator(1e-6)]
    )
    accelerator = models.CharField(
        "Ethos-U of the next two limits",
        max_length=20,
        blank=True,
        choices=[(name, name) for name in ACCELERATORS],
        help_text="Before a network is trained, Vela compiles it and estimates time and SRAM.",
    )
    npu_time_limit_ms = models.FloatField(
        "hard limit of inference time (ms)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1e-6)],
        help_text="A network of which an operator falls back to the CPU has no estimated time and is infeasible.",
    )
    npu_sram_limit_kb = models.FloatField(
        "hard limit of SRAM (kB)", null=True, blank=True, validators=[MinValueValidator(1e-3)]
    )

    early_stopping = models.CharField(
        max_length=20, choices=EarlyStopping.choices, default=EarlyStopping.MARGINAL_VALUE
    )
    stop_confidence = models.FloatField(
        "confidence of stopping",
        default=0.95,
        validators=[MinValueValidator(0.5), MaxValueValidator(0.999)],
        help_text="A trial is stopped when it stays below the best reward with this probability.",
    )
    switch_at = models.PositiveIntegerField(
        "trials before the switch",
        default=1_000,
        validators=[MinValueValidator(1)],
        help_text="Of the hybrid: so many trials are the Gaussian process's; with marginal value, their epochs.",
    )

    energy_model = models.ForeignKey(
        "webapp.EnergyModel",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="studies",
        help_text="The version that energies and rewards are taken from; without one, published figures.",
    )

    CONSTRAINT_SETTINGS = (
        "enforce_constraints", "flash_limit_kb", "peak_ram_limit_kb", "energy_limit_mj",
        "accelerator", "npu_time_limit_ms", "npu_sram_limit_kb",
    )  # fmt: skip
    SETTINGS = (
        "name", "notes", "dataset", "space", "designer", "switch_at", "trial_budget", "full_epochs", "qat_epochs",
        "early_stopping", "stop_confidence", "batch_size", "statistics_stride", "seed", "runtime", "energy_model",
        "accuracy_measure", *RewardSettings.STREAM_SETTINGS, *RewardSettings.REWARD_SETTINGS,
        *CONSTRAINT_SETTINGS, *StopRuleSettings.STOP_SETTINGS,
    )  # fmt: skip
    """Settings of a study in the order of forms and files, for forms, study files, clones, drafts and dry runs."""

    # Life
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.SEARCH)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="children",
        help_text="The study whose finalists or repetitions these trials are; none for the finals of baselines",
    )
    trial_share = models.FloatField(
        default=TRIAL_SHARE, help_text="Share (0..1] of the full training length that its trials train for in float"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    priority = models.SmallIntegerField(
        choices=Priority.choices,
        default=Priority.NORMAL,
        help_text="Trainers take its waiting trials before those of studies of lower priority",
    )
    tags = models.JSONField(default=list, blank=True, help_text="Words that it is found by")
    archived = models.BooleanField(default=False, help_text="Left out of lists until somebody asks for it")
    starred_by = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="starred_studies")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    cloned_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)
    warm_start_from = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="warm_started",
        help_text="The earlier study whose best networks are its first trials",
    )
    warm_start_networks = models.PositiveIntegerField(default=10, help_text="How many of them, at most")
    warm_start = models.JSONField(null=True, blank=True, help_text="What it took at its start: TakenNetworks.to_json()")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    rules_from = models.DateTimeField(
        null=True, blank=True, help_text="What its stop rules count from: its start, or its last resumption"
    )
    reason = models.TextField(blank=True, help_text="Why it ended as it did, or why it waits")

    # Search
    space_spec = models.JSONField(default=dict, help_text="SearchSpace.to_json(), fixed when the study is created")
    designer_state = models.JSONField(null=True, blank=True, help_text="Designer.dump()")
    duplicates_answered = models.PositiveIntegerField(
        default=0, help_text="Suggestions that repeated a finished trial and were answered from its result"
    )
    suggest_failures = models.PositiveIntegerField(default=0, help_text="Failed suggestions since the last good one")
    suggest_after = models.DateTimeField(null=True, blank=True, help_text="No earlier attempt after a failed one")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["DRAFT", "RUNNING", "PAUSED", "DRAINING", "COMPLETED", "STOPPED", "FAILED"]
                ),
                name="study_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(accuracy_measure__in=["clips", "streams"]), name="study_accuracy_measure_known"
            ),
            models.CheckConstraint(condition=models.Q(runtime__in=Runtime.values), name="study_runtime_known"),
            models.UniqueConstraint(
                fields=["dataset"], condition=models.Q(kind="baselines"), name="baselines_once_a_dataset"
            ),
            models.UniqueConstraint(
                fields=["parent", "kind"], condition=models.Q(parent__isnull=False), name="finals_once_a_study"
            ),
            models.UniqueConstraint(
                fields=["dataset", "full_epochs", "qat_epochs", "batch_size", "statistics_stride", "runtime"],
                condition=models.Q(kind="finals", parent__isnull=True),
                name="finals_of_baselines_once_a_recipe",
            ),
            models.CheckConstraint(
                condition=models.Q(trial_share__gt=0, trial_share__lte=1), name="study_trial_share_is_a_share"
            ),
            models.CheckConstraint(
                condition=models.Q(stop_front_percent__isnull=True, stop_front_trials__isnull=True)
                | models.Q(stop_front_percent__isnull=False, stop_front_trials__isnull=False),
                name="study_front_rule_is_whole",
            ),
            models.CheckConstraint(condition=models.Q(priority__in=[-1, 0, 1]), name="study_priority_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def counts_compute(self) -> bool:
        """Whether its designer counts trials by their epochs (`DesignerSettings.by_compute`)."""
        return self.early_stopping == self.EarlyStopping.MARGINAL_VALUE

    @property
    def has_stop_confidence(self) -> bool:
        """Whether `stop_confidence` has an effect."""
        return self.early_stopping in (self.EarlyStopping.EXPONENTIAL_DECAY, self.EarlyStopping.TSGP)
