"""Parametric sounds of the eight positive classes (paper, section 4).

Each function returns samples [count] at 16 kHz and draws pitch, rhythm, timbre, number of repetitions and the part of
the event within the clip from `rng`.
"""

from collections.abc import Callable, Mapping

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

Sound = Callable[[int, np.random.Generator], Samples]


def siren(count: int, rng: np.random.Generator) -> Samples:
    """Wail (slow), yelp (fast) or two-tone, with a little Doppler shift."""
    time = np.arange(count) / RATE_HZ
    low = rng.uniform(420.0, 800.0)
    high = low * rng.uniform(1.35, 2.2)
    kind = rng.choice(["wail", "yelp", "two-tone"])
    rate_hz = {"wail": rng.uniform(0.15, 0.5), "yelp": rng.uniform(1.8, 4.5), "two-tone": rng.uniform(0.6, 1.4)}[kind]
    turn = (time * rate_hz + rng.uniform()) % 1.0
    if kind == "two-tone":
        height = (turn < 0.5).astype(np.float64)
    else:
        peak = rng.uniform(0.3, 0.7)
        height = np.where(turn < peak, turn / peak, (1.0 - turn) / (1.0 - peak))
    hertz = (low + (high - low) * height) * (1.0 + rng.uniform(-0.04, 0.04) * np.tanh(time - time[-1] / 2.0))
    return harmonics(hertz, falling(rng.uniform(4.0, 12.0), low), 8) * (1.0 + 0.15 * wander(count, 2.0, rng))


def alarm(count: int, rng: np.random.Generator) -> Samples:
    """Smoke alarm (three long beeps and a pause) or alarm clock (fast groups of short beeps)."""
    smoke = rng.uniform() < 0.5
    hertz = rng.uniform(2700.0, 3500.0) if smoke else rng.uniform(900.0, 2600.0)
    beep = rng.uniform(0.3, 0.55) if smoke else rng.uniform(0.05, 0.12)
    gap = beep * rng.uniform(0.6, 1.1)
    group, pause = (3, rng.uniform(0.8, 1.5)) if smoke else (int(rng.choice([1, 2, 4])), rng.uniform(0.2, 0.6))
    track = np.zeros(count)
    length = samples_of(beep)
    tone = harmonics(np.full(length, hertz), falling(rng.uniform(3.0, 14.0), hertz), 4) * rounded(length, 0.006, 0.012)
    moment = -rng.uniform(0.0, 1.2)
    while moment < count / RATE_HZ:
        for number in range(group):
            add_at(track, tone, round((moment + number * (beep + gap)) * RATE_HZ))
        moment += group * (beep + gap) + pause
    return track


def dog_barking(count: int, rng: np.random.Generator) -> Samples:
    """One to five short, harsh, falling barks of one dog."""
    pitch = rng.uniform(260.0, 900.0)
    voice = formants((pitch * rng.uniform(1.6, 2.4), pitch * rng.uniform(3.0, 4.5)), 0.35)
    track = np.zeros(count)
    moment = rng.uniform(-0.05, 0.6 * count / RATE_HZ)
    for _ in range(int(rng.integers(1, 6))):
        length = samples_of(rng.uniform(0.09, 0.24))
        arc = np.sin(np.pi * np.linspace(0.15, 1.0, length) ** 0.6)
        hertz = pitch * rng.uniform(0.9, 1.1) * (0.7 + 0.5 * arc) * (1.0 + 0.03 * wander(length, 60.0, rng))
        rough = band_passed(rng.normal(size=length), pitch, 5.0 * pitch) * rng.uniform(0.3, 0.9)
        bark = at_rms(harmonics(hertz, voice)) + at_rms(rough, rng.uniform(0.2, 0.8))
        add_at(track, bark * rounded(length, 0.012, 0.09) * rng.uniform(0.6, 1.0), round(moment * RATE_HZ))
        moment += length / RATE_HZ + rng.uniform(0.08, 0.6)
    return track


def door_knocking(count: int, rng: np.random.Generator) -> Samples:
    """Two to seven dull blows in an almost steady rhythm."""
    modes = np.sort(rng.uniform(90.0, 1100.0, 5))
    decay = rng.uniform(0.05, 0.16)
    interval = rng.uniform(0.13, 0.34)
    track = np.zeros(count)
    moment = rng.uniform(-0.2, 0.5 * count / RATE_HZ)
    for _ in range(int(rng.integers(2, 8))):
        length = samples_of(0.25)
        click = band_passed(rng.normal(size=length), 300.0, 2500.0) * np.exp(-np.arange(length) / samples_of(0.006))
        knock = struck(length, modes, decay, rng) + rng.uniform(0.3, 1.2) * click
        add_at(track, knock * rng.uniform(0.6, 1.0), round(moment * RATE_HZ))
        moment += interval * rng.uniform(0.88, 1.12)
    return track


def phone_ringing(count: int, rng: np.random.Generator) -> Samples:
    """Mechanical bell, electronic warble, or the looped melody of a mobile phone."""
    kind = rng.choice(["bell", "warble", "melody"])
    ring, pause = rng.uniform(0.8, 2.0), rng.uniform(0.3, 1.6)
    length = samples_of(ring)
    time = np.arange(length) / RATE_HZ
    if kind == "bell":
        hammer = 0.55 + 0.45 * np.abs(np.sin(np.pi * rng.uniform(18.0, 28.0) * time))
        partials = rng.uniform(900.0, 1500.0) * np.array([1.0, 1.52, 2.3, 3.1])
        sound = (
            sum((rng.uniform(0.3, 1.0) * np.sin(2.0 * np.pi * f * time) for f in partials), np.zeros(length)) * hammer
        )
    elif kind == "warble":
        low = rng.uniform(500.0, 1500.0)
        high = low * rng.uniform(1.15, 1.4)
        hertz = np.where((time * rng.uniform(8.0, 16.0)) % 1.0 < 0.5, low, high)
        sound = harmonics(hertz, falling(rng.uniform(3.0, 9.0), low), 6)
    else:
        sound = _melody(length, rng)
    track = np.zeros(count)
    moment = -rng.uniform(0.0, ring)
    while moment < count / RATE_HZ:
        add_at(track, sound * rounded(length, 0.01, 0.03), round(moment * RATE_HZ))
        moment += ring + pause
    return track


def _melody(count: int, rng: np.random.Generator) -> Samples:
    """Three to five notes, over and over."""
    root = rng.uniform(600.0, 1300.0)
    steps = rng.choice([0, 2, 4, 5, 7, 9, 12], int(rng.integers(3, 6)))
    length = samples_of(rng.uniform(0.09, 0.2))
    track = np.zeros(count)
    for number in range(count // length + 1):
        hertz = np.full(length, root * 2.0 ** (steps[number % len(steps)] / 12.0))
        note = harmonics(hertz, falling(7.0, root), 5) * np.exp(-np.arange(length) / samples_of(0.15))
        add_at(track, note, number * length)
    return track


def doorbell(count: int, rng: np.random.Generator) -> Samples:
    """Ding-dong: two falling chimes that ring out; sometimes three, sometimes twice."""
    high = rng.uniform(480.0, 1000.0)
    fall = 2.0 ** (-rng.choice([3, 4, 5, 7]) / 12.0)
    overtones = np.array([1.0, rng.uniform(2.0, 2.8), rng.uniform(3.9, 5.5)])
    interval, decay = rng.uniform(0.35, 0.8), rng.uniform(1.0, 2.6)
    chimes = 3 if rng.uniform() < 0.2 else 2
    track = np.zeros(count)
    moment = rng.uniform(-0.15, 0.4 * count / RATE_HZ)
    for number in range(chimes * int(rng.integers(1, 3))):
        pitch = high * fall ** (number % chimes)
        add_at(track, struck(samples_of(2.0), pitch * overtones, decay, rng), round(moment * RATE_HZ))
        moment += interval * (1.6 if number % chimes == chimes - 1 else 1.0)
    return track


def water_running(count: int, rng: np.random.Generator) -> Samples:
    """A hissing stream with many small bubbles; sometimes the tap is opened or closed in the clip."""
    low = rng.uniform(300.0, 1200.0)
    stream = band_passed(coloured_noise(count, rng.uniform(-3.0, 1.0), rng), low, rng.uniform(4500.0, 8000.0))
    stream = at_rms(stream * (1.0 + 0.12 * wander(count, 6.0, rng)))
    bubbles = np.zeros(count)
    for start in rng.integers(0, count, int(rng.uniform(15.0, 70.0) * count / RATE_HZ)):
        length = samples_of(rng.uniform(0.008, 0.04))
        hertz = rng.uniform(400.0, 2800.0) * np.linspace(1.0, rng.uniform(1.0, 1.5), length)
        ring = np.sin(phase_of(hertz)) * np.exp(-5.0 * np.arange(length) / length)
        add_at(bubbles, ring * rng.uniform(0.2, 1.0), int(start))
    sound = stream + at_rms(bubbles, rng.uniform(0.25, 1.1))
    if rng.uniform() < 0.3:
        edge = samples_of(rng.uniform(0.1, 0.45) * count / RATE_HZ)
        opening = np.clip((np.arange(count) - edge) / samples_of(0.3), 0.0, 1.0)
        sound = sound * (opening if rng.uniform() < 0.5 else opening[::-1])
    return sound


def baby_crying(count: int, rng: np.random.Generator) -> Samples:
    """Long rising and falling wails around 450 Hz, rough and nasal, with gasps between."""
    pitch = rng.uniform(330.0, 620.0)
    voice = formants((rng.uniform(900.0, 1300.0), rng.uniform(2600.0, 3600.0)), 0.3)
    track = np.zeros(count)
    moment = -rng.uniform(0.0, 0.8)
    while moment < count / RATE_HZ:
        length = samples_of(rng.uniform(0.45, 1.3))
        arc = np.sin(np.pi * np.linspace(0.1, 0.95, length)) ** rng.uniform(0.5, 1.5)
        shake = 0.02 * np.sin(2.0 * np.pi * rng.uniform(5.0, 9.0) * np.arange(length) / RATE_HZ)
        hertz = pitch * (0.85 + rng.uniform(0.15, 0.45) * arc + shake) * (1.0 + 0.015 * wander(length, 40.0, rng))
        cry = at_rms(harmonics(hertz, voice)) + at_rms(band_passed(rng.normal(size=length), 800.0, 5000.0), 0.15)
        add_at(track, cry * rounded(length, 0.08, 0.15) * rng.uniform(0.6, 1.0), round(moment * RATE_HZ))
        moment += length / RATE_HZ + rng.uniform(0.12, 0.5)
    return track


POSITIVE: Mapping[str, Sound] = {
    "alarm": alarm,
    "baby_crying": baby_crying,
    "dog_barking": dog_barking,
    "door_knocking": door_knocking,
    "doorbell": doorbell,
    "phone_ringing": phone_ringing,
    "siren": siren,
    "water_running": water_running,
}
