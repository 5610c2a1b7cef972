"""Errors of the services."""


class Conflict(Exception):  # no suffix Error: it is a message for the user, like the engine's errors
    """The present state forbids the move. `str(error)` is a sentence for the user: what is wrong and what to do."""


class Stale(Conflict):
    """Raised if somebody else changed what is to be saved since it was read."""
