"""The editor of a draft's space, without JavaScript and with htmx, and the pages that show a space."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from nas_engine.architecture import BLOCK_KINDS
from tests.webapp.factories import edited_spec, make_study
from tests.webapp.views.reading import markup_of
from webapp.forms.space import SpaceFields, fields_of
from webapp.models import Study
from webapp.queries.spaces import space_version
from webapp.translation import space_spec

pytestmark = pytest.mark.django_db
MOST_QUERIES = 4  # session, user, study, and what only this page needs


@pytest.fixture
def draft() -> Study:
    return make_study(name="Doorbell watch", state="DRAFT")


def address(study: Study) -> str:
    return reverse("study_space", args=[study.pk])


def posted(fields: SpaceFields, **more: str) -> dict[str, Any]:
    """What a browser sends for these fields."""
    values: dict[str, Any] = {
        name: getattr(fields, name)
        for name in ("name", "frames", "mel_bins", "layout", "hidden_units", "hidden_activation")
    }
    names = ("kinds", "kernel_sizes", "filters", "expansions", "stride_time", "stride_frequency", "excluded")
    for number, position in enumerate(fields.positions, start=1):
        values |= {f"p{number}-{name}": getattr(position, name) for name in names}
    return values | {"positions": str(len(fields.positions))} | {key.replace("_", "-", 1): v for key, v in more.items()}


def form_of(study: Study, **more: str) -> dict[str, Any]:
    return posted(fields_of(space_spec(study)), seen=space_version(study), **more)


def text_of(response: Any) -> str:
    return unescape(markup_of(response))


def test_the_editor_shows_every_block_and_what_the_space_holds(person: Client, draft: Study) -> None:
    text = text_of(person.get(address(draft)))
    assert 'name="p12-kinds" value="kx1_1xk" checked' in text
    assert 'name="p3-kernel_sizes" id="p3-kernel_sizes" size="8" value="3, 4, 5"' in text
    assert "196×40 → 98×40" in text
    assert "<strong>27</strong> options" in text
    assert "2.6\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10¹³" in text
    assert "within 1.25 mJ and 60 kB" in text
    assert re.search(r'title="[^"]+: phone \(51\skJ\) 457\sd, watch [^"]+">457\sd</td>', text)
    assert all(f'"{key}"' in text for key in ("flops", "parameters", "flash_bytes", "peak_ram_bytes", "energy_mj"))


def test_checking_changes_the_page_and_saves_nothing(person: Client, draft: Study) -> None:
    response = person.post(address(draft), form_of(draft, p3_filters="16, 24") | {"do": "check"})
    assert "<strong>18</strong> options" in text_of(response)
    draft.refresh_from_db()
    assert draft.space == "paper_2d"


@pytest.mark.parametrize(
    ("action", "blocks", "first_strides"),
    [
        ("add-0", 13, ["1", "2", "2"]),
        ("add-12", 13, ["2", "2", "2"]),
        ("remove-1", 11, ["2", "2", "1"]),
        ("up-4", 12, ["2", "2", "1"]),
        ("down-12", 12, ["2", "2", "2"]),
        ("remove-99", 12, ["2", "2", "2"]),
        ("nonsense", 12, ["2", "2", "2"]),
    ],
)
def test_buttons_add_remove_and_move_blocks(
    person: Client, draft: Study, action: str, blocks: int, first_strides: list[str]
) -> None:
    fields = person.post(address(draft), form_of(draft) | {"do": action}).context["fields"]
    assert len(fields.positions) == blocks
    assert [position.stride_time for position in fields.positions[:3]] == first_strides


def test_the_edited_space_is_saved(person: Client, draft: Study) -> None:
    values = form_of(draft, p1_filters="8, 16", p2_excluded="kx1_1xk_dw-5-32") | {"do": "save", "hidden_units": ""}
    response = person.post(address(draft), values)
    assert response.headers["Location"] == reverse("study", args=[draft.pk])
    draft.refresh_from_db()
    saved = space_spec(draft)
    assert (draft.space, saved.name) == ("edited", "Edited from Paper, 2-D")
    assert saved.positions[0].filters == (8, 16)
    assert saved.positions[1].excluded == ("kx1_1xk_dw-5-32",)
    assert saved.head.hidden_units is None
    text = text_of(person.get(reverse("study", args=[draft.pk])))
    assert "Edited from Paper, 2-D</a>: 12 blocks, 1.5\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10¹³ architectures" in text


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        ({"p3-stride_frequency": "1"}, ["V1-3·16", "unequal strides (2, 1)", "or kind DW,", 'href="#p3"']),
        ({"p1-filters": "8, many"}, ["filters: 'many' is no whole number", 'value="8, many"']),
        ({"p4-kinds": []}, ["choose at least one kind of block"]),
        ({"frames": "98"}, ["takes 98 frames of 40 mel bins, but kitchen"]),
        ({"frames": ""}, ["frames: a whole number is missing"]),
        ({"hidden_units": "-3"}, ["hidden units: '-3' is no whole number", 'value="-3"']),
        ({"name": " "}, ["the space needs a name"]),
        ({"layout": "3d"}, ["layout: choose one of 2d, 1d"]),
        ({"positions": "0"}, ["at least one position"]),
        ({"p5-kernel_sizes": "3", "p5-filters": "9999999999"}, ["'9999999999' is no whole number"]),
        ({"p2-filters": "1 2 3 4", "p4-stride_time": "x"}, ["stride in time: 'x'"]),
    ],
)
def test_what_cannot_be_built_is_refused_in_words_and_nothing_typed_is_lost(
    person: Client, draft: Study, change: dict[str, Any], messages: list[str]
) -> None:
    response = person.post(address(draft), form_of(draft) | change | {"do": "save"})
    assert response.status_code == 422
    text = text_of(response)
    assert "This space cannot be built" in text
    for message in messages:
        assert message in text
    draft.refresh_from_db()
    assert draft.space == "paper_2d"


def test_options_left_out_survive_while_their_lists_cannot_be_read(person: Client, draft: Study) -> None:
    values = form_of(draft) | {"p3-excluded": "mobilenet_v1-3-16", "p3-kinds": ["mobilenet_v1", "identity"]}
    text = text_of(person.post(address(draft), values))
    assert '<input type="hidden" name="p3-excluded" value="mobilenet_v1-3-16">' in text


def test_the_second_of_two_editors_keeps_what_they_typed_and_may_replace_the_first(
    person: Client, draft: Study
) -> None:
    mine = form_of(draft, p1_filters="8") | {"do": "save"}
    person.post(address(draft), form_of(draft, p1_filters="24") | {"do": "save"})
    response = person.post(address(draft), mine)
    assert response.status_code == 409
    assert "was changed by somebody else" in text_of(response)
    assert response.context["fields"].positions[0].filters == "8"
    person.post(address(draft), mine | {"seen": response.context["seen"]})
    draft.refresh_from_db()
    assert space_spec(draft).positions[0].filters == (8,)


def test_back_to_the_paper_fills_the_form_with_its_space(person: Client, draft: Study) -> None:
    person.post(address(draft), form_of(draft, p1_filters="8") | {"do": "save"})
    draft.refresh_from_db()
    fields = person.post(address(draft), form_of(draft) | {"do": "paper_1d"}).context["fields"]
    assert (fields.layout, fields.positions[0].filters) == ("1d", "32, 48, 64")
    person.post(address(draft), posted(fields, seen=space_version(draft)) | {"do": "save"})
    draft.refresh_from_db()
    assert draft.space == "paper_1d"


def test_htmx_gets_what_follows_from_the_fields_or_the_rows(person: Client, draft: Study) -> None:
    htmx = {"HX-Request": "true"}
    live = text_of(person.post(address(draft), form_of(draft) | {"do": "check"}, headers=htmx))
    assert "<html" not in live
    assert live.count('hx-swap-oob="true"') == 2 + 12
    assert "p1-filters" not in live
    rows = text_of(
        person.post(address(draft), form_of(draft) | {"do": "add-3"}, headers=htmx | {"HX-Target": "positions"})
    )
    assert rows.count('hx-swap-oob="true"') == 2
    assert 'id="p4-kernel_sizes" size="8" value="3, 4, 5" inputmode="numeric" autofocus' in rows


def test_a_started_study_shows_its_space_and_refuses_another(person: Client) -> None:
    study = make_study(completed=1, space="edited", space_spec=edited_spec(blocks=4).search_space().to_json())
    text = text_of(person.get(address(study)))
    assert "<h1>Edited from Paper, 2-D</h1>" in text
    assert "61,236" in text
    assert 'name="do"' not in text
    response = person.post(address(study), form_of(study) | {"do": "save"}, follow=True)
    assert "Only a draft's space can be edited" in text_of(response)
    trial = text_of(person.get(reverse("trial", args=[study.pk, 1])))
    assert f'href="{address(study)}">Edited from Paper, 2-D</a>: 4 blocks, 61,236 architectures' in trial


def test_a_study_of_given_networks_has_no_space(person: Client) -> None:
    study = make_study(completed=1)
    Study.objects.filter(pk=study.pk).update(kind="baselines", space_spec={})
    assert person.get(address(study)).status_code == 404
    assert address(study) not in text_of(person.get(reverse("trial", args=[study.pk, 1])))


def test_the_share_within_hard_limits_shows_if_the_study_screens(person: Client) -> None:
    study = make_study(state="DRAFT", enforce_constraints=True, flash_limit_kb=60.0)
    assert "within the hard limits" in text_of(person.get(address(study)))
    assert "within the hard limits" not in text_of(person.get(address(make_study(state="DRAFT"))))


@pytest.mark.parametrize(("slug", "title"), [("paper-2d", "Paper, 2-D"), ("paper-1d", "Paper, 1-D")])
def test_the_papers_spaces_have_pages(person: Client, slug: str, title: str) -> None:
    text = text_of(person.get(reverse("space_page", args=[slug])))
    assert f"<h1>{title}</h1>" in text
    assert text.count('<th scope="row" class="num">') == 12
    assert reverse("space_page", args=[slug]) in text_of(person.get(reverse("new_study")))


@pytest.mark.parametrize("slug", ["paper_2d", "paper-3d", "edited"])
def test_there_are_no_other_spaces(person: Client, slug: str) -> None:
    assert person.get(reverse("space_page", args=[slug])).status_code == 404


def test_a_new_study_can_be_saved_to_edit_its_space(person: Client) -> None:
    study = make_study()
    values = {"name": "Fresh", "dataset": study.dataset_id, "space": "paper_1d", "edit_space": "1"}
    form = person.get(reverse("new_study")).context["form"]
    rest = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False, "null")}
    response = person.post(reverse("new_study"), rest | values)
    fresh = Study.objects.get(name="Fresh")
    assert response.headers["Location"] == address(fresh)
    assert fresh.space == "paper_1d"


def test_a_study_like_another_keeps_its_edited_space(person: Client) -> None:
    study = make_study(space="edited", space_spec=edited_spec(blocks=4).search_space().to_json())
    form = person.get(reverse("new_study"), {"from": study.pk}).context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    assert values["space"] == "edited"
    person.post(reverse("new_study"), values | {"name": "Like it"})
    assert space_spec(Study.objects.get(name="Like it")) == edited_spec(blocks=4)


@pytest.mark.parametrize("kind", ["draft", "started", "paper"])
def test_pages_of_spaces_ask_few_questions(
    person: Client, django_assert_max_num_queries: DjangoAssertNumQueries, kind: str
) -> None:
    study = make_study(state="DRAFT") if kind == "draft" else make_study(completed=3)
    path = reverse("space_page", args=["paper-2d"]) if kind == "paper" else address(study)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert person.get(path).status_code == 200


def test_every_kind_can_be_ticked(person: Client, draft: Study) -> None:
    text = text_of(person.get(address(draft)))
    assert all(f'name="p1-kinds" value="{kind}"' in text for kind in BLOCK_KINDS)
