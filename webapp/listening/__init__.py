"""A child process of the web server that decodes sound and runs networks on it, for pages that wait for the answer.

The web server loads no TensorFlow and decodes no foreign file: `process` is its end of the pipe, `messages` what
passes, `__main__` the child's end. The child holds nothing between two jobs but its libraries, so that the web server
of any machine can go on with a person's sound from the row `Listening`.
"""
