"""The training loop."""

import numpy as np
import pytest

from nas_engine.architecture import Layout, Stem
from nas_engine.errors import TrainingDiverged
from nas_engine.network import builder
from nas_engine.network.keras import keras
from nas_engine.network.schedule import CosineDecay
from nas_engine.network.training import ModelTrainer
from tests.nas_engine.network.networks import BLOCKS, CLASSES, clicks_and_tones, small_network

CONSTANT_RATE = CosineDecay(3e-3, 10**6)


@pytest.fixture
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return builder.build(small_network(BLOCKS["kxk"]))


@pytest.mark.parametrize("layout", ["2d", "1d"])
def test_training_lowers_the_loss_and_teaches_the_classes(layout: Layout) -> None:
    keras.utils.set_random_seed(0)
    trainer = ModelTrainer(builder.build(small_network(BLOCKS["mobilenet_v1"], layout)), "float", CONSTANT_RATE)
    first = trainer.epoch(clicks_and_tones(64, seed) for seed in range(10))
    for _ in range(9):
        last = trainer.epoch(clicks_and_tones(64, seed) for seed in range(10))
    assert last.loss < 0.5 * first.loss
    assert last.accuracy > first.accuracy
    assert trainer.accuracy(*clicks_and_tones(100, seed=99)) > 0.9


@pytest.mark.parametrize("layout", ["2d", "1d"])
@pytest.mark.parametrize("frame", [0, 7, 15])
def test_both_layouts_see_time_as_time_and_mel_bins_as_frequency_or_as_depth(layout: Layout, frame: int) -> None:
    """A model that answers with the loudest mel bin of one frame is right only if nothing has changed places."""
    x, _ = clicks_and_tones(50)
    stem = Stem(*x.shape[1:], layout)
    inputs = keras.Input(stem.input_shape)
    bins = keras.layers.Lambda(lambda at: at[:, frame, :, 0] if layout == "2d" else at[:, frame, 0, :])(inputs)
    loudest_bin = keras.Model(inputs, keras.layers.Softmax()(bins))
    trainer = ModelTrainer(loudest_bin, "float", CONSTANT_RATE)
    assert trainer.accuracy(x, x[:, frame].argmax(axis=1)) == 1.0
    assert trainer.accuracy(x, x[:, frame - 1].argmax(axis=1)) < 0.5


def test_the_first_loss_of_an_ignorant_network_is_that_of_guessing(model: keras.Model) -> None:
    model.get_layer("hc_weights").set_weights([np.zeros((16, CLASSES)), np.zeros(CLASSES)])
    trainer = ModelTrainer(model, "float", CONSTANT_RATE, label_smoothing=0.1)
    assert trainer.epoch([clicks_and_tones(64)]).loss == pytest.approx(np.log(CLASSES), rel=1e-5)


def test_accuracy_is_the_share_of_right_answers_also_over_several_batches(model: keras.Model) -> None:
    x, y = clicks_and_tones(150)
    answers = model(x[..., np.newaxis], training=False).numpy().argmax(axis=1)
    assert ModelTrainer(model, "float", CONSTANT_RATE).accuracy(x, y) == np.mean(answers == y)


def test_training_accuracy_is_that_of_the_answers_given_while_training(model: keras.Model) -> None:
    model.get_layer("hc_weights").set_weights([np.zeros((16, CLASSES)), np.float32([1, 0, 0])])
    x, y = clicks_and_tones(64)
    assert ModelTrainer(model, "float", CONSTANT_RATE).epoch([(x, y)]).accuracy == np.mean(y == 0)


def test_a_loss_that_is_no_number_ends_training_and_names_phase_and_epoch(model: keras.Model) -> None:
    trainer = ModelTrainer(model, "qat", CosineDecay(1e38, 10**6))
    trainer.epoch([clicks_and_tones(64)])  # the loss is that of before the step
    with pytest.raises(TrainingDiverged, match=r"loss became (nan|inf) in epoch 2 of qat training"):
        trainer.epoch([clicks_and_tones(64)])


def test_the_same_seed_trains_the_same_network() -> None:
    def trained() -> list[np.ndarray]:
        keras.utils.set_random_seed(7)
        network = builder.build(small_network(BLOCKS["mobilenet_v2, residual"]), dropout=0.2)
        ModelTrainer(network, "float", CONSTANT_RATE).epoch(clicks_and_tones(64, seed) for seed in range(3))
        return network.get_weights()

    for ours, again in zip(trained(), trained(), strict=True):
        np.testing.assert_array_equal(ours, again)


def test_tracing_is_told_apart_from_training(model: keras.Model) -> None:
    trainer = ModelTrainer(model, "float", CONSTANT_RATE)
    assert trainer.trace_seconds == 0
    trainer.epoch(clicks_and_tones(64, seed) for seed in range(3))
    assert trainer.trace_seconds > 0.01


def test_tracing_of_answers_is_told_apart_as_well(model: keras.Model) -> None:
    trainer = ModelTrainer(model, "float", CONSTANT_RATE)
    x, y = clicks_and_tones(100)
    trainer.accuracy(x, y)
    assert trainer.trace_seconds == 0  # one full batch: nothing to compare with
    trainer.accuracy(x, y)
    assert trainer.trace_seconds > 0.01
