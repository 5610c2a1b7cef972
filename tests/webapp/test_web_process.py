"""The web process stays light: it never loads TensorFlow, JAX, Vizier or scikit-learn."""

import subprocess
import sys

_HEAVY = ["tensorflow", "tf_keras", "tensorflow_model_optimization", "jax", "vizier", "sklearn"]
_LOADED = f"print(sorted(set({_HEAVY}) & set(sys.modules)))"
_WEB = """
import sys
import webapp.wsgi
from django.urls import get_resolver
get_resolver().url_patterns  # loads all views
import webapp.dispatch, webapp.celery
webapp.celery.app.conf.task_acks_late  # loads the configuration, but no task
"""
_TRAINER = """
import sys
import webapp.wsgi
import webapp.worker.tasks, webapp.worker.evaluating
"""


def loaded_by(script: str) -> str:
    output = subprocess.run([sys.executable, "-c", script + _LOADED], capture_output=True, text=True, check=True)
    return output.stdout.strip()


def test_the_web_process_loads_none_of_the_heavy_libraries():
    assert loaded_by(_WEB) == "[]"


def test_the_training_workers_parent_loads_none_of_them_either():
    assert loaded_by(_TRAINER) == "[]"
