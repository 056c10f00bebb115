#!/bin/sh
# Quantised networks of 1 to 8 bits against golden outputs, where they lie beside the checkout, and a sample of ONNX's own tests.
. tests/cli/cli.sh
qnn=$TOP/../shared/data/qnn
if [ ! -d "$qnn/golden" ] || ! /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    echo "quantised: not there, or no numpy: skipped"
else
    /usr/bin/python3 tests/cli/qnn_goldens.py "$ZYNQSIM" "$TOP/configs/default.yaml" "$qnn" >"$WORK/out" 2>&1
    ok $? 'nine quantised networks equal their golden outputs'
    cat "$WORK/out"
fi
# Every 40th; all of them by `make backend`.
/usr/bin/python3 tests/cli/onnx_backend.py "$ZYNQSIM" "$TOP/configs/default.yaml" "$TOP/../shared/cases/onnx_backend" --every 40 \
    >"$WORK/out" 2>"$WORK/err"
status=$?
if [ "$status" -eq 77 ]; then
    echo "quantised: python3-onnx is not there: its tests are skipped"
else
    ok "$status" 'of a sample of the tests of ONNX none gives a wrong value or ends the program'
    tail -1 "$WORK/out"
fi
finish
