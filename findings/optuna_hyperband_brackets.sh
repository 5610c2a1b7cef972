#!/usr/bin/env bash
# optuna 5.0.0
#
# Behaviour: HyperbandPruner assigns a trial to a bracket by a hash of the study's name and the trial's number. A study
# without a name gets a random one, so that two runs with the same seeded sampler prune different trials; a fixed
# `study_name` makes them equal. Other pruners are equal in both cases.
#
# Guess before the first run: a seeded sampler and a deterministic objective give the same trials and the same pruning.
#
# Hurts: whoever compares searches by seed or repeats one: with Hyperband a sixth of a grid changed with every run.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check optuna==5.0.0
cat >search.py <<'PY'
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    for step in range(1, 31):
        trial.report(x * step / 30, step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return x


def pruned(make, name=None):
    sampler = optuna.samplers.RandomSampler(seed=1)
    study = optuna.create_study(study_name=name, sampler=sampler, pruner=make(), direction="maximize")
    study.optimize(objective, n_trials=60)
    return [trial.number for trial in study.trials if trial.state == optuna.trial.TrialState.PRUNED]


def hyperband():
    return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=30)


def kinds(runs):
    return len({tuple(run) for run in runs})


print("Hyperband, no name, different outcomes in 5 runs:  ", "one" if kinds([pruned(hyperband) for _ in range(5)]) == 1 else "several")
print("Hyperband, one name, different outcomes in 5 runs: ", "one" if kinds([pruned(hyperband, "s") for _ in range(5)]) == 1 else "several")
print("Median, no name, different outcomes in 5 runs:     ", "one" if kinds([pruned(optuna.pruners.MedianPruner) for _ in range(5)]) == 1 else "several")
PY
venv/bin/python search.py | tee seen
[ "$(awk '{print $NF}' seen | tr '\n' ' ')" = "several one one " ]

# Printed with optuna 5.0.0 and Python 3.11.7:
#
# Hyperband, no name, different outcomes in 5 runs:   several
# Hyperband, one name, different outcomes in 5 runs:  one
# Median, no name, different outcomes in 5 runs:      one
