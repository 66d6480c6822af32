#!/bin/sh
# Checks what runs on Apache's side: what is in C compiles without a warning, the Python agent and handler pass ruff and mypy, so does the demo.
# The checkers live in a virtual environment under .cache/, made once for the versions named here.
set -eu
cd "$(dirname "$0")/.."
ruff=0.17.5
mypy=2.4.1

for one in guard telemetry syscalls; do make -s -B -C "native-shim/$one" OUT="$PWD/.cache/lint/wsgideck-$one"; done

venv=.cache/lint/python-$ruff-$mypy
if [ ! -f "$venv/complete" ]; then
  echo "lint: fetching ruff and mypy into $venv (once)"
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "ruff==$ruff" "mypy==$mypy"
  : >"$venv/complete"
fi
bin=$PWD/$venv/bin
cd native-shim/python
"$bin/ruff" check --quiet .
"$bin/ruff" format --check --quiet .
"$bin/mypy" --no-error-summary
cd ../../demo
"$bin/ruff" check --quiet . app.wsgi
"$bin/ruff" format --check --quiet .
