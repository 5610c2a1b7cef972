#!/bin/sh
# Print the path of a Python 3.11-3.13 that really runs and can make a virtual environment.
#
#   sh bootstrap/find-python.sh [--python PATH]
#
# A name on PATH proves nothing: version managers put shims there that only print an error. So every candidate is run.

set -u

probe='
import sys
assert (3, 11) <= sys.version_info[:2] <= (3, 13), "is Python %d.%d" % sys.version_info[:2]
import ctypes, lzma, sqlite3, ssl, venv
try:
    import ensurepip
except ImportError:
    import pip
print(getattr(sys, "_base_executable", sys.executable))
'

# Prints the real path of an interpreter that passes the probe; reports why not on file descriptor 3.
try() {
    answer=$("$1" -c "$probe" 2>&1) && [ -n "$answer" ] && printf '%s\n' "$answer" | tail -n 1 && return 0
    reason=$(printf '%s\n' "$answer" | tail -n 1 | cut -c 1-160)
    printf '  %s: %s\n' "$1" "${reason:-does not run}" >&3
    return 1
}

if [ "${1:-}" = "--python" ] && [ -n "${2:-}" ]; then
    try "$2" 3>&2 && exit 0
    echo "The Python given with PYTHON= does not serve: Earshot needs 3.11, 3.12 or 3.13 with venv and pip." >&2
    exit 1
fi

tried=$(mktemp) || exit 1
trap 'rm -f "$tried"' EXIT
exec 3>"$tried"

# The person's own python3 first, then the versions by name in every folder of PATH, then where managers keep them.
IFS=:
for name in python3 python3.12 python3.11 python3.13 python; do
    for folder in $PATH; do
        [ -x "${folder:-.}/$name" ] || continue
        try "${folder:-.}/$name" && exit 0
    done
done
unset IFS
home=${HOME:-/nonexistent}
root=${EARSHOT_PYTHON_ROOT:-} # another root folder, for tests
for candidate in "$home"/.pyenv/versions/3.1[123]*/bin/python3 \
    "$home"/.local/share/uv/python/cpython-3.1[123]*/bin/python3 \
    "$root"/usr/local/bin/python3.1[123] "$root"/opt/python/3.1[123]*/bin/python3 \
    "$root"/opt/homebrew/bin/python3.1[123] "$root"/usr/bin/python3.1[123]; do
    [ -x "$candidate" ] || continue
    try "$candidate" && exit 0
done

{
    echo "Earshot needs Python 3.11, 3.12 or 3.13 with the modules venv and pip; none was found that runs."
    if [ -s "$tried" ]; then
        echo "Tried:"
        cat "$tried"
    fi
    echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.12),"
    echo "or name it: make setup PYTHON=/path/to/python3.12"
} >&2
exit 1
