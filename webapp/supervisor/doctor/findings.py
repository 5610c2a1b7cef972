"""One line of the doctor's report."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["OK", "WARN", "FAIL"]


@dataclass(frozen=True, slots=True)
class MachineFinding:
    """Finding about `subject`, with the remedy where one is needed."""

    status: Status
    subject: str
    found: str
    mend: str = ""


def ok(subject: str, found: str) -> MachineFinding:
    return MachineFinding("OK", subject, found)


def warn(subject: str, found: str, mend: str) -> MachineFinding:
    return MachineFinding("WARN", subject, found, mend)


def fail(subject: str, found: str, mend: str) -> MachineFinding:
    return MachineFinding("FAIL", subject, found, mend)
