#!/bin/sh
# Finds a Python new enough for Farthing and lets it prepare the environment: sh scripts/setup.sh demo|demo-check|test
# FARTHING_PYTHON names one to use. Everything else is in scripts/bootstrap.py.
set -u
cd "$(dirname "$0")/.." || exit 1

new_enough='import sys; sys.exit(not (3, 11) <= sys.version_info[:2])'
makes_environments='import sys, venv, ensurepip; ensurepip.version(); sys.exit(not (3, 11) <= sys.version_info[:2])'

# Once there is an environment its own Python answers fastest, and does nothing where nothing changed.
if [ -z "${FARTHING_PYTHON:-}" ] && .venv/bin/python -c "$new_enough" 2>/dev/null; then
    exec .venv/bin/python scripts/bootstrap.py "$@"
fi

if [ -n "${FARTHING_PYTHON:-}" ]; then
    if "$FARTHING_PYTHON" -c "$new_enough" 2>/dev/null; then
        exec "$FARTHING_PYTHON" scripts/bootstrap.py "$@"
    fi
    echo "FARTHING_PYTHON=$FARTHING_PYTHON is not a Python 3.11 or newer; name another, or unset it." >&2
    exit 1
fi

# The first of a name on the PATH may be a launcher that does not work here, so every one is tried.
for wish in "$makes_environments" "$new_enough"; do
    for name in python3.13 python3.12 python3.11 python3 python3.14 python; do
        rest=${PATH:-/usr/bin:/bin}:
        while [ -n "$rest" ]; do
            folder=${rest%%:*}
            rest=${rest#*:}
            if [ -x "$folder/$name" ] && "$folder/$name" -c "$wish" >/dev/null 2>&1; then
                exec "$folder/$name" scripts/bootstrap.py "$@"
            fi
        done
    done
done

if command -v uv >/dev/null 2>&1 && found=$(uv python find --no-project '>=3.11' 2>/dev/null); then
    exec "$found" scripts/bootstrap.py "$@"
fi

echo "Farthing needs Python 3.11 or newer and found none; install it (Debian, Ubuntu: python3 and python3-venv)." >&2
exit 1
