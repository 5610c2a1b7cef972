"""Statistics that `pyjoulescope_driver statistics` prints: a line an interval, twice a second by default.

`#device,sampled_id,i_avg,i_std,i_min,i_max,v_avg,...,p_avg,...,charge,energy` in SI units; sampled_id is the sample
where the interval begins, charge and energy count up to its end. How long a sample is depends on the instrument (1, 2
or 16 MHz: JS220, JS110, JS320) and follows from power and counted energy. Lines of several instruments alternate.
Source: joulescope_driver, pyjoulescope_driver/entry_points/statistics.py, src/devices/js320/js320_stats.c.
"""

from dataclasses import replace

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.joulescope.statistics import agreement
from nas_engine.energy.readers.parsing import device_clock, power, table, timing
from nas_engine.energy.traces.trace import FileReading, Finding, Values

_DEVICE = "device"
_NUMBERS = ("sampled_id", "i_avg", "v_avg", "p_avg", "energy")
_KNOWN_HZ = (1e6, 2e6, 16e6)
_NEAR = 0.02


class DriverStatistics:
    """Reader of statistics of pyjoulescope_driver."""

    format = "joulescope_driver_statistics"
    title = "Statistics of pyjoulescope_driver"
    accepts = "`#device,sampled_id,i_avg,...,v_avg,...,p_avg,...,charge,energy`; of several instruments one is chosen"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has the columns of device, sample, current, voltage, power and energy."""
        layout = head.layout
        return layout is not None and all(layout.index(name) is not None for name in (_DEVICE, *_NUMBERS))

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of one instrument's intervals. Raises BadMeasurement where power and energy disagree by over 5 %."""
        layout = source.head().layout
        places = [layout.index(name) for name in (_DEVICE, *_NUMBERS)] if layout else [None]
        if layout is None or None in places:
            raise source.wrong(f"a column is missing; needed are {', '.join((_DEVICE, *_NUMBERS))}")
        device, *numbers = [place for place in places if place is not None]
        loaded = table.load(source, layout, numbers, [device])
        chosen, several = _instrument(source, loaded.texts[0], options.channel)
        kept = np.array([name == chosen for name in loaded.texts[0]])
        columns = dict(zip(_NUMBERS, (values[kept] for values in loaded.numbers), strict=True))
        if int(kept.sum()) < 3:
            raise source.wrong(f"fewer than three lines of {chosen}; record longer")
        timed = _timed(source, columns, loaded.first_line, options)
        rows = power.SampleRows(source, loaded.first_line, (*loaded.findings, *several))
        channel = power.PowerChannel(
            chosen, 1e3 * columns["i_avg"], columns["v_avg"], 1e3 * columns["p_avg"], most_voltage_v=20.0
        )
        return FileReading(self.format, power.trace(rows, channel, timed, options, spacing="interval"))


def _instrument(source: FileSource, names: tuple[str, ...], wanted: str | None) -> tuple[str, tuple[Finding, ...]]:
    found = list(dict.fromkeys(names))
    if wanted is not None:
        chosen = next((name for name in found if name.lower() == wanted.strip().lower()), None)
        if chosen is None:
            raise source.wrong(f"there is no instrument {wanted}; it has {', '.join(found)}")
        return chosen, ()
    if len(found) == 1:
        return found[0], ()
    message = f"several instruments ({', '.join(found)}); {found[0]} is read: choose the one that fed the device"
    return found[0], (Finding("guessed_channel", "warning", message),)


def _timed(source: FileSource, columns: dict[str, Values], first_line: int, options: ReadOptions) -> timing.Timing:
    """Times of the intervals' begins by their samples; else by `options.rate_hz`, the lines per second."""
    if options.rate_hz is not None:
        return timing.evenly(len(columns["p_avg"]), options.rate_hz)
    ids = columns["sampled_id"]
    sample_hz, guess = _sample_hz(source, columns)
    timed = device_clock.timed(source, ids, 1.0 / sample_hz, first_line=first_line, even=False)
    usual_s = float(np.median(np.diff(timed.time_s)))
    rows_j = float(np.nansum(columns["p_avg"][1:]) * usual_s)
    findings = agreement(source, rows_j, float(columns["energy"][-1] - columns["energy"][0]))
    return replace(timed, findings=(*guess, *timed.findings, *findings))


def _sample_hz(source: FileSource, columns: dict[str, Values]) -> tuple[float, tuple[Finding, ...]]:
    """Samples per second: an interval's power times its length is what the energy grew by."""
    powers_w, counted_j = columns["p_avg"][1:], np.diff(columns["energy"])
    samples = np.diff(columns["sampled_id"])
    known = (powers_w > 0.0) & (counted_j > 0.0) & (samples > 0.0)
    if not known.any():
        raise source.wrong("the energy does not grow, so that the length of a line is unknown; give lines per second")
    sample_hz = float(np.median(powers_w[known] * samples[known] / counted_j[known]))
    nearest_hz = min(_KNOWN_HZ, key=lambda hz: abs(hz - sample_hz))
    if abs(nearest_hz - sample_hz) <= _NEAR * nearest_hz:
        return nearest_hz, ()
    message = f"{sample_hz:,.0f} samples per second follow from the counted energy, as of no instrument known here"
    return sample_hz, (Finding("guessed_rate", "warning", message),)
