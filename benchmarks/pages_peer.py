"""optuna-dashboard with a study of its own, for `benchmarks.pages`; run by a Python that has it.

    PYTHON benchmarks/pages_peer.py TRIALS CURVE_POINTS PORT

Three objectives (accuracy, energy, flash) and twelve categorical parameters, in memory.
"""

import random
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

import optuna
import optuna_dashboard
from optuna.distributions import CategoricalDistribution

PARAMETERS, CHOICES = 12, ("kxk", "mobilenet_v1", "mobilenet_v2", "tc_resnet", "identity")


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def storage_of(trials: int, points: int) -> optuna.storages.BaseStorage:
    """Completed trials with random outcomes and curves of so many points."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage, rng = optuna.storages.InMemoryStorage(), random.Random(1)
    study = optuna.create_study(storage=storage, directions=["maximize", "minimize", "minimize"], study_name="peer")
    distributions = {f"block {n}": CategoricalDistribution(CHOICES) for n in range(PARAMETERS)}
    for _ in range(trials):
        accuracy = rng.gauss(0.63, 0.02)
        trial = optuna.trial.create_trial(
            params={name: rng.choice(CHOICES) for name in distributions},
            distributions=distributions,
            values=[accuracy, rng.lognormvariate(0.1, 0.2), rng.lognormvariate(4.0, 0.2)],
            intermediate_values={n: accuracy * n / points for n in range(1, points + 1)},
        )
        study.add_trial(trial)
    return storage


def main() -> None:
    trials, points, port = map(int, sys.argv[1:])
    application = optuna_dashboard.wsgi(storage_of(trials, points))
    make_server("127.0.0.1", port, application, server_class=_Server).serve_forever()


if __name__ == "__main__":
    main()
