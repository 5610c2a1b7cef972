"""The one import of TensorFlow."""

import subprocess
import sys

from nas_engine.network.keras import keras, versions


def test_keras_is_the_legacy_keras_that_quantisation_aware_training_needs() -> None:
    assert keras.__name__ == "tf_keras"
    assert versions()["tf_keras"].startswith("2.")


def test_only_one_module_imports_tensorflow_for_all() -> None:
    """Importing TensorFlow elsewhere first would choose the wrong Keras; so the rest of the engine must not."""
    code = (
        "import sys, nas_engine.architecture, nas_engine.cost, nas_engine.audio.batches, nas_engine.network.schedule; "
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'tf_keras', 'keras')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_import_loads_no_package_that_only_others_need_and_leaves_all_to_be_imported() -> None:
    """JAX, Keras 3 with scikit-learn, and pandas: a third of the seconds of every process with TensorFlow."""
    code = (
        "import sys, nas_engine.network.keras; "
        "names = ('jax', 'keras', 'pandas', 'sklearn', 'scipy.stats'); "
        "loaded = [name for name in names if name in sys.modules]; "
        "import jax, sklearn; "
        "sys.exit(', '.join(loaded) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
