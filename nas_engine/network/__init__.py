"""Networks, training, quantisation and .tflite files of architectures. The only package that imports TensorFlow."""
