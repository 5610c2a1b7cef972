#!/bin/sh
# Make or mend .venv; at once if there is nothing to do.   sh bootstrap/setup.sh [--python PATH] [--dev]

set -eu
cd "$(dirname "$0")/.."

python=""
dev=""
while [ $# -gt 0 ]; do
    case "$1" in
        --python) python=${2:-}; shift; [ $# -gt 0 ] && shift ;;
        --dev) dev=--dev; shift ;;
        *) echo "setup.sh: unknown argument $1" >&2; exit 2 ;;
    esac
done

if [ -x .venv/bin/python ] && [ -z "$python" ] && .venv/bin/python bootstrap/environment.py --check $dev 2>/dev/null; then
    exit 0
fi
found=$(sh bootstrap/find-python.sh ${python:+--python "$python"})
exec "$found" bootstrap/environment.py $dev
