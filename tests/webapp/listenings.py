"""Sound for listenings, and what the engine makes of the whole of it at once."""

import io
import wave

import numpy as np
from django.core.files.storage import default_storage
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig, Normalisation
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.values import Stream, StreamScores
from webapp.models import Trial

RATE = 16_000


def sweep(seconds: float, rate: int = RATE) -> NDArray[np.int16]:
    """A tone that rises and comes and goes, int16 [n]."""
    t = np.arange(round(seconds * rate)) / rate
    return (12_000 * np.sin(2 * np.pi * (300 + 200 * t) * t) * np.sin(np.pi * t) ** 2).astype(np.int16)


def wav(samples: NDArray[np.int16], rate: int = RATE) -> bytes:
    """A WAV file of 16-bit mono samples."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def heard_at_once(trial: Trial, samples: NDArray[np.int16], loop: LoopSettings | None = None) -> StreamScores:
    """Scores of the whole recording by the engine in this process, which loads TensorFlow."""
    from nas_engine.streaming.scores import ListeningNetwork, stream_scores

    dataset = trial.study.dataset
    with default_storage.open(str(trial.tflite.name)) as stored:
        content = stored.read()
    config, normalisation = FrontendConfig.from_json(dataset.frontend), Normalisation.from_json(dataset.normalisation)
    network = ListeningNetwork(content, config, normalisation, tuple(dataset.classes))
    return stream_scores(Stream("whole", samples), network, loop or LoopSettings())
