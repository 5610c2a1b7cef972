"""Building blocks of synthetic sound: noise, oscillators, decays, filters, rooms. Sounds are float64 [n] at 16 kHz."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
_FFT_STEP = 2048
Samples = NDArray[np.float64]
Gain = Callable[[Samples], Samples]  # amplitude by frequency in hertz


def samples_of(seconds: float) -> int:
    """Number of samples of `seconds`, at least 1."""
    return max(1, round(seconds * RATE_HZ))


def coloured_noise(count: int, slope_db_per_octave: float, rng: np.random.Generator) -> Samples:
    """Noise [count] of RMS 1 with this spectral slope: 0 white, -3 pink, -6 brown."""
    return at_rms(filtered(rng.normal(size=count), lambda hertz: (hertz + 40.0) ** (slope_db_per_octave / 6.02)))


def filtered(sound: Samples, gain: Gain) -> Samples:
    """Sound [n] with its spectrum multiplied by `gain`; zero-padded to a length of small factors for a fast FFT."""
    size = -(-len(sound) // _FFT_STEP) * _FFT_STEP
    hertz = np.arange(size // 2 + 1, dtype=np.float64) * (RATE_HZ / size)
    result: Samples = np.fft.irfft(np.fft.rfft(sound, size) * gain(hertz), size)[: len(sound)]
    return result


def band_passed(sound: Samples, low_hz: float, high_hz: float) -> Samples:
    """Sound [n] band-passed with second-order slopes below `low_hz` and above `high_hz`."""

    def gain(hertz: Samples) -> Samples:
        audible = np.maximum(hertz, 1.0)
        result: Samples = 1.0 / np.sqrt((1.0 + (low_hz / audible) ** 4) * (1.0 + (audible / high_hz) ** 4))
        return result

    return filtered(sound, gain)


def at_rms(sound: Samples, rms: float = 1.0) -> Samples:
    """Sound [n] scaled to this root mean square."""
    result: Samples = sound * (rms / max(float(np.sqrt(np.mean(sound**2))), 1e-9))
    return result


def amplitude(decibels: float) -> float:
    """Ratio of amplitudes of a level in decibels."""
    return float(10.0 ** (decibels / 20.0))


def phase_of(hertz: Samples) -> Samples:
    """Phase in radians [n] of an oscillator with the frequencies `hertz` [n]."""
    phase: Samples = np.cumsum(hertz) * (2.0 * np.pi / RATE_HZ)
    return phase


def harmonics(hertz: Samples, gain: Gain, highest: int = 14) -> Samples:
    """Sum [n] of harmonics 1 .. highest of a fundamental `hertz` [n], with amplitude `gain` at each frequency."""
    phase = phase_of(hertz)
    total = np.zeros(len(hertz))
    for number in range(1, highest + 1):
        overtone = number * hertz
        if overtone.min() > RATE_HZ / 2:
            break
        total += np.where(overtone < RATE_HZ / 2.2, gain(overtone), 0.0) * np.sin(number * phase)
    return total


def formants(centres_hz: tuple[float, ...], width: float = 0.15) -> Gain:
    """Gain with resonances at these frequencies, each about `width` octaves wide, over a falling source spectrum."""

    def gain(hertz: Samples) -> Samples:
        octaves = [np.log2(np.maximum(hertz, 20.0) / centre) for centre in centres_hz]
        peaks = sum((1.0 / (1.0 + (distance / width) ** 2) for distance in octaves), np.zeros(len(hertz)))
        result: Samples = (0.03 + peaks) * (200.0 / np.maximum(hertz, 200.0)) ** 0.5
        return result

    return gain


def falling(decibels_per_octave: float, from_hz: float) -> Gain:
    """Gain of 1 below `from_hz` and falling by this slope above."""
    exponent = decibels_per_octave / 6.02
    return lambda hertz: (from_hz / np.maximum(hertz, from_hz)) ** exponent


def struck(count: int, partials_hz: NDArray[np.float64], decay_seconds: float, rng: np.random.Generator) -> Samples:
    """Sum [count] of decaying partials, higher ones decaying faster; `decay_seconds` to -60 dB for the lowest."""
    time = np.arange(count) / RATE_HZ
    sound = np.zeros(count)
    for partial in partials_hz[partials_hz < RATE_HZ / 2.1]:
        decay = decay_seconds * (partials_hz[0] / partial) ** 0.7
        sound += (
            rng.uniform(0.3, 1.0)
            * np.exp(-6.91 * time / decay)
            * np.sin(2.0 * np.pi * partial * time + rng.uniform(0.0, 6.28))
        )
    return sound


def rounded(count: int, attack_seconds: float, release_seconds: float) -> Samples:
    """Envelope [count], 0..1: rises, holds 1 and falls, both as half a cosine."""
    time = np.arange(count) / RATE_HZ
    rise = np.clip(time / attack_seconds, 0.0, 1.0)
    fall = np.clip((count / RATE_HZ - time) / release_seconds, 0.0, 1.0)
    envelope: Samples = 0.25 * (1.0 - np.cos(np.pi * rise)) * (1.0 - np.cos(np.pi * fall))
    return envelope


def wander(count: int, rate_hz: float, rng: np.random.Generator) -> Samples:
    """Random curve [count] of standard deviation about 1 that changes direction about `rate_hz` times a second."""
    knots = max(4, int(count / RATE_HZ * rate_hz) + 3)
    values: Samples = np.interp(np.linspace(0.0, knots - 1.0, count), np.arange(knots), rng.normal(size=knots))
    return values


def add_at(track: Samples, sound: Samples, start: int) -> None:
    """Mix `sound` into `track` in place from sample `start` on; parts outside of the track are cut."""
    first, last = max(start, 0), min(start + len(sound), len(track))
    if first < last:
        track[first:last] += sound[first - start : last - start]


def in_room(sound: Samples, decay_seconds: float, wet: float, rng: np.random.Generator) -> Samples:
    """Sound [n] with an exponentially decaying, diffuse tail of relative energy `wet`, -60 dB after `decay_seconds`."""
    tail = samples_of(decay_seconds)
    response = rng.normal(size=tail) * np.exp(-6.91 * np.arange(tail) / tail)
    response = at_rms(response, wet / np.sqrt(tail))
    response[0] += 1.0
    size = 1 << (len(sound) + tail - 1).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    result: Samples = np.fft.irfft(spectrum, size)[: len(sound)]
    return result
