"""Networks in training and for answers, without Keras' functional models.

A functional model is built by tracing every layer for its shapes, which `layers.expand` has already, and a step is
traced for each network. Here weights are given to functions of layers that are traced once a process (`shared`), the
float network is a walk over its layers (`float_network`), and answers are another (`inference`). `networks` is what
trainer, quantisation and converter need of a network.
"""
