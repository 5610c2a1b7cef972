"""What a child process evaluates with: the engine itself, or a simulation without TensorFlow."""

import hashlib
import os
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nas_engine
from nas_engine.audio.cache import FeaturePack
from nas_engine.evaluation_result import Evaluation, OnProgress, Progress
from nas_engine.network.schedule import TrainingConfig
from webapp.worker.messages import Evaluate

Evaluator = Callable[[Evaluate, FeaturePack, OnProgress], Evaluation]
_SHOWN_DIGITS = 12


def chosen_evaluator() -> Evaluator:
    """The real one, unless EARSHOT_EVALUATOR=simulated."""
    return simulated_evaluator() if os.environ.get("EARSHOT_EVALUATOR") == "simulated" else real_evaluator()


def real_evaluator() -> Evaluator:
    """Loads TensorFlow, with EARSHOT_TRAINER_THREADS threads."""
    from nas_engine.evaluation import evaluate
    from nas_engine.network.keras import configure

    threads = int(os.environ.get("EARSHOT_TRAINER_THREADS", "1"))
    configure(threads)
    circumstances = _circumstances() | {"threads": str(threads)}

    def run(order: Evaluate, pack: FeaturePack, on_progress: OnProgress) -> Evaluation:
        evaluation = evaluate(order.architecture, pack, _config(order), on_progress)
        environment = {**evaluation.environment, **circumstances, "seed": str(order.seed)}
        return replace(evaluation, environment=environment)

    return run


def simulated_evaluator() -> Evaluator:
    """Results from a model of learning curves; each epoch takes EARSHOT_SIMULATED_EPOCH_SECONDS."""
    from nas_engine.simulation.simulated_evaluation import evaluate

    epoch_seconds = float(os.environ.get("EARSHOT_SIMULATED_EPOCH_SECONDS", "0"))

    def run(order: Evaluate, pack: FeaturePack, on_progress: OnProgress) -> Evaluation:
        def slowly(progress: Progress) -> None:
            time.sleep(epoch_seconds)
            on_progress(progress)

        return evaluate(order.architecture, pack, _config(order), slowly)

    return run


def _config(order: Evaluate) -> TrainingConfig:
    return TrainingConfig(full_epochs=order.full_epochs, batch_size=order.batch_size, seed=order.seed)


def _circumstances() -> dict[str, str]:
    """What a result depends on besides the libraries: Python, the processor, and the engine's own source."""
    source = hashlib.sha256()
    for path in sorted(Path(next(iter(nas_engine.__path__))).rglob("*.py")):
        source.update(path.read_bytes())
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "engine": source.hexdigest()[:_SHOWN_DIGITS],
    }
