"""Joulescope recordings (.jls, version 2) by Jetperch's own library.

Signals current [A], voltage [V], power [W] and gpi[0] to gpi[3], at up to 2 MHz. Longer recordings are averaged while
they are read. `NAME.anno.jls`, which lies beside a recording, holds notes and no signals.

pyjls repairs a recording that was not closed in place, so that the upload would no longer be what was uploaded: such a
file is refused by its header before pyjls sees it. Source: pyjls 0.17, joulescope/jls include/jls/format.h.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyjls import DataType, SignalType, jls_to_utc
from pyjls import Reader as JlsFile

from nas_engine.energy.readers import power, timing
from nas_engine.energy.readers.base import Head, ReadOptions, Source
from nas_engine.energy.trace import Finding, Reading, Trace, Values

_VERSION_2 = b"jlsfmt\r\n \n \x1a  \xb2\x1c"
_VERSION_1 = b"\xd3tagfmt \r\n \n  \x1a\x1c"
_MAX_SAMPLES = 2_000_000_000  # of a signal: 16 minutes at 2 MHz
_KEPT_SAMPLES = 5_000_000
_CHUNK_SAMPLES = 200_000  # of what is kept
_TO_OURS = {"current": 1e3, "voltage": 1.0, "power": 1e3}  # A, V, W into mA, V, mW


@dataclass(frozen=True, slots=True)
class _Signals:
    """The signals of one instrument that are read, all of one rate and length."""

    analog: dict[str, int]  # "current" ... -> signal id
    inputs: dict[str, int]  # "gpi[0]" ...
    rate_hz: float
    length: int

    @property
    def factor(self) -> int:
        """How many samples become one."""
        return -(-self.length // _KEPT_SAMPLES)


class Jls:
    format = "jls"
    title = "Joulescope recording (.jls)"
    accepts = "JLS version 2 with power, or with current and voltage; gpi[0] to gpi[3] as triggers"

    def recognises(self, head: Head) -> bool:
        return head.data.startswith((_VERSION_2, _VERSION_1))

    def read(self, source: Source, options: ReadOptions) -> Reading:
        _refuse_open(source)
        try:
            with JlsFile(str(source.path)) as file:
                signals = _signals(source, file)
                return Reading(self.format, _trace(source, file, signals, options))
        except (RuntimeError, ValueError, OverflowError) as error:
            raise source.wrong(f"a damaged Joulescope recording ({str(error)[:90]}); copy it again") from None


def _refuse_open(source: Source) -> None:
    """The header has the file's length, written when the recording is closed."""
    header = source.head().data[:24]
    if header.startswith(_VERSION_1):
        raise source.wrong("a recording of version 1; open it in the Joulescope UI and save it, which writes version 2")
    length = struct.unpack_from("<Q", header, 16)[0] if len(header) == 24 else 0
    if length != source.path.stat().st_size:
        raise source.wrong(
            "the recording was cut, or never closed; open it in the Joulescope UI, which repairs it, and save it again"
        )


def _signals(source: Source, file: JlsFile) -> _Signals:
    """Raises BadMeasurement where there is no signal, as in an .anno.jls, or none from which power can be had."""
    found: dict[str, Any] = {}
    for number, signal in file.signals.items():
        if number and signal.signal_type == SignalType.FSR:
            found.setdefault(signal.name, signal)
    analog = {
        name: found[name] for name in _TO_OURS if name in found and found[name].data_type & 0xFFFF == DataType.F32
    }
    if not found:
        raise source.wrong(
            "notes without signals (an .anno.jls); give the recording of the same name that ends in .jls"
        )
    if not analog.keys() & {"power", "current"}:
        raise source.wrong("no signal of current or power; record with current and voltage, or power, switched on")
    first = next(iter(analog.values()))
    alike = {
        name: each
        for name, each in found.items()
        if (each.sample_rate, each.length) == (first.sample_rate, first.length)
    }
    if not analog.keys() <= alike.keys():
        raise source.wrong("its signals differ in rate or length; record them at one rate")
    if not 0 < first.sample_rate <= 10_000_000 or not 2 <= first.length <= _MAX_SAMPLES:
        raise source.wrong(
            f"{first.length:,} samples at {first.sample_rate:,} a second; give a recording of up to 16 minutes"
        )
    inputs = {
        name: alike[name].signal_id
        for name in alike
        if name.startswith("gpi[") and alike[name].data_type & 0xFFFF == DataType.U1
    }
    return _Signals(
        {name: each.signal_id for name, each in analog.items()}, inputs, float(first.sample_rate), first.length
    )


def _trace(source: Source, file: JlsFile, signals: _Signals, options: ReadOptions) -> Trace:
    analog = {name: _averaged(file, signals, number) * _TO_OURS[name] for name, number in signals.analog.items()}
    inputs = {name: _any(file, signals, number) for name, number in signals.inputs.items()}
    rate_hz = signals.rate_hz / signals.factor
    timed = timing.evenly(len(next(iter(analog.values()))), rate_hz)
    timed = replace(timed, started_at_s=_started_at_s(file, next(iter(signals.analog.values()))))
    findings: tuple[Finding, ...] = ()
    if signals.factor > 1:
        message = f"every {signals.factor} samples are averaged into one ({rate_hz:,.0f} a second), which keeps energy"
        findings = (Finding("averaged", "note", message),)
    channel = power.Channel(
        "Joulescope",
        current_ma=analog.get("current"),
        voltage_v=analog.get("voltage"),
        power_mw=analog.get("power"),
    )
    triggers = {name: state for name, state in inputs.items() if state.any() and not state.all()}
    return power.trace(
        power.Rows(source, findings=findings), channel, timed, options, spacing="interval", triggers=triggers
    )


def _chunks(signals: _Signals) -> Iterator[tuple[int, int]]:
    """First sample and number of samples of each part; whole groups of `factor`, the rest at the end left out."""
    whole = signals.length // signals.factor * signals.factor
    step = _CHUNK_SAMPLES * signals.factor
    for first in range(0, whole, step):
        yield first, min(step, whole - first)


def _averaged(file: JlsFile, signals: _Signals, number: int) -> Values:
    parts = [
        file.fsr(number, first, count).reshape(-1, signals.factor).mean(axis=1, dtype=np.float64)
        for first, count in _chunks(signals)
    ]
    return np.concatenate(parts)


def _any(file: JlsFile, signals: _Signals, number: int) -> NDArray[np.bool_]:
    """Whether a digital input was high in any of the samples that became one."""
    parts = [
        np.unpackbits(file.fsr(number, first, count), count=count, bitorder="little")
        .reshape(-1, signals.factor)
        .any(axis=1)
        for first, count in _chunks(signals)
    ]
    return np.concatenate(parts)


def _started_at_s(file: JlsFile, number: int) -> float | None:
    """Seconds since 1970 of the first sample, if the recording was given the time."""
    if not file.time_map_length(number):
        return None
    return float(jls_to_utc(file.sample_id_to_timestamp(number, 0)))
