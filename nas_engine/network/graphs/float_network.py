"""The float network of an architecture as a chain of Keras layers."""

from collections.abc import Mapping
from typing import Any

from nas_engine.architecture import Architecture
from nas_engine.layers import GlobalAverage, all_layers
from nas_engine.network.builder import float_chain
from nas_engine.network.graphs.inference import Weights
from nas_engine.network.graphs.networks import Network
from nas_engine.network.keras import keras
from nas_engine.network.quantization import all_folded_weights

_DROPOUT_SEED = 1
"""Of the operation, beside Keras' seed; without it the masks would depend on the number of nodes in the graph."""


def float_network(architecture: Architecture, dropout: float = 0.0) -> Network:
    """The network that `builder.build` makes a Keras model of, with the same initial weights for the same seed.

    Raises InfeasibleArchitecture where `layers.expand` does.
    """
    chains: dict[str, list[Any]] = {}
    for layer in all_layers(architecture):
        chains[layer.name] = float_chain(layer)
        if isinstance(layer, GlobalAverage) and dropout:
            chains[layer.name].append(keras.layers.Dropout(dropout, seed=_DROPOUT_SEED, name="dropout"))

    def folded(network: Network) -> Mapping[str, Weights]:
        return all_folded_weights(network.layers, network)

    return Network(architecture, chains, folded)
