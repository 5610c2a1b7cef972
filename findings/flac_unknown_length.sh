#!/usr/bin/env bash
# soundfile 0.14.0 with the libsndfile 1.2.2 of its wheel
#
# Behaviour: a FLAC stream whose STREAMINFO says 0 total samples, which the format defines as "not known", opens without
# complaint as 2**63 - 1 frames. read() then fails because such an array is too big. Reading block by block, the usual
# answer to "too big", raises instead of giving the last block, full or not. Who knows the true length can read all but
# the last sample: asking for exactly as many as there are raises too. soundfile writes such files itself: into a pipe,
# and whenever the writer has not come to close(). It cannot read its own.
#
# Guess before the first run: read() decodes to the end, as the `flac` tool does, and `frames` is 0 or "unknown".
# Wrong: the unknown length is turned into the largest integer, soundfile takes that for a length everywhere, and after
# each read it seeks to where it is, which fails at the end of such a stream. The samples are decoded by then, all of
# them right: an array given as `out` holds them when the exception arrives.
#
# Hurts: whoever trains on recordings of a streaming encoder or of a recorder that lost power. `info` succeeds, so a
# scan of the folder passes (and a sum of durations becomes 18 million years), and the training fails much later.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check soundfile==0.14.0 numpy==2.4.6
venv/bin/python - <<'EOF'
import os
import threading

import numpy as np
import soundfile as sf

RATE = 16000
sound = (np.sin(np.arange(4 * RATE) * 0.17) * 8000).astype(np.int16)
FLAC = {"samplerate": RATE, "channels": 1, "format": "FLAC", "subtype": "PCM_16"}

with sf.SoundFile("closed.flac", "w", **FLAC) as out:
    out.write(sound)

received, sender = os.pipe()
parts = []
reader = threading.Thread(target=lambda: parts.extend(iter(lambda: os.read(received, 65536), b"")))
reader.start()
with sf.SoundFile(sender, "w", **FLAC) as out:  # closes the pipe's end
    out.write(sound)
reader.join()
with open("piped.flac", "wb") as file:
    file.write(b"".join(parts))


def total_samples(name):
    with open(name, "rb") as file:
        return int.from_bytes(file.read(26)[18:], "big") & (2**36 - 1)


def attempt(action):
    try:
        return f"{len(action())} samples"
    except (ValueError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"


def block_by_block(name, size):
    count = 0
    try:
        for block in sf.blocks(name, size):
            count += len(block)
    except RuntimeError as error:
        return f"{count} samples, then {type(error).__name__}: {error}"
    return f"{count} samples"


def in_spite_of_the_error(name):
    array = np.zeros_like(sound)
    with sf.SoundFile(name) as file:
        outcome = attempt(lambda: file.read(out=array))
    return f"{outcome}; array {'right' if np.array_equal(array, sound) else 'wrong'}"


seen = {
    name: [
        total_samples(name),
        sf.info(name).frames,
        attempt(lambda: sf.read(name)[0]),
        attempt(lambda: sf.read(name, frames=len(sound))[0]),
        attempt(lambda: sf.read(name, frames=len(sound) - 1)[0]),
        block_by_block(name, 1024),
        block_by_block(name, 1000),
        in_spite_of_the_error(name),
    ]
    for name in ("closed.flac", "piped.flac")
}
print("soundfile", sf.__version__, sf.__libsndfile_version__, "-", len(sound), "samples written")
titles = (
    "total samples in the header",
    "frames by sf.info",
    "sf.read",
    "the same, told the length",
    "the same, one sample less",
    "sf.blocks of 1024",
    "sf.blocks of 1000",
    "read(out=array)",
)
for title, closed, piped in zip(titles, seen["closed.flac"], seen["piped.flac"], strict=True):
    print(f"{title}:\n    closed: {closed}\n    piped:  {piped}")

all_of_it = f"{len(sound)} samples"
assert seen["closed.flac"][:-1] == [len(sound), len(sound), all_of_it, all_of_it, "63999 samples", all_of_it, all_of_it]
header, frames, whole, told, less, blocks_1024, blocks_1000, out = seen["piped.flac"]
assert header == 0 and frames == 2**63 - 1
assert whole.startswith("ValueError") and told.startswith("LibsndfileError") and less == "63999 samples"
assert blocks_1024.startswith("63488 samples, then LibsndfileError")
assert blocks_1000.startswith("63000 samples, then LibsndfileError")
assert out.startswith("LibsndfileError") and out.endswith("array right")
EOF

# Printed:
#
#     soundfile 0.14.0 1.2.2 - 64000 samples written
#     total samples in the header:
#         closed: 64000
#         piped:  0
#     frames by sf.info:
#         closed: 64000
#         piped:  9223372036854775807
#     sf.read:
#         closed: 64000 samples
#         piped:  ValueError: array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum possible size.
#     the same, told the length:
#         closed: 64000 samples
#         piped:  LibsndfileError: Internal psf_fseek() failed.
#     the same, one sample less:
#         closed: 63999 samples
#         piped:  63999 samples
#     sf.blocks of 1024:
#         closed: 64000 samples
#         piped:  63488 samples, then LibsndfileError: Error : flac decoder lost sync.
#     sf.blocks of 1000:
#         closed: 64000 samples
#         piped:  63000 samples, then LibsndfileError: Internal psf_fseek() failed.
#     read(out=array):
#         closed: 64000 samples; array right
#         piped:  LibsndfileError: Internal psf_fseek() failed.; array right
