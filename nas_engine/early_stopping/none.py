"""No early stopping."""

from collections.abc import Sequence

from nas_engine.early_stopping.base import Curve, Decision, continue_training


class NoStopping:
    """Rule that never stops a training."""

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        """Always continue, without a forecast."""
        return continue_training(running)
