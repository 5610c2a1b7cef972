"""The child's end: `python -m webapp.listening FD`. It answers one job after another until its web server is gone.

It knows neither Django nor the database, and steps back behind the pages.
"""

import os
import signal
import sys
import tempfile
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig, Normalisation
from nas_engine.errors import EarshotError
from nas_engine.network.keras import configure
from nas_engine.streaming.listening import HeardSoFar, hear
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.reading import sound_blocks
from nas_engine.streaming.scores import ListeningNetwork
from webapp.listening.messages import LOWEST_DB, DecodeSound, Done, HearPiece, ListeningJob, PieceScores, Undone

RATE_HZ = 16_000
_NICENESS = 5
_MOST_SHOWN = 80
_DB_PER_NEPER = 10.0 / np.log(10.0)


class SoundTooLong(EarshotError):
    """A file holds more sound than is decoded."""


def main(descriptor: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt ends the web server, which closes the pipe
    os.nice(_NICENESS)
    configure(1)
    connection = Connection(descriptor)
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            return
        connection.send(_answer(job))


def _answer(job: ListeningJob[Any]) -> Done[Any] | Undone:
    try:
        return Done(_work(job))
    except SoundTooLong as error:
        return Undone("too_long", str(error))
    except (EarshotError, ValueError) as error:
        return Undone("rejected", str(error))
    except Exception as error:
        traceback.print_exc()
        return Undone("fault", f"{type(error).__name__}: {error}")


def _work(job: ListeningJob[Any]) -> bytes | PieceScores:
    if isinstance(job, DecodeSound):
        return decode(job)
    assert isinstance(job, HearPiece)
    return hear_piece(job)


def decode(job: DecodeSound) -> bytes:
    """Samples of the file, as a stream's are read: no peak is scaled, no part chosen."""
    with tempfile.TemporaryDirectory(prefix="earshot-") as folder:
        path, name = Path(folder) / "sound", shown_name(job.name)
        path.write_bytes(job.content)
        blocks: list[NDArray[np.int16]] = []
        left = round(job.most_seconds * RATE_HZ)
        for block in sound_blocks(path, RATE_HZ, name):
            left -= len(block)
            if left < 0:
                raise SoundTooLong(
                    f"{name} lasts longer than {job.most_seconds:g} s, the most that is heard here: cut it."
                )
            blocks.append(block)
    return b"".join(block.astype("<i2").tobytes() for block in blocks)


def shown_name(name: str) -> str:
    """The last part of a path from any system, in at most 80 characters; "sound" for none."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return (last if len(last) <= _MOST_SHOWN else f"{last[: _MOST_SHOWN - 1]}…") or "sound"


def hear_piece(job: HearPiece) -> PieceScores:
    """What the piece gives, and the state after it."""
    config = FrontendConfig.from_json(job.frontend)
    normalisation = Normalisation.from_json(job.normalisation)
    network = ListeningNetwork(job.network, config, normalisation, job.classes, job.runtime)
    samples = np.frombuffer(job.samples, "<i2").astype(np.int16)
    heard, so_far = hear(samples, HeardSoFar.from_bytes(job.state), network, LoopSettings.from_json(job.loop))
    decibels = heard.features * (config.facts.nepers_per_unit * _DB_PER_NEPER)
    return PieceScores(
        levels=np.clip(np.rint((1.0 - decibels / LOWEST_DB) * 255.0), 0, 255).astype(np.uint8).tobytes(),
        outputs=tuple(tuple(row) for row in heard.scores.outputs.tolist()),
        first_s=heard.scores.first_s,
        hop_s=heard.scores.hop_s,
        saturated_samples=heard.scores.saturated_samples,
        state=so_far.to_bytes(),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
