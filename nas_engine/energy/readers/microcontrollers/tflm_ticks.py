"""Output of TFLite Micro's benchmarks: `KeywordRunNIerations(10) took 1403911 ticks (1403 ms)`.

The rate of the ticks is not printed. It follows from all lines, since milliseconds are cut to whole ones:
1000 ticks / (ms + 1) < rate <= 1000 ticks / ms. A power of ten within these bounds is taken, else a whole number of
megahertz if there is only one, else their middle. Operators are printed the same way without a number of runs.
Source: tensorflow/lite/micro/benchmarks (keyword_benchmark.cc, person_detection_benchmark.cc), micro_time.h.
"""

import math
import re

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.microcontrollers import printed
from nas_engine.energy.traces.trace import BenchmarkLog, BenchmarkResult, FileReading, Finding
from nas_engine.errors import BadMeasurement

_TICKS = re.compile(r" took (-?\d+) ticks \((-?\d+) ms\)")
_RUNS = re.compile(r"([A-Za-z_]\w*)\((\d+)\) took (-?\d+) ticks \((-?\d+) ms\)")
_SINGLE_PRECISION = 1e-6  # the device computes the milliseconds in float32
_COARSE = 0.005


class TflmTicks:
    """Reader of ticks that TFLite Micro's benchmarks print."""

    format = "tflm_ticks"
    title = "TFLite Micro benchmark output"
    accepts = "`NAME(10) took 1403911 ticks (1403 ms)`; the line with the most runs, its ticks timed by all lines"

    def recognises(self, head: FileHead) -> bool:
        """Whether a line states ticks and milliseconds."""
        return bool(_TICKS.search(head.text))

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Time of one inference. Raises BadMeasurement where ticks cannot be turned into time."""
        return FileReading(self.format, parse(source.text()))


def parse(text: str) -> BenchmarkLog:
    """Results by benchmark, each by its line with the most runs. Raises BadMeasurement where there is none."""
    longest: dict[str, tuple[int, int]] = {}
    for name, runs, ticks, _ in _RUNS.findall(text):
        longest[name] = max(longest.get(name, (0, 0)), (int(runs), int(ticks)))
    longest = {name: entry for name, entry in longest.items() if entry[0]}
    if not longest:
        raise BadMeasurement(
            "ticks of single operators, without the line `NAME(10) took ... ticks` of the whole network; give the "
            "whole output"
        )
    lowest_hz, highest_hz = _bounds_hz(text)
    rate_hz, findings = _rate(lowest_hz, highest_hz)
    results = [BenchmarkResult(1e3 * ticks / rate_hz / runs, runs=runs) for runs, ticks in longest.values()]
    return printed.log(results, findings)


def _bounds_hz(text: str) -> tuple[float, float]:
    """Bounds of the ticks per second. Raises BadMeasurement where a counter overflowed or lines contradict."""
    lowest_hz, highest_hz = 0.0, math.inf
    for ticks, milliseconds in ((int(ticks), int(ms)) for ticks, ms in _TICKS.findall(text)):
        if ticks < 0 or milliseconds < 0:
            raise BadMeasurement(f"{ticks:,} ticks: the counter overflowed; run fewer iterations")
        lowest_hz = max(lowest_hz, 1e3 * ticks / (milliseconds + 1))
        highest_hz = min(highest_hz, 1e3 * ticks / milliseconds if milliseconds else math.inf)
    lowest_hz, highest_hz = lowest_hz * (1.0 - _SINGLE_PRECISION), highest_hz * (1.0 + _SINGLE_PRECISION)
    if math.isinf(highest_hz):
        raise BadMeasurement(
            "every line states 0 ms, so that the ticks cannot be turned into time; run more iterations, or give the "
            "time of one inference in the settings of the run"
        )
    if lowest_hz > highest_hz:
        raise BadMeasurement("the lines have ticks of different length: the output is damaged; copy it again")
    return lowest_hz, highest_hz


def _rate(lowest_hz: float, highest_hz: float) -> tuple[float, tuple[Finding, ...]]:
    """Ticks per second, with how they are known."""
    power = 10.0 ** math.ceil(math.log10(lowest_hz)) if lowest_hz > 0.0 else math.inf
    first_mhz, last_mhz = math.ceil(lowest_hz / 1e6), math.floor(highest_hz / 1e6)
    if power <= highest_hz:
        rate_hz = power
    elif first_mhz == last_mhz:
        rate_hz = first_mhz * 1e6
    else:
        rate_hz = 0.5 * (lowest_hz + highest_hz)
        half = 0.5 * (highest_hz - lowest_hz) / rate_hz
        message = f"{rate_hz:,.4g} ticks per second, to within {100 * half:.2g} %, follow from the lines"
        doubt = "; run more iterations" if half > _COARSE else ""
        return rate_hz, (Finding("guessed_rate", "warning" if doubt else "note", message + doubt),)
    return rate_hz, (Finding("guessed_rate", "note", f"{rate_hz:,.0f} ticks per second follow from the lines"),)
