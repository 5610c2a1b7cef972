import pytest

from nas_engine.early_stopping import registry
from tests.nas_engine.early_stopping.curves import EPOCHS, study


@pytest.mark.parametrize("name", registry.NAMES)
def test_every_rule_answers_after_every_epoch_of_every_study(name: str) -> None:
    rule = registry.create(name, epochs=EPOCHS, qat_epochs=4, confidence=0.95, seed=0)
    for ended in ([], study(1), [one.cut(3) for one in study(15)]):
        for epoch in (1, 2, EPOCHS):
            decision = rule.decide(study(1)[0].cut(epoch), ended)
            assert decision.epoch == epoch
            assert not decision.stop  # nothing to be sure of


def test_no_early_stopping_stops_nothing() -> None:
    rule = registry.create("none", epochs=EPOCHS, qat_epochs=4, confidence=0.5, seed=0)
    assert not any(rule.decide(one.cut(EPOCHS), study(30)).stop for one in study(30))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "hope"}, "known are none, exponential_decay, tsgp, marginal_value"),
        ({"confidence": 0.4}, "confidence must be 0.5 to 0.999"),
        ({"confidence": float("nan")}, "confidence"),
        ({"epochs": 0}, "at least one epoch"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, object], message: str) -> None:
    given = {"name": "tsgp", "epochs": EPOCHS, "qat_epochs": 4, "confidence": 0.95, "seed": 0} | wrong
    with pytest.raises(ValueError, match=message):
        registry.create(given.pop("name"), **given)
