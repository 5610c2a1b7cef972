"""What can keep a machine from starting. Each message says what is wrong and how to mend it."""


class StartError(Exception):
    """The machine cannot start; nothing it started is left behind."""


class AlreadyRunningError(StartError):
    """Another supervisor holds the data folder."""


class EmbeddedPostgresError(StartError):
    """The embedded PostgreSQL cannot be made or started."""
