"""What the web process may import must not load the heavy libraries; import-linter sees direct imports alone."""

import json
import subprocess
import sys

PURE_MODULES = (
    "architecture",
    "baselines",
    "cost",
    "dry_run",
    "features",
    "early_stopping.registry",
    "energy.pricing",
    "energy.prior",
    "errors",
    "figure2",
    "flash",
    "landscape",
    "layers",
    "measurement",
    "paper",
    "pareto",
    "progress",
    "published",
    "recorded",
    "recording",
    "replay",
    "reward",
    "search_space",
    "surrogate",
    "testing.spaces",
)
HEAVY_LIBRARIES = {"tensorflow", "tf_keras", "tensorflow_model_optimization", "jax", "vizier", "sklearn", "django"}


def test_the_pure_modules_load_none_of_the_heavy_libraries() -> None:
    imports = "\n".join(f"import nas_engine.{module}" for module in PURE_MODULES)
    program = f"import json, sys\n{imports}\nprint(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)
    assert "nas_engine.simulation.simulated_evaluation" in loaded
    assert HEAVY_LIBRARIES.isdisjoint(loaded)
