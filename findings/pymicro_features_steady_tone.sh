#!/usr/bin/env bash
# pymicro-features 2.0.2 (TensorFlow Lite Micro's audio front end)
#
# Behaviour: a steady tone is exact silence after less than a second. A sine of 1 kHz, as loud as 16 bits allow, gives
# features up to 26; they fall, and from frame 85 on, frames being 10 ms, all 40 are 0, as with no sound at all. So do
# other pitches and levels. Steady white noise keeps a mean of two or three for ever.
#
# Guess before the first run: noise suppression lowers what is steady, but min_signal_remaining, 0.05 in this package,
# leaves a twentieth of it. Features are logarithms with 2.5 for a factor of e, so a loud tone falls by 7.5, from 26 to
# 19.
# Wrong: the automatic gain (PCAN, switched on) then divides this twentieth by nearly the same estimate of the noise, to
# the power of 0.95. What is left is about the same small number however loud the tone is, and integers round it to
# nothing.
#
# Hurts: whoever detects smoke alarms, sirens, humming machines or running water by this front end: after a second the
# network has nothing to hear, and a threshold or smoothing that waits for a second of evidence never sees it. Clips of
# one second in training begin with a fresh front end and show nothing of this; the device does, where it listened
# before.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pymicro-features==2.0.2 numpy==2.4.6
venv/bin/python - <<'EOF'
import numpy as np
from pymicro_features import MicroFrontend

RATE, HOP_BYTES, SECONDS = 16000, 320, 10
time = np.arange(SECONDS * RATE) / RATE


def features(samples):
    """Shape (frames, 40)."""
    front_end, sound, rows = MicroFrontend(), samples.astype("<i2").tobytes(), []
    for start in range(0, len(sound), HOP_BYTES):
        row = front_end.process_samples(sound[start : start + HOP_BYTES]).features
        if row:
            rows.append(row)
    return np.array(rows)


print("                          largest feature of frame                      first frame from which")
print("sound                      0      20      50      80     100     900     all 40 are 0 to the end")
for hertz in (300, 1000, 3000):
    for peak in (32767, 3000, 300):
        rows = features(peak * np.sin(2 * np.pi * hertz * time))
        silent = int(np.flatnonzero(rows.any(axis=1))[-1]) + 1
        largest = "".join(f"{rows[frame].max():8.2f}" for frame in (0, 20, 50, 80, 100, 900))
        print(f"{hertz:5d} Hz, peak {peak:5d} {largest}{silent:21d}")
        assert rows[0].max() > 15 and 70 < silent < 100 and len(rows) > 990

rows = features(np.random.default_rng(0).normal(scale=3000, size=len(time)))
print("white noise, dev. 3000" + "".join(f"{rows[frame].max():8.2f}" for frame in (0, 20, 50, 80, 100, 900)), "  never")
assert rows[500:].any(axis=1).all() and 1 < rows[500:].mean() < 5
EOF

# Printed:
#
#                               largest feature of frame                      first frame from which
#     sound                      0      20      50      80     100     900     all 40 are 0 to the end
#       300 Hz, peak 32767    26.13   17.46   10.39    5.20    0.00    0.00                   84
#       300 Hz, peak  3000    25.86   16.72   10.39    5.20    0.00    0.00                   84
#       300 Hz, peak   300    25.31   16.17    9.69    0.00    0.00    0.00                   80
#      1000 Hz, peak 32767    26.13   16.64    9.22    5.20    0.00    0.00                   85
#      1000 Hz, peak  3000    25.90   16.84   10.08    5.20    0.00    0.00                   85
#      1000 Hz, peak   300    25.39   16.29    9.69    5.20    0.00    0.00                   81
#      3000 Hz, peak 32767    26.17   18.09    9.22    5.20    0.00    0.00                   84
#      3000 Hz, peak  3000    25.90   16.95   10.39    5.20    0.00    0.00                   84
#      3000 Hz, peak   300    25.39   16.29    9.69    5.20    0.00    0.00                   81
#     white noise, dev. 3000   25.78   19.38   16.91   12.70   14.14   11.95   never
