"""Having a trial's network listen to a person's sound: a file, a clip or a microphone, piece by piece.

A `Listening` holds no recording, only what the loop keeps between pieces; so nothing is kept of what was heard. Limits
bound what one person can have the web server do; each is answered with a sentence.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Now
from django.utils import timezone

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.errors import TransientError
from nas_engine.evaluation_result import Runtime
from nas_engine.streaming.loop import LoopSettings
from webapp.caches import kept
from webapp.listening.messages import Answer, DecodeSound, HearPiece, ListeningJob, PieceScores
from webapp.listening.process import EAR, EarIsBusy, ListeningFault, TooLongSound, UnreadableSound
from webapp.models import Clip, Listening, Trial
from webapp.services.bundles import check_network
from webapp.services.errors import Conflict

RATE_HZ = 16_000
BYTES_A_SAMPLE = 2
_EXPIRES = timedelta(minutes=10)
_OPEN = timedelta(minutes=1)
"""A listening without a piece for so long, such as that of a closed page, does not count as one that goes on."""
_LOCK_CLASS = 7_262_020  # advisory locks of this class are persons whose sound is being decoded


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one person's listening, in seconds of sound and bytes."""

    piece_seconds: float = 10.0
    file_bytes: int = 60_000_000
    file_seconds: float = 600.0
    listening_seconds: float = 1800.0
    at_a_time: int = 3
    seconds_in_ten_minutes: float = 3600.0


LIMITS = Limits()


class TooLarge(Conflict):
    """More sound than is taken at once (413)."""


class TooMuch(Conflict):
    """More sound than one person may have heard in this time (429)."""


class NotNow(Conflict):
    """The listening process is busy or was ended: the same piece may succeed in a moment (503)."""


class NoLongerThere(Conflict):
    """The listening has ended or expired (410)."""


class Failed(Conflict):
    """A fault of Earshot: the same again would fail again (500)."""


def check_listening(trial: Trial) -> None:
    """Raise Conflict unless the trial has a real network, and a front end that hears sound in pieces."""
    check_network(trial)
    if reason := front_end_reason(trial):
        raise Conflict(reason)


def front_end_reason(trial: Trial) -> str:
    """Why a trial cannot be tried for its front end, which would have to hear sound in pieces; "" if it can."""
    dataset = trial.study.dataset
    facts = FrontendConfig.from_json(dataset.frontend).facts if dataset.frontend else None
    if facts is None or not facts.keeps_state:
        return ""
    return (
        f"Trial {trial.number} of {trial.study.name} cannot be tried here: {facts.title}, the front end of "
        f"{dataset.name}, keeps a state that cannot be stored between pieces of sound. Evaluate the trial on streams, "
        "which are heard at a stretch."
    )


def begin(*, trial: Trial, owner: AbstractBaseUser, loop: LoopSettings) -> Listening:
    """Begin to listen with a trial's network. Raises as `check_listening` does, and TooMuch beyond the limits.

    The owner's row is locked: requests at the same moment do not pass the limits together.
    """
    check_listening(trial)
    with transaction.atomic():
        get_user_model().objects.select_for_update(no_key=True).get(pk=owner.pk)
        now = timezone.now()
        recent = Listening.objects.filter(owner=owner.pk, heard_at__gt=now - _OPEN, ended_at=None)
        if recent.count() >= LIMITS.at_a_time:
            raise TooMuch(
                f"You listen {LIMITS.at_a_time} times at once already, the most for one person: stop one of them, or "
                "wait a minute if its page is closed."
            )
        _check_rate(owner.pk)
        begun: Listening = Listening.objects.create(
            token=secrets.token_urlsafe(32),
            trial=trial,
            owner_id=owner.pk,
            heard_at=now,
            expires_at=now + _EXPIRES,
            loop=loop.to_json(),
        )
    EAR.warm_up()
    return begun


def hear(*, token: str, owner: AbstractBaseUser, start: int, samples: bytes) -> PieceScores:
    """Hear the piece that begins with sample `start`; the last piece may be sent again if its answer was lost.

    Raises NoLongerThere, TooLarge, TooMuch, NotNow, Failed; Conflict for a piece that is no sound or not the next one.
    """
    related = ("trial__study__dataset",)
    open_ones = Listening.objects.select_related(*related).filter(owner=owner.pk, ended_at=None, expires_at__gt=Now())
    listening = open_ones.filter(token=token).first()
    if listening is None:
        raise NoLongerThere(
            "This listening has ended: it was stopped, or nothing was sent for ten minutes. Start again."
        )
    _check_piece(samples)
    if start == listening.heard_samples:
        state = bytes(listening.state)
    elif start == listening.former_samples:
        state = bytes(listening.former_state)
    else:
        raise Conflict(
            f"This piece begins at {start / RATE_HZ:g} s, and {listening.heard_samples / RATE_HZ:g} s were heard: a "
            "piece between them is missing. Start again."
        )
    end = start + len(samples) // BYTES_A_SAMPLE
    if end > LIMITS.listening_seconds * RATE_HZ:
        raise TooLarge(
            f"{LIMITS.listening_seconds / 60:.3g} minutes are heard at a stretch, and they are over. Start again."
        )
    _check_rate(owner.pk)
    found = _scores(listening, state, samples)
    now = timezone.now()
    Listening.objects.filter(pk=listening.pk, heard_samples__in=[start, end], ended_at=None).update(
        heard_samples=end, state=found.state, former_samples=start, former_state=state, heard_at=now,
        expires_at=now + _EXPIRES,
    )  # fmt: skip
    return found


def end(*, token: str, owner: AbstractBaseUser) -> bool:
    """End a listening and forget its state; its length counts to the limits until it expires."""
    forgotten = {"ended_at": Now(), "state": b"", "former_state": b""}
    return bool(Listening.objects.filter(token=token, owner=owner.pk, ended_at=None).update(**forgotten))


def delete_expired() -> int:
    """Delete what has expired; the number of listenings."""
    deleted, _ = Listening.objects.filter(expires_at__lte=Now()).delete()
    return deleted


def decode(*, trial: Trial, owner: AbstractBaseUser, name: str, content: bytes) -> bytes:
    """16-bit samples at 16 kHz of a person's sound file, which is to be heard by a trial's network.

    They count to the owner's limits, as a listening that has ended; one sound of a person is decoded at a time. Raises
    TooLarge, TooMuch, NotNow, Failed, and Conflict for what is no sound.
    """
    if len(content) > LIMITS.file_bytes:
        raise TooLarge(
            f"{name or 'The file'} has more than {LIMITS.file_bytes / 1e6:g} MB, the most that is taken here: cut a "
            "part out, or convert it to FLAC."
        )
    with _only_one(owner.pk) as is_mine:
        if not is_mine:
            raise NotNow("Another sound of yours is still being read. The page tries again by itself.")
        _check_rate(owner.pk)
        try:
            job = DecodeSound(name, content, LIMITS.file_seconds)
            samples = _called(job, "Choose it again, or convert it to WAV.")
        except TooLarge:
            _count(trial, owner, round(LIMITS.file_seconds * RATE_HZ))
            raise
        _count(trial, owner, len(samples) // BYTES_A_SAMPLE)
    return samples


def decode_clip(*, trial: Trial, owner: AbstractBaseUser, clip: Clip) -> bytes:
    """16-bit samples at 16 kHz of a clip of a data set. Counts and raises as `decode` does."""
    with default_storage.open(str(clip.audio.name)) as stored:
        content = stored.read()
    return decode(trial=trial, owner=owner, name=clip.source_name.rpartition("/")[2], content=content)


@contextmanager
def _only_one(owner_id: int) -> Iterator[bool]:
    """Whether no other sound of this person is being decoded. Its lock ends with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_CLASS, owner_id])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine and connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_CLASS, owner_id])


def _count(trial: Trial, owner: AbstractBaseUser, samples: int) -> None:
    """Count decoded samples to the person's limits."""
    now = timezone.now()
    Listening.objects.create(
        token=secrets.token_urlsafe(32), trial=trial, owner_id=owner.pk, heard_at=now, ended_at=now,
        expires_at=now + _EXPIRES, loop={}, heard_samples=samples,
    )  # fmt: skip


def _check_piece(samples: bytes) -> None:
    if len(samples) > LIMITS.piece_seconds * RATE_HZ * BYTES_A_SAMPLE:
        raise TooLarge(f"A piece holds at most {LIMITS.piece_seconds:g} s of sound: send shorter ones.")
    if not samples or len(samples) % BYTES_A_SAMPLE:
        raise Conflict(
            f"A piece of {len(samples)} bytes is no sound: send 16-bit little-endian samples, mono, at 16 kHz."
        )


def _check_rate(owner_id: Any) -> None:
    since = timezone.now() - timedelta(minutes=10)
    mine = Listening.objects.filter(owner=owner_id, heard_at__gt=since)
    heard = mine.aggregate(samples=Sum("heard_samples"))["samples"] or 0
    if heard >= LIMITS.seconds_in_ten_minutes * RATE_HZ:
        raise TooMuch(
            f"Your listenings of the last ten minutes hold {heard / RATE_HZ / 60:.3g} minutes of sound; one person may "
            f"have {LIMITS.seconds_in_ten_minutes / 60:.3g} read and heard in that time. Wait some minutes."
        )


def _scores(listening: Listening, state: bytes, samples: bytes) -> PieceScores:
    trial = listening.trial
    job = HearPiece(
        network=_network(str(trial.tflite.name)),
        frontend=trial.study.dataset.frontend,
        normalisation=trial.study.dataset.normalisation,
        classes=tuple(trial.study.dataset.classes),
        runtime=cast(Runtime, trial.study.runtime),
        loop=listening.loop,
        state=state,
        samples=samples,
    )
    return _called(job, "Start again; if it fails again, this network cannot be tried.")


def _called(job: ListeningJob[Answer], remedy: str) -> Answer:
    """The answer to a job. `remedy`: what to do about a fault, in a sentence."""
    try:
        return EAR.call(job)
    except TooLongSound as error:
        raise TooLarge(str(error)) from error
    except UnreadableSound as error:
        raise Conflict(str(error)) from error
    except ListeningFault as error:
        raise Failed(f"{error} {remedy}") from error
    except EarIsBusy as error:
        raise NotNow(f"{error} The page tries again by itself.") from error
    except TransientError as error:
        raise NotNow(f"The network did not answer: {error} The page tries again by itself.") from error


@kept("networks")
def _network(name: str) -> bytes:
    """Files are named by their content: the same name is the same network for ever."""
    with default_storage.open(name) as stored:
        content: bytes = stored.read()
    return content
