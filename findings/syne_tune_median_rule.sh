#!/usr/bin/env bash
# syne-tune 0.16.0
#
# Behaviour: MedianStoppingRule wraps a scheduler. "The mode of the wrapped scheduler is used", its documentation states,
# but it minimises unless its own `do_minimize` is set to False: around a scheduler that maximises it stops the better
# half of the trials. And it does not pass `on_trial_complete` on, so that a searcher with a model (here TPE) never
# sees a result and draws at random for ever, even where nothing is stopped.
#
# Guess before the first run: RandomSearch(do_minimize=False) in a median rule keeps high accuracies, as documented; and a
# rule that wraps TPE, "suggest decisions are left to the wrapped scheduler", is TPE with stopping.
#
# Hurts: whoever adds the rule to a search: accuracies get worse with it, or Bayesian optimisation silently becomes random
# search, and the rule is blamed for "not helping".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check numpy==2.4.6 pandas==3.1.1 dill==0.4.1 \
    sortedcontainers==2.4.0 typing_extensions==4.16.0 statsmodels==0.15.0 scikit-learn==1.9.1 tqdm==4.70.1 psutil==7.2.2
# --no-deps leaves out xgboost and NVIDIA's NCCL, 0.4 GB, which nothing here loads
venv/bin/pip install --quiet --disable-pip-version-check --no-deps syne-tune==0.16.0
cat >search.py <<'PY'
from datetime import datetime

import numpy as np
from syne_tune.backend.trial_status import Trial
from syne_tune.config_space import uniform
from syne_tune.optimizer.baselines import TPE, RandomSearch
from syne_tune.optimizer.scheduler import SchedulerDecision
from syne_tune.optimizer.schedulers.median_stopping_rule import MedianStoppingRule

SPACE = {"x": uniform(0, 1)}


def run(scheduler, trials=200):
    """x of all trials and whether each was finished; accuracy grows with x; called as by Syne Tune's own Tuner."""
    drawn, finished = [], []
    for number in range(trials):
        trial = Trial(number, scheduler.suggest().config, datetime.now())
        scheduler.on_trial_add(trial)
        stopped = False
        for epoch in range(1, 11):
            result = {"accuracy": trial.config["x"] * epoch / 10, "epoch": epoch}
            stopped = scheduler.on_trial_result(trial, result) == SchedulerDecision.STOP
            if stopped:
                scheduler.on_trial_remove(trial)
                break
        else:
            scheduler.on_trial_complete(trial, result)
        drawn.append(trial.config["x"])
        finished.append(not stopped)
    return np.array(drawn), np.array(finished)


def random_search():
    np.random.seed(1)
    return RandomSearch(SPACE, metrics=["accuracy"], do_minimize=False)


def tpe():
    np.random.seed(1)
    return TPE(SPACE, metric="accuracy", do_minimize=False, random_seed=1)


def median(scheduler, **settings):
    return MedianStoppingRule(scheduler, time_attr="epoch", metric="accuracy", **settings)


def kept(**settings):
    drawn, finished = run(median(random_search(), **settings))
    return "better" if drawn[finished].mean() > drawn[~finished].mean() else "worse"


def learns(scheduler):
    """Whether the last 100 trials are far better than random ones, whose mean is .5."""
    return "yes" if run(scheduler)[0][100:].mean() > 0.65 else "no"


print("Maximising random search in a median rule, half that is kept:          ", kept())
print("The same with do_minimize=False given to the rule, too:                ", kept(do_minimize=False))
print("TPE alone, learns:                                                     ", learns(tpe()))
print("TPE in a median rule that never stops (grace_time=1000), learns:       ", learns(median(tpe(), do_minimize=False, grace_time=1000)))
PY
venv/bin/python -W ignore search.py | tee seen
[ "$(awk '{print $NF}' seen | tr '\n' ' ')" = "worse better yes no " ]

# Printed with syne-tune 0.16.0 and Python 3.11.7:
#
# Maximising random search in a median rule, half that is kept:           worse
# The same with do_minimize=False given to the rule, too:                 better
# TPE alone, learns:                                                      yes
# TPE in a median rule that never stops (grace_time=1000), learns:        no
