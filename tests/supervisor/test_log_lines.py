"""Lines of the logs are short, whatever a request or an error holds."""

import logging
import sys

from webapp.supervisor.log_lines import ShortLines, WithoutTracebackOfRejections


def record(message: str, error: bool = False, **values: object) -> logging.LogRecord:
    made = logging.LogRecord("name", logging.WARNING, "path", 1, message, (), sys.exc_info() if error else None)
    made.__dict__.update(values)
    return made


def test_a_long_message_is_cut_in_its_middle() -> None:
    line = ShortLines("%(levelname)s: %(message)s").format(record("Not Found: /" + "a" * 9_000 + "/end"))
    assert line.startswith("WARNING: Not Found: /aaa")
    assert line.endswith("aaa/end")
    assert "[84" in line
    assert len(line) < 700
    assert ShortLines("%(message)s").format(record("short")) == "short"


def test_the_traceback_of_a_deep_recursion_is_its_last_frames() -> None:
    def down(depth: int) -> int:
        return up(depth + 1)

    def up(depth: int) -> int:
        if depth > 500:
            raise ValueError("x" * 100_000)
        return down(depth + 1)

    try:
        up(0)
    except ValueError:
        text = ShortLines("%(message)s").format(record("It failed", error=True))
    assert len(text) < 6_000
    assert text.startswith("It failed\nTraceback")
    assert "in up" in text
    assert "ValueError: xxx" in text


def test_an_outage_and_a_refusal_are_a_line_and_another_error_keeps_its_traceback() -> None:
    keeps = WithoutTracebackOfRejections()
    try:
        raise ValueError
    except ValueError:
        records = {status: record("a", error=True, status_code=status) for status in (400, 413, 500, 503)}
    assert all(keeps.filter(one) for one in records.values())
    assert [status for status, one in records.items() if one.exc_info] == [500]
