"""One thread for every test with TensorFlow, as in a training worker."""

from nas_engine.network.keras import configure

configure(1)
