"""EnergyRunner's trace1-energy.bin: byte 0xF1, float32 rate in Hz, then float32 energy per sample; little endian.

The writer's README states joules, but the values are microjoules: with both monitors (LPM01A, Joulescope) their sums
equal the published energies to 1e-9. Source: eembc/energyrunner; mlcommons/tiny_results_v1.1, NUCLEO-L4R5ZI, kws.
"""

import struct

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import power, timing
from nas_engine.energy.traces.trace import FileReading, Finding, Values
from nas_engine.errors import BadMeasurement

_MARK = 0xF1
_HEADER_BYTES = 5
_MAX_RATE_HZ = 1e6
_MAX_SAMPLES = 20_000_000  # 5.5 hours at 1 kHz; 320 MB of float64 with the times
_RESOLUTION_UJ = 1e-9  # the LPM01A resolves 1 nA, which at 3 V and 1 kHz is 3e-6 uJ
_MIN_ENERGY_UJ = 1e-4  # below it for a whole session the values are joules, as the README has it


class EnergyRunnerTrace:
    """Reader of `trace1-energy.bin` of EnergyRunner."""

    format = "energyrunner_trace"
    title = "EnergyRunner energy trace (.bin)"
    accepts = "0xF1, float32 rate, float32 microjoules per sample"

    def recognises(self, head: FileHead) -> bool:
        """Whether it begins with 0xF1 and a whole rate in Hz."""
        if len(head.data) < _HEADER_BYTES or head.data[0] != _MARK:
            return False
        rate_hz: float = struct.unpack_from("<f", head.data, 1)[0]
        return 1.0 <= rate_hz <= _MAX_RATE_HZ and rate_hz == round(rate_hz)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Whole file as one trace of intervals; windows are in trace1-timestamps.json. Raises BadMeasurement."""
        body_bytes = source.path.stat().st_size - _HEADER_BYTES
        samples = body_bytes // 4
        if samples < 2:
            raise source.wrong("no samples behind the header; record again")
        if samples > _MAX_SAMPLES:
            raise source.wrong(f"{samples:,} samples, more than {_MAX_SAMPLES:,}; give a shorter recording")
        with source.path.open("rb") as file:
            rate_hz = float(struct.unpack("<xf", file.read(_HEADER_BYTES))[0])
            energy_uj = np.fromfile(file, dtype="<f4", count=samples).astype(np.float64)
        _check(energy_uj)
        channel = power.PowerChannel("supply", power_mw=energy_uj * (rate_hz / 1e3))
        rows = power.SampleRows(source.in_samples(), findings=_findings(body_bytes))
        return FileReading(
            self.format, power.trace(rows, channel, timing.evenly(samples, rate_hz), options, spacing="interval")
        )


def _check(energy_uj: Values) -> None:
    """Raise BadMeasurement for samples that no monitor gives, or values that must be in another unit.

    Where bytes were lost or added, all floats behind consist of parts of two: most are absurdly small or large.
    """
    wrong = np.flatnonzero(~np.isfinite(energy_uj) | ((energy_uj != 0.0) & (np.abs(energy_uj) < _RESOLUTION_UJ)))
    if len(wrong):
        raise BadMeasurement(
            f"sample {wrong[0] + 1:,} is no energy ({len(wrong):,} of {len(energy_uj):,}): the file is damaged; copy "
            "it again, in binary mode"
        )
    if float(np.abs(energy_uj).max()) < _MIN_ENERGY_UJ:
        raise BadMeasurement("no sample reaches 0.1 nJ: the values are not microjoules, or nothing was connected")


def _findings(body_bytes: int) -> tuple[Finding, ...]:
    if body_bytes % 4 == 0:
        return ()
    message = "the file ends within a sample, so that it was cut off; the end of the recording may be missing"
    return (Finding("unfinished_row", "warning", message),)
