"""Starts the children of one machine in order, keeps them running, and leaves nothing behind."""

import contextlib
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

from webapp.data_folder import DataFolder
from webapp.supervisor import strays
from webapp.supervisor.children import Child, Kind, SupervisedProcess, describe_exit
from webapp.supervisor.errors import StartError
from webapp.supervisor.output import Console

_TICK_SECONDS = 0.1
_SHOWN_LINES = 12
_DEAF_SECONDS = 5.0
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """Runs stages of children: a stage starts when all of the one before are ready.

    The caller holds the data folder's lock, and calls `run` in the main thread of a process without other threads
    (children are prepared between fork and exec).
    """

    def __init__(
        self, stages: Sequence[Sequence[Child]], folder: DataFolder, base: Path, console: Console,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._console = console
        self._on_ready = on_ready
        self._stages = [
            [SupervisedProcess(child, base, strays.marker(folder), folder.logs, console) for child in stage]
            for stage in stages
        ]
        self._exit_code = 0
        self._stop_requests = 0
        self._listened_at = 0.0

    def run(self) -> int:
        """Serve until stopped; return the exit code. Raises StartError when a stage cannot start."""
        with self._signals_caught():
            if ended := strays.end_strays(self._folder):
                self._console.say(
                    f"Ended what an earlier run left behind ({ended} process{'es' if ended > 1 else ''})."
                )
            try:
                if all(self._start(stage) for stage in self._stages):
                    self._on_ready()
                while not self._stop_requests:
                    self._tick()
            finally:
                self._stop_everything()
        return self._exit_code

    def request_stop(self, exit_code: int = 0) -> None:
        """End `run` soon, with this exit code. The second request makes the end a quick one."""
        self._stop_requests += 1
        self._exit_code = self._exit_code or exit_code

    def _started(self) -> list[SupervisedProcess]:
        return [process for stage in self._stages for process in stage]

    def _start(self, stage: list[SupervisedProcess]) -> bool:
        """Start a stage's children side by side and wait until each is ready; False if stopped meanwhile."""
        for process in stage:
            process.start()
        waiting = [process for process in stage if process.child.kind is not Kind.GUEST]
        deadline = time.monotonic() + max((process.child.ready_seconds for process in waiting), default=0.0)
        while waiting and not self._stop_requests:
            self._wait_for_output()
            waiting = [process for process in waiting if not self._is_ready(process)]
            self._look_after(process for process in self._started() if process not in waiting)
            if waiting and time.monotonic() > deadline:
                raise self._start_error(waiting[0], f"was not ready after {waiting[0].child.ready_seconds:.0f} s")
        return not self._stop_requests

    def _is_ready(self, process: SupervisedProcess) -> bool:
        code = process.collect_end()
        if process.child.kind is Kind.STEP:
            if code:
                raise self._start_error(process, f"failed ({describe_exit(code)})")
            return code == 0
        if code is not None:
            raise self._start_error(process, f"ended while starting ({describe_exit(code)})")
        return process.child.is_ready()

    def _start_error(self, process: SupervisedProcess, what: str) -> StartError:
        log = self._folder.logs / f"{process.child.name}.log"
        last = "\n".join(f"  {line}" for line in process.last_words()[-_SHOWN_LINES:])
        return StartError(f"{process.child.name} {what}. Its last words (all of them are in {log}):\n{last}")

    def _tick(self) -> None:
        self._wait_for_output()
        self._look_after(self._started())
        self._end_the_silent()

    def _end_the_silent(self) -> None:
        """End services that are alive and answer nothing. Who has slept himself excuses everybody."""
        now = time.monotonic()
        slept, self._listened_at = now - self._listened_at > _DEAF_SECONDS, now
        for process in self._started():
            if slept:
                process.excuse()
            elif process.is_silent():
                name, seconds = process.child.name, process.child.silent_seconds
                self._console.say(f"{name} is alive but has answered nothing for {seconds:.0f} s: ending it.")
                process.kill()

    def _wait_for_output(self) -> None:
        """Sleep until a child writes output, a signal comes, or a tick has passed; then pass the output on."""
        by_descriptor = {p.output: p for p in self._started() if p.output is not None}
        readable, _, _ = select.select([d for d in by_descriptor if d is not None], [], [], _TICK_SECONDS)
        for descriptor in readable:
            by_descriptor[descriptor].read_output()

    def _look_after(self, processes: Iterator[SupervisedProcess] | Sequence[SupervisedProcess]) -> None:
        """Notice ends, plan restarts, and start again those whose time has come."""
        for process in processes:
            code = process.collect_end()
            if code is not None:
                self._answer_end(process, code)
            if process.start_again_at is not None and time.monotonic() >= process.start_again_at:
                self._start_again(process)

    def _answer_end(self, process: SupervisedProcess, code: int) -> None:
        if process.child.kind is Kind.GUEST:
            if code < 0:
                self._console.say(f"{process.child.name} was {describe_exit(code)}, from outside.")
            process.child.when_done(code if code >= 0 else 128 - code)  # as shells count signals
        elif process.child.kind is Kind.SERVICE:
            delay = process.schedule_restart()
            name = process.child.name
            self._console.say(f"{name} ended unexpectedly ({describe_exit(code)}); starting it again in {delay:.1f} s.")
            self._console.child_lines(name, process.last_words()[-_SHOWN_LINES:])

    def _start_again(self, process: SupervisedProcess) -> None:
        try:
            process.start()
        except (StartError, OSError) as error:
            delay = process.schedule_restart()
            self._console.say(f"{process.child.name} cannot start, next try in {delay:.1f} s: {error}")

    def _stop_everything(self) -> None:
        """Stop the stages in reverse order, each with its own patience; then whatever is still marked as ours."""
        running = [process for process in self._started() if process.running]
        if running:
            self._console.say("Stopping: " + ", ".join(process.child.name for process in reversed(running)))
        for stage in reversed(self._stages):
            self._stop(stage)
        strays.end_strays(self._folder)
        for process in self._started():
            process.close()

    def _stop(self, stage: list[SupervisedProcess]) -> None:
        for process in stage:
            process.ask_to_stop()
        requested_at = time.monotonic()
        requests = self._stop_requests
        while any(process.running for process in stage):
            self._wait_for_output()
            impatient = self._stop_requests > max(requests, 1)
            for process in stage:
                if process.running and (impatient or time.monotonic() > requested_at + process.child.stop_seconds):
                    process.kill()
        for process in stage:
            process.collect_end()

    @contextlib.contextmanager
    def _signals_caught(self) -> Iterator[None]:
        def on_signal(number: int, frame: FrameType | None) -> None:
            self.request_stop()

        hung_up_is_ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # started with nohup
        numbers = [number for number in _STOP_SIGNALS if not (number == signal.SIGHUP and hung_up_is_ignored)]
        before = {number: signal.signal(number, on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
