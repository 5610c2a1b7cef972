"""Networks made real: Keras models, training, quantisation-aware training, .tflite. The only package with TensorFlow."""
