"""The supervisor with small stand-in children, all of them real processes."""

import io
import signal
import time
from pathlib import Path

import pytest

from tests.supervisor.processes import (
    ONE_PARENT,
    ONE_SLEEPER,
    PARENT,
    SLEEPER,
    children,
    is_gone,
    kill,
    supervising,
    wait_for_line,
    wait_until,
)
from webapp.data_folder import DataFolder
from webapp.supervisor.locks import holder
from webapp.supervisor.output import Console, LogFile
from webapp.supervisor.strays import find_strays


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data of one machine")


def test_a_killed_child_is_started_again(folder):
    with supervising(folder, ONE_SLEEPER) as supervisor:
        wait_for_line(supervisor, "UP")
        first = children(supervisor)[0].pid
        kill(first)
        wait_until(lambda: [child.pid for child in children(supervisor) if child.pid != first])
        assert is_gone(first)


def test_the_delay_grows_while_a_child_keeps_ending(folder):
    stages = "stages = [[python('crasher', 'import time; time.sleep(0.2); raise SystemExit(9)')]]"
    with supervising(folder, stages) as supervisor:
        wait_for_line(supervisor, "crasher ended unexpectedly (exit code 9); starting it again in 0.5 s")
        wait_for_line(supervisor, "starting it again in 1.0 s")
        wait_for_line(supervisor, "starting it again in 2.0 s")


def test_a_killed_child_takes_its_own_children_with_it(folder):
    own_group = PARENT.replace("start_new_session=True", "start_new_session=False")
    with supervising(folder, f"stages = [[python('parent', {own_group!r}, is_ready=notes.exists)]]") as supervisor:
        wait_for_line(supervisor, "UP")
        grandchild = int((folder.root / "notes").read_text())
        kill(children(supervisor)[0].pid)
        wait_until(lambda: is_gone(grandchild))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_leaves_no_process_behind(folder, number):
    with supervising(folder, ONE_PARENT) as supervisor:
        wait_for_line(supervisor, "UP")
        grandchild = int((folder.root / "notes").read_text())
        supervisor.send_signal(number)
        assert supervisor.wait(20) == 0
        assert is_gone(grandchild)
        assert find_strays(folder) == []
        assert holder(folder) is None


def test_a_child_deaf_to_the_signal_is_killed_when_patience_ends(folder):
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    with supervising(folder, f"stages = [[python('deaf', {deaf!r}, stop_seconds=0.5)]]") as supervisor:
        wait_for_line(supervisor, "| deaf")
        supervisor.terminate()
        assert supervisor.wait(10) == 0
        assert find_strays(folder) == []


def test_stages_stop_in_reverse_order(folder):
    noting = (
        "import signal, sys, time\n"
        "def note(*_):\n"
        "    open(sys.argv[1], 'a').write(NAME + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, note)\n"
        "print('set', flush=True)\n"
        "time.sleep(600)\n"
    )
    stages = (
        f"noting = {noting!r}\nstages = [[python(name, 'NAME=%r\\n' % name + noting)] for name in ('first', 'last')]"
    )
    with supervising(folder, stages) as supervisor:
        wait_for_line(supervisor, "first      | set")
        wait_for_line(supervisor, "last       | set")
        supervisor.terminate()
        assert supervisor.wait(20) == 0
    assert (folder.root / "notes").read_text().split() == ["last", "first"]


def test_a_step_that_fails_ends_the_start_with_its_last_words(folder):
    stages = (
        f"stages = [[python('early', {SLEEPER!r})], "
        "[python('step', 'raise SystemExit(\"the database is too old\")', kind=Kind.STEP)], "
        f"[python('late', {SLEEPER!r})]]"
    )
    with supervising(folder, stages) as supervisor:
        output, _ = supervisor.communicate(timeout=20)
        assert supervisor.returncode == 3
        assert "step failed (exit code 1)" in output
        assert "the database is too old" in output
        assert find_strays(folder) == []
        assert not (folder.logs / "late.log").read_text()


def test_a_guest_ends_everything_with_its_exit_code(folder):
    stages = (
        f"stages = [[python('service', {SLEEPER!r})], [python('guest', 'raise SystemExit(7)', kind=Kind.GUEST, "
        "when_done=lambda code: supervisor.request_stop(code))]]"
    )
    with supervising(folder, stages) as supervisor:
        output, _ = supervisor.communicate(timeout=20)
        assert supervisor.returncode == 7
        assert "Stopping: service" in output


def test_a_guest_killed_from_outside_is_told_and_its_signal_is_the_exit_code(folder):
    stages = (
        "stages = [[python('guest', 'import os; os.kill(os.getpid(), 9)', kind=Kind.GUEST, "
        "when_done=lambda code: supervisor.request_stop(code))]]"
    )
    with supervising(folder, stages) as supervisor:
        output, _ = supervisor.communicate(timeout=20)
        assert supervisor.returncode == 128 + 9
        assert "guest was ended by SIGKILL, from outside" in output


def test_a_second_supervisor_is_refused_and_told_who_holds_the_folder(folder):
    with supervising(folder, ONE_SLEEPER) as first:
        wait_for_line(first, "UP")
        with supervising(folder, ONE_SLEEPER) as second:
            output, _ = second.communicate(timeout=20)
            assert second.returncode == 3
            assert f"kill {first.pid}" in output
            assert str(folder.root) in output
        assert first.poll() is None


def test_children_die_with_a_killed_supervisor(folder):
    with supervising(folder, ONE_SLEEPER) as supervisor:
        wait_for_line(supervisor, "UP")
        child = children(supervisor)[0].pid
        kill(supervisor.pid)
        wait_until(lambda: is_gone(child))


def test_the_next_supervisor_ends_what_a_killed_one_left(folder):
    with supervising(folder, ONE_PARENT) as first:
        wait_for_line(first, "UP")
        grandchild = int((folder.root / "notes").read_text())
        kill(first.pid)
        first.wait()
        assert not is_gone(grandchild)  # it had left the group and the session: nothing could tell it
        with supervising(folder, ONE_SLEEPER) as second:
            wait_for_line(second, "Ended what an earlier run left behind (1 process)")
            wait_for_line(second, "UP")
            assert is_gone(grandchild)


def test_logs_are_rotated_and_the_oldest_go(tmp_path):
    for _ in range(6):
        log = LogFile(tmp_path, "talker")
        log.write(b"x" * 5_000_001 + b"\n")
        log.write(b"after\n")
        log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "talker.log",
        "talker.log.1",
        "talker.log.2",
        "talker.log.3",
    ]
    assert (tmp_path / "talker.log").read_bytes() == b"after\n"


def test_a_console_shows_warnings_and_hides_the_rest_unless_told_otherwise():
    said = "2026-01-01 12:00:00 WARNING webapp.dispatch: The queue is out of reach\n"
    for verbose, expected in ((False, ["| 2026"]), (True, ["| plain", "| 2026"])):
        stream = io.StringIO()
        console = Console(stream, verbose)
        console.child_line("web", "plain")
        console.child_line("web", said)
        lines = stream.getvalue().splitlines()
        assert len(lines) == len(expected)
        assert all(start in line for start, line in zip(expected, lines, strict=True))


def test_nohup_is_respected(folder):
    with supervising(folder, ONE_SLEEPER, ignoring=signal.SIGHUP) as supervisor:
        wait_for_line(supervisor, "UP")
        supervisor.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert supervisor.poll() is None
