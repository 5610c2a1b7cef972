"""Hop of the always-on loop in frames of the front end. Loads no runtime of networks."""

from nas_engine.audio.frontend import FrontendConfig


def frames_of_hop(hop_s: float, config: FrontendConfig) -> int:
    """Frames from one window to the next. Raises ValueError unless that is a whole number of at least 1."""
    frame_s = config.hop_samples / config.sample_rate_hz
    hop = round(hop_s / frame_s)
    if hop < 1 or abs(hop * frame_s - hop_s) > 1e-9:
        raise ValueError(f"The hop of {hop_s:g} s is no multiple of the front end's {frame_s:g} s: choose one that is.")
    return hop
