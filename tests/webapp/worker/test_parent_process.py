"""The training worker's own process stays light: only its child loads TensorFlow, only the search worker Vizier."""

import subprocess
import sys

HEAVY = ["tensorflow", "tf_keras", "tensorflow_model_optimization", "jax", "vizier", "sklearn"]
PROGRAM = f"""
import sys
import webapp.wsgi  # sets Django up
import webapp.worker.tasks, webapp.worker.evaluating, webapp.worker.preparing, webapp.worker.packing, webapp.worker.host
print(sorted(set({HEAVY}) & set(sys.modules)))
"""


def test_the_training_workers_parent_loads_none_of_the_heavy_libraries():
    output = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[]"
