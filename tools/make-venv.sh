#!/bin/sh
# Make a virtual environment in $1 with $PYTHON, or the first Python >= 3.12 found.
set -eu

usable() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    if ! usable "$PYTHON"; then
        echo "trifit needs Python 3.12 or newer; PYTHON=$PYTHON is not one (or does not run)." >&2
        exit 1
    fi
    found=$PYTHON
else
    found=
    for candidate in python3 python3.13 python3.14 python3.12 python; do
        if usable "$candidate"; then
            found=$candidate
            break
        fi
    done
    if [ -z "$found" ]; then
        echo "trifit needs Python 3.12 or newer and found none (python3 is $(python3 --version 2>&1 || echo missing))." >&2
        echo "Install Python 3.13 (python.org, your system's packages, pyenv) or uv, then run make again," >&2
        echo "or point to an interpreter: make PYTHON=/path/to/python3.13" >&2
        exit 1
    fi
fi

if ! "$found" -m venv --clear "$1"; then
    echo "$found cannot make virtual environments; install its venv package (Debian: python3-venv)." >&2
    exit 1
fi
