"""As whom PostgreSQL runs: it refuses to run as root, so root hands it to an unprivileged account.

A person who is not root never meets this module's second half. Root (containers, mostly) often keeps the project
below a home folder with mode 0700, which that account cannot enter. Opening the folders to everybody, as some wheels
do, is not ours to decide; instead the server keeps one of root's rights, CAP_DAC_OVERRIDE: the right to pass closed
folders. Where that cannot be had, `reason_unreachable` states what to do.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from webapp.supervisor.errors import EmbeddedPostgresError

_ACCOUNTS = ("postgres", "nobody")

# linux/prctl.h, linux/securebits.h, linux/capability.h
_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityData(ctypes.Structure):
    """Two of them make a 64-bit set; the capability needed here lies in the first."""

    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel to send this process a signal when its parent dies (Linux; elsewhere nothing happens)."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Account:
    """Account that runs the server: the present one (`uid` None), or another one when that is root."""

    name: str
    uid: int | None = None
    gid: int | None = None
    pass_closed_folders: bool = False

    @classmethod
    def ours(cls) -> "Account":
        return cls(str(os.geteuid()))

    @classmethod
    def choose(cls, existing: Path, needed: Sequence[Path]) -> "Account":
        """The account for a cluster at `existing` (its owner, if it is there) that must reach the paths `needed`."""
        if os.geteuid() != 0:
            return cls.ours()
        entry = _entry(existing)
        plain = cls(entry.pw_name, entry.pw_uid, entry.pw_gid)
        if all(plain.reaches(path) for path in needed):
            return plain
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid, pass_closed_folders=True)

    def reaches(self, path: Path) -> bool:
        """Whether the account can read and execute what lies there (a folder: list and pass); tried, not computed."""
        command = ["test", "-r", str(path), "-a", "-x", str(path)]
        try:
            return subprocess.run(command, preexec_fn=self.become(None), check=False, cwd="/").returncode == 0
        except subprocess.SubprocessError:  # root in name only (some containers) may not even become the account
            return False

    def reason_unreachable(self, needed: Sequence[Path]) -> str | None:
        """Reason for which the server could not run, with what to do; None if there is none."""
        for path in needed:
            if not self.reaches(path):
                return (
                    f"PostgreSQL refuses to run as root, and the account {self.name!r} cannot reach {path}. "
                    "Do one of these: run as an ordinary user; set EARSHOT_DATA and the checkout to a place every "
                    "account may enter, such as /srv/earshot; or point DATABASE_URL at a PostgreSQL of your own."
                )
        return None

    def give(self, folder: Path) -> None:
        """Make the account the owner of a folder."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)

    def become(self, parent_death_signal: int | None = signal.SIGINT) -> Callable[[], None]:
        """A `preexec_fn` that turns the child into this account, and ties its life to its parent's."""

        def prepare() -> None:
            if self.uid is not None and self.gid is not None:
                _switch(self.uid, self.gid, self.pass_closed_folders)
            if parent_death_signal is not None:
                die_with_parent(parent_death_signal)  # after the switch, which resets it

        return prepare


def _entry(existing: Path) -> pwd.struct_passwd:
    """The password entry of a folder's owner, else of the first unprivileged account this machine has."""
    if existing.exists() and existing.stat().st_uid != 0:
        return pwd.getpwuid(existing.stat().st_uid)
    for name in _ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedPostgresError(
        f"PostgreSQL refuses to run as root, and there is no account {_ACCOUNTS[-1]!r}: add it."
    )


def _switch(uid: int, gid: int, keep_dac_override: bool) -> None:
    """Give up root for good; keep CAP_DAC_OVERRIDE across the switch and the exec if requested and allowed."""
    keep = keep_dac_override and sys.platform == "linux"
    if keep:
        # Capabilities stay as they are when the user id changes, and access(2), by which PostgreSQL looks for its
        # own programs, takes them into account.
        _libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if keep:
        mask = 1 << _CAP_DAC_OVERRIDE
        data = (_CapabilityData * 2)(_CapabilityData(mask, mask, mask), _CapabilityData(0, 0, 0))
        _libc.capset(ctypes.byref(_CapabilityHeader(_CAPABILITY_VERSION_3, 0)), data)
        _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)
