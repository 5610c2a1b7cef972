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
from tests.real_data import DATA
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


_SPACE = """name = "mine"
[stem]
frames = 98
mel_bins = 40
layout = "2d"
[[positions]]
kinds = ["kxk"]
kernel_sizes = [3, 5]
filters = [8, 16]
strides = [2, 2]
[head]
classes = 12
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_space_is_read_whatever_its_encoding_and_line_ends(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "space.toml"
    path.write_bytes(_SPACE.replace("\n", "\r\n").encode(encoding))
    assert read_space_file(path) == space_from_text(_SPACE)
    path.write_bytes(json.dumps(PAPER_2D.to_json()).encode(encoding))
    assert read_space_file(path) == PAPER_2D


def test_whole_numbers_may_be_written_with_a_point() -> None:
    pointed = re.sub(r"\b(\d+)\b(?!d)", r"\1.0", _SPACE)
    assert "kernel_sizes = [3.0, 5.0]" in pointed
    assert repr(space_from_text(pointed)) == repr(space_from_text(_SPACE))
    with pytest.raises(SpaceFileError, match=re.escape("kernel_sizes must be a whole number of at least 1, not 3.5")):
        space_from_text(_SPACE.replace("[3, 5]", "[3.5, 5]"))


def test_a_head_without_hidden_layer_needs_no_activation_and_one_with_a_layer_does() -> None:
    assert space_from_text(_SPACE).head == Head(12, hidden_units=None)
    with pytest.raises(SpaceFileError, match="key 'hidden_activation' is missing"):
        space_from_text(_SPACE + "hidden_units = 16\n")


@pytest.mark.real_data("cases")
def test_a_space_with_a_byte_order_mark_is_the_one_without() -> None:
    spaces = DATA / "cases" / "spaces"
    assert read_space_file(spaces / "bom.toml") == read_space_file(spaces / "ok.toml")


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpaceFileError, match="cannot be read: Is a directory"):
        read_space_file(tmp_path)
    path = tmp_path / "space.toml"
    path.write_bytes(b"\x93NUMPY\x01\x00")
    with pytest.raises(SpaceFileError, match="is no text file"):
        read_space_file(path)


def test_the_example_of_the_documentation_is_a_space() -> None:
    text = (settings.BASE_DIR / "docs" / "search.md").read_text(encoding="utf-8")
    spec = space_from_text(text.partition("```toml\n")[2].partition("```")[0])
    assert problems(spec) == ()
    assert [len(position.options()) for position in spec.positions] == [4, 4]
