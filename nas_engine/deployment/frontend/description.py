"""frontend.json of a deployed network: the front end of training by the terms of librosa and torchaudio.

`nas_engine.audio.frontend.export_frontend` states parameters, steps and numbers. Here are added the conventions under
the names that librosa and torchaudio give them, one call of each that computes the same features, and what of a clip's
way through training a stream cannot do.

The names of a call: `samples` [n] in -1..1 (float32 or float64, at least one window of them), `page` the content of
frontend.json, `frontend` the file frontend.py that is delivered with it (`nas_engine.deployment.frontend.reference`).
"""

from typing import Any

from nas_engine.audio.frontend import FrontendConfig, Normalisation, export_frontend
from nas_engine.audio.frontends.kinds import EARSHOT
from nas_engine.deployment.frontend.elsewhere import describe_elsewhere

_PASSES_STREAM, _CLIPS_ALONE = "also of a stream", "of clips alone"
_STEPS_BEFORE = (
    ("channels are averaged and resampled to sample_rate_hz (soxr, quality HQ)", _PASSES_STREAM),
    ("a sound is cut to its first 30 seconds", _CLIPS_ALONE),
    (
        "a sound that reaches beyond full scale (float files, MP3, resampling) is divided by its peak; others keep "
        "their level. A stream is clipped by its converter instead",
        _CLIPS_ALONE,
    ),
    ("samples are rounded to 16-bit PCM", _PASSES_STREAM),
    ("a sound shorter than one window is padded with zeros at its end", _CLIPS_ALONE),
)
_STEPS_AFTER = (
    (
        "training takes a random stretch of `frames` rows with SpecAugment, evaluation the stretch of rule `crop`. "
        "A stream takes the latest `frames` rows at each decision",
        _CLIPS_ALONE,
    ),
    ("a clip of fewer rows is repeated until the input is full; a stream waits until it is", _CLIPS_ALONE),
    ("each mel bin is normalised by mean and std and quantised with the input's scale and zero point", _PASSES_STREAM),
)
_TRIANGLES = (
    "Height 1 (norm None), edges equally spaced on the HTK mel scale, sides straight in mel, as in Kaldi and "
    "tf.signal.linear_to_mel_weight_matrix. librosa.filters.mel(htk=True) and torchaudio.functional.melscale_fbanks "
    "('htk') take the same edges, but sides straight in hertz: other weights. So the calls below take the matrix of "
    "this file. torchaudio.compliance.kaldi.get_mel_banks gives the same triangles without the last bin, fft_size / 2."
)


def describe_frontend(config: FrontendConfig, normalisation: Normalisation) -> dict[str, Any]:
    """Content of frontend.json: `export_frontend` and the keys "conventions", "calls" and "clips_and_streams".

    For a front end from elsewhere it is `describe_elsewhere` and the last of these. Everything in it is JSON. A
    network's export adds "input", with scale and zero point, as `TensorInfo.to_json`.
    """
    if config.kind == EARSHOT:
        page = {
            **export_frontend(config, normalisation),
            "conventions": _conventions(config),
            "calls": {"librosa": _librosa_call(config), "torchaudio": _torchaudio_call(config)},
        }
    else:
        page = describe_elsewhere(config, normalisation)
    return {
        **page,
        "clips_and_streams": [
            *({"when": "before the front end", "step": step, "applies": who} for step, who in _STEPS_BEFORE),
            *({"when": "after the front end", "step": step, "applies": who} for step, who in _STEPS_AFTER),
        ],
    }


def _padding(config: FrontendConfig) -> tuple[int, int]:
    """Zeros before and after the samples that both libraries need: they centre a window within fft_size samples."""
    before = (config.fft_size - config.window_samples) // 2
    return before, config.fft_size - config.window_samples - before


def _amplitude_divisor(config: FrontendConfig) -> float:
    """Half of the sum of the periodic Hann window: what samples are divided by in front of a window of height 1."""
    return config.window_samples / 4.0


def _conventions(config: FrontendConfig) -> dict[str, Any]:
    return {
        "sample_rate_hz": config.sample_rate_hz,
        "n_fft": config.fft_size,
        "win_length": config.window_samples,
        "hop_length": config.hop_samples,
        "window": "periodic Hann (librosa 'hann', torch.hann_window)",
        "window_scale": 1.0 / _amplitude_divisor(config),
        "center": False,
        "padding": "zeros up to n_fft after each windowed frame; none around the sound. Row t begins at t * hop_length",
        "power": 2.0,
        "n_mels": config.mel_bins,
        "f_min_hz": config.mel_low_hz,
        "f_max_hz": config.mel_high_hz,
        "mel_scale": "htk",
        "norm": None,
        "mel_triangles": _TRIANGLES,
        "log": "natural logarithm of power + log_offset, no top_db, no reference",
        "log_offset": config.log_offset,
        "pre_emphasis": 0.0,
        "dither": 0.0,
        "remove_dc_offset": False,
    }


def _librosa_call(config: FrontendConfig) -> str:
    before, after = _padding(config)
    return (
        f"numpy.log(frontend.mel_matrix(page).T @ numpy.abs(librosa.stft(numpy.pad(samples, ({before}, {after})) / "
        f"{_amplitude_divisor(config):g}, n_fft={config.fft_size}, hop_length={config.hop_samples}, "
        f"win_length={config.window_samples}, window='hann', center=False)) ** 2 + {config.log_offset:g}).T"
    )


def _torchaudio_call(config: FrontendConfig) -> str:
    before, after = _padding(config)
    return (
        f"torch.log(torchaudio.transforms.Spectrogram(n_fft={config.fft_size}, win_length={config.window_samples}, "
        f"hop_length={config.hop_samples}, power=2.0, center=False)(torch.nn.functional.pad(torch.as_tensor(samples, "
        f"dtype=torch.float32), ({before}, {after})) / {_amplitude_divisor(config):g}).T @ "
        f"torch.as_tensor(frontend.mel_matrix(page), dtype=torch.float32) + {config.log_offset:g})"
    )
