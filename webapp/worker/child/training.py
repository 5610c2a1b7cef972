"""Jobs of a training worker's child: evaluations by the engine itself, or simulated ones without TensorFlow.

The process that holds TensorFlow has neither Django nor its settings, so this module reads the environment itself.
"""

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

import nas_engine
from nas_engine.audio.cache import FeaturePack, open_pack
from nas_engine.evaluation_result import Evaluation, OnProgress, Progress
from nas_engine.network.schedule import TrainingConfig
from webapp.worker.child.messages import Evaluate, MakeNetworks

Evaluator = Callable[[Evaluate, FeaturePack, OnProgress], Evaluation]
_SHOWN_DIGITS = 12


def load() -> Callable[[Evaluate | MakeNetworks, OnProgress], Evaluation | Mapping[str, str]]:
    """Load the real evaluator, or the simulated one with EARSHOT_EVALUATOR=simulated. Both make untrained networks."""
    is_simulated = os.environ.get("EARSHOT_EVALUATOR") == "simulated"
    evaluator = simulated_evaluator() if is_simulated else real_evaluator()

    def work(job: Evaluate | MakeNetworks, report: OnProgress) -> Evaluation | Mapping[str, str]:
        if isinstance(job, MakeNetworks):
            from webapp.worker.child.bench import make  # TensorFlow, also where evaluations are simulated

            return make(job)
        return evaluator(job, _pack(job.pack_path), report)

    return work


@lru_cache(maxsize=1)
def _pack(path: str) -> FeaturePack:
    """Trials of one study follow each other: their pack stays open."""
    return open_pack(Path(path))


def real_evaluator() -> Evaluator:
    """Loads TensorFlow, with EARSHOT_TRAINER_THREADS threads. Streams stay open as the pack does."""
    from nas_engine.evaluation import evaluate
    from nas_engine.network.keras import configure
    from nas_engine.streaming.procedure.detecting import open_streams

    threads = int(os.environ.get("EARSHOT_TRAINER_THREADS", "1"))
    configure(threads)
    circumstances = _circumstances() | {"threads": str(threads)}

    heard_of = lru_cache(maxsize=1)(lambda path, plan: open_streams(Path(path), json.loads(plan)))

    def run(job: Evaluate, pack: FeaturePack, on_progress: OnProgress) -> Evaluation:
        heard = heard_of(job.streams.path, json.dumps(job.streams.plan)) if job.streams else None
        evaluation = evaluate(job.architecture, pack, _config(job), on_progress, heard)
        environment = {**evaluation.environment, **circumstances, "seed": str(job.seed)}
        return replace(evaluation, environment=environment)

    return run


def simulated_evaluator() -> Evaluator:
    """Results from a model of learning curves; each epoch takes EARSHOT_SIMULATED_EPOCH_SECONDS."""
    from nas_engine.simulation.simulated_evaluation import evaluate, on_streams

    epoch_seconds = float(os.environ.get("EARSHOT_SIMULATED_EPOCH_SECONDS", "0"))

    def run(job: Evaluate, pack: FeaturePack, on_progress: OnProgress) -> Evaluation:
        def slowly(progress: Progress) -> None:
            time.sleep(epoch_seconds)
            on_progress(progress)

        evaluation = evaluate(job.architecture, pack, _config(job), slowly)
        return on_streams(evaluation) if job.streams else evaluation

    return run


def _config(job: Evaluate) -> TrainingConfig:
    return TrainingConfig(
        full_epochs=job.full_epochs,
        trial_fraction=job.trial_share,
        qat_epochs=job.qat_epochs,
        batch_size=job.batch_size,
        statistics_stride=job.statistics_stride,
        seed=job.seed,
        runtime=job.runtime,
    )


def _circumstances() -> dict[str, str]:
    """Environment of a result besides TensorFlow's: Python, NumPy, the processor, and the engine's own source."""
    source = hashlib.sha256()
    for path in sorted(Path(next(iter(nas_engine.__path__))).rglob("*.py")):
        source.update(path.read_bytes())
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processor": _processor(),
        "numpy": np.__version__,
        "engine": source.hexdigest()[:_SHOWN_DIGITS],
    }


def _processor() -> str:
    """Model of the processor, which chooses TensorFlow's kernels and so the last bits of a result."""
    models = Path("/proc/cpuinfo")
    lines = models.read_text(errors="replace").splitlines() if models.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or "unknown"
