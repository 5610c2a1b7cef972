"""Sounds of the negative class: events that share pitch, rhythm or timbre with a positive class.

The paper (section 4) calls its data "somewhat challenging since the negative examples are all real sound events (e.g.
guitar playing) and not simply low volume noise"; every kind here is close to a positive class.

Each function returns `count` samples [count] at 16 kHz.
"""

from collections.abc import Mapping

import numpy as np

from nas_engine.audio.synthesis.acoustics import (
    RATE_HZ,
    Samples,
    add_at,
    at_rms,
    band_passed,
    coloured_noise,
    falling,
    formants,
    harmonics,
    phase_of,
    rounded,
    samples_of,
    struck,
    wander,
)
from nas_engine.audio.synthesis.positive_classes import Sound

_VOWELS = ((730.0, 1090.0, 2440.0), (270.0, 2290.0, 3010.0), (300.0, 870.0, 2240.0), (530.0, 1840.0, 2480.0))


def speech(count: int, rng: np.random.Generator) -> Samples:
    """Syllables of changing vowels, like crying and barking in timbre, quicker and lower."""
    pitch = rng.uniform(90.0, 320.0)
    track = np.zeros(count)
    moment = -0.1
    while moment < count / RATE_HZ:
        length = samples_of(rng.uniform(0.08, 0.28))
        vowel = _VOWELS[int(rng.integers(len(_VOWELS)))]
        hertz = pitch * (1.0 + 0.12 * wander(length, 8.0, rng) + rng.uniform(-0.15, 0.15))
        voiced = at_rms(harmonics(np.maximum(hertz, 60.0), formants(vowel, 0.18), 20))
        add_at(track, voiced * rounded(length, 0.03, 0.05) * rng.uniform(0.4, 1.0), round(moment * RATE_HZ))
        if rng.uniform() < 0.4:
            hiss = band_passed(rng.normal(size=samples_of(0.08)), 2500.0, 7000.0)
            add_at(track, at_rms(hiss, 0.3) * rounded(len(hiss), 0.02, 0.03), round((moment - 0.06) * RATE_HZ))
        moment += length / RATE_HZ + rng.choice([0.01, 0.05, 0.3], p=[0.5, 0.35, 0.15])
    return track


def chords(count: int, rng: np.random.Generator) -> Samples:
    """Plucked or struck chords: a doorbell's partials in another order and rhythm."""
    root = rng.uniform(120.0, 520.0)
    track = np.zeros(count)
    moment = -rng.uniform(0.0, 0.5)
    while moment < count / RATE_HZ:
        pitch = root * 2.0 ** (rng.choice([-5, -3, 0, 2, 4, 5, 7]) / 12.0)
        spread = rng.uniform(0.0, 0.08)
        for number, step in enumerate(rng.choice([(0, 4, 7), (0, 3, 7), (0, 5, 9), (0, 4, 11)])):
            partials = pitch * 2.0 ** (step / 12.0) * np.arange(1.0, 7.0)
            note = struck(samples_of(1.5), partials, rng.uniform(0.6, 2.5), rng)
            add_at(track, note, round((moment + number * spread) * RATE_HZ))
        moment += rng.choice([0.25, 0.5, 0.75, 1.2])
    return track


def single_notes(count: int, rng: np.random.Generator) -> Samples:
    """A tune on a flute or whistle: as tonal as a ringtone, but slow, legato and never repeating."""
    root = rng.uniform(400.0, 1400.0)
    steps = np.cumsum(rng.choice([-4, -2, -1, 1, 2, 3, 5], 40))
    lengths = rng.uniform(0.2, 0.7, 40)
    marks = np.searchsorted(np.cumsum(lengths), np.arange(count) / RATE_HZ)
    hertz = root * 2.0 ** (np.clip(steps[marks], -12, 14) / 12.0)
    vibrato = 1.0 + 0.008 * np.sin(2.0 * np.pi * rng.uniform(4.0, 7.0) * np.arange(count) / RATE_HZ)
    smooth = np.convolve(hertz, np.full(320, 1.0 / 320.0), mode="same") * vibrato
    return harmonics(smooth, falling(rng.uniform(8.0, 15.0), root), 5) * (1.0 + 0.2 * wander(count, 4.0, rng))


def engine(count: int, rng: np.random.Generator) -> Samples:
    """A motor's hum and rattle, its speed drifting or rising."""
    base = rng.uniform(35.0, 160.0)
    hertz = base * np.linspace(1.0, rng.uniform(0.8, 1.7), count) * (1.0 + 0.02 * wander(count, 5.0, rng))
    hum = at_rms(harmonics(hertz, falling(rng.uniform(3.0, 8.0), base), 24))
    rattle = band_passed(rng.normal(size=count), 200.0, 3000.0) * (1.0 + np.sin(phase_of(hertz))) * 0.5
    return hum + at_rms(rattle, rng.uniform(0.1, 0.7))


def clicks(count: int, rng: np.random.Generator) -> Samples:
    """Keyboard, clock or cutlery: knocks that are too bright, too short or too irregular."""
    steady = rng.uniform() < 0.4
    interval = rng.uniform(0.1, 0.55)
    low = rng.uniform(900.0, 3000.0)
    track = np.zeros(count)
    moment = -rng.uniform(0.0, interval)
    while moment < count / RATE_HZ:
        length = samples_of(0.06)
        click = band_passed(rng.normal(size=length), low, 3.0 * low) * np.exp(-np.arange(length) / samples_of(0.004))
        ring = struck(length, low * rng.uniform(0.8, 2.0, 2), 0.05, rng)
        add_at(
            track,
            (at_rms(click) + at_rms(ring, rng.uniform(0.0, 0.6))) * rng.uniform(0.4, 1.0),
            round(moment * RATE_HZ),
        )
        moment += interval if steady else rng.exponential(interval) + 0.03
    return track


def footsteps(count: int, rng: np.random.Generator) -> Samples:
    """Dull blows like knocks, slower, softer and with a scrape."""
    interval = rng.uniform(0.38, 0.75)
    modes = np.sort(rng.uniform(50.0, 350.0, 3))
    track = np.zeros(count)
    moment = -rng.uniform(0.0, interval)
    while moment < count / RATE_HZ:
        length = samples_of(0.3)
        scrape = band_passed(rng.normal(size=length), 400.0, 3500.0) * rounded(length, 0.05, 0.2)
        step = at_rms(struck(length, modes, rng.uniform(0.08, 0.25), rng)) + at_rms(scrape, rng.uniform(0.1, 0.6))
        add_at(track, step * rng.uniform(0.6, 1.0), round(moment * RATE_HZ))
        moment += interval * rng.uniform(0.92, 1.08)
    return track


def sweeps(count: int, rng: np.random.Generator) -> Samples:
    """Single glides up or down: a siren without the return."""
    track = np.zeros(count)
    moment = rng.uniform(-0.5, 0.5)
    while moment < count / RATE_HZ:
        length = samples_of(rng.uniform(0.4, 1.8))
        start = rng.uniform(250.0, 2500.0)
        hertz = start * np.geomspace(1.0, rng.choice([0.3, 0.5, 1.8, 3.0]), length)
        sound = harmonics(hertz, falling(rng.uniform(6.0, 14.0), start), 5) * rounded(length, 0.05, 0.2)
        add_at(track, sound, round(moment * RATE_HZ))
        moment += length / RATE_HZ + rng.uniform(0.3, 1.2)
    return track


def horn(count: int, rng: np.random.Generator) -> Samples:
    """Car horns: a siren's timbre at a constant pitch."""
    low = rng.uniform(300.0, 520.0)
    track = np.zeros(count)
    moment = rng.uniform(-0.3, 0.8)
    for _ in range(int(rng.integers(1, 4))):
        length = samples_of(rng.uniform(0.2, 1.5))
        gain = falling(rng.uniform(3.0, 8.0), 900.0)
        both = harmonics(np.full(length, low), gain) + harmonics(np.full(length, low * rng.uniform(1.18, 1.28)), gain)
        add_at(track, both * rounded(length, 0.02, 0.04), round(moment * RATE_HZ))
        moment += length / RATE_HZ + rng.uniform(0.1, 0.6)
    return track


def birds(count: int, rng: np.random.Generator) -> Samples:
    """Chirps as high as alarms, each a quick glide, in loose groups."""
    centre = rng.uniform(2200.0, 5000.0)
    track = np.zeros(count)
    moment = rng.uniform(-0.2, 0.4)
    while moment < count / RATE_HZ:
        length = samples_of(rng.uniform(0.04, 0.18))
        glide = np.linspace(rng.uniform(0.75, 1.25), rng.uniform(0.75, 1.25), length)
        hertz = centre * glide * (1.0 + 0.05 * np.sin(np.linspace(0.0, rng.uniform(0.0, 40.0), length)))
        chirp = np.sin(phase_of(hertz)) * rounded(length, 0.015, 0.03)
        add_at(track, chirp * rng.uniform(0.4, 1.0), round(moment * RATE_HZ))
        moment += rng.choice([0.08, 0.15, 0.5, 0.9], p=[0.4, 0.3, 0.2, 0.1]) * rng.uniform(0.8, 1.2)
    return track


def weather(count: int, rng: np.random.Generator) -> Samples:
    """Wind, rain or a fan: steady noise like running water, without its bubbles."""
    noise = coloured_noise(count, rng.uniform(-8.0, 0.0), rng)
    gusts = np.exp(rng.uniform(0.05, 0.5) * wander(count, rng.uniform(0.5, 8.0), rng))
    return band_passed(noise, rng.uniform(50.0, 600.0), rng.uniform(2000.0, 8000.0)) * gusts


def applause(count: int, rng: np.random.Generator) -> Samples:
    """Applause of many claps: like running water, coarser."""
    impulses = rng.poisson(rng.uniform(20.0, 90.0) / RATE_HZ, count) * rng.uniform(0.3, 1.0, count)
    length = samples_of(0.02)
    clap = rng.normal(size=length) * np.exp(-np.arange(length) / samples_of(0.004))
    return band_passed(np.convolve(impulses, clap)[:count], rng.uniform(500.0, 1100.0), rng.uniform(2500.0, 6000.0))


def cat(count: int, rng: np.random.Generator) -> Samples:
    """One or two meows: a cry's pitch and arc, once, with a moving vowel."""
    track = np.zeros(count)
    pitch = rng.uniform(380.0, 700.0)
    moment = rng.uniform(0.0, 0.4 * count / RATE_HZ)
    for _ in range(int(rng.integers(1, 3))):
        length = samples_of(rng.uniform(0.4, 0.9))
        arc = np.sin(np.pi * np.linspace(0.0, 1.0, length) ** 0.6)
        early, late = formants((900.0, 2000.0), 0.3), formants((600.0, 1100.0), 0.3)
        fade = np.linspace(0.0, 1.0, length)
        hertz = pitch * (0.85 + 0.25 * arc)
        meow = harmonics(hertz, early) * (1.0 - fade) + harmonics(hertz, late) * fade
        add_at(track, at_rms(meow) * rounded(length, 0.1, 0.25), round(moment * RATE_HZ))
        moment += length / RATE_HZ + rng.uniform(0.6, 1.6)
    return track


NEGATIVE: Mapping[str, Sound] = {
    "applause": applause,
    "birds": birds,
    "cat": cat,
    "chords": chords,
    "clicks": clicks,
    "engine": engine,
    "footsteps": footsteps,
    "horn": horn,
    "single_notes": single_notes,
    "speech": speech,
    "sweeps": sweeps,
    "weather": weather,
}
