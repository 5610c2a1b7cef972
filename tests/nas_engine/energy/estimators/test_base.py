import io

import numpy as np
import pytest

from nas_engine.baselines import mobilenet_v2
from nas_engine.cost import cost
from nas_engine.energy.estimators.analytical import predict_energy_mj
from nas_engine.energy.estimators.base import AnalyticalCostModel, LearnedPredictor, dump, load
from nas_engine.energy.estimators.training import MeasuredNetwork, train
from nas_engine.errors import BadMeasurement
from nas_engine.search_space.paper_spaces import paper_2d
from tests.nas_engine.sampling import samples

NETWORKS = samples(paper_2d(), 160)
COSTS = [cost(network) for network in NETWORKS]
ENERGIES_MJ = [1.7 * predict_energy_mj(counted).energy_mj ** 1.1 for counted in COSTS]
MEASURED = [MeasuredNetwork(network, energy) for network, energy in zip(NETWORKS[:100], ENERGIES_MJ[:100], strict=True)]


@pytest.fixture(scope="module")
def predictor() -> LearnedPredictor:
    return train(MEASURED, source="Bench phone, model 1").predictor


def test_the_prior_prices_as_it_predicts_and_claims_no_interval() -> None:
    estimate = AnalyticalCostModel().estimate(COSTS[0])
    assert estimate.energy_mj == predict_energy_mj(COSTS[0]).energy_mj
    assert (estimate.low_mj, estimate.high_mj, estimate.outside) == (None, None, ())
    assert "estimate" in estimate.source


def test_a_trained_model_prices_networks_it_never_saw(predictor: LearnedPredictor) -> None:
    estimates = [estimate.energy_mj for estimate in predictor.estimates(COSTS[100:])]
    assert np.corrcoef(estimates, ENERGIES_MJ[100:])[0, 1] > 0.9
    assert predictor.estimate(COSTS[100]).energy_mj == pytest.approx(estimates[0])
    assert predictor.estimates([]) == []


def test_a_price_lies_inside_of_its_interval_and_names_its_source(predictor: LearnedPredictor) -> None:
    for estimate in predictor.estimates(COSTS):
        assert estimate.low_mj is not None
        assert estimate.high_mj is not None
        assert 0 < estimate.low_mj <= estimate.energy_mj <= estimate.high_mj
        assert estimate.source == "Bench phone, model 1"


def test_a_network_unlike_those_measured_is_named_so(predictor: LearnedPredictor) -> None:
    assert all(estimate.outside == () for estimate in predictor.estimates(COSTS[:100]))
    flags = predictor.estimate(cost(mobilenet_v2(9))).outside
    assert any(flag.startswith("FLOPs is ") for flag in flags)
    assert "block 5 kind was never measured as mobilenet_v2" in flags


def test_a_stored_model_prices_exactly_as_before(predictor: LearnedPredictor) -> None:
    assert load(dump(predictor)).estimates(COSTS) == predictor.estimates(COSTS)


def test_a_model_transferred_from_another_device_is_stored_with_it(predictor: LearnedPredictor) -> None:
    transferred = train(MEASURED[:40], source="Other phone, model 1", known=predictor).predictor
    again = load(dump(transferred))
    assert again.estimates(COSTS) == transferred.estimates(COSTS)
    assert again.known is not None
    assert again.known.source == "Bench phone, model 1"


def test_equal_measurements_give_an_equal_model(predictor: LearnedPredictor) -> None:
    assert dump(train(MEASURED, source="Bench phone, model 1").predictor) == dump(predictor)


def _damaged(predictor: LearnedPredictor, **changes: np.ndarray) -> bytes:
    with np.load(io.BytesIO(dump(predictor))) as archive:
        arrays = {name: archive[name] for name in archive.files}
    buffer = io.BytesIO()
    np.savez(buffer, **(arrays | changes))
    return buffer.getvalue()


def test_bytes_that_are_no_stored_model_are_refused(predictor: LearnedPredictor) -> None:
    code = np.array([{"an": "object"}], dtype=object)
    for data in (b"", b"PK\x03\x04junk", dump(predictor)[:2_000], _damaged(predictor, **{"0.solution": code})):
        with pytest.raises(ValueError, match="no stored energy model"):
            load(data)


def test_a_stored_process_whose_arrays_do_not_fit_is_refused(predictor: LearnedPredictor) -> None:
    with pytest.raises(ValueError, match="different networks"):
        load(_damaged(predictor, **{"0.solution": np.zeros(3)}))


def test_too_few_networks_and_impossible_energies_are_refused() -> None:
    with pytest.raises(BadMeasurement, match="at least 5"):
        train(MEASURED[:4] + MEASURED[:4], source="")
    with pytest.raises(BadMeasurement, match="must be above 0"):
        train([*MEASURED[:9], MeasuredNetwork(NETWORKS[50], float("nan"))], source="")
