"""Joulescope recordings (.jls, version 2) by Jetperch's own library.

Signals current [A], voltage [V], power [W] and gpi[0] to gpi[3], at up to 2 MHz. Longer recordings are averaged while
they are read, always from samples: the summaries in the file are not sample-accurate, and a lost sample spoils a whole
one. Lost samples are NaN in the file and holes in the trace, as of a PPK2. `NAME.anno.jls`, in the folder of a
recording, holds notes and no signals.

pyjls repairs a recording that was not closed in place, so that the upload would no longer be what was uploaded: such a
file is rejected by its header before pyjls sees it. Source: pyjls 0.17, joulescope/jls include/jls/format.h.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyjls import DataType, SignalType, jls_to_utc
from pyjls import Reader as JlsFile

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import device_clock, power, timing
from nas_engine.energy.traces.trace import FileReading, Finding, Trace, Values

_VERSION_2 = b"jlsfmt\r\n \n \x1a  \xb2\x1c"
_VERSION_1 = b"\xd3tagfmt \r\n \n  \x1a\x1c"
_MAX_RATE_HZ = 20_000_000  # a JS320 samples at 16 MHz, of which it sends 1 MHz
_MAX_SAMPLES = 2_000_000_000  # of a signal: 16 minutes at 2 MHz
_KEPT_SAMPLES = 5_000_000
_CHUNK_SAMPLES = 200_000  # of what is kept
_TO_OURS = {"current": 1e3, "voltage": 1.0, "power": 1e3}  # A, V, W into mA, V, mW


@dataclass(frozen=True, slots=True)
class _Signal:
    number: int
    skip: int  # samples before the first that all signals have


@dataclass(frozen=True, slots=True)
class _Signals:
    """Signals of one instrument to read: of one rate, over the time that all of them cover."""

    instrument: str
    analog: dict[str, _Signal]  # "current" ...
    inputs: dict[str, _Signal]  # "gpi[0]" ...
    rate_hz: float
    length: int

    @property
    def factor(self) -> int:
        """Number of samples averaged into one."""
        return -(-self.length // _KEPT_SAMPLES)


class Jls:
    """Reader of `.jls` recordings of Joulescope."""

    format = "jls"
    title = "Joulescope recording (.jls)"
    accepts = "JLS version 2 with power, or with current and voltage; gpi[0] to gpi[3] as triggers"

    def recognises(self, head: FileHead) -> bool:
        """Whether it begins with the magic bytes of JLS version 1 or 2."""
        return head.data.startswith((_VERSION_2, _VERSION_1))

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of one instrument with gpi[0] to gpi[3] as triggers. Raises BadMeasurement for damaged recordings."""
        _check_closed(source)
        try:
            with JlsFile(str(source.path)) as file:
                signals, findings = _signals(source, file, options.channel)
                return FileReading(self.format, _trace(source, file, signals, options), findings)
        except (RuntimeError, ValueError, OverflowError) as error:
            raise source.wrong(f"a damaged Joulescope recording ({str(error)[:90]}); copy it again") from None


def _check_closed(source: FileSource) -> None:
    """Raise BadMeasurement for a recording that was not closed, by the length of the file in its header."""
    header = source.head().data[:24]
    if header.startswith(_VERSION_1):
        raise source.wrong("a recording of version 1; open it in the Joulescope UI and save it, which writes version 2")
    length = struct.unpack_from("<Q", header, 16)[0] if len(header) == 24 else 0
    if length != source.path.stat().st_size:
        raise source.wrong(
            "the recording was cut, or never closed; open it in the Joulescope UI, which repairs it, and save it again"
        )


def _signals(source: FileSource, file: JlsFile, wanted: str | None) -> tuple[_Signals, tuple[Finding, ...]]:
    """Signals to read. Raises BadMeasurement where there is none, as in an .anno.jls, or none of current or power."""
    recorded = [each for number, each in file.signals.items() if number and each.signal_type == SignalType.FSR]
    if not recorded:
        raise source.wrong(
            "notes without signals (an .anno.jls); give the recording of the same name that ends in .jls"
        )
    instruments: dict[str, dict[str, Any]] = {}
    for each in recorded:
        instruments.setdefault(file.sources[each.source_id].name, {}).setdefault(each.name, each)
    usable = {name: signals for name, signals in instruments.items() if signals.keys() & {"power", "current"}}
    if not usable:
        raise source.wrong("no signal of current or power; record with current and voltage, or power, switched on")
    name, findings = _instrument(source, list(usable), wanted)
    return _alike(source, name, usable[name]), findings


def _instrument(source: FileSource, names: list[str], wanted: str | None) -> tuple[str, tuple[Finding, ...]]:
    if wanted is not None and wanted not in names:
        raise source.wrong(f"there is no instrument {wanted}; it has {', '.join(names)}")
    if wanted is not None or len(names) == 1:
        return wanted or names[0], ()
    message = f"several instruments ({', '.join(names)}); {names[0]} is read: choose the one that fed the device"
    return names[0], (Finding("guessed_channel", "warning", message),)


def _alike(source: FileSource, instrument: str, signals: dict[str, Any]) -> _Signals:
    """Signals with the rate of power, or of current, from the first sample that all of them have."""
    leading = signals.get("power") or signals["current"]
    rate = leading.sample_rate
    analog = {name: signals[name] for name in _TO_OURS if name in signals and _is(signals[name], DataType.F32, rate)}
    inputs = {name: each for name, each in signals.items() if name.startswith("gpi[") and _is(each, DataType.U1, rate)}
    if not analog or ("power" not in analog and "voltage" in signals and "voltage" not in analog):
        raise source.wrong("current and voltage differ in rate or type; record them at one rate")
    read = [*analog.values(), *inputs.values()]
    first = max(each.sample_id_offset for each in read)
    length = min(each.sample_id_offset + each.length for each in read) - first
    if not 0 < rate <= _MAX_RATE_HZ or not 2 <= length <= _MAX_SAMPLES:
        raise source.wrong(f"{length:,} samples at {rate:,} per second; give a recording of up to 16 minutes")
    placed = {each.signal_id: _Signal(each.signal_id, first - each.sample_id_offset) for each in read}
    return _Signals(
        instrument,
        {name: placed[each.signal_id] for name, each in analog.items()},
        {name: placed[each.signal_id] for name, each in inputs.items()},
        float(rate),
        length,
    )


def _is(signal: Any, kind: int, rate: int) -> bool:
    """Whether a signal's samples are of this kind and rate; the upper half of data_type does not matter."""
    return bool(signal.data_type & 0xFFFF == kind and signal.sample_rate == rate)


def _trace(source: FileSource, file: JlsFile, signals: _Signals, options: ReadOptions) -> Trace:
    analog = {name: _averaged(file, signals, each) * _TO_OURS[name] for name, each in signals.analog.items()}
    inputs = {name: _any(file, signals, each) for name, each in signals.inputs.items()}
    place = np.flatnonzero(_there(analog))
    if len(place) < 2:
        raise source.wrong("every sample of the recording was lost; record again")
    channel = power.PowerChannel(
        signals.instrument,
        current_ma=_at(analog, "current", place),
        voltage_v=_at(analog, "voltage", place),
        power_mw=_at(analog, "power", place),
    )
    binary = source.in_samples()
    timed = replace(_timed(binary, place, signals), started_at_s=_started_at_s(file, signals, int(place[0])))
    triggers = {name: state[place] for name, state in inputs.items() if state.any() and not state.all()}
    rows = power.SampleRows(binary, findings=_averaging(signals))
    return power.trace(rows, channel, timed, options, spacing="interval", triggers=triggers)


def _there(analog: dict[str, Values]) -> NDArray[np.bool_]:
    """Samples [n] that were not lost: those of power, or of all that power is computed from."""
    needed = [analog["power"]] if "power" in analog else list(analog.values())
    there: NDArray[np.bool_] = np.logical_and.reduce([np.isfinite(values) for values in needed])
    return there


def _timed(source: FileSource, place: NDArray[np.intp], signals: _Signals) -> timing.Timing:
    """Times of the samples at `place` [n]; what lies between them are holes."""
    rate_hz = signals.rate_hz / signals.factor
    if place[-1] - place[0] + 1 == len(place):
        return timing.evenly(len(place), rate_hz)
    return device_clock.timed(source, place.astype(np.float64), 1.0 / rate_hz, even=False)


def _at(analog: dict[str, Values], name: str, place: NDArray[np.intp]) -> Values | None:
    return analog[name][place] if name in analog else None


def _averaging(signals: _Signals) -> tuple[Finding, ...]:
    if signals.factor == 1:
        return ()
    rate_hz = signals.rate_hz / signals.factor
    message = f"every {signals.factor} samples are averaged into one ({rate_hz:,.0f} per second), which keeps energy"
    return (Finding("averaged", "note", message),)


def _chunks(signals: _Signals) -> Iterator[tuple[int, int]]:
    """First sample and number of samples of each part; whole groups of `factor`, the rest at the end left out."""
    whole = signals.length // signals.factor * signals.factor
    step = _CHUNK_SAMPLES * signals.factor
    for first in range(0, whole, step):
        yield first, min(step, whole - first)


def _averaged(file: JlsFile, signals: _Signals, signal: _Signal) -> Values:
    """Means over groups of samples; a sample that was lost is NaN, and so is a group without any other."""
    parts = []
    for first, count in _chunks(signals):
        samples = file.fsr(signal.number, signal.skip + first, count).reshape(-1, signals.factor)
        means = samples.mean(axis=1, dtype=np.float64)
        for group in np.flatnonzero(np.isnan(means)):
            left = samples[group][~np.isnan(samples[group])]
            means[group] = left.mean(dtype=np.float64) if len(left) else np.nan
        parts.append(means)
    return np.concatenate(parts)


def _any(file: JlsFile, signals: _Signals, signal: _Signal) -> NDArray[np.bool_]:
    """Whether a digital input was high in any of the samples that became one.

    pyjls 0.17 shifts inputs that do not begin at a multiple of 8 samples by up to 7, which at 1 MHz is 7 us.
    """
    parts = []
    for first, count in _chunks(signals):
        packed = file.fsr(signal.number, signal.skip + first, count)
        bits = np.unpackbits(packed, count=count, bitorder="little")
        parts.append(bits.reshape(-1, signals.factor).any(axis=1))
    return np.concatenate(parts)


def _started_at_s(file: JlsFile, signals: _Signals, place: int) -> float | None:
    """Seconds since 1970 of the averaged sample at `place`, if the recording has a time map."""
    signal = next(iter(signals.analog.values()))
    if not file.time_map_length(signal.number):
        return None
    return float(jls_to_utc(file.sample_id_to_timestamp(signal.number, signal.skip + place * signals.factor)))
