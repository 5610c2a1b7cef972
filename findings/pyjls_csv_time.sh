#!/usr/bin/env bash
# pyjls 0.17.0 (the Joulescope file format); 0.19.2, for Python 3.12 and later, prints the same
#
# Behaviour: `python -m pyjls csv --count N` drops the end of a recording and stretches the time of the rest over the
# whole. Each row is the mean of floor(length / N) samples, so the rows reach only N * floor(length / N) samples far, but
# the column `timestamp` runs to the end of the recording. With 10,001 samples and N = 5001 that is half of them, at
# half the speed. The exit status is 0 and nothing is said.
#
# Guess before the first run: N rows spread over the whole recording, each at its own time, whatever N.
# Wrong unless N divides the length (less one: the last sample counts for nothing). The error is largest, up to a factor
# of two, when the recording has less than 2 N samples; with K N samples it is at most 1 / K.
#
# Hurts: whoever integrates the CSV into an energy: a load of one second takes up to two, so its energy doubles, while
# every power in the file is right and the last timestamp is too. Who lines the CSV up with a log finds the load late.
# N is 10,000 unless given, so that a recording of 19 s at 1 kHz is hit without any option.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv # CPython 3.11 to 3.13
venv/bin/pip install --quiet --disable-pip-version-check pyjls==0.17.0 numpy==2.4.6
venv/bin/python - <<'EOF'
import subprocess
import sys

import numpy as np
from pyjls import DataType, SignalDef, SignalType, SourceDef, Writer, time64

RATE = 1000
watts = np.full(10 * RATE + 1, 0.5, np.float32)
watts[3000:4000] = 2.0  # one second of load, after three
watts[8000:9000] = 1.0  # another, half as high, after eight
with Writer("recording.jls") as out:
    names = {"vendor": "none", "model": "none", "version": "1", "serial_number": "1"}
    out.source_def_from_struct(SourceDef(source_id=1, name="source", **names))
    kind = {"signal_type": SignalType.FSR, "data_type": DataType.F32, "sample_rate": RATE}
    out.signal_def_from_struct(SignalDef(signal_id=1, source_id=1, name="power", units="W", **kind))
    out.utc(1, 0, 0)
    out.fsr_f32(1, 0, watts)
    out.utc(1, len(watts), len(watts) * time64.SECOND // RATE)

seen = {}
print("rows  last time   load from   load to   load energy   second load   total energy")
for count in (5000, 6000, 5001):
    command = [sys.executable, "-m", "pyjls", "csv", "--count", str(count), "recording.jls", "rows.csv"]
    subprocess.run(command, check=True)
    seconds, power = np.loadtxt("rows.csv", delimiter=",").T
    step = seconds[1] - seconds[0]
    load = seconds[power > 1.5]
    energy = len(load) * 2.0 * step
    second = bool(np.any((power > 0.9) & (power < 1.5)))
    seen[count] = (round(seconds[-1], 2), round(load[0], 2), round(energy, 2), second)
    print(
        f"{count}  {seconds[-1]:7.3f} s   {load[0]:7.3f} s {load[-1] + step:7.3f} s   {energy:7.3f} J     "
        f"{'there' if second else 'gone ':11s}   {power.sum() * step:7.3f} J"
    )
print(f"true   10.000 s     3.000 s   4.000 s     2.000 J     there         {watts[:-1].sum() / RATE:7.3f} J")

assert seen[5000] == (10.0, 3.0, 2.0, True)
assert seen[6000] == (10.0, 5.0, 3.33, False)
assert seen[5001] == (10.0, 6.0, 4.0, False)
EOF

# Printed:
#
#     rows  last time   load from   load to   load energy   second load   total energy
#     5000   10.000 s     3.001 s   4.001 s     2.000 J     there           7.000 J
#     6000   10.000 s     5.001 s   6.668 s     3.334 J     gone            7.502 J
#     5001   10.000 s     6.000 s   8.000 s     4.000 J     gone            8.001 J
#     true   10.000 s     3.000 s   4.000 s     2.000 J     there           7.000 J
