#!/usr/bin/env bash
# librosa 0.11.0
#
# Behaviour: librosa.pcen without `zi` starts its smoother as if the input had been 1.0 for ever, whatever its scale.
# The smoother then needs seconds to find the level of the sound, and until then a steady sound has no steady output.
# For a spectrogram of samples within [-1, 1] the first frames come out a thousand times too quiet, and a clip of one
# second never reaches its level; with samples scaled to 32 bits, as the documentation recommends, they come out too
# loud.
#
# Guess before the first run: with the default the smoother starts at the first frame, M[0] = S[0], so that a constant
# spectrogram has a constant PCEN. The default is scipy.signal.lfilter_zi, which is there for that: "steady state".
# Wrong: lfilter_zi is the steady state of a unit step and has to be multiplied by the first value, which scipy's
# documentation says and librosa does not do. Its issue 851 of 2019 asked for a start in the steady state and was closed
# as solved by this default; the documentation of `zi` recommends lfilter_zi without the factor.
#
# Hurts: whoever trains on short clips and listens to a stream, or cuts one second out of a minute: the same sound has
# other features at a clip's start than later on, a network learns where a clip begins, and nothing warns. The remedy is
# zi = lfilter_zi([b], [1, b - 1]) * S[:, :1].
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check librosa==0.11.0 scipy==1.17.1 numpy==2.4.6
venv/bin/python - <<'EOF'
import librosa
import numpy as np
from scipy.signal import lfilter_zi

RATE, HOP, SECONDS, TIME_CONSTANT = 16000, 160, 20, 0.4
FRAMES = SECONDS * RATE // HOP
constant = TIME_CONSTANT * RATE / HOP
b = (np.sqrt(1 + 4 * constant**2) - 1) / (2 * constant**2)  # as librosa computes it of the time constant


def pcen(level, **more):
    spectrogram = np.full((1, FRAMES), level)
    return librosa.pcen(spectrogram, sr=RATE, hop_length=HOP, time_constant=TIME_CONSTANT, **more)[0]


print("a spectrogram that is       PCEN at                                  within a tenth of    at 0 s, if zi is")
print("constant at             0 s        1 s        5 s       20 s           the last after    lfilter_zi * S[0]")
settled = {}
for level in (1.0, 1e-2, 1e-4, 1e-6, 1e6, 2.0**31):
    values = pcen(level)
    right = pcen(level, zi=lfilter_zi([b], [1, b - 1])[:, None] * level)
    off = np.flatnonzero(abs(values / values[-1] - 1) > 0.1)
    settled[level] = float(off[-1] + 1) * HOP / RATE if len(off) else 0.0
    at = [values[second * RATE // HOP - (second == SECONDS)] for second in (0, 1, 5, SECONDS)]
    print(f"{level:12.3g}   " + "".join(f"{value:11.3g}" for value in at) + f"{settled[level]:19.2f} s{right[0]:19.3g}")
    assert np.allclose(right, right[0])
    smoother = (1 - b) * 1.0 + b * level
    assert np.isclose(values[0], (level / (1e-6 + smoother) ** 0.98 + 2) ** 0.5 - 2**0.5)
    assert np.isclose(values[-1], right[-1], rtol=0.01)
assert settled[1.0] == 0.0
assert all(settled[level] > 1.0 for level in (1e-2, 1e-4, 1e-6))
assert all(settled[level] > 0.1 for level in (1e6, 2.0**31))

noise = np.random.default_rng(0).normal(scale=0.05, size=30 * RATE).astype(np.float32)
mel = librosa.feature.melspectrogram(y=noise, sr=RATE, n_fft=512, hop_length=HOP, n_mels=40, center=False)
second = RATE // HOP
long = librosa.pcen(mel, sr=RATE, hop_length=HOP)[:, 20 * second : 21 * second]
clip = librosa.pcen(mel[:, 20 * second : 21 * second], sr=RATE, hop_length=HOP)
print(f"one second of noise: mean PCEN {long.mean():.4f} within 30 s, {clip.mean():.4f} as a clip of its own")
assert clip.mean() < long.mean() / 3
EOF

# Printed:
#
#     a spectrogram that is       PCEN at                                  within a tenth of    at 0 s, if zi is
#     constant at             0 s        1 s        5 s       20 s           the last after    lfilter_zi * S[0]
#                1         0.318      0.318      0.318      0.318               0.00 s              0.318
#             0.01       0.00362     0.0372      0.292      0.292               2.67 s              0.292
#           0.0001      3.62e-05   0.000419      0.258      0.266               4.51 s              0.266
#            1e-06      3.62e-07    4.2e-06     0.0484       0.13               6.10 s               0.13
#            1e+06          5.77      0.438      0.407      0.407               0.90 s              0.407
#         2.15e+09          6.32      0.501      0.466      0.466               0.89 s              0.466
#     one second of noise: mean PCEN 0.2877 within 30 s, 0.0217 as a clip of its own
