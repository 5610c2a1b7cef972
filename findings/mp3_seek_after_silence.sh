#!/usr/bin/env bash
# soundfile 0.14.0 (libsndfile 1.2.2, mpg123 inside), LAME's MP3 written by the same library
#
# Behaviour: where an MP3 recording is digitally silent between sounds, reading from a place within it (`start`, or
# `seek` and `read`) gives other samples than the whole file has there: the first 25 to 45 ms are garbled or quiet. Of
# 50 ms beeps that are cut out exactly, nearly all are hit and lose a fifth of their energy, some more than half. With
# soft noise in place of the silence one in fifty is hit, for a millisecond. No error is raised; a line of mpg123 on standard
# error is all. Samples are right where the read begins two seconds earlier and these are thrown away.
#
# Guess before the first run: `read(start=n)` equals the whole file from n on, as for WAV, FLAC, Vorbis and Opus here.
# Wrong: a frame of MP3 may keep its data in the frames before it (the bit reservoir). An encoder saves bits during
# silence and spends them on what comes next, so it is the beginning of a sound that needs the frames before. After a
# seek the decoder does not have all of them.
#
# Hurts: whoever cuts labelled events out of long recordings, or streams them from an offset (librosa.load(offset=...)
# reads the same way): onsets are damaged, and only in recordings that are gated or were put together.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check soundfile==0.14.0 numpy==2.4.6
venv/bin/python - 2>decoder.log <<'EOF' || { grep -v mpg123 decoder.log >&2; exit 1; }
import numpy as np
import soundfile

RATE, LENGTH, BEFORE = 16_000, 800, 32_000
starts = (np.arange(4, 104) * 0.55 * RATE).astype(int)
for background in (0.0, 1e-4):
    samples = background * np.random.default_rng(0).normal(size=60 * RATE)
    for start in starts:
        samples[start : start + LENGTH] += 0.5 * np.sin(2 * np.pi * 900 * np.arange(LENGTH) / RATE)
    soundfile.write("beeps.mp3", samples.astype(np.float32), RATE, bitrate_mode="CONSTANT")
    whole, _ = soundfile.read("beeps.mp3")
    hit, lost, damaged_ms, early = 0, [], [], 0
    for start in starts:
        right = whole[start : start + LENGTH]
        part, _ = soundfile.read("beeps.mp3", start=start, frames=LENGTH)
        apart = np.flatnonzero(np.abs(part - right) > 1e-3)
        hit += bool(len(apart))
        if len(apart):
            damaged_ms.append(1000 * apart[-1] / RATE)
            lost.append(1 - np.sum(part**2) / np.sum(right**2))
        longer, _ = soundfile.read("beeps.mp3", start=start - BEFORE, frames=BEFORE + LENGTH)
        early += bool(np.abs(longer[BEFORE:] - right).max() > 1e-6)
    words = f"background {background:g}: {hit} of {len(starts)} beeps damaged"
    if hit:
        words += f", {np.median(damaged_ms):.0f} ms of each, {100 * np.median(lost):.0f} % of its energy lost (median)"
    print(f"{words}; read from two seconds earlier: {early}")
    assert hit > 90 if background == 0.0 else hit < 10, hit
    assert early == 0
EOF
# Seen:
# background 0: 100 of 100 beeps damaged, 26 ms of each, 24 % of its energy lost (median); read from two seconds earlier: 0
# background 0.0001: 2 of 100 beeps damaged, 1 ms of each, 0 % of its energy lost (median); read from two seconds earlier: 0
