#!/usr/bin/env bash
# pyjls 0.17.0 (the Joulescope file format). 0.19.2, for Python 3.12 and later, still says 2.92 J of long windows, but has
# a deviation beside it, and gives the shorter ones the statistics of the samples that are there.
#
# Behaviour: Reader.fsr_statistics over samples that were lost, which the writer itself fills in with NaN, gives a mean
# that depends on how long the window is and where it begins. Here 1 W was recorded for one second, then three seconds
# were lost, and all else is 0 W. Windows of 1000 s, 200 s and 150 s around this say 2.92 J, almost three times what was
# recorded, beside a standard deviation of NaN. Those of 40 s, 20 s and 4 s say NaN for both, but finite numbers for
# minimum and maximum: 0 W and 0 W, or +1.8e308 and -1.8e308 W, although the second of 1 W is in each of them.
#
# Guess before the first run: one rule for all four numbers and for each window, either NaN if a sample is lost, or the
# statistics of the samples that are there, as of numpy.nanmean: 1.00 J.
# Wrong: long windows are computed from summaries that the file keeps of every 2560 samples, and an entry counts for
# 2560 samples of its mean however few of them there are, here 640. Shorter windows use raw samples and finer summaries,
# where NaN takes hold. The documentation calls the statistics sample-accurate when one window is asked for, as here.
#
# Hurts: whoever takes energy as mean times duration from a recording of which USB lost a piece, which happens under
# load, when power is high. The result is finite, plausible and wrong, and the number of lost samples is not told.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv # CPython 3.11 to 3.13
venv/bin/pip install --quiet --disable-pip-version-check pyjls==0.17.0 numpy==2.4.6
venv/bin/python - <<'EOF'
import numpy as np
from pyjls import DataType, Reader, SignalDef, SignalType, SourceDef, Writer

RATE, SIGNAL = 1000, 1
LOAD, LOST, BACK = 399_000, 400_000, 403_000  # the load begins, samples are lost, samples come again
watts = np.zeros(1000 * RATE, np.float32)
watts[LOAD:LOST] = 1.0
with Writer("recording.jls") as out:
    names = {"vendor": "none", "model": "none", "version": "1", "serial_number": "1"}
    out.source_def_from_struct(SourceDef(source_id=1, name="source", **names))
    kind = {"signal_type": SignalType.FSR, "data_type": DataType.F32, "sample_rate": RATE}
    out.signal_def_from_struct(SignalDef(signal_id=SIGNAL, source_id=1, name="power", units="W", **kind))
    out.fsr_f32(SIGNAL, 0, watts[:LOST])
    out.fsr_f32(SIGNAL, BACK, watts[BACK:])

WINDOWS = ((0, 1000), (350, 200), (390, 150), (380, 40), (390, 20), (399, 4), (400, 2))
seen = {}
print("   window s       energy by pyjls   of the recorded samples    mean W   deviation W   minimum W  maximum W")
with Reader("recording.jls") as reader:
    samples = reader.fsr(SIGNAL, 0, len(watts))
    assert np.isnan(samples[LOST:BACK]).all() and np.isnan(samples).sum() == BACK - LOST
    for start, seconds in WINDOWS:
        row = reader.fsr_statistics(SIGNAL, start * RATE, seconds * RATE, 1)[0]
        mean, deviation, low, high = (float(value) for value in row)
        seen[seconds] = (mean * seconds, deviation, low, high)
        recorded = np.nansum(samples[start * RATE : (start + seconds) * RATE], dtype=float) / RATE
        print(
            f"{start:4d} to {start + seconds:4d}    {mean * seconds:10.3f} J        {recorded:10.3f} J          "
            f"{mean:10.5f}   {deviation:8.5f}   {low:10.3g} {high:10.3g}"
        )

for seconds in (1000, 200, 150):
    energy, deviation, low, high = seen[seconds]
    assert abs(energy - 2.92) < 1e-6 and np.isnan(deviation) and (low, high) == (0, 1)
largest = float(np.finfo(float).max)
for seconds, ends in ((40, (0, 0)), (20, (0, 0)), (4, (largest, -largest)), (2, (largest, -largest))):
    energy, deviation, low, high = seen[seconds]
    assert np.isnan(energy) and np.isnan(deviation) and (low, high) == ends
EOF

# Printed:
#
#        window s       energy by pyjls   of the recorded samples    mean W   deviation W   minimum W  maximum W
#        0 to 1000         2.920 J             1.000 J             0.00292        nan            0          1
#      350 to  550         2.920 J             1.000 J             0.01460        nan            0          1
#      390 to  540         2.920 J             1.000 J             0.01947        nan            0          1
#      380 to  420           nan J             1.000 J                 nan        nan            0          0
#      390 to  410           nan J             1.000 J                 nan        nan            0          0
#      399 to  403           nan J             1.000 J                 nan        nan     1.8e+308  -1.8e+308
#      400 to  402           nan J             0.000 J                 nan        nan     1.8e+308  -1.8e+308
