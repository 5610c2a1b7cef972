"""How long a trial trains and how many trials a study keeps open: the rules that real and simulated studies share."""

import math

FULL_EPOCHS = 60
"""Epochs of a finished network, unless a study says otherwise."""
TRIAL_SHARE = 0.75
"""Share of the full training time that a trial trains in float (Speckhard et al., section 5)."""
QAT_EPOCHS = 4
"""Epochs with simulated quantisation that follow."""
QAT_EPOCH_PASSES = 2
"""Float epochs that an epoch with simulated quantisation takes as long as, in simulations and estimates of time."""
FEWEST_OPEN = 2
OPEN_PER_TRAINER = 2  # one in training, one waiting: a trainer that ends a trial finds the next at once


def trial_epochs(full_epochs: int, share: float = TRIAL_SHARE) -> int:
    """Epochs of float training of a trial, rounded up."""
    return math.ceil(share * full_epochs)


TRIAL_EPOCHS = trial_epochs(FULL_EPOCHS)


def open_trials(trainers: int) -> int:
    """How many trials a study should have open: enough that no trainer waits; no more, so that suggestions know most
    results.
    """
    return max(FEWEST_OPEN, OPEN_PER_TRAINER * trainers)
