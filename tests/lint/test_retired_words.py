"""The lint of retired words itself: what it finds, what it leaves alone."""

import tomllib
from pathlib import Path

import pytest

from tests.lint.retired_words import LIST, ROOT, RetiredWord, files_of, uses_in, whole_words

ENTRIES = tomllib.loads(LIST.read_text("utf-8"))["word"]


def found(line: str, path: str = "webapp/views/trials.py") -> list[str]:
    words = map(RetiredWord.from_toml, ENTRIES)
    return [use.word for word in words for use in word.uses(path, [line])]


@pytest.mark.parametrize(
    "line",
    [
        "class RowPrice:",
        "def price_of(trial):",
        "the prices of networks",
        "from webapp.services import artifacts, orders",
        "job = order_kit(campaign)",
        "The result as the child says.",
        "networks beside the front",
        "the nearest miss",
        "result = Measurement(float_accuracy=0.9)",
        "the surrogate's value",
    ],
)
def test_retired_words_are_found_in_prose_and_identifiers(line: str) -> None:
    assert len(found(line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "enterprise, foretold, unsaid, besides",
        "trials = trials.order_by('pk')  # in order of their numbers",
        "the miss rate of a detector",
        "with a higher priority, the priority's value",
        "trial.complete(vz.Measurement())",
        "measurement = file_or_404(file_id)",
        "leave one out, left out, leave out rows",
    ],
)
def test_words_that_only_look_alike_are_left_alone(line: str) -> None:
    assert found(line) == []


def test_an_allowed_use_depends_on_the_path_and_the_line() -> None:
    assert found("a normal prior", "nas_engine/early_stopping/base.py") == []
    assert found("a normal prior", "nas_engine/energy/estimators/base.py") == ["prior"]
    assert found("@media screen", "static/earshot/base.css") == []
    assert found("networks that the space refuses", "nas_engine/constraints.py") == ["refuses"]
    assert found("a file that the reader refuses", "nas_engine/energy/readers/joulescope/jls.py") == []


def test_a_use_has_file_line_word_and_replacement(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/a.py").write_text("x = 1\nprice = 2\n", "utf-8")
    scope = {"folders": ["code"], "files": [], "suffixes": [".py"], "skipped": ["^none/"]}
    entry = {"words": ["price"], "replacement": "estimate"}
    assert list(uses_in(tmp_path, {"scope": scope, "word": [entry]})) == [("code/a.py", 2, "price", "estimate")]


def test_the_scope_holds_product_code_and_no_migrations() -> None:
    paths = {path.relative_to(ROOT).as_posix() for path in files_of(ROOT, tomllib.loads(LIST.read_text())["scope"])}
    assert {"nas_engine/reward.py", "templates/base.html", "docs/energy.md", "README.md", "Makefile"} <= paths
    assert not [path for path in paths if path.startswith(("webapp/migrations/", "tests/", "benchmarks/results/"))]


def test_every_entry_of_the_list_has_a_replacement_and_is_no_empty_pattern() -> None:
    assert all(entry["replacement"] for entry in ENTRIES)
    assert not any(RetiredWord.from_toml(entry).pattern.search("") for entry in ENTRIES)


def test_parts_of_identifiers_count_but_not_parts_of_words() -> None:
    pattern = whole_words(["price"])
    assert all(pattern.search(text) for text in ("price", "_price", "price_mj", "PriceOf", "TrialPrice", "PRICE"))
    assert not any(pattern.search(text) for text in ("prices", "Enterprise", "priceless"))
