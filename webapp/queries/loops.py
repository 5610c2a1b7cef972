"""Settings of the always-on loop by which a trial is listened with."""

from nas_engine.streaming.loop import LoopSettings
from webapp.models import Trial
from webapp.queries.pages.streams import chosen_loop


def loop_of(trial: Trial) -> LoopSettings:
    """The loop of the trial's newest evaluation on streams; without one, one window a second and thresholds of 0.5."""
    return chosen_loop(trial) or LoopSettings()
