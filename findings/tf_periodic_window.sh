#!/usr/bin/env bash
# tensorflow-cpu 2.21.0 (beside scipy 1.17.1)
#
# Behaviour: tf.signal.hann_window and hamming_window ignore `periodic=True` when the length is odd and give the
# symmetric window. With an even length they do as asked. True is the default, also of tf.signal.stft.
#
# Guess before the first run: a periodic window of N values is the symmetric one of N + 1 without its last, for each N,
# as scipy.signal.get_window and the Hann window's definition have it; TensorFlow and scipy agree to rounding.
# Wrong for each odd N: there it is the symmetric window to rounding. The documentation does not say so.
#
# Hurts: whoever trains on spectrograms of tf.signal.stft and computes them elsewhere (scipy, a device's C code) with
# frames of odd length: 20 ms at 22.05 kHz are 441 samples, 25 ms are 551. Faint bins differ by decibels, the front end
# "almost" matches, and a test at 16 kHz, where frames are even, shows nothing. Overlapped windows no longer add up to
# a constant either, the reason for a periodic window.
#
# The packages take 1.7 GB while this runs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 scipy==1.17.1 numpy==2.4.6
TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python - 2>tensorflow.log <<'EOF' || { cat tensorflow.log >&2; exit 1; }
import numpy as np
import tensorflow as tf
from scipy.signal import get_window

WINDOWS = {"hann": tf.signal.hann_window, "hamming": tf.signal.hamming_window}
noise = np.random.default_rng(0).standard_normal(22050).astype(np.float32)


def ripple(window, step):
    """How far overlapped windows are from a constant, relative to it."""
    total = np.zeros(20 * len(window))
    for start in range(0, len(total) - len(window), step):
        total[start : start + len(window)] += window
    inner = total[2 * len(window) : -2 * len(window)]
    return (inner.max() - inner.min()) / inner.mean()


print("                         distance from scipy's         ripple of overlapped          spectrogram differs")
print("window   length  step    periodic    symmetric         TensorFlow  scipy             by up to")
for length, step in ((441, 147), (480, 160), (551, 29)):
    for name, made_by in WINDOWS.items():
        window = made_by(length, periodic=True).numpy()
        periodic, symmetric = (get_window(name, length, fftbins=bins) for bins in (True, False))
        far = [float(abs(window - other).max()) for other in (periodic, symmetric)]
        spectrogram = abs(tf.signal.stft(noise, length, step, 2048, window_fn=made_by).numpy())
        frames = np.lib.stride_tricks.sliding_window_view(noise, length)[::step]
        decibels = float(abs(20 * np.log10(spectrogram / abs(np.fft.rfft(frames * periodic, 2048)))).max())
        ripples = ripple(window, step), ripple(periodic, step)
        print(
            f"{name:8s} {length:6d} {step:5d}    {far[0]:.7f}   {far[1]:.7f}         "
            f"{ripples[0]:.7f}   {ripples[1]:.7f}         {decibels:.3f} dB"
        )
        odd = length % 2 == 1
        same, other = (far[1], far[0]) if odd else (far[0], far[1])
        assert same < 1e-6 < 1e-3 < other
        assert np.array_equal(window, made_by(length, periodic=False).numpy()) == odd
EOF

# Printed:
#
#                              distance from scipy's         ripple of overlapped          spectrogram differs
#     window   length  step    periodic    symmetric         TensorFlow  scipy             by up to
#     hann        441   147    0.0054647   0.0000003         0.0013639   0.0000000         6.089 dB
#     hamming     441   147    0.0050275   0.0000002         0.0011615   0.0000000         6.485 dB
#     hann        480   160    0.0000003   0.0050202         0.0000003   0.0000000         0.000 dB
#     hamming     480   160    0.0000002   0.0046186         0.0000003   0.0000000         0.003 dB
#     hann        551    29    0.0043728   0.0000003         0.0000233   0.0000000         22.679 dB
#     hamming     551    29    0.0040230   0.0000003         0.0000199   0.0000000         14.082 dB
