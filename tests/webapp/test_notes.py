"""Notes are Markdown that runs and loads nothing."""

import pytest

from webapp.templatetags.notes import notes


def test_lists_links_tables_and_line_breaks_are_shown() -> None:
    shown = notes("- one\n- [two](https://example.org/a)\n\n| a |\n|---|\n| b |\n\nx\ny")
    for part in ("<li>one</li>", '<a href="https://example.org/a">two</a>', "<td>b</td>", "x<br"):
        assert part in shown


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("<b>bold</b>", "<b>"),
        ("a <i title=x>b</i>", "<i"),
        ("![picture](https://example.org/p.png)", "<img"),
        ("[link](javascript:void)", "<a"),
    ],
)
def test_html_pictures_and_addresses_of_scripts_stay_text(text: str, absent: str) -> None:
    assert absent not in notes(text)
