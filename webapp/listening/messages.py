"""Messages between a web server and its listening process. Nothing here loads TensorFlow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from nas_engine.evaluation_result import Runtime

Answer = TypeVar("Answer")


class ListeningJob(Generic[Answer]):
    """Work for the listening process, which ends with an `Answer`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class DecodeSound(ListeningJob[bytes]):
    """Decode a sound file to 16-bit little-endian mono samples at 16 kHz; `name` is for messages.

    Sound of more than `most_seconds` is rejected as "too_long".
    """

    name: str
    content: bytes
    most_seconds: float


@dataclass(frozen=True, slots=True)
class PieceScores:
    """What one piece of sound gave; see `nas_engine.streaming.listening.hear`.

    `levels` holds the new frames of log-mel features, [n, mel_bins] bytes from `LOWEST_DB` (0) to 0 dB (255). `outputs`
    are the int8 outputs of the windows that end in the piece, the first of them at `first_s`.
    """

    levels: bytes
    outputs: tuple[tuple[int, ...], ...]
    first_s: float
    hop_s: float
    saturated_samples: int
    state: bytes


LOWEST_DB = -60.0


@dataclass(frozen=True, slots=True)
class HearPiece(ListeningJob[PieceScores]):
    """Run the .tflite file `network` on 16-bit little-endian `samples`, after what `state` holds of the sound before.

    `frontend`, `normalisation` and `loop` are the JSON of FrontendConfig, Normalisation and LoopSettings.
    """

    network: bytes
    frontend: Mapping[str, Any]
    normalisation: Mapping[str, Any]
    classes: tuple[str, ...]
    runtime: Runtime
    loop: Mapping[str, Any]
    state: bytes
    samples: bytes


@dataclass(frozen=True, slots=True)
class Done(Generic[Answer]):
    """From the child: the answer to a job."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Undone:
    """From the child: a job has no answer. `reason` is a sentence for the person, but for a "fault" of Earshot."""

    kind: Literal["rejected", "too_long", "fault"]
    reason: str
