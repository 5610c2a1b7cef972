"""Networks without Keras' functional models: layers applied one after another, in training and for answers.

A functional model is built by tracing every layer for its shapes, which `layers.expand` has already. Training applies
the Keras layers themselves, while its step is traced (`networks`); answers need convolutions, pools and sums alone,
which run as they are, without a trace (`inference`).
"""
