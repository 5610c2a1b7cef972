import html
import shlex
import sys

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import RequestFactory

from webapp.forms.device import DeviceForm


def rendered(source: str, **values: object) -> str:
    return Template("{% load parts links marks energy %}" + source).render(Context(values))


def test_a_tile_shows_label_figure_and_note_and_escapes_what_is_not_markup():
    tile = rendered(
        '{% tile label "1.50 mJ" tag="estimate" %}\n  of <b>{{ name }}</b>\n{% endtile %}', label="A&B", name="<x>"
    )
    assert '<span class="tile-label">A&amp;B <span class="tag">estimate</span></span>' in tile
    assert '<span class="tile-value">1.50 mJ</span><span class="tile-note">of <b>&lt;x&gt;</b></span>' in tile


def test_a_table_that_scrolls_is_named_and_reached_by_keyboard():
    table = rendered('{% scroll_table "Runs" classes="names" id="runs" %}<tr></tr>{% endscroll_table %}')
    assert 'id="runs" class="scroll card flush" tabindex="0" role="region" aria-label="Runs"' in table
    assert '<table class="names"><tr></tr></table>' in table


def test_a_charts_content_is_its_description_on_one_line():
    chart = rendered(
        '{% chart "rewards_chart" 7 refresh="new" %}\n  Rewards of\n  "{{ name }}"\n{% endchart %}', name='a"b'
    )
    assert 'data-refresh="new" role="img" aria-label="Rewards of &quot;a&quot;b&quot;"' in chart
    assert "<noscript><p" in chart
    assert "This chart needs JavaScript." in chart


def test_a_command_stands_on_one_line_and_keeps_spaces_within_a_name():
    command = rendered('{% command %}\n  run "{{ name }}"\n  --wait\n{% endcommand %}', name="two  spaces")
    assert '<code>run "two  spaces" --wait</code>' in command


def test_the_option_whose_value_is_chosen_is_selected_whatever_their_types():
    assert rendered('{% option 3 "three" "3" %}') == '<option value="3" selected>three</option>'
    assert rendered('{% option 3 "three" none %}', none=None) == '<option value="3">three</option>'


@pytest.mark.django_db
def test_a_form_row_ties_help_and_errors_to_their_field():
    form = DeviceForm({"name": ""})
    row = rendered("{% form_row field %}", field=form["name"])
    assert '<label for="id_name">' in row
    assert '<div id="id_name_error">' in row
    assert "wrong" in row


def test_a_confirmed_action_posts_with_the_token_and_says_what_it_does():
    asked = rendered(
        '{% confirm "Delete" "Delete the run" "delete_run" 5 %}<p>For good.</p>{% endconfirm %}', csrf_token="secret"
    )
    assert 'value="secret"' in asked
    assert "<p>For good.</p>" in asked
    assert 'class="danger">Delete the run<' in asked


def test_a_pager_links_to_the_neighbours_with_the_present_filter():
    request = RequestFactory().get("/studies/", {"q": "dog", "page": "2"})
    page = {"pages": 3, "number": 2, "previous": 1, "next": 3}
    plain = rendered("{% pager page %}", request=request, page=page)
    assert 'rel="prev"' in plain
    assert 'href="?q=dog&amp;page=1"' in plain
    assert "hx-get" not in plain
    parts = rendered('{% pager page "/rows/" "#rows" %}', request=request, page=page)
    assert 'hx-get="/rows/?q=dog&amp;page=3" hx-target="#rows"' in parts


def test_the_navigation_marks_the_section_one_is_in():
    request = RequestFactory().get("/spaces/paper-2d/")
    assert 'aria-current="page"' in rendered(
        '{% nav_link "studies" "Studies" "/studies/" "/spaces/" %}', request=request
    )
    assert "aria-current" not in rendered('{% nav_link "devices" "Devices" "/devices/" %}', request=request)


def test_a_measured_energy_without_a_value_is_a_dash():
    assert rendered("{% measured_energy energy %}", energy=None) == "–"


def test_a_name_in_a_shell_command_is_one_word_of_it():
    name = """my "clips" & $HOME's `x`"""
    command = html.unescape(rendered("{{ name|shell }}", name=name))
    assert shlex.split(f"run --dataset={command} --wait") == ["run", f"--dataset={name}", "--wait"]


def test_manage_is_called_by_the_python_that_serves_the_page():
    python = settings.BASE_DIR / rendered("{% manage 'up' %}").split()[0]
    assert python.samefile(sys.executable)
    assert rendered("{% manage 'up' %}").endswith("python manage.py up")


def test_backticks_mark_code_and_are_no_text():
    text = rendered("{% load marks %}{{ text|with_code }}", text="no `<header>` & no ` alone")
    assert text == "no <code>&lt;header&gt;</code> &amp; no ` alone"
