"""Search spaces as files: both formats, both forms, and mistakes named."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w
from django.conf import settings
from hypothesis import given
from hypothesis import settings as examples

from nas_engine.architecture import Head
from nas_engine.search_space.paper_spaces import PAPER_1D, PAPER_2D
from nas_engine.search_space.spec import SpaceSpec, problems
from tests.nas_engine.specs import space_specs
from webapp.forms import space_file
from webapp.forms.space_file import SpaceFileError, read_space_file, space_from_text, space_table, space_to_toml


@examples(max_examples=25)
@given(space_specs())
def test_a_space_written_as_toml_reads_back_the_same(spec: SpaceSpec) -> None:
    assert space_from_text(space_to_toml(spec)) == spec


@pytest.mark.parametrize("spec", [PAPER_2D, PAPER_1D], ids=lambda spec: spec.name)
def test_json_is_read_by_lists_and_with_options_spelled_out(spec: SpaceSpec) -> None:
    assert space_from_text(json.dumps(spec.to_json())) == spec
    assert space_from_text(json.dumps(spec.search_space().to_json())) == spec


def test_a_head_without_a_hidden_layer_is_written_and_read() -> None:
    spec = replace(PAPER_2D, head=Head(4, hidden_units=None))
    assert "hidden_units" not in space_to_toml(spec)
    assert space_from_text(space_to_toml(spec)) == spec


def test_a_study_file_is_read_for_its_space() -> None:
    assert space_from_text('name = "x"\ntrials = 3\nspace = "paper_1d"') == PAPER_1D
    assert space_from_text(tomli_w.dumps({"name": "x", "space": space_table(PAPER_2D)})) == PAPER_2D
    with pytest.raises(SpaceFileError, match="search space must be an object"):
        space_from_text('space = "paper_3d"')


def test_the_example_of_the_module_is_a_space() -> None:
    example = (space_file.__doc__ or "").partition("\n\n")[2]
    assert [len(position.options()) for position in space_from_text(example).positions] == [4]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = mine", "This is not valid TOML"),
        ('{"name": }', "This is not valid JSON"),
        ("", "search space: key 'name' is missing"),
        ('{"name": "x", "stem": {}, "positions": [{"options": []}], "head": {}}', "stem: key 'frames' is missing"),
        ("{" * 200, "This is not valid JSON"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("x = 1\n" * 200_000, "a search space has at most 1,000,000"),
    ],
)
def test_what_is_no_space_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(SpaceFileError, match=re.escape(words)):
        space_from_text(text)


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpaceFileError, match="cannot be read: Is a directory"):
        read_space_file(tmp_path)
    path = tmp_path / "space.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpaceFileError, match="is no text file"):
        read_space_file(path)


def test_the_example_of_the_documentation_is_a_space() -> None:
    text = (settings.BASE_DIR / "docs" / "search.md").read_text(encoding="utf-8")
    spec = space_from_text(text.partition("```toml\n")[2].partition("```")[0])
    assert problems(spec) == ()
    assert [len(position.options()) for position in spec.positions] == [4, 4]
