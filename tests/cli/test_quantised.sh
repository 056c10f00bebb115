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
    /usr/bin/python3 tests/cli/qnn_goldens.py "$ZYNQSIM" "$TOP/configs/default.yaml" "$qnn" --set accelerator.precision=model \
        >"$WORK/out" 2>&1
    ok $? 'in int8, with their own scales, too'
    cat "$WORK/out"
    printf 'accelerator: {kind: linebuffer, precision: model}\n' >"$WORK/lines.yaml"
    /usr/bin/python3 tests/cli/qnn_goldens.py "$ZYNQSIM" "$WORK/lines.yaml" "$qnn" >"$WORK/out" 2>&1
    ok $? 'and through line buffers'
    cat "$WORK/out"
fi
# Layers by name on the PS.
printf 'extends: %s\nlayers: {"fire2*": {on: cpu}, conv10: {on: cpu}}\n' "$TOP/configs/default.yaml" >"$WORK/left.yaml"
program run "$WORK/left.yaml" --fidelity bound --format csv
ok "$([ "$status" -le 1 ] && [ "$(grep -cE '^(fire2|conv10)[^,]*,conv[^,]*,cpu,' "$WORK/out")" -eq 4 ]; echo $?)" 'the PS runs the layers that it is to run'
program run configs/default.yaml --set layers.conv77.on=cpu --timing-only
ok "$([ "$status" -eq 2 ] && grep -q 'no layer of network .* is called "conv77"' "$WORK/err"; echo $?)" 'a layer that is not there is refused'
program run configs/default.yaml --set layers.conv10.on=dsp --timing-only
ok "$([ "$status" -eq 2 ] && grep -q "all that can be said is cpu" "$WORK/err"; echo $?)" 'and another place'
program run configs/default.yaml --set accelerator.precision=model --timing-only
ok "$([ "$status" -eq 2 ] && grep -q 'has no quantisers of its own' "$WORK/err"; echo $?)" 'a network without quantisers has no scales'
# Every 40th; all of them by `make backend`.
status=77
if [ -x /usr/bin/python3 ]; then
    /usr/bin/python3 tests/cli/onnx_backend.py "$ZYNQSIM" "$TOP/configs/default.yaml" "$TOP/../shared/cases/onnx_backend" --every 40 \
        >"$WORK/out" 2>"$WORK/err"
    status=$?
fi
if [ "$status" -eq 77 ]; then
    echo "quantised: no python3, python3-numpy or python3-onnx: the tests of ONNX are skipped"
else
    ok "$status" 'of a sample of the tests of ONNX none gives a wrong value or ends the program'
    tail -1 "$WORK/out"
    # Random graphs of many operators on random designs; more of them by hand.
    /usr/bin/python3 tests/cli/onnx_graphs.py "$ZYNQSIM" "$TOP/configs/default.yaml" --seeds 0:16 >"$WORK/out" 2>"$WORK/err"
    ok $? 'random graphs give the values of their definition'
    cat "$WORK/out"
    /usr/bin/python3 tests/cli/onnx_graphs.py "$ZYNQSIM" - --seeds 0:4 --exact int8 >"$WORK/out" 2>"$WORK/err"
    ok $? 'and in int8 the same bytes on every design'
fi
finish
