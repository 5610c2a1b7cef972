#!/usr/bin/env bash
# ruff 0.17.6
#
# Behaviour: the cache of `ruff check` is kept by the content of a file and the settings. Whether an import is first
# party, though, is decided by the modules that exist next to it. A file that was checked before a module of its own
# project existed passes from the cache afterwards, too; `--no-cache` and a fresh clone reject the same, unchanged file.
#
# Guess before the first run: `ruff check` says the same with its cache and without it.
#
# Hurts: whoever adds a test before its module, switches branches or merges: the linter is green on the machine where the
# work was done, and red in continuous integration, for an order of imports that nobody touched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ruff==0.17.6
mkdir project && cd project
mkdir tools tests
touch tools/__init__.py tests/__init__.py tests/made.py
printf '[lint]\nselect = ["I"]\n' >ruff.toml
cat >tests/test_report.py <<'EOF'
import pytest
from tools.report import rows

from tests.made import one

print(pytest, rows, one)
EOF

verdict() {
    if ../venv/bin/ruff check --quiet "$@" . >/dev/null; then echo "accepted"; else echo "rejected"; fi
}

before=$(verdict)
touch tools/report.py
cached=$(verdict)
fresh=$(verdict --no-cache)
echo "before tools/report.py exists: $before"
echo "afterwards, from the cache:    $cached"
echo "afterwards, without the cache: $fresh"
[ "$before $cached $fresh" = "accepted accepted rejected" ]

# Printed with ruff 0.17.6 and Python 3.11.7:
#
# before tools/report.py exists: accepted
# afterwards, from the cache:    accepted
# afterwards, without the cache: rejected
