"""Networks made real: Keras models, training, quantisation, .tflite. The only package that knows TensorFlow."""
