import io

import numpy as np
import pytest

from nas_engine.baselines import mobilenet_v2
from nas_engine.cost import cost
from nas_engine.energy.pricing import LearnedPricer, PriorPricer, dump, load
from nas_engine.energy.pricing_training import Measured, train
from nas_engine.energy.prior import predict_energy_mj
from nas_engine.errors import BadMeasurement
from nas_engine.search_space import paper_2d
from tests.nas_engine.sampling import samples

NETWORKS = samples(paper_2d(), 160)
COSTS = [cost(network) for network in NETWORKS]
ENERGIES_MJ = [1.7 * predict_energy_mj(counted).energy_mj ** 1.1 for counted in COSTS]
MEASURED = [Measured(network, energy) for network, energy in zip(NETWORKS[:100], ENERGIES_MJ[:100], strict=True)]


@pytest.fixture(scope="module")
def pricer() -> LearnedPricer:
    return train(MEASURED, source="Bench phone, model 1").pricer


def test_the_prior_prices_as_it_predicts_and_claims_no_interval() -> None:
    price = PriorPricer().price(COSTS[0])
    assert price.energy_mj == predict_energy_mj(COSTS[0]).energy_mj
    assert (price.low_mj, price.high_mj, price.outside) == (None, None, ())
    assert "estimate" in price.source


def test_a_trained_model_prices_networks_it_never_saw(pricer: LearnedPricer) -> None:
    prices = [price.energy_mj for price in pricer.prices(COSTS[100:])]
    assert np.corrcoef(prices, ENERGIES_MJ[100:])[0, 1] > 0.9
    assert pricer.price(COSTS[100]).energy_mj == pytest.approx(prices[0])
    assert pricer.prices([]) == []


def test_a_price_lies_inside_of_its_interval_and_names_its_source(pricer: LearnedPricer) -> None:
    for price in pricer.prices(COSTS):
        assert price.low_mj is not None
        assert price.high_mj is not None
        assert 0 < price.low_mj <= price.energy_mj <= price.high_mj
        assert price.source == "Bench phone, model 1"


def test_a_network_unlike_those_measured_is_named_so(pricer: LearnedPricer) -> None:
    assert all(price.outside == () for price in pricer.prices(COSTS[:100]))
    flags = pricer.price(cost(mobilenet_v2(9))).outside
    assert any(flag.startswith("FLOPs is ") for flag in flags)
    assert "block 5 kind was never measured as mobilenet_v2" in flags


def test_a_stored_model_prices_exactly_as_before(pricer: LearnedPricer) -> None:
    assert load(dump(pricer)).prices(COSTS) == pricer.prices(COSTS)


def test_a_model_transferred_from_another_device_is_stored_with_it(pricer: LearnedPricer) -> None:
    transferred = train(MEASURED[:40], source="Other phone, model 1", known=pricer).pricer
    again = load(dump(transferred))
    assert again.prices(COSTS) == transferred.prices(COSTS)
    assert again.known is not None
    assert again.known.source == "Bench phone, model 1"


def test_equal_measurements_give_an_equal_model(pricer: LearnedPricer) -> None:
    assert dump(train(MEASURED, source="Bench phone, model 1").pricer) == dump(pricer)


def _damaged(pricer: LearnedPricer, **changes: np.ndarray) -> bytes:
    with np.load(io.BytesIO(dump(pricer))) as archive:
        arrays = {name: archive[name] for name in archive.files}
    buffer = io.BytesIO()
    np.savez(buffer, **(arrays | changes))
    return buffer.getvalue()


def test_bytes_that_are_no_stored_model_are_refused(pricer: LearnedPricer) -> None:
    code = np.array([{"an": "object"}], dtype=object)
    for data in (b"", b"PK\x03\x04junk", dump(pricer)[:2_000], _damaged(pricer, **{"0.solution": code})):
        with pytest.raises(ValueError, match="no stored energy model"):
            load(data)


def test_a_stored_process_whose_arrays_do_not_fit_is_refused(pricer: LearnedPricer) -> None:
    with pytest.raises(ValueError, match="different networks"):
        load(_damaged(pricer, **{"0.solution": np.zeros(3)}))


def test_too_few_networks_and_impossible_energies_are_refused() -> None:
    with pytest.raises(BadMeasurement, match="at least 5"):
        train(MEASURED[:4] + MEASURED[:4], source="")
    with pytest.raises(BadMeasurement, match="must be above 0"):
        train([*MEASURED[:9], Measured(NETWORKS[50], float("nan"))], source="")
