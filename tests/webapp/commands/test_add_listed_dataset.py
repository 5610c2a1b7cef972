"""`add_dataset` with lists: the mapping that it proposes, and the one that it takes."""

import io
import json
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.core.management import CommandError, call_command

from webapp.models import Dataset

pytestmark = pytest.mark.django_db


def listed(folder: Path, header: str = "it's a clip,what,use") -> Path:
    rng = np.random.default_rng(0)
    folder.mkdir()
    lines = [header]
    for number in range(12):
        soundfile.write(folder / f"{number}.wav", rng.normal(0, 0.1, 16_000), 16_000)
        lines.append(f"{number}.wav,{('dog', 'cat')[number % 2]},{('train', 'val', 'test')[number // 4]}")
    (folder / "list.csv").write_text("\n".join(lines))
    return folder


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("add_dataset", *arguments, stdout=output)
    return output.getvalue()


def proposed(error: str) -> list[str]:
    """Options as a shell passes them on."""
    lines = [line.strip() for line in error.splitlines() if line.strip().startswith("--mapping")]
    return [shlex.split(line)[1] for line in lines]


def test_a_mapping_is_proposed_as_a_shell_accepts_it_and_then_taken(tmp_path: Path) -> None:
    folder = listed(tmp_path / "set")
    with pytest.raises(CommandError, match=r"list\.csv: this list names the clips") as refused:
        run(str(folder), "--name", "mine")
    assert not Dataset.objects.exists()
    assert "0.wav | dog | train" in str(refused.value)
    mapping, ignored = proposed(str(refused.value))
    assert json.loads(mapping) == {"path": "it's a clip", "label": "what"}
    assert json.loads(ignored) == {"ignore_lists": True}
    assert "mine is ready: 12 clips." in run(str(folder), "--name", "mine", "--mapping", mapping)
    assert Dataset.objects.get().classes == ["cat", "dog"]


def test_a_mapping_is_taken_from_a_file(tmp_path: Path) -> None:
    folder = listed(tmp_path / "set", "clip,what,use")
    path = tmp_path / "mapping.json"
    path.write_text('{"path": "clip", "label": "what", "split": "use"}')
    run(str(folder), "--name", "mine", "--mapping", str(path))
    assert Dataset.objects.get().counts["test"] == {"cat": 2, "dog": 2}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("nowhere.json", "neither JSON nor a file of JSON"),
        ("{", "neither JSON nor a file of JSON"),
        ('{"columns": "x"}', "unknown parts: columns"),
        ('{"path": "clip", "label": "kind"}', "No list has the columns clip, kind"),
        ('{"a":' * 5000, "neither JSON nor a file of JSON"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_in_words(tmp_path: Path, mapping: str, message: str) -> None:
    folder = listed(tmp_path / "set", "clip,what,use")
    with pytest.raises(CommandError, match=message):
        run(str(folder), "--name", "mine", "--mapping", mapping)
    assert not Dataset.objects.exists()


def test_the_classes_of_esc_50_can_be_chosen(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "audio").mkdir()
    for fold in range(1, 6):
        for number in (0, 10):
            soundfile.write(
                tmp_path / "audio" / f"{fold}-{fold}{number}-A-{number}.wav", rng.normal(0, 0.1, 16_000), 16_000
            )
    run(str(tmp_path), "--name", "six")
    run(str(tmp_path), "--name", "all", "--esc50-classes", "all")
    assert Dataset.objects.get(name="six").classes == ["dog_barking", "negative"]
    assert Dataset.objects.get(name="all").classes == ["dog", "rain"]
