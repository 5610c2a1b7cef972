"""ASCII stream of STMicroelectronics' X-NUCLEO-LPM01A, as read from its serial port.

Samples are lines `6409-07`, that is 6409e-7 A (ascii_dec). Commands that the board acknowledges state voltage, rate and
what is sampled: `PowerShield > ack volt 3300m`, `ack freq 20` or `5k`, `ack output current` or `energy` (joules of a
sample). Every second `TimeStamp: 001s 000ms, buff 01%` counts what was lost.
Source: UM2269 (firmware of the X-NUCLEO-LPM01A), mlcommons/tiny benchmark/runner/power_manager_lpm.py.
"""

import re
from dataclasses import dataclass, field

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import power, timing
from nas_engine.energy.traces.trace import FileReading, Finding, Values

_SAMPLE = re.compile(r"(\d{4})-(\d\d)\Z")
_ACK = re.compile(r"(?:PowerShield > )?ack (volt|freq|output|format) (\S+)")
_STAMP = re.compile(r"TimeStamp: (\d+)s (\d+)ms")
_REMARK = re.compile(r"PowerShield >|ack\b|TimeStamp:|summary\b|end\b|info\b", re.IGNORECASE)
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([mk]?)\Z")
_PREFIXES = {"": 1.0, "m": 1e-3, "k": 1e3}
_FEWEST_BARE = 20  # samples that alone make such a stream
_LOST = 0.002


@dataclass(slots=True)
class _Stream:
    """What a stream states. `stamps` are pairs of seconds and the number of samples before them."""

    values: list[float] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    acks: dict[str, str] = field(default_factory=dict)
    stamps: list[tuple[float, int]] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()


class Lpm01a:
    """Reader of the ASCII stream of the X-NUCLEO-LPM01A."""

    format = "lpm01a"
    title = "X-NUCLEO-LPM01A ASCII stream"
    accepts = "Lines `6409-07` (6409e-7 A, or J with `output energy`); voltage and rate from `PowerShield > ack ...`"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has samples of the board, and its acknowledgements or nothing else."""
        lines = [line.strip() for line in head.text.split("\n")[:-1] if line.strip()]
        samples = sum(1 for line in lines if _SAMPLE.match(line))
        marked = "PowerShield > " in head.text or "TimeStamp: " in head.text
        return samples > 0 and (marked or samples == len(lines) >= _FEWEST_BARE)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace by the voltage and rate of the file, else of `options`. Raises BadMeasurement where one is unknown."""
        stream = _stream(source)
        if len(stream.values) < 2:
            raise source.wrong("fewer than two samples; record longer, with format ascii_dec")
        stated = _stated(source, stream, "freq")
        rate_hz = stated or options.rate_hz
        if rate_hz is None:
            raise source.wrong("no `ack freq`; give the samples per second")
        channel = _channel(source, stream, rate_hz)
        findings = (*stream.findings, *_lost(stream, rate_hz))
        rows = power.SampleRows(source, stream.lines[0], findings)
        timed = timing.evenly(len(stream.values), rate_hz)
        return FileReading(self.format, power.trace(rows, channel, timed, options, spacing="interval"))


def _stream(source: FileSource) -> _Stream:
    """Samples and remarks of all whole lines. Raises BadMeasurement with the line that is neither."""
    *lines, last = source.text().split("\n")
    stream = _Stream()
    for number, line in enumerate((line.strip() for line in lines), start=1):
        if match := _SAMPLE.match(line):
            stream.values.append(float(match.group(1)) * 10.0 ** -int(match.group(2)))
            stream.lines.append(number)
        elif line and not _REMARK.match(line):
            raise source.wrong(f'"{line[:30]}" is no sample like 6409-07; take this line out', line=number)
        else:
            _remark(stream, line)
    if last.strip() and not _REMARK.match(last.strip()):
        message = f"line {len(lines) + 1:,} has no line end, as where a stream was cut; it is left out"
        stream.findings = (Finding("unfinished_row", "note", message),)
    return stream


def _remark(stream: _Stream, line: str) -> None:
    if ack := _ACK.match(line):
        stream.acks[ack.group(1)] = ack.group(2)
    if stamp := _STAMP.match(line):
        stream.stamps.append((int(stamp.group(1)) + int(stamp.group(2)) / 1e3, len(stream.values)))


def _stated(source: FileSource, stream: _Stream, command: str) -> float | None:
    """Volts or samples per second that the board acknowledged; None where it did not."""
    word = stream.acks.get(command)
    if word is None:
        return None
    match = _QUANTITY.match(word)
    value = float(match.group(1)) * _PREFIXES[match.group(2)] if match else 0.0
    if not 0.0 < value <= 1e6:
        raise source.wrong(f'"ack {command} {word}" states no {command}; record again')
    return value


def _channel(source: FileSource, stream: _Stream, rate_hz: float) -> power.PowerChannel:
    values = np.array(stream.values)
    output = stream.acks.get("output", "current")
    if output == "energy":
        return power.PowerChannel("supply", power_mw=1e3 * values * rate_hz)
    if output != "current":
        raise source.wrong(f'"output {output}" is neither current nor energy; record again with `output current`')
    return power.PowerChannel("supply", current_ma=1e3 * values, voltage_v=_volts(source, stream, len(values)))


def _volts(source: FileSource, stream: _Stream, samples: int) -> Values | None:
    voltage_v = _stated(source, stream, "volt")
    return None if voltage_v is None else np.full(samples, voltage_v)


def _lost(stream: _Stream, rate_hz: float) -> tuple[Finding, ...]:
    """Check of the number of samples between the first and the last time stamp."""
    if len(stream.stamps) < 2:
        return ()
    (first_s, before), (last_s, after) = stream.stamps[0], stream.stamps[-1]
    expected, found = (last_s - first_s) * rate_hz, after - before
    if expected - found <= max(1.0, _LOST * expected):
        return ()
    message = (
        f"{found:,} samples in {last_s - first_s:g} s, where {rate_hz:g} per second are {expected:,.0f}: the others "
        "were lost. Mean power holds if what is lost was like the rest, times are blurred"
    )
    return (Finding("lost_samples", "warning", message),)
