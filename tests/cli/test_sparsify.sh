#!/bin/sh
# sparsify: zeros by layer, the file that is written, network.sparsify as an axis, measured points.
. tests/cli/cli.sh
open=$TOP/../shared/reference/published/sparsification_open.csv
cd "$WORK" || exit 1
cat >net.yaml <<'END'
name: tiny
input: {name: data, shape: [3, 8, 8]}
layers:
  - {conv: conv1, out: 4, kernel: 3, pad: 1, relu: true}
  - {conv: dw, out: 4, kernel: 3, pad: 1, groups: 4}
  - {lrn: norm, size: 3, alpha: 0.01, beta: 0.75, k: 1}
  - {pool: pool1, kind: max, kernel: 2, stride: 2}
  - {fc: fc1, out: 5}
  - {softmax: prob}
END

# ---- the command
program sparsify net.yaml --method flat --parameter 0.5
ok "$([ $status = 0 ] && grep -q 't = p \* min S / 2' out && grep -q '^conv1 .*pruned$' out; echo $?)" 'the definition is printed'
program sparsify net.yaml --method lamp --target-zeros 0.5 --format json
json 'half of the weights' '
assert d["zeros"] == 232 and d["weights"] == 464 and d["method"] == "lamp" and "score" in d["definition"]
assert sum(l["macs_left"] for l in d["layers"]) == d["macs_left"] < d["macs"]'
program sparsify net.yaml --method relative_max --parameter 0.3 --spare-depthwise --spare-first --format csv
ok "$(grep -q '^conv1,spared,.*,0.000000,100.000000' out && grep -q '^dw,spared' out && grep -q '^fc1,pruned' out; echo $?)" 'layers are spared'
program sparsify net.yaml --method flat --target-zeros 0.5 --structured filter --format json
json 'whole filters' 'assert all(l["zeros"] == l["zero_filters"] * l["weights"] // l["filters"] for l in d["layers"])'
program sparsify net.yaml --format json
json 'without a method nothing is skipped' 'assert d["macs_left"] == d["macs"] and d["zeros"] == 0'

# ---- what a row of PEs gains
program sparsify net.yaml --method relative_std --parameter 0.8 --pes 2 --input synthetic:3 --format json
json 'cycles of a row of PEs' '
assert d["cycles_dense"] >= d["cycles_weight_lockstep"] >= d["cycles_weight_barrier"] >= d["cycles_both_barrier_pixel"] >= d["cycles_both_barrier_map"] > d["effectual_macs"] / 2
assert d["cycles_dense"] >= d["cycles_kernel_lockstep"] >= d["cycles_kernel_barrier"] >= d["cycles_weight_barrier"]
assert all(sum(l[k] for l in d["layers"]) == d[k] for k in d if k.startswith("cycles"))'
program sparsify net.yaml --pes 2
ok "$(grep -q '2 PEs, an output channel each' out && grep -q '^total  *[0-9,]*  *[0-9,]*  ' out; echo $?)" 'without inputs their zeros are not looked for'

# ---- the file is the network that a design makes of the same rule
sparse='--set network.sparsify.method=relative_std --set network.sparsify.parameter=0.7'
program sparsify net.yaml --method relative_std --parameter 0.7 -o out.onnx
# shellcheck disable=SC2086 # options
program run - --model net.yaml $sparse --fidelity bound --out a --quiet
program run - --model out.onnx --fidelity bound --out b --quiet
ok "$(cmp -s a/output.npy b/output.npy; echo $?)" 'the file answers as the design does'
program sparsify out.onnx --method flat --parameter 0 --format csv
zeros=$(tail -n 1 out | cut -d, -f8,9)
program sparsify net.yaml --method relative_std --parameter 0.7 --format csv
ok "$([ "$zeros" = "$(tail -n 1 out | cut -d, -f8,9)" ]; echo $?)" 'and has the same zeros'

sed '/pool1/d; /fc1/s/.*/  - {global_avgpool: gap}\n&/' net.yaml >gap.yaml
for rule in '' '--method flat --parameter 0.5 --spare-first'; do
    # shellcheck disable=SC2086 # options
    program sparsify gap.yaml $rule -o made.onnx
    ok "$status" "synthetic weights that stay are written as they are: ${rule:-no rule}"
    if [ -n "$rule" ]; then same='--set network.sparsify.method=flat --set network.sparsify.parameter=0.5 --set network.sparsify.spare_first=true'; else same=; fi
    # shellcheck disable=SC2086 # options
    program run - --model gap.yaml $same --fidelity bound --out c --quiet
    program run - --model made.onnx --fidelity bound --out d --quiet
    ok "$([ $status = 0 ] && cmp -s c/output.npy d/output.npy; echo $?)" 'and what reads them as a matrix gets one'
done

# ---- an axis: zeros, accuracy, cycles, bytes
mkdir flat
for i in 0 1 2; do
    { printf 'P6 8 8 255\n'; head -c 192 /dev/zero | tr '\0' "\\$((i + 101))"; } >flat/$i.ppm
done
printf 'file,class\n0.ppm,0\n1.ppm,1\n2.ppm,2\n' >labels.csv
cat >d.yaml <<'END'
network:
  model: net.yaml
  preprocess: {fit: none, resize: 0, crop: 0}
  sparsify: {method: lamp, parameter: 0}
END
program accuracy d.yaml --images flat --labels labels.csv --vary network.sparsify.parameter=0,0.5,0.9 --format csv --quiet
ok "$(head -n 1 out | grep -q 'cycles,.*dram.read_bytes,.*zeros_frac,macs_left_frac$' && sed -n 3p out | grep -q ',0\.5,' && [ "$(wc -l <out)" = 4 ]; echo $?)" 'a line for each share of zeros'
program accuracy d.yaml --images flat --labels labels.csv --vary network.sparsify.method=none,flat
ok "$(grep -q 'top-5  *zeros  *MACs left' out; echo $?)" 'the table has zeros where some weights are pruned'
program run d.yaml --set network.sparsify.parameter=0.5 --fidelity bound --quiet
ok "$(grep -q 'sparsify lamp, parameter 0.5' out; echo $?)" 'a run says what was pruned'
program compare d.yaml --vary network.sparsify.parameter=0.1,0.2 --quiet
ok "$status" 'compare takes the axis'
program accuracy d.yaml --images flat --set network.sparsify.parameter=0.7 --set network.sparsify.correction=recalibrated --set 'network.calibration=flat/0.ppm' --quiet
ok "$status" 'recalibrated on images of its own'

# ---- refused, with a sentence
refuses() {
    text=$1
    shift
    program "$@"
    ok "$([ "$status" = 2 ] && grep -qF -- "$text" err; echo $?)" "$text"
}
refuses 'names no image' sparsify net.yaml --method lamp --parameter 0.5 --correction recalibrated --set network.calibration=
refuses 'method: is needed' sparsify net.yaml --parameter 0.5
refuses 'method: is needed' sparsify net.yaml --structured filter
refuses 'method: is needed' sparsify net.yaml --spare-first
refuses 'network.sparsify.method is given by --method too' sparsify net.yaml --method flat --parameter 0.5 --set network.sparsify.method=lamp
program sparsify net.yaml --method flat --parameter 0.5 --input synthetic
ok "$([ "$status" = 0 ] && grep -q -e '--input: has no effect without --pes' err; echo $?)" 'an image that nothing looks at is noted'
program sparsify net.yaml --method none --structured filter
ok "$status" 'a method of none may have options, as one of a list of methods'
refuses "did you mean 'flat'" sparsify net.yaml --method flatt --parameter 1
refuses '1.5 is above 1' sparsify net.yaml --method lamp --parameter 1.5
refuses 'would do nothing' sparsify net.yaml --method flat --parameter 1 --target-zeros 0.5
refuses '0 is outside 1 .. 65536' sparsify net.yaml --pes 0
refuses 'the model is missing' sparsify

# ---- measured points; all of them: sparsify_rows.py "$ZYNQSIM" TABLE MODELS
if [ -f "$open" ] && [ -x /usr/bin/python3 ]; then
    grep -E '^network|^cifar10_quick,(flat|lamp|triangular|relative_max).*test500' "$open" >some.csv
    /usr/bin/python3 "$TOP/tests/cli/sparsify_rows.py" "$ZYNQSIM" some.csv "$TOP/../shared/data/models" >out 2>err
    ok $? 'zeros and MACs left are those of the table'
    grep -E '^network|^resnet20_cifar10,(lamp|flat_minspan),none.*test500' "$open" | head -n 3 >some.csv
    /usr/bin/python3 "$TOP/tests/cli/sparsify_accuracy.py" "$ZYNQSIM" some.csv "$TOP/../shared/data" resnet20_cifar10 test500 >out 2>err
    ok $? 'accuracies of pruned networks are those of the table'
    ok "$([ "$(grep -c 'of 500 images' out)" = 2 ]; echo $?)" 'of both rows'
    program sparsify "$TOP/../shared/data/models/squeezenet_v1.0.onnx" --pes 64 --format json
    json 'SqueezeNet v1.0 on 64 PEs' '
dense = d["cycles_dense"]
gains = ["%.3f" % (dense / d["cycles_" + k]) for k in ("kernel_barrier", "kernel_lockstep", "weight_barrier")]
assert dense == 15318982 and gains == ["1.119", "1.000", "1.532"], gains'
else
    skip 'measured points: need ../shared and python3'
fi
finish
