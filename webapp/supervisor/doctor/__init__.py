"""Diagnosis of a machine, with remedies: `examine` runs every check of `manage.py doctor`."""

from collections.abc import Iterator

from webapp.data_folder import DataFolder
from webapp.supervisor.doctor import machine, services, wheels
from webapp.supervisor.doctor.findings import MachineFinding, Status, fail

__all__ = ["MachineFinding", "Status", "examine"]


def examine(folder: DataFolder, host: str, port: int) -> Iterator[MachineFinding]:
    """All findings, one by one as they are made. A check that breaks is a finding, too."""
    checks = (
        ("Python", machine.check_python),
        ("processor", machine.check_processor),
        ("memory", machine.check_memory),
        ("data folder", lambda: machine.check_data_folder(folder)),
        ("packages", wheels.check_packages),
        ("running", lambda: services.check_running(folder, host, port)),
        ("PostgreSQL", lambda: services.check_postgres(folder)),
        ("database", lambda: services.check_database(folder)),
        ("queue", lambda: services.check_queue(folder)),
    )
    for name, check in checks:
        try:
            yield from check()
        except Exception as error:
            yield fail(name, f"could not be examined: {type(error).__name__}: {error}", "Please report this.")
