"""frontend.json of a network trained on a front end from elsewhere: which package, and the call that repeats it.

The names of a call: `pcm` int16 [n], a whole number of hops of it is read; `samples` [n] in -1..1; `numpy` and the
package by its own name. It gives features [rows, mel_bins], not normalised.
"""

from collections.abc import Mapping
from typing import Any

from nas_engine.audio.frontend import CROP_SHARE, FrontendConfig, Normalisation
from nas_engine.audio.frontends.kinds import LIBROSA

FORMAT = "earshot-frontend-from-elsewhere"

_MICRO_STEPS = (
    "samples: mono, 16,000 Hz, 16-bit PCM; frames of 480 samples, one every 160; none is padded",
    "window 0.5 - 0.5*cos(2*pi*(i + 0.5)/480), FFT of 512, both in 16-bit integers; power spectrum",
    "40 triangular mel filters (mel = 1127*ln(1 + hz/700)) from 125 to 7500 Hz; square root",
    "noise suppression: a smoothed estimate of each mel bin is subtracted (smoothing 0.025 in even bins, 0.06 in odd "
    "ones), at least 0.05 of the signal remains",
    "PCAN gain control: strength 0.95, offset 80, gain_bits 21",
    "logarithm, 64 * ln of integers above 1, otherwise 0; the package gives these integers times 0.0390625",
)
_MICRO_STATE = (
    "The noise estimate goes from frame to frame. In training it starts from zero with each clip, whose first second "
    "is less suppressed than it would be within a stream; on a device it starts from zero once. What stays the same "
    "for seconds is subtracted: a steady tone becomes exact zeros."
)
_MICRO_CALL = (
    "numpy.array([row.features for row in map(pymicro_features.MicroFrontend().process_samples, (pcm[at : at + {hop}]"
    ".tobytes() for at in range(0, len(pcm) - {last}, {hop}))) if row.features], numpy.float32)"
)
_LIBROSA_STEPS = (
    "samples: mono, sample_rate_hz, full scale = -1..1 (16-bit PCM / 32768)",
    "fft_size // 2 zeros before and after the sound (center=True, pad_mode='constant'); frame t is centred on sample "
    "t*hop_samples. A stream gets the zeros before its beginning alone",
    "periodic Hann window of height 1, window_samples long, in the middle of fft_size samples; power spectrum",
    "Slaney's mel filters from mel_low_hz to mel_high_hz, each of area 1 (htk=False, norm='slaney')",
    "10*log10(max(log_offset, power)) (ref=1.0, amin=log_offset, top_db=None: no stream knows its loudest frame)",
)
_LIBROSA_STATE = "None: a frame depends on its own fft_size samples alone."
_LIBROSA_CALL = (
    "librosa.power_to_db(librosa.feature.melspectrogram(y=samples, sr={sample_rate_hz}, n_fft={fft_size}, "
    "hop_length={hop_samples}, win_length={window_samples}, n_mels={mel_bins}, fmin={mel_low_hz}, "
    "fmax={mel_high_hz}), amin={log_offset}, top_db=None).T"
)
_CROP = (
    "T = number of rows. If T <= frames: start = 0. Otherwise energy[s] = sum of exp({nepers:.6g} * feature) over the "
    "rows s .. s+frames-1 and all bins, for s = 0 .. T-frames; loud = all s with energy[s] >= crop_share * "
    "max(energy), ascending; start = loud[(len(loud)-1) // 2]. Take rows (start + i) mod T for i = 0 .. frames-1. A "
    "stream takes the latest `frames` rows instead."
)


def is_from_elsewhere(description: Mapping[str, Any]) -> bool:
    """Whether `description`, the content of frontend.json, has a front end that is not Earshot's own."""
    return bool(description["format"] == FORMAT)


def describe_elsewhere(config: FrontendConfig, normalisation: Normalisation) -> dict[str, Any]:
    """Content of frontend.json for a front end that is not Earshot's own.

    Kind, package and version, parameters, the steps in words, the call, what its state means for a stream, the crop
    rule and the normalisation; no mel matrix, because the package has it. Everything is JSON.
    """
    facts, parameters = config.facts, config.to_json()
    is_librosa = config.kind == LIBROSA
    hop = config.hop_samples
    call = _LIBROSA_CALL.format(**parameters) if is_librosa else _MICRO_CALL.format(hop=hop, last=hop - 1)
    return {
        "format": FORMAT,
        "kind": config.kind,
        "title": facts.title,
        "package": facts.package,
        "package_version": facts.package_version,
        "hash": config.hash,
        "parameters": parameters,
        "steps": [*(_LIBROSA_STEPS if is_librosa else _MICRO_STEPS), "input = (feature - mean) / std of each mel bin"],
        "call": call,
        "state": _LIBROSA_STATE if is_librosa else _MICRO_STATE,
        "crop": _CROP.format(nepers=facts.nepers_per_unit),
        "crop_share": CROP_SHARE,
        **normalisation.to_json(),
        "input_shape": [config.frames, config.mel_bins],
    }
