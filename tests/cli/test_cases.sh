#!/bin/sh
# Small models of kinds that public repositories hold, where they lie beside the checkout.
. tests/cli/cli.sh
cases=$TOP/../shared/cases
if [ ! -f "$cases/run_cases.py" ] || ! /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    echo "cases: not there, or no numpy: skipped"
    finish
fi
cd "$WORK" || exit 1
/usr/bin/python3 "$cases/run_cases.py" "$ZYNQSIM" "$TOP/configs/default.yaml" "$cases" >"$WORK/out" 2>"$WORK/err"
ok "$(! grep -qE ' (WRONG|CRASH|hang) ' "$WORK/out"; echo $?)" 'no model gives a wrong value or ends the program'
ok "$([ "$(grep -cE ' pass ' "$WORK/out")" -ge 36 ] && ! grep -qE ' refused ' "$WORK/out"; echo $?)" 'all of them are run'
grep -E ' refused ' "$WORK/out"
# The weights of one lie in a file beside it: without that file it has synthetic ones, and says so.
cp "$cases/29-external-data.onnx" "$WORK/alone.onnx"
program run "$TOP/configs/default.yaml" --model ./alone.onnx --fidelity tile
ok "$([ $status -le 1 ] && tr -s '\n ' ' ' <out | grep -q "29-external-data.bin', which is not there: they are synthetic"; echo $?)" 'weights of a missing file are synthetic'
# A graph as text with the weights of its snapshot is the snapshot.
models=$TOP/../shared/data/models input=$TOP/../shared/data/golden/small/lenet_mnist_input.npy
cp "$models/lenet_mnist_deploy.prototxt" "$WORK/graph.prototxt"
program run "$TOP/configs/default.yaml" --model ./graph.prototxt --weights "$models/lenet_mnist.caffemodel" --input "$input" --fidelity tile --out a
program run "$TOP/configs/default.yaml" --model "$models/lenet_mnist.caffemodel" --input "$input" --fidelity tile --out b
ok "$(cmp -s a/output.npy b/output.npy; echo $?)" 'a .prototxt with its .caffemodel'
program run "$TOP/configs/default.yaml" --model ./graph.prototxt --timing-only
ok "$([ $status -le 1 ]; echo $?)" 'and without it'
finish
