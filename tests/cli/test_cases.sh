#!/bin/sh
# Small models of kinds that public repositories hold, where they lie beside the checkout.
. tests/cli/cli.sh
cases=$TOP/../shared/cases
if [ ! -f "$cases/run_cases.py" ] || ! /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    echo "cases: not there, or no numpy: skipped"
    finish
fi
/usr/bin/python3 "$cases/run_cases.py" "$ZYNQSIM" "$TOP/configs/default.yaml" "$cases" >"$WORK/out" 2>"$WORK/err"
ok "$(! grep -qE ' (WRONG|CRASH|hang) ' "$WORK/out"; echo $?)" 'no model gives a wrong value or ends the program'
# What is not read yet: data in other files, and layers of Caffe.
ok "$([ "$(grep -cE ' refused ' "$WORK/out")" -le 8 ] && [ "$(grep -cE ' pass ' "$WORK/out")" -ge 28 ]; echo $?)" '28 of 36 are run'
grep -E ' refused ' "$WORK/out"
finish
