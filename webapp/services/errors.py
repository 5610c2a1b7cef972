"""What a service raises when it refuses."""


class Conflict(Exception):  # named by what the caller tells the user, like the engine's errors
    """The present state forbids the move. `str(error)` is a sentence for the user: what is wrong and what to do."""
