#!/bin/sh
# The Python package over the program, and the cells of its notebook.
. tests/cli/cli.sh
if [ ! -x /usr/bin/python3 ]; then
    skip 'the Python package: needs python3'
    finish
fi
ZYNQSIM=$ZYNQSIM PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -W error tests/python/test_zynqsim.py >"$WORK/out" 2>"$WORK/err"
status=$?
tests=$(sed -n 's/^Ran \([0-9]*\) tests.*/\1/p' "$WORK/err")
wrong=$(grep -cE '^(FAIL|ERROR): ' "$WORK/err")
grep -A 20 -E '^(FAIL|ERROR): ' "$WORK/err"
passed=$((${tests:-0} - wrong)) failed=$wrong
ok "$status" 'the tests of the Python package pass'
if command -v mypy >/dev/null; then
    mypy --strict --no-error-summary --cache-dir "$WORK/mypy" python/zynqsim >"$WORK/out" 2>"$WORK/err" || cat "$WORK/out"
    ok "$([ ! -s "$WORK/out" ]; echo $?)" 'mypy finds nothing in it'
else
    skip 'types of the Python package: needs mypy'
fi
finish
