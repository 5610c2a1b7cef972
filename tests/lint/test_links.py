"""The lint of links and names in the documentation: what it finds, what it leaves alone."""

from pathlib import Path

import pytest

from tests.lint.links import problems


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "nas_engine").mkdir()
    (tmp_path / "nas_engine/reward.py").write_text("class Terms:\n    energy = 1\n\n\ndef reward():\n    pass\n")
    (tmp_path / "docs/other.md").write_text("# Energy of a trace, net\n")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[x](missing.md)", "no file missing.md"),
        ("[x](other.md#gross)", "no heading #gross in other.md"),
        ("[x](../../outside.md)", "no file ../../outside.md"),
        ("see `nas_engine/price.py`", "no file nas_engine/price.py"),
        ("see `nas_engine.reward.price`", "no module, class or function nas_engine.reward.price"),
        ("see `nas_engine.price`", "no module, class or function nas_engine.price"),
    ],
)
def test_what_leads_nowhere_is_found_with_its_line(site: Path, line: str, problem: str) -> None:
    (site / "docs/page.md").write_text(f"# Page\n\n{line}\n")
    assert list(problems(site)) == [f"docs/page.md:3: {problem}"]


def test_links_and_names_that_exist_are_left_alone_and_so_are_code_and_the_web(site: Path) -> None:
    lines = (
        "[x](other.md#energy-of-a-trace-net) [y](#page) [z](https://example.org/none)",
        "`nas_engine/reward.py` `nas_engine.reward` `nas_engine.reward.reward(x)` `nas_engine.reward.Terms.energy`",
        "```\n[x](missing.md) `nas_engine/none.py`\n```",
        "`benchmarks/results/of-a-run.json`",
    )
    (site / "docs/page.md").write_text("# Page\n\n" + "\n".join(lines))
    assert list(problems(site)) == []
