"""Errors that keep a machine from starting. Each message states what is wrong and how to repair it."""


class StartError(Exception):
    """The machine cannot start; nothing it started is left behind."""


class AlreadyRunningError(StartError):
    """Another supervisor holds the data folder."""


class EmbeddedPostgresError(StartError):
    """The embedded PostgreSQL cannot be made or started."""
