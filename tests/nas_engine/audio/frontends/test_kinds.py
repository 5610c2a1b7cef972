"""Kinds of front ends as parameters: defaults, what is fixed, and hashes that outlive them."""

from importlib.metadata import version
from typing import Any

import pytest

from nas_engine.audio.frontend import FrontendConfig, export_frontend, log_mel, mel_matrix
from nas_engine.audio.frontends.kinds import KINDS
from tests.nas_engine.audio.test_frontend import NORMALISATION, sine


def test_hash_and_json_of_earshots_own_front_end_are_those_from_before_there_were_kinds() -> None:
    own = FrontendConfig()
    assert own.hash == "328197bc19d51b8dc79da6c77bd487298e7672f362230b4f45af468af5b7921d"
    assert "kind" not in own.to_json()
    assert FrontendConfig.from_json(own.to_json()) == own == FrontendConfig.of_kind()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_survives_json_with_a_hash_of_its_own(kind: str) -> None:
    config = FrontendConfig.of_kind(kind, frames=98)
    assert FrontendConfig.from_json(config.to_json()) == config
    assert config.frames == 98
    others = {FrontendConfig.of_kind(other, frames=98).hash for other in KINDS if other != kind}
    assert config.hash not in others


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "kaldi"}, "kind 'kaldi' is unknown; there are earshot, librosa, micro"),
        ({"kind": "micro", "mel_bins": 32}, "mel_bins of TFLite Micro's audio front end is 40, not 32"),
        ({"kind": "micro", "hop_samples": 320}, "hop_samples of TFLite Micro's audio front end is 160, not 320"),
    ],
)
def test_what_a_kind_cannot_do_is_refused_with_its_reason(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FrontendConfig.of_kind(**values)


@pytest.mark.parametrize("kind", ["librosa", "micro"])
def test_earshots_own_features_are_not_given_for_another_kind(kind: str) -> None:
    config = FrontendConfig.of_kind(kind)
    for computed in (lambda: log_mel(sine(440), config), lambda: export_frontend(config, NORMALISATION)):
        with pytest.raises(ValueError, match="is none of Earshot's own"):
            computed()
    assert mel_matrix(FrontendConfig()).shape == (257, 40)


@pytest.mark.parametrize("name", ["librosa", "micro"])
def test_the_version_that_is_named_is_the_one_that_is_installed(name: str) -> None:
    assert version(KINDS[name].package) == KINDS[name].package_version
