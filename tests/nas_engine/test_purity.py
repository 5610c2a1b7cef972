"""What the web process may import must not load the heavy libraries; import-linter sees direct imports alone."""

import json
import subprocess
import sys

PURE_MODULES = (
    "architecture",
    "baselines",
    "cost",
    "early_stopping.registry",
    "energy.estimators.analytical",
    "energy.estimators.base",
    "energy.estimators.published_figures",
    "errors",
    "evaluation_result",
    "flash",
    "layers",
    "paper.figure2",
    "paper.tables",
    "pareto",
    "reward",
    "search_space.architecture_features",
    "search_space.paper_spaces",
    "simulation.dry_run",
    "simulation.fitted_landscape",
    "simulation.recorded_trainings",
    "simulation.recording",
    "simulation.simulated_evaluation",
    "simulation.synthetic_landscape",
    "statistics.explanation.importance",
    "statistics.explanation.ranks",
    "statistics.sentences",
    "streaming.evaluation.det",
    "streaming.evaluation.results",
    "streaming.evaluation.thresholds",
    "streaming.loop",
    "testing.spaces",
)
HEAVY_LIBRARIES = {"tensorflow", "tf_keras", "tensorflow_model_optimization", "jax", "vizier", "sklearn", "django"}


def test_the_pure_modules_load_none_of_the_heavy_libraries() -> None:
    imports = "\n".join(f"import nas_engine.{module}" for module in PURE_MODULES)
    program = f"import json, sys\n{imports}\nprint(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)
    assert "nas_engine.simulation.simulated_evaluation" in loaded
    assert HEAVY_LIBRARIES.isdisjoint(loaded)
