#!/usr/bin/env bash
# moocore 0.3.2, pymoo 0.6.2, paretoset 1.2.5
#
# Behaviour: of three objectives that are minimised, a point with one NaN and two good values takes every point off the
# front that is worse in those two, in all three libraries, without a warning; three such points, one a column, empty a
# front of 40. The point itself is listed as optimal.
#
# Guess before the first run: comparisons with NaN are false, so that such a point dominates nothing and is dominated by
# nothing; at worst it stands on the front by itself.
# Wrong: dominance is tested as "nowhere worse, somewhere better". With NaN "nowhere worse" is decided by what is not
# greater, so that the unknown value counts as equal and the two others decide.
#
# Hurts: whoever draws a front over trials of which one objective was not measured (energy of a network that the
# model does not know, an accuracy that diverged): the best known networks vanish. Leave such points out first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    moocore==0.3.2 pymoo==0.6.2 paretoset==1.2.5 numpy==2.4.6
venv/bin/python - 2>interpreter.log <<'EOF' || { cat interpreter.log >&2; exit 1; }
import moocore
import numpy as np
from paretoset import paretoset
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting


def by_pymoo(points):
    mask = np.zeros(len(points), dtype=bool)
    mask[NonDominatedSorting().do(points, only_non_dominated_front=True)] = True
    return mask


fronts = {
    "moocore": lambda points: moocore.is_nondominated(points, keep_weakly=True),
    "pymoo": by_pymoo,
    "paretoset": lambda points: paretoset(points, distinct=False, use_numba=False),
}
points = np.random.default_rng(1).random((1_000, 3))
unknown = np.full((3, 3), -1.0)
unknown[range(3), range(3)] = np.nan  # one value of each is not known, the others are better than all
for name, front in fronts.items():
    before = front(points)
    after = front(np.concatenate((points, unknown)))
    lost = int((before & ~after[:1_000]).sum())
    print(f"{name}: {int(before.sum())} on the front, {lost} of them lost to three points with a NaN, "
          f"of which {int(after[1_000:].sum())} are on it")
    assert (int(before.sum()), lost) == (40, 40), name
EOF
# Seen:
# moocore: 40 on the front, 40 of them lost to three points with a NaN, of which 3 are on it
# pymoo: 40 on the front, 40 of them lost to three points with a NaN, of which 1 are on it
# paretoset: 40 on the front, 40 of them lost to three points with a NaN, of which 1 are on it
