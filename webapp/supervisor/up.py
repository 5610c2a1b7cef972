"""`run`: everything one machine runs, for `manage.py up` and `manage.py demo`."""

from collections.abc import Callable, Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from webapp.broker import check_broker
from webapp.supervisor import locks, ports
from webapp.supervisor.children import Child
from webapp.supervisor.errors import StartError
from webapp.supervisor.output import Console
from webapp.supervisor.plan import ROLES, Machine, stages
from webapp.supervisor.supervisor import Supervisor


def run(
    *,
    host: str,
    port: str,
    trainers: int | None,
    console: Console,
    on_ready: Callable[[Machine], None],
    roles: tuple[str, ...] = ROLES,
    guest: Callable[[Machine, Callable[[int], None]], Child] | None = None,
) -> int:
    """Serve until stopped; return the exit code.

    `guest` makes one more child, started last; it is given the machine and a function that ends everything with an
    exit code. Raises StartError when something keeps this machine from starting.
    """
    if unknown := set(roles) - set(ROLES):
        raise StartError(f"{', '.join(sorted(unknown))} is not something to run; known: {', '.join(ROLES)}.")
    if trainers is not None and trainers < 0:
        raise StartError(f"--trainers takes a number from 0 on, not {trainers}.")
    folder = settings.DATA_FOLDER
    try:
        check_broker()
        folder.ensure()
    except ImproperlyConfigured as error:
        raise StartError(str(error)) from None
    except OSError as error:
        raise StartError(f"The data folder cannot be made: {error}. Set EARSHOT_DATA to a folder you own.") from None
    with locks.only_one(folder) as announce:
        chosen = ports.choose(host, port) if "web" in roles else 0
        announce(ports.address(host, chosen) if chosen else "")
        machine = Machine(roles, host, chosen, trainers, embedded_postgres=settings.EMBEDDED_POSTGRES)
        console.say(f"Earshot starts: {_summary(machine)}. Data and logs: {folder.root}")
        plan: list[Sequence[Child]] = [*stages(machine, folder, settings.BASE_DIR)]
        supervisor: Supervisor
        if guest is not None:
            plan.append([guest(machine, lambda code: supervisor.request_stop(code))])
        supervisor = Supervisor(plan, folder, settings.BASE_DIR, console, lambda: on_ready(machine))
        return supervisor.run()


def _summary(machine: Machine) -> str:
    parts = ["embedded PostgreSQL"] if machine.embedded_postgres else ["PostgreSQL of DATABASE_URL"]
    parts += [role for role in machine.roles if role != "training"]
    if "training" in machine.roles:
        parts.append(f"{machine.trainer_count} training worker{'s' if machine.trainer_count != 1 else ''}")
    return ", ".join(parts)
