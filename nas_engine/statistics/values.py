"""Results of comparisons as values that pages render from stored JSON; free of NumPy and SciPy.

Accuracies are shares of correct answers (0..1), differences of accuracies -1..1, energies mJ per inference. All
intervals are 95 % confidence intervals. `recordings` counts independent recordings: a clip that is of no named
recording is one of its own.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from nas_engine.architecture import require_choice, require_int
from nas_engine.statistics.stored_value import StoredValue, require_number

ClipMethod = Literal["bootstrap", "wilson"]
Basis = Literal["measured", "estimated"]


@dataclass(frozen=True, slots=True)
class Interval95(StoredValue):
    """95 % confidence interval, in the unit of what it is of. Raises ValueError unless finite and low <= high."""

    low: float
    high: float

    def __post_init__(self) -> None:
        require_number(self.low, "low")
        require_number(self.high, "high", low=self.low)

    def includes(self, value: float) -> bool:
        """Whether `value` lies within, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class SeedSummary(StoredValue):
    """Mean of one figure over `n` seeds, sample standard deviation, and Student's t interval of the mean.

    One seed has neither a deviation nor an interval. The interval covers training again with other seeds, on the same
    clips: that of other clips is `ClipAccuracy`'s.
    """

    n: int
    mean: float
    sd: float | None
    interval: Interval95 | None

    def __post_init__(self) -> None:
        require_int(self.n, "n", 1)
        require_number(self.mean, "mean")
        if (self.sd is None, self.interval is None) != (self.n == 1,) * 2:
            raise ValueError(f"sd and interval belong to two seeds or more, and n is {self.n}")
        if self.sd is not None:
            require_number(self.sd, "sd", low=0.0)


@dataclass(frozen=True, slots=True)
class ClipAccuracy(StoredValue):
    """Accuracy of a network, mean over `seeds`, with the interval over clips: these trainings, other recordings."""

    accuracy: float
    interval: Interval95
    method: ClipMethod
    seeds: int
    clips: int
    recordings: int

    def __post_init__(self) -> None:
        require_number(self.accuracy, "accuracy", 0.0, 1.0)
        require_choice(self.method, "method", get_args(ClipMethod))
        for name in ("seeds", "clips", "recordings"):
            require_int(getattr(self, name), name, 1)


@dataclass(frozen=True, slots=True)
class PairedDifference(StoredValue):
    """Accuracy of a network less that of another, over the seeds and clips that both have.

    `interval` is over seeds and clips together, `seed_interval` over seeds alone (these clips), `clip_interval` over
    clips alone (these trainings). One common seed has neither of the first two.
    """

    accuracy: float
    other_accuracy: float
    interval: Interval95 | None
    seed_interval: Interval95 | None
    clip_interval: Interval95
    seeds: int
    clips: int
    recordings: int

    def __post_init__(self) -> None:
        require_number(self.accuracy, "accuracy", 0.0, 1.0)
        require_number(self.other_accuracy, "other_accuracy", 0.0, 1.0)
        for name in ("seeds", "clips", "recordings"):
            require_int(getattr(self, name), name, 1)
        if (self.interval is None, self.seed_interval is None) != (self.seeds == 1,) * 2:
            raise ValueError(f"intervals over seeds belong to two seeds or more, and seeds is {self.seeds}")

    @property
    def difference(self) -> float:
        """Accuracy less other accuracy (-1..1)."""
        return self.accuracy - self.other_accuracy

    @property
    def stated_interval(self) -> Interval95:
        """The interval to state: over seeds and clips together, over clips alone where there is one seed."""
        return self.interval or self.clip_interval

    @property
    def is_distinguished(self) -> bool:
        """Whether the stated interval leaves 0 out."""
        return not self.stated_interval.includes(0.0)


@dataclass(frozen=True, slots=True)
class Optimism(StoredValue):
    """Evaluation accuracy less test accuracy of one network, mean over `seeds`.

    `interval` is over seeds and the clips of both splits, over the clips alone where there is one seed. A search that
    chose the network from `best_of` by the evaluation split favoured lucky ones: `chance_lead` is the mean lead in
    evaluation accuracy that the best of so many has by chance if all are equally good and answer independently. Their
    answers resemble one another, so it bounds the lead from above.
    """

    evaluation_accuracy: float
    test_accuracy: float
    interval: Interval95
    seeds: int
    evaluation_clips: int
    evaluation_recordings: int
    test_clips: int
    test_recordings: int
    best_of: int | None = None
    chance_lead: float | None = None

    def __post_init__(self) -> None:
        require_number(self.evaluation_accuracy, "evaluation_accuracy", 0.0, 1.0)
        require_number(self.test_accuracy, "test_accuracy", 0.0, 1.0)
        for name in ("seeds", "evaluation_clips", "evaluation_recordings", "test_clips", "test_recordings"):
            require_int(getattr(self, name), name, 1)
        if (self.best_of is None) != (self.chance_lead is None):
            raise ValueError("best_of and chance_lead belong together")
        if self.best_of is not None:
            require_int(self.best_of, "best_of", 1)
            require_number(self.chance_lead, "chance_lead", low=0.0)

    @property
    def difference(self) -> float:
        """Evaluation accuracy less test accuracy (-1..1)."""
        return self.evaluation_accuracy - self.test_accuracy


@dataclass(frozen=True, slots=True)
class EnergyFigure(StoredValue):
    """Energy of one inference, mJ, above 0: measured by an instrument, mean of `repeats_mj`, or estimated.

    `source` is the device that was measured, or the energy predictor.
    """

    energy_mj: float
    basis: Basis
    source: str
    repeats_mj: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        require_choice(self.basis, "basis", get_args(Basis))
        for value in (self.energy_mj, *self.repeats_mj):
            require_number(value, "an energy in mJ")
            if value <= 0:
                raise ValueError(f"an energy in mJ must be above 0, not {value!r}")
        if not self.source:
            raise ValueError("source must name the device that was measured, or the energy predictor")
        if bool(self.repeats_mj) != (self.basis == "measured"):
            raise ValueError("a measured energy has repeats, an estimated one has none")

    @classmethod
    def measured(cls, repeats_mj: tuple[float, ...], device: str) -> "EnergyFigure":
        """Mean of the repeats [n], n >= 1, measured on `device`. Raises ValueError without repeats."""
        if not repeats_mj:
            raise ValueError(f"no measured repeats on {device}: give at least one, or an estimate")
        return cls(sum(repeats_mj) / len(repeats_mj), "measured", device, repeats_mj)

    @classmethod
    def estimated(cls, energy_mj: float, predictor: str) -> "EnergyFigure":
        """The estimate of an energy predictor."""
        return cls(energy_mj, "estimated", predictor)


@dataclass(frozen=True, slots=True)
class EnergyRatio(StoredValue):
    """Energies of a network and of another, and the interval of their `ratio` over measured repeats of both.

    Without an interval: fewer than two repeats of either, or no scatter. One may be measured and the other estimated,
    which `is_mixed` marks. Raises ValueError for two devices or two predictors, whose energies do not compare.
    """

    energy: EnergyFigure
    other: EnergyFigure
    interval: Interval95 | None = None

    def __post_init__(self) -> None:
        if not self.is_mixed and self.energy.source != self.other.source:
            raise ValueError(
                f"energies {self.energy.basis} by {self.energy.source} and by {self.other.source} do not compare: "
                "take both by the same"
            )

    @property
    def ratio(self) -> float:
        """Energy of the other network divided by that of the network: how many times less energy it takes."""
        return self.other.energy_mj / self.energy.energy_mj

    @property
    def is_mixed(self) -> bool:
        """Whether one energy is measured and the other estimated."""
        return self.energy.basis != self.other.basis

    @property
    def is_distinguished(self) -> bool:
        """Whether the interval leaves a ratio of 1 out; without an interval, whether the figures differ."""
        return self.ratio != 1.0 if self.interval is None else not self.interval.includes(1.0)
