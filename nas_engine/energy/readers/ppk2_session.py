"""Sessions of Nordic's Power Profiler Kit II (.ppk2): a zip of metadata.json, session.raw and minimap.raw.

session.raw holds frames of 6 bytes: float32 microamperes and uint16 with 2 bits an input (1: low, 2: high, 3: both,
0: unknown), little endian. A frame that is NaN was lost: holes are real and stay holes. The voltage is not recorded.
Source: nordicsemi/pc-nrfconnect-ppk, src/utils/saveFileHandler.ts, src/globals.ts, src/utils/bitConversion.ts.
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.readers import ppk2_inputs
from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import device_clock, power, unpacking
from nas_engine.energy.traces.trace import FileReading, Finding, Trace, Values

_FRAME = np.dtype([("current_ua", "<f4"), ("inputs", "<u2")])
_MAX_METADATA_BYTES = 1_000_000
_MAX_SAMPLES = 5_000_000  # 50 s at 100 kHz; longer sessions are averaged, or memory would fill
_CHUNK_SAMPLES = 500_000


@dataclass(frozen=True, slots=True)
class _Metadata:
    rate_hz: float
    started_at_s: float | None


class Ppk2Session:
    """Reader of `.ppk2` sessions of Nordic's Power Profiler Kit II."""

    format = "ppk2_session"
    title = "Nordic PPK2 session (.ppk2)"
    accepts = "Zip of session.raw and metadata.json; D0 to D7 as triggers; the supply voltage has to be given"

    def recognises(self, head: FileHead) -> bool:
        """Whether it is a zip with session.raw."""
        return unpacking.PPK2_SAMPLES in head.members

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace with D0 to D7 as triggers. Raises BadMeasurement without a supply voltage or for damaged sessions."""
        if options.voltage_v is None:
            raise source.wrong("a PPK2 records no voltage; give the supply voltage of the device, e.g. 3.0")
        with tempfile.TemporaryDirectory(prefix="earshot-ppk2-") as folder:
            metadata = _metadata(source, unpacking.extract(source, "metadata.json", Path(folder)))
            frames = unpacking.extract(source, unpacking.PPK2_SAMPLES, Path(folder))
            return FileReading(self.format, _trace(source.in_samples(), frames.path, metadata, options))


def _metadata(source: FileSource, member: FileSource) -> _Metadata:
    """Raises BadMeasurement where the number of samples per second is missing or absurd."""
    try:
        values: Any = json.loads(member.text(_MAX_METADATA_BYTES))
        values = values["metadata"]
        rate_hz, started_ms = float(values["samplesPerSecond"]), values.get("startSystemTime")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise source.wrong(
            "its metadata.json names no samplesPerSecond; save the session again in the Power Profiler"
        ) from None
    if not 1.0 <= rate_hz <= 1e6:
        raise source.wrong(
            f"{rate_hz:g} samples per second in its metadata.json; save the session again in the Power Profiler"
        )
    since_1970 = isinstance(started_ms, int | float) and 1e12 <= started_ms <= 4.2e12
    return _Metadata(rate_hz, float(started_ms) / 1e3 if since_1970 else None)


def _trace(source: FileSource, path: Path, metadata: _Metadata, options: ReadOptions) -> Trace:
    size_bytes = path.stat().st_size
    if size_bytes % _FRAME.itemsize or size_bytes < 2 * _FRAME.itemsize:
        raise source.wrong(
            f"its session.raw of {size_bytes:,} bytes does not hold frames of 6 bytes; save the session again"
        )
    frames = size_bytes // _FRAME.itemsize
    factor = -(-frames // _MAX_SAMPLES)
    parts = list(_averaged(path, factor))
    place, current_ua, inputs = (np.concatenate([part[column] for part in parts]) for column in range(3))
    del parts
    _check_current(source, current_ua)
    timed = device_clock.timed(source, place.astype(np.float64), factor / metadata.rate_hz, even=False)
    timed = replace(timed, started_at_s=metadata.started_at_s)
    rows = power.SampleRows(source, findings=_averaging(factor, metadata.rate_hz))
    channel = power.PowerChannel("PPK2", current_ma=current_ua / 1e3)
    triggers = ppk2_inputs.from_pairs(inputs)
    return power.trace(rows, channel, timed, options, spacing="interval", triggers=triggers)


def _averaged(path: Path, factor: int) -> Iterator[tuple[NDArray[np.int64], Values, NDArray[np.uint16]]]:
    """Place, mean current and all input bits of every `factor` frames that are not all lost, chunk by chunk."""
    first = 0
    with path.open("rb") as file:
        while len(frames := np.fromfile(file, _FRAME, _CHUNK_SAMPLES * factor)):
            groups = -(-len(frames) // factor)
            padded = np.full(groups * factor, np.array((np.nan, 0), _FRAME))
            padded[: len(frames)] = frames
            current = padded["current_ua"].reshape(groups, factor).astype(np.float64)
            there = ~np.isnan(current)
            count = there.sum(axis=1)
            total = np.where(there, current, 0.0).sum(axis=1)
            inputs = np.bitwise_or.reduce(padded["inputs"].reshape(groups, factor), axis=1)
            kept = count > 0
            yield first + np.flatnonzero(kept), total[kept] / count[kept], inputs[kept]
            first += groups


def _check_current(source: FileSource, current_ua: Values) -> None:
    if not len(current_ua):
        raise source.wrong("every sample of the session was lost; record again")
    if not (np.abs(current_ua) <= ppk2_inputs.MOST_CURRENT_UA).all():
        raise source.wrong("a current beyond 2 A, where a PPK2 ends at 1 A: the session is damaged; save it again")


def _averaging(factor: int, rate_hz: float) -> tuple[Finding, ...]:
    if factor == 1:
        return ()
    message = (
        f"a long session: every {factor} samples are averaged into one ({rate_hz / factor:,.0f} per second), which "
        "keeps energy "
        "and moves the edges of windows by less than a sample"
    )
    return (Finding("averaged", "note", message),)
