"""Messages between a worker and its child over their pipe. Nothing here loads TensorFlow.

The worker sends one `Job` at a time, perhaps followed by `Cancel`. The child sends `Ready` once, then for each job any
number of `Reported` and one `Finished` or `Ended`. After events that a job awaits a verdict on, the worker answers with
`Proceed` or `Cancel`. Files are passed by their paths, only results by their content.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

from nas_engine.architecture import Architecture
from nas_engine.cost import cost
from nas_engine.deployment.vectors import ScoredInputs
from nas_engine.evaluation_result import BothSplits, Evaluation, Progress, Runtime, StreamResult
from nas_engine.streaming.reading import RecordedStream
from nas_engine.trial_plan import STATISTICS_STRIDE, TRIAL_SHARE

Result = TypeVar("Result")
Kind = Literal["training", "bench", "opening", "composing", "streams"]
"""Kind of a child: the module of this package that does its jobs."""
Ending = Literal["infeasible", "failed", "transient", "outage", "cancelled"]

_LEAST_SECONDS = 300.0
_SECONDS_A_NETWORK = 60.0
_SECONDS_AN_HOUR = 120.0
"""Several times what an hour of streams takes to be put together, decoded and counted."""
_SECONDS_A_FLOP: Mapping[Runtime, float] = {"xnnpack": 1e-9, "reference": 5e-9, "micro": 5e-9}
"""Several times what was measured: MobileNetV2's 430 MFLOPs take 0.5 s in TensorFlow Lite Micro."""


class Job(Generic[Result]):
    """Work for a child, which ends with a `Result`."""

    __slots__ = ()

    def verdict_seconds_on(self, event: Any) -> float:
        """Longest time that the child waits after `event` for `Proceed` or `Cancel`; then it goes on by itself."""
        return 0.0


class OneOffJob(Job[Result], ABC):
    """Job with a child of its own, of the kind `kind`."""

    __slots__ = ()
    kind: ClassVar[Kind]

    @property
    @abstractmethod
    def patience_seconds(self) -> float:
        """Longest time that the job may take, loading of libraries included."""


@dataclass(frozen=True, slots=True)
class StreamsFile:
    """Features of streams in the file `path`, composed by `plan`, an EvaluationPlan as JSON."""

    path: str
    plan: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evaluate(Job[Evaluation]):
    """Train a network on the features in `pack_path` and evaluate it in `runtime`.

    Float training takes `trial_share` (0..1] of `full_epochs`, and BatchNorm its statistics from every
    `statistics_stride`-th position. Each epoch and phase is a `Progress` event. After each
    float epoch the child waits up to `verdict_seconds` for a stopping rule. With `streams` the network is evaluated on
    these, too.
    """

    architecture: Architecture
    pack_path: str
    full_epochs: int
    qat_epochs: int
    batch_size: int
    seed: int
    runtime: Runtime = "xnnpack"
    trial_share: float = TRIAL_SHARE
    statistics_stride: int = STATISTICS_STRIDE
    verdict_seconds: float = 0.0
    streams: StreamsFile | None = None

    def verdict_seconds_on(self, event: Any) -> float:
        is_epoch = isinstance(event, Progress) and event.phase == "float" and event.eval_accuracy is not None
        return self.verdict_seconds if is_epoch else 0.0


@dataclass(frozen=True, slots=True)
class MakeNetworks(OneOffJob[Mapping[str, str]]):
    """Write FOLDER/HASH.tflite with random weights for each architecture, given as JSON by its hash.

    The result states, by hash, why architectures could not become a file.
    """

    kind: ClassVar[Kind] = "bench"
    folder: str
    architectures: Mapping[str, Mapping[str, Any]]

    @property
    def patience_seconds(self) -> float:
        return _LEAST_SECONDS + len(self.architectures) * _SECONDS_A_NETWORK


@dataclass(frozen=True, slots=True)
class Benchmark(OneOffJob[Mapping[str, Any]]):
    """Run a .tflite file on this computer for `seconds`.

    The result holds the fields of `HostMeasurement`, "machine", its name, and "energy_note", a sentence.
    """

    kind: ClassVar[Kind] = "bench"
    path: str
    seconds: float

    @property
    def patience_seconds(self) -> float:
        return _LEAST_SECONDS + 4 * self.seconds


@dataclass(frozen=True, slots=True)
class ScoreClips(OneOffJob[ScoredInputs]):
    """Score at most `clips` clips of the evaluation split in `pack_path`, then the sounds of the .npz file
    `sounds_path` in its order, with the .tflite file `path`, which takes `flops` an inference, in every runtime of this
    machine.
    """

    kind: ClassVar[Kind] = "bench"
    path: str
    pack_path: str
    sounds_path: str
    clips: int
    flops: int

    @property
    def patience_seconds(self) -> float:
        return _LEAST_SECONDS + self.clips * self.flops * sum(_SECONDS_A_FLOP.values())


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """A trained network: its .tflite file, its architecture and the seed it was trained with."""

    path: str
    architecture: Architecture
    seed: int


@dataclass(frozen=True, slots=True)
class AnswerSplits(OneOffJob[BothSplits]):
    """Have networks answer the evaluation split and the test split of the features in `pack_path`.

    Only sent for an opening of the test split that has been recorded.
    """

    kind: ClassVar[Kind] = "opening"
    networks: tuple[TrainedNetwork, ...]
    pack_path: str
    runtime: Runtime
    clips: int

    @property
    def patience_seconds(self) -> float:
        flops = sum(cost(network.architecture).flops for network in self.networks)
        answering = self.clips * flops * _SECONDS_A_FLOP[self.runtime]
        return _LEAST_SECONDS + len(self.networks) * _SECONDS_A_NETWORK + answering


@dataclass(frozen=True, slots=True)
class ClipFile:
    """Sound file of a clip, its class and the recording that it was cut from, "" if unknown."""

    path: str
    label: str
    recording: str


@dataclass(frozen=True, slots=True)
class EvaluateStreams(OneOffJob[Mapping[str, Any]]):
    """Evaluate the .tflite file `network`, which takes `flops` an inference, on streams by `plan`, an EvaluationPlan.

    Thresholds are chosen on clips `choosing`, measured on clips `measuring` or, where there are any, on `recordings`.
    The result is that of `EvaluationOutcome.to_json`.
    """

    kind: ClassVar[Kind] = "streams"
    network: str
    pack_path: str
    runtime: Runtime
    plan: Mapping[str, Any]
    choosing: tuple[ClipFile, ...]
    measuring: tuple[ClipFile, ...]
    recordings: tuple[RecordedStream, ...]
    flops: int

    @property
    def patience_seconds(self) -> float:
        hours = sum(one.duration_s for one in self.recordings) / 3600.0
        hours += 2 * self.plan["hours"] * len(self.plan["snr_db"])
        listening = self.flops * _SECONDS_A_FLOP[self.runtime] / self.plan["loop"]["hop_s"]
        return _LEAST_SECONDS + hours * (_SECONDS_AN_HOUR + 3600 * listening)


@dataclass(frozen=True, slots=True)
class ComposeStreams(OneOffJob[None]):
    """Put streams together from `clips` by `plan`, an EvaluationPlan, and write their features to the file `path`.

    The front end is that of the features in `pack_path`.
    """

    kind: ClassVar[Kind] = "composing"
    pack_path: str
    plan: Mapping[str, Any]
    clips: tuple[ClipFile, ...]
    path: str

    @property
    def patience_seconds(self) -> float:
        return _LEAST_SECONDS + self.plan["hours"] * _SECONDS_AN_HOUR


@dataclass(frozen=True, slots=True)
class DetectOnStreams(OneOffJob[StreamResult]):
    """Evaluate the .tflite file `network`, which takes `flops` an inference, on `streams`."""

    kind: ClassVar[Kind] = "streams"
    network: str
    pack_path: str
    runtime: Runtime
    streams: StreamsFile
    flops: int

    @property
    def patience_seconds(self) -> float:
        plan = self.streams.plan
        listening = self.flops * _SECONDS_A_FLOP[self.runtime] / plan["loop"]["hop_s"]
        return _LEAST_SECONDS + plan["hours"] * (_SECONDS_AN_HOUR + 3600 * listening)


@dataclass(frozen=True, slots=True)
class Cancel:
    """To the child: end the job at its next event."""


@dataclass(frozen=True, slots=True)
class Proceed:
    """To the child: go on with the job after an event that it awaits a verdict on."""


@dataclass(frozen=True, slots=True)
class Ready:
    """From the child: everything is loaded, which took `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reported:
    """From the child: an event of the job, such as `Progress`."""

    event: Any


@dataclass(frozen=True, slots=True)
class Finished(Generic[Result]):
    """From the child: the job's result."""

    result: Result


@dataclass(frozen=True, slots=True)
class Ended:
    """From the child: the job has no result, and why. After "transient" another attempt may succeed, after "outage" it
    will when the machine is itself again.
    """

    kind: Ending
    reason: str


FromChild = Ready | Reported | Finished[Any] | Ended
