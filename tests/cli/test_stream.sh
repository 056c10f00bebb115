#!/bin/sh
# kind: stream: pipelines of layers, their FIFOs, and what cannot be one.
. tests/cli/cli.sh
cd "$WORK" || exit 1
presets=$TOP/configs

# field NAME: a figure of the JSON in `out`.
field() { sed -n "s/^ *\"$1\": \"*\([^\",]*\)\"*,*\$/\1/p" out | head -n 1; }
# says REGEX: the line about who sets the pace.
says() { tr '\n' ' ' <out | tr -s ' ' | grep -qE "$1"; }

# ---- CNV: published folding and figures
cnv=$presets/finn-cnv-w1a1.yaml
program run "$cnv" --timing-only --set batch=4
ok "$([ $status = 0 ] && says 'limit fc1/mvu: 32768 cycles of an image.* one every 32768 cycles: 3051.76'; echo $?)" \
    'the slowest node sets the pace where FIFOs are deep enough'
ok "$(grep -q '^int8: 1 call, batch 4, ' out; echo $?)" 'a pipeline is one call, and nothing is fused in it'
ok "$(grep -q '^conv4/mvu .*298 ' out && grep -q '^fc2/mvu .*62 ' out; echo $?)" 'nodes are shown with the FIFOs in front of them'
program run "$cnv" --timing-only --set batch=4 --set accelerator.stream.fifos=
ok "$([ $status = 0 ] && says 'FIFO [a-z0-9/]* blocks: its 2 words .* one every 63184 cycles'; echo $?)" \
    'FIFOs of two words halve the rate, and one of them is named'
program run "$cnv" --timing-only --set batch=10000 --format json
ms=$(awk -v s="$(field seconds)" 'BEGIN { printf "%d", s * 1000 }')
ok "$([ "$ms" -ge 3246 ] && [ "$ms" -le 3311 ]; echo $?)" "10,000 images take within 1 % of the 3278.5 ms of the board: $ms"
program run "$presets/finn-cnv-w1a2.yaml" --timing-only --set batch=10000 --format json
ms=$(awk -v s="$(field seconds)" 'BEGIN { printf "%d", s * 1000 }')
ok "$([ "$ms" -ge 3246 ] && [ "$ms" -le 3311 ]; echo $?)" "the same with activations of two bits: $ms"
program run "$cnv" --timing-only --set batch=30 --format json
burst=$(field cycles)
program run "$cnv" --timing-only --set batch=30 --format json --fidelity tile
tile=$(field cycles)
program run "$cnv" --timing-only --set batch=30 --format json --fidelity bound
bound=$(field cycles)
ok "$([ "$bound" -le "$tile" ] && [ "$bound" -ge $((30 * 32768)) ] && [ $((burst - tile)) -le 100 ] && [ $((tile - burst)) -le 100 ]; echo $?)" \
    "the fidelities agree: $bound, $tile, $burst"
program run "$presets/finn-tfc.yaml" --timing-only
ok "$([ $status = 0 ] && says 'one every 64 cycles'; echo $?)" 'TFC gives a result every 64 cycles'
program run "$presets/finn-lfc-w1a1.yaml" --timing-only --set batch=50
ok "$([ $status = 0 ]; echo $?)" 'LFC runs'

# ---- loops of high-level synthesis: a bitstream of 2018, its foldings and FIFOs
hls=$presets/bnn-pynq-cnv-w1a1.yaml
for case in '10000 3278.5' '1330 437.7'; do
    program run "$hls" --timing-only --set batch="${case% *}" --format json
    ms=$(awk -v s="$(field seconds)" 'BEGIN { printf "%.1f", s * 1000 }')
    ok "$(awk -v a="$ms" -v b="${case#* }" 'BEGIN { exit !(a > b * 0.999 && a < b * 1.001) }'; echo $?)" "${case% *} images within 0.1 % of the ${case#* } ms of the board: $ms"
done
program run "$hls" --timing-only --set batch=1 --format json
one=$(field cycles)
program run "$hls" --timing-only --set batch=1 --set accelerator.stream.style=flushing --format json
flushed=$(field cycles)
ok "$([ "$flushed" -gt 135000 ] && [ "$flushed" -lt "$one" ]; echo $?)" "an image leaves flushing pipelines sooner than stalling ones: $flushed, $one"
program run "$hls" --timing-only --set batch=30
stalled=$(tr '\n' ' ' <out | tr -s ' ' | sed -n 's/.*first image complete at cycle \([0-9]*\),.*/\1/p')
ok "$([ "$stalled" -gt $((one * 13 / 10)) ]; echo $?)" "in a batch the first waits until others push it out: $stalled"
for batch in 2 3; do # the last two drain
    program run "$hls" --timing-only --set batch=$batch
    ok "$(says 'when later ones push it out; a longer batch shows its pace' && ! says 'one every'; echo $?)" "$batch images have no pace of a long batch"
done
program run "$hls" --timing-only --set batch=12
ok "$(says 'one every [0-9]* cycles: [0-9.]* images/s in a long batch'; echo $?)" 'twelve have'
program run "$presets/cnv-partitions.yaml" --timing-only --set batch=1
ok "$(says 'front: conv2/lanes: 12544 cycles of an image' && ! says 'an image every'; echo $?)" 'nor has one image of engines that take turns'
program run "$hls" --timing-only --set batch=30 --set accelerator.stream.fifos=
ok "$(says 'FIFO [a-z0-9/]* blocks: its 2 words .* one every 95328 cycles'; echo $?)" 'loops with FIFOs of two words are slow, too'
cycles_of() { program run "$hls" --timing-only --set batch="$1" --set accelerator.stream.fifos= --format json && field cycles; }
apart=$((($(cycles_of 24) - $(cycles_of 20)) / 4)) # all of these images are simulated word by word
later=$((($(cycles_of 224) - $(cycles_of 24)) / 200))
ok "$([ $((later - apart)) -le 100 ] && [ $((apart - later)) -le 100 ]; echo $?)" "images that are not simulated follow at the pace of those that are: $later, $apart"
program run "$presets/bnn-pynq-lfc-w1a1.yaml" --timing-only
ok "$(says 'FIFO [a-z0-9/]* blocks: .* one every 7[0-9]{2} cycles'; echo $?)" 'LFC is as slow as its FIFOs let it be'
mkdir -p pages
program run "$hls" --timing-only --set batch=4 --out pages/
ok "$(grep -q '"largest_fill": 128' pages/result.json && grep -q '"type": "MVAU_hls"' pages/result.json; echo $?)" 'the JSON has nodes and FIFOs'
cp pages/result.json out
json 'and the pipeline in short' 'assert not d["deadlock"] and d["interval_cycles"] > 0 and d["first_output_cycles"] <= d["last_output_cycles"] and d["fifos"][0]["max_fill"] > 0
assert all(l["runs_on"] in ("engine", "cpu") for l in d["layers"]) and d["layers"][0]["span_cycles"] >= d["layers"][0]["busy_cycles"] > 0
assert d["resources"]["lut"]["low"] < d["resources"]["lut"]["used"] < d["resources"]["lut"]["high"] and d["verdict"] in ("fits", "close", "no")'
ok "$(grep -q 'id="h-pipeline"' pages/report.html && grep -q 'font-weight="bold">fc1/mvu<' pages/report.html; echo $?)" 'the page draws them, the slowest in bold'
program run "$hls" --timing-only --set batch=4 --set 'accelerator.stream.styles=MVAU_0=rtl;conv2=flushingx9'
ok "$([ $status = 0 ]; echo $?)" 'styles of single units'
file=$TOP/../shared/data/qnn/lfc_w1a1.onnx
if [ -f "$file" ]; then
    program run "$presets/finn-lfc-w1a1.yaml" --model "$file" --set accelerator.stream.folding= --set accelerator.stream.fifos= --set accelerator.stream.input_lanes=1 \
        --set accelerator.precision=model --set batch=3 --fidelity bound --format json
    own=$(sed -n 's/.*"sha256": "\(.*\)".*/\1/p' out | head -n 1)
    program run "$presets/bnn-pynq-lfc-w1a1.yaml" --model "$file" --set accelerator.precision=model --set batch=3 --format json
    ok "$([ $status = 0 ] && [ -n "$own" ] && grep -q "$own" out; echo $?)" 'the real LFC, its 784 inputs filled up to 832'
fi

# ---- numerics are those of the other kinds
program run "$presets/finn-tfc.yaml" --set batch=3 --format json
own=$(sed -n 's/.*"sha256": "\(.*\)".*/\1/p' out | head -n 1)
program run --model finn_tfc --set accelerator.precision=int8 --set batch=3 --format json "$presets/default.yaml"
ok "$([ -n "$own" ] && grep -q "$own" out; echo $?)" 'the same results as a tiled engine'

# ---- numerics of the network's own widths
qnn=$TOP/../shared/data/qnn
printf 'board: {base: pynq-z1}\naccelerator: {kind: stream, clock: 100 MHz, precision: fp32}\n' >own.yaml
if [ -d "$qnn/golden" ] && /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    /usr/bin/python3 "$TOP/tests/cli/qnn_goldens.py" "$ZYNQSIM" own.yaml "$qnn" >out 2>&1
    ok $? 'nine quantised networks go through the pipeline bit by bit'
    cat out
    program run own.yaml --model "$qnn/cnv_w1a1.onnx" --timing-only --set accelerator.stream.acc_bits=12
    ok "$([ $status = 2 ] && grep -q 'sums of layer Conv_0 go from .* takes 13 bits, not 12' err; echo $?)" 'accumulators that are too narrow are refused'
    program run own.yaml --model "$qnn/cnv_w1a1.onnx" --output MatMul_2 --output MultiThreshold_3 --fidelity bound
    ok "$([ $status = 0 ] && grep -q '1 results inside the pipeline' out err; echo $?)" 'values inside the pipeline can be looked at'
    program show own.yaml --model "$qnn/tfc_w1a1_brevitas.onnx" --streamline
    ok "$([ $status = 0 ] && grep -qE '^MatMul_24 .* 8 .*1 threshold, 5 of 64 fall .*BatchNormalization_25, BipolarQuant_27' out; echo $?)" \
        'the steps of streamlining are shown'
fi
program show "$presets/finn-tfc.yaml" --streamline
ok "$([ $status = 2 ] && grep -q 'nothing to streamline' err; echo $?)" 'a network without quantisers has none'

# ---- boards and builds
program validate --against "$TOP/configs/validation/runs_stream.csv"
ok "$([ $status = 0 ] && grep -q '^14 rows judged: 14 inside' out; echo $?)" 'CNV on a board within 1 %, rates of eleven builds of FINN'

# ---- a pipeline among several engines, and pipelines that take turns
cat >turns.yaml <<'END'
network: {model: finn_tfc}
board: pynq-z1
batch: 3
swap: {by: pcap}
accelerator: {precision: int8, clock: 100 MHz, ports: {input: hp0, output: hp0}}
accelerators:
  - {name: front, map: [fc1, fc2], kind: stream, stream: {input_lanes: 8, target: 500 cycles}}
  - {name: back, map: [fc3, fc4], kind: stream, stream: {input_lanes: 8, target: 500 cycles}}
END
program run turns.yaml --format json
ok "$([ $status -le 1 ] && grep -q "$own" out && grep -q '2 times another engine' out && grep -q 'front: fc1/mvu: [0-9]* cycles of an image' out; echo $?)" \
    'two pipelines in turn give the same results'
turns=$(field cycles)
sed '/name: front/s/, kind.*/}/' turns.yaml >mixed.yaml
program run mixed.yaml --format json
ok "$([ $status -le 1 ] && grep -q "$own" out && grep -q 'rearranges' out; echo $?)" 'a tiled engine in front of a pipeline, too'
program run turns.yaml --timing-only --format json --fidelity bound
ok "$([ "$(field cycles)" -le "$turns" ] && [ "$(field cycles)" -gt 6299302 ]; echo $?)" 'the bound has the swaps and is one'
program run turns.yaml --timing-only --format json --set batch=500
ok "$([ "$(field cycles)" -lt $((turns + 500 * 1100)) ] && [ "$(field cycles)" -gt $((turns + 500 * 400)) ]; echo $?)" 'a long batch goes on at the paces of both'

# ---- FIFOs
program fifos "$cnv" --format csv
ok "$([ $status = 0 ] && awk -F, 'NR > 1 { n++; sum += $5 } END { exit !(n == 36 && sum <= 634) }' out; echo $?)" 'at most 634 words of FIFOs lose nothing'
program fifos "$presets/finn-tfc.yaml"
ok "$([ $status = 0 ] && grep -q '^20 words in all' out && grep -q 'one less' out; echo $?)" 'the least depths, with what was proven'
program fifos "$cnv" --loss 5 --format json
json 'JSON has words and depths before and after' 'assert d["words"] < d["words_before"] <= 634 and d["proven"] and d["interval_cycles"] > 0 and d["last_output_cycles"] > 0
assert len(d["fifos"]) == 36 and sum(f["depth"] for f in d["fifos"]) == d["words"]'
program fifos "$presets/default.yaml"
ok "$([ $status = 2 ] && grep -q 'tiled has no FIFOs' err; echo $?)" 'other kinds have none'

# ---- a residual block
cat >net.yaml <<'END'
name: block
input: {name: data, shape: [8, 12, 12]}
layers:
  - {conv: first, out: 8, kernel: 1}
  - {conv: branch, out: 8, kernel: 3, pad: 1, relu: true}
  - {add: sum, from: [branch, first]}
  - {conv: last, out: 4, kernel: 1}
END
cat >block.yaml <<'END'
network: {model: net.yaml}
board: zedboard
batch: 3
accelerator:
  kind: stream
  precision: int8
  stream: {input_lanes: 4, act_bits: 4, weight_bits: 4, folding: "first=4x8;branch=4x4;sum=4;last=4x8"}
END
program run block.yaml --timing-only
ok "$([ $status = 0 ]; echo $?)" 'a branch beside another runs'
program run block.yaml --timing-only --set 'accelerator.stream.fifos=sum/join*=8'
ok "$([ $status = 1 ] && [ ! -s out ] && grep -q 'sum/join.b: deadlock at clock .* 8 words is full' err; echo $?)" \
    'a FIFO beside the branch that is too shallow: the answer names it'
program run block.yaml --timing-only --set 'accelerator.stream.fifos=sum/join*=8' --format json
json 'JSON says when' 'assert d["deadlock"] and d["deadlock_at"] > 0 and d["fifo"] == "sum/join.b"'
ok "$([ $status = 1 ]; echo $?)" 'with the same exit status'
program fifos block.yaml --format csv
ok "$([ $status = 0 ] && awk -F, '$1 == "sum/join.b" { exit !($5 > 8 && $5 < 60) }' out; echo $?)" 'how deep it has to be'

# ---- foldings of layers, and files of FINN
printf 'extends: %s\nlayers: {conv1: {pe: 32, simd: 3}, MVAU_1: {pe: 16}}\n' "$cnv" >layers.yaml
program run layers.yaml --timing-only --set batch=3 --set accelerator.stream.fifo_depth=512
ok "$([ $status = 0 ] && says 'limit conv2/mvu: 56448 cycles'; echo $?)" 'layers have their own PEs and lanes'
program show layers.yaml
cp out shown.yaml
sed -i '/^$/,$d' shown.yaml
ok "$(grep -q '^  "conv1": {pe: 32, simd: 3}' out; echo $?)" 'and are shown so'
program show "$cnv" --write-folding fold.json
ok "$([ $status = 0 ] && grep -q '"MVAU_hls_8"' fold.json; echo $?)" 'a folding file is written'
program run "$cnv" --timing-only --set batch=4 --format json
whole=$(field cycles)
printf 'extends: %s\naccelerator: {stream: {folding: "", fifos: ""}}\n' "$cnv" >bare.yaml
program run bare.yaml --timing-only --set batch=4 --format json --folding fold.json
ok "$([ $status = 0 ] && [ "$whole" = "$(field cycles)" ]; echo $?)" "and read again: $whole cycles"
program fifos block.yaml --set accelerator.stream.folding=
luts=$(sed -n 's/^\([0-9]*\) LUTs and .*/\1/p' out)
program fifos block.yaml --set accelerator.stream.folding= --luts $((luts - 1)) --write-folding fifos.json
ok "$([ $status = 0 ] && [ "$(sed -n 's/^\([0-9]*\) LUTs and .*/\1/p' out)" -lt "$luts" ] && grep -q 'a loss of [0-9]' out && grep -q inFIFODepths fifos.json; echo $?)" \
    'FIFOs for a budget of LUTs'
program fifos block.yaml --luts 20
ok "$([ $status = 2 ] && grep -q 'LUTs are the least, not 20' err; echo $?)" 'a budget below the least is refused'

# ---- a target instead of a folding
program run "$cnv" --timing-only --fidelity bound --set accelerator.stream.folding= --set 'accelerator.stream.target=100 kcycles' --set accelerator.stream.fifos= --format json
target=$(field cycles)
ok "$([ $status -le 1 ] && [ "$target" -gt 5000000 ] && [ "$target" -le 10100000 ]; echo $?)" "folded for 100,000 cycles an image: $target for a hundred"

program run "$cnv" --timing-only --fidelity bound --set accelerator.stream.folding= --set 'accelerator.stream.target=33 kcycles' \
    --set accelerator.stream.fifos= --set accelerator.stream.least=true
lut=$(tr '\n' ' ' <out | tr -s ' ' | sed -n 's/.*folded for 33000 cycles .* take \([0-9]*\) LUT, .* of all [0-9]* foldings .*rule \([0-9]*\), .*/\1 -lt \2/p')
# shellcheck disable=SC2086 # three words
ok "$([ $status -le 1 ] && [ -n "$lut" ] && [ $lut ]; echo $?)" "the folding of the least resources, with what FINN's takes: $lut"

# ---- parallel windows, vector units of several lanes
cat >dw.yaml <<'END'
name: depthwise
input: {name: data, shape: [8, 12, 12]}
layers:
  - {conv: first, out: 16, kernel: 3, pad: 1, relu: true}
  - {conv: dw, out: 16, depthwise: true, kernel: 3, pad: 1, relu: true}
  - {conv: last, out: 4, kernel: 1}
END
printf 'network: {model: dw.yaml}\nboard: zedboard\nbatch: 3\naccelerator: {kind: stream, precision: int8, stream: {input_lanes: 8, act_bits: 4, weight_bits: 4, fifo_depth: 16}}\n' >lanes.yaml
program run lanes.yaml --format json --set 'accelerator.stream.folding=first=16x8;dw=4x1;last=4x16'
narrow=$(field cycles)
one=$(sed -n 's/.*"sha256": "\(.*\)".*/\1/p' out | head -n 1)
program run lanes.yaml --format json --set 'accelerator.stream.folding=first=16x72;dw=16x9;last=4x16' --set accelerator.stream.parallel=first=1
ok "$([ $status -le 1 ] && [ -n "$one" ] && grep -q "$one" out && [ "$(field cycles)" -lt $((narrow / 3)) ]; echo $?)" "whole windows a word: $narrow to $(field cycles) cycles, the same results"
program run lanes.yaml --timing-only --format json --set 'accelerator.stream.folding=first=16x8;dw=4x1;last=4x16' --set accelerator.stream.output_bits=1
json 'words of sums have the bits that the largest sum needs, the last ones too' '
bits = {f["name"]: f["bits"] for f in d["pipeline"]["fifos"]}
def sums(pes, products, weight_bits, input_bits):  # +-products * 2^(weight_bits - 1) * 2^input_bits and a sign
    return pes * ((products << weight_bits - 1 + input_bits).bit_length() + 1)
assert bits["first/thr"] == sums(16, 8 * 9, 4, 8), bits
assert bits["dw/thr"] == sums(4, 9, 4, 4), bits
assert bits["output"] == sums(4, 16, 4, 4), bits
assert bits["dw/width"] == 16 * 4, bits'
printf 'network: {model: dw.yaml}\nbatch: 3\naccelerator: {precision: int8}\n' >tiled.yaml
program run tiled.yaml --format json
ok "$([ -n "$one" ] && grep -q "$one" out; echo $?)" 'which are those of a tiled engine'

# ---- memories
blocks() { sed -n 's/.* BRAM18 \([0-9]*\) (.*/\1/p' out; }
program run "$cnv" --timing-only --fidelity bound --set 'accelerator.stream.memories=fc*=distributed'
spread=$(blocks)
program run "$cnv" --timing-only --fidelity bound
ok "$([ "$spread" -lt "$(blocks)" ]; echo $?)" "weights of single layers in LUTs: $spread BRAM18"
printf 'board: pynq-z1\naccelerator: {kind: stream, precision: int8, stream: {weight_bits: 8, act_bits: 8, target: 30 fps}}\n' >squeeze.yaml
program run squeeze.yaml --model squeezenet_v1.1 --timing-only --fidelity bound
weights=$(tr '\n' ' ' <out | tr -s ' ' | sed -n 's/.*of 280 BRAM18 weights take \([0-9]*\), .*with weights of 4 bits they take [0-9]*; weights from DRAM .*/\1/p')
ok "$([ $status = 1 ] && [ "$weights" -gt 560 ]; echo $?)" "SqueezeNet in 8 bits does not fit by a factor of two, and why is said: $weights"

# ---- precisions of fewer than 8 bits
luts() { sed -n '/"lut": {/{n;s/[^0-9]//gp;q}' out; }
printf 'board: pynq-z1\nnetwork: {model: lenet5}\naccelerator: {kind: stream, precision: int8, stream: {target: 3000 fps}}\n' >bits.yaml
program run bits.yaml --fidelity bound --format json
wide=$(luts)
program run bits.yaml --fidelity bound --format json --set accelerator.precision=int4
ok "$([ $status = 0 ] && [ "$(luts)" -lt "$wide" ]; echo $?)" 'int4 has narrower engines'
sed 's/precision: int8/precision: {weights: bipolar, activations: int2}/' bits.yaml >pair.yaml
program show pair.yaml
ok "$([ $status = 0 ] && grep -q 'precision: w1a2 ' out; echo $?)" 'weights and activations of their own have one word'
program run bits.yaml --set accelerator.precision=w1a2 --timing-only --fidelity bound
narrow=$(cat out)
program run pair.yaml --timing-only --fidelity bound
ok "$([ $status = 0 ] && [ "$(cat out)" = "$narrow" ]; echo $?)" 'which is read back'

# ---- the label alone
program run "$cnv" --timing-only --set batch=5 --format json --set accelerator.stream.label_select=1
json 'a node that selects the label gives a byte an image' '
assert d["traffic"]["output_bytes"] == 5
assert d["pipeline"]["nodes"][-2]["type"] == "LabelSelect_hls", d["pipeline"]["nodes"][-2]'
for case in 2:8 256:8 257:16; do
    printf '%s\n' 'name: labels' 'input: {shape: [8, 1, 1]}' 'layers:' "  - {fc: out, out: ${case%:*}}" >labels.yaml
    program run "$presets/finn-tfc.yaml" --model labels.yaml --timing-only --format json --set accelerator.stream.target= --set accelerator.stream.folding= \
        --set accelerator.stream.fifos= --set accelerator.stream.input_lanes=1 --set accelerator.stream.label_select=1
    json "labels and bits of their number: $case" 'assert d["pipeline"]["fifos"][-1]["bits"] == '"${case#*:}"
done

# ---- traces
program run block.yaml --timing-only --set accelerator.stream.fifo_depth=9 --format json --trace flow.json
json 'a trace has a track per node and a counter per FIFO' '
import json
t = json.load(open("flow.json"))["traceEvents"]
flow = {e["args"]["name"] for e in t if e["name"] == "thread_name" and e["pid"] == 5}
assert flow == {n["name"] for n in d["pipeline"]["nodes"]}, flow
images = [e for e in t if e["ph"] == "B" and e["pid"] == 5]
assert len(images) == 3 * len(flow)
fill = {}
for e in t:
    if e["ph"] == "C" and e["pid"] == 5:
        name = e["name"].split(": ")[1]
        fill[name] = max(fill.get(name, 0), e["args"]["value"])
assert fill == {f["name"]: f["max_fill"] for f in d["fifos"]}, fill'

json 'slices of a track lie in each other, though layers overlap' '
t = json.load(open("flow.json"))["traceEvents"]
tracks = {}
for e in t:
    track = tracks.setdefault((e["pid"], e.get("tid")), {"open": [], "ts": 0})
    if e["ph"] not in "BE":
        continue
    assert e["ts"] >= track["ts"], e
    track["ts"] = e["ts"]
    if e["ph"] == "B":
        track["open"].append(e["name"])
    else:
        assert track["open"].pop() == e["name"], e
assert not any(track["open"] for track in tracks.values())
layers = {e["tid"] for e in t if e.get("cat") == "layer"}
assert len(layers) == len(d["layers"]) > 1'

# ---- weights from DRAM
hash_of() { sed -n 's/.*"sha256": "\(.*\)".*/\1/p' out | head -n 1; }
program run lanes.yaml --format json
inside=$(hash_of) quick=$(field cycles)
program run lanes.yaml --format json --set accelerator.stream.weights=external
ok "$([ $status -le 1 ] && [ "$(hash_of)" = "$inside" ] && [ "$(field cycles)" -gt "$quick" ]; echo $?)" 'weights from DRAM: the same bits, later'
json 'and all bytes that vectors take' '
for r in d["layers"]: # one PE of one lane of 4 bits: a byte a step; a filter of every pixel
    assert r["weight_bytes"] == r["macs"], (r["name"], r["weight_bytes"], r["macs"])
assert d["traffic"]["weight_bytes"] == d["macs"] and d["dram"]["read_bytes"] > d["macs"]'
for fidelity in bound tile; do
    program run lanes.yaml --timing-only --format json --set accelerator.stream.weights=external --fidelity $fidelity
    json "at $fidelity as well" 'assert d["traffic"]["weight_bytes"] == d["macs"]'
done
program run "$cnv" --timing-only --fidelity bound
kept=$(blocks)
# layers that use each weight once wait for their bytes alone: the closed form counts these once, on their own port
printf '%s\n' 'name: twice' 'input: {shape: [64, 1, 1]}' 'layers:' '  - {fc: wide, out: 2048, relu: true}' '  - {fc: last, out: 16}' >fc.yaml
printf 'network: {model: fc.yaml}\nboard: zedboard\naccelerator: {kind: stream, precision: int8, stream: {input_lanes: 64, weights: external}}\n' >fcs.yaml
for weight in hp0 hp1; do
    set -- run fcs.yaml --timing-only --format json --set "accelerator.stream.folding=wide=256x64;last=16x256" --set "accelerator.ports.weight=$weight"
    program "$@" --fidelity bound
    least=$(field cycles)
    program "$@" --fidelity tile
    ok "$([ $status -le 1 ] && [ "$least" -gt $((163840 / 8)) ] && [ "$least" -le "$(field cycles)" ] && [ "$(field cycles)" -lt $((least * 21 / 20)) ]; echo $?)" \
        "163,840 weights over $weight: $least cycles at the least, $(field cycles) at tile"
done
program run "$cnv" --timing-only --fidelity bound --set accelerator.stream.weights=external
ok "$([ "$(blocks)" -lt $((kept / 3)) ]; echo $?)" "their block RAM falls away: $kept to $(blocks) BRAM18"
for how in accelerator.stream.memories=conv2=external layers.conv2.weights=external; do
    program run "$cnv" --timing-only --set batch=30 --set $how --format json
    json "of one layer: $how" '
assert [r["name"] for r in d["layers"] if r["weight_bytes"]] == ["conv2"]
assert d["traffic"]["weight_bytes"] == 30 * 784 * 64 * 576 // 8
assert d["pipeline"]["limit"].startswith("weights from DRAM: conv2/mvu waits")
assert 784 * 4608 / 8 < d["interval_cycles"] < 1.3 * 784 * 4608 / 8 # no faster than the port'
done
program run "$cnv" --timing-only --set batch=30 --set accelerator.stream.weights=external --set 'accelerator.stream.memories=c*=internal;fc*=block' --format json
json 'memories count more' 'assert d["traffic"]["weight_bytes"] == 0 and d["interval_cycles"] == 32768'

# ---- the words of the contract
program fifos block.yaml --format json
least=$(sed -n 's/.*"words": \([0-9]*\).*/\1/p' out)
program run block.yaml --timing-only --format json --set accelerator.stream.fifo=auto
json 'fifo: auto takes the depths that fifos finds' "assert sum(f['depth'] for f in d['fifos']) == $least"
program run block.yaml --timing-only --format json --set accelerator.stream.fifo=2
ok "$([ $status = 1 ] && grep -q '"deadlock": true' out && grep -q '"deadlock_at": [0-9]' out; echo $?)" 'fifo: 2 is the depth beside a branch as well: a deadlock'
program run block.yaml --timing-only --format json --set accelerator.stream.style=hls
hls=$(field cycles)
program run block.yaml --timing-only --format json --set accelerator.stream.style=stalling
ok "$([ $status = 0 ] && [ "$hls" = "$(field cycles)" ]; echo $?)" 'style: hls'

# ---- what is wrong
s=accelerator.stream
bad() {
    what=$1 pattern=$2
    shift 2
    program run "$@" --timing-only
    ok "$([ $status = 2 ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] && grep -q "$pattern" err; echo $?)" "$what"
}
bad 'two widths' 'accelerator.precision is int4: 0 leaves it' bits.yaml --set accelerator.precision=int4 --set "$s.weight_bits=2"
sed 's/precision: int8/precision: {weights: int4, activations: fixed16}/' bits.yaml >wide.yaml
bad 'few bits beside sixteen' 'not with fixed16' wide.yaml
bad 'few bits where all have eight' 'kind tiled has none' "$presets/default.yaml" --set accelerator.precision=int4
program run bits.yaml --set accelerator.precision=bipolar --fidelity bound
ok "$([ $status = 2 ] && grep -q 'real numbers' err; echo $?)" 'refused: -1 and 1 for real numbers'
bad 'a folding that does not divide' '48 PEs do not divide the 64 of layer conv1' "$cnv" --set "$s.folding=conv1=48x3"
bad 'lanes that do not divide' '5 lanes do not divide the 27' "$cnv" --set "$s.folding=conv1=16x5"
bad 'a layer that there is not' 'nothing is called "conv9"; did you mean "conv1"' "$cnv" --set "$s.folding=conv9=1x1"
bad 'a list of another form' 'not of the form' "$cnv" --set "$s.folding=conv1"
bad 'a target of another form' 'not of the form' "$cnv" --set "$s.target=fast"
bad 'the least without a target' 'needs a target' "$cnv" --set "$s.least=true"
bad 'lanes of the input' 'do not divide' "$cnv" --set "$s.input_lanes=7"
bad 'a style that there is not' 'not of the form layer=stalling' "$cnv" --set "$s.styles=conv1=fast"
bad 'a memory that there is not' 'not of the form layer=block' "$cnv" --set "$s.memories=conv1=rtl"
bad 'PEs of labels' '3 PEs do not divide the labels' "$cnv" --set "$s.label_select=3"
bad 'weights that are nowhere' 'known: internal or external' "$cnv" --set "$s.weights=tape"
bad 'lanes of a vector unit that do not divide' '2 lanes do not divide the 9 of layer dw' lanes.yaml --set "$s.folding=dw=4x2"
bad 'a parallel window of some channels' 'a parallel one all 8 channels' lanes.yaml --set "$s.folding=first=16x4" --set "$s.parallel=first=1"
bad 'stages of no pipeline' 'not of the form' "$cnv" --set "$s.styles=conv1=stallingx99"
bad 'words that do not divide' '48 elements do not divide the 64 of layer conv1' "$cnv" --set "$s.between=conv1=48"
bad 'no FIFO beside a loop' 'depth 0 beside a node that is a loop' "$cnv" --set "$s.style=stalling" --set "$s.fifos=conv1/mvu=0"
bad 'a depth that is none' 'neither auto nor a depth' "$cnv" --set "$s.fifo=deep"
bad 'no FIFO behind a fork' 'depth 0' block.yaml --set "$s.fifos=*=0"
bad 'zeros in a bipolar stream' 'bipolar' block.yaml --set "$s.act_bits=1"
bad 'a FIFO that there is not' 'nothing is called' "$cnv" --set "$s.fifos=conv2/mvau=8"
bad 'PEs of a layer that do not divide' 'layers: 7 PEs do not divide the 64' "$cnv" --set layers.conv1.pe=7
# shellcheck disable=SC2016 # backquotes are part of the message
bad 'lanes under the name of other kinds' 'where PEs and lanes of a layer are `layers: {conv1: {pe: 16, simd: 3}}`' "$cnv" --set layers.conv1.unroll.oc=16
bad 'and not of one layer' 'or accelerator.stream.folding' "$cnv" --set accelerator.unroll.ic=4
bad 'PEs of a layer that there is not' 'nothing is called "conv77"' "$cnv" --set layers.conv77.pe=8
bad 'PEs where layers have no hardware' 'layers of kind tiled have no hardware' "$presets/default.yaml" --set layers.conv1.pe=8
echo '{"MVAU_0": {"PE": 0}}' >wrong.json
bad 'a folding file with a wrong figure' 'no whole number of 1' "$cnv" --folding wrong.json
echo '{"Softmax_0": {"PE": 1}}' >wrong.json
bad 'a folding file with another node' 'no type of node known' "$cnv" --folding wrong.json
echo '{"MVAU_0": {"PE": 1,}}' >wrong.json
bad 'a file that is no JSON' 'line 1' "$cnv" --folding wrong.json
sed 's/- {conv: last/- {softmax: soft}\n  - {conv: last/' net.yaml >net2.yaml
bad 'a layer amid the pipeline that it cannot take' 'soft: cannot be a node' block.yaml --set network.model=net2.yaml

# ---- words that nothing needs: a stride that leaves rows over
printf '%s\n' 'name: left' 'input: {shape: [8, 7, 7]}' 'layers:' '  - {conv: wide, out: 8, kernel: 4, relu: true}' \
    '  - {conv: every_second, out: 2, kernel: 1, stride: 2}' >left.yaml
printf '%s\n' 'name: over' 'input: {shape: [1, 13, 13]}' 'layers:' '  - {conv: wide, out: 13, kernel: 1, relu: true}' \
    '  - {conv: every_third, out: 2, kernel: 1, stride: 3}' '  - {conv: last, out: 2, kernel: 1}' >over.yaml
for case in left:rtl:1 left:rtl:3 left:rtl:60 over:flushing:1 over:stalling:1; do
    net=${case%%:*} batch=${case##*:} style=${case#*:}
    set -- run "$presets/finn-tfc.yaml" --model "$net.yaml" --set accelerator.stream.target= --set accelerator.precision=int8 --timing-only --format json \
        --set "accelerator.stream.style=${style%:*}" --set "batch=$batch" --set accelerator.stream.fifos= --set accelerator.stream.folding= --set accelerator.stream.input_lanes=1
    program "$@" --fidelity bound
    least=$(field cycles)
    program "$@"
    ok "$([ $status = 0 ] && [ "$least" -gt 0 ] && [ "$least" -le "$(field cycles)" ]; echo $?)" "$case is not below its bound"
    [ "$net:${style%:*}" = left:rtl ] && json "a call of $batch ends when the words that nothing needs have come as well" "
wide = d['layers'][0]
assert wide['cycles'] >= $batch * 16384, wide
assert d['last_output_cycles'] < d['cycles'] - 4000"
done

# ---- padding above the first image is there before the image is, in windows and in what reads them
printf '%s\n' 'name: padded' 'input: {shape: [4, 9, 9]}' 'layers:' '  - {conv: wide, out: 1, kernel: 4, stride: 2, pad: 2}' \
    '  - {conv: next, out: 12, kernel: 3, stride: 2, relu: true}' '  - {conv: last, out: 6, kernel: 3, pad: 1}' \
    '  - {global_avgpool: mean}' '  - {fc: out, out: 6}' >window.yaml
printf '%s\n' 'name: padded' 'input: {shape: [1, 10, 15]}' 'layers:' '  - {conv: first, out: 8, kernel: 1, stride: 2}' \
    '  - {conv: wide, out: 2, kernel: 4, stride: 2, pad: 3}' '  - {conv: last, out: 4, kernel: 4, pad: 1}' >reader.yaml
for case in window:hls reader:rtl; do
    set -- run slices.yaml --model "${case%:*}.yaml" --set "accelerator.stream.style=${case#*:}" --timing-only --format json
    printf '%s\n' 'accelerator: {kind: stream, precision: int8}' >slices.yaml
    program "$@" --fidelity bound
    least=$(field cycles)
    program "$@"
    ok "$([ $status = 0 ] && [ "$least" -gt 0 ] && [ "$least" -le "$(field cycles)" ]; echo $?)" "padded rows of $case are not below their bound"
done
# of 14 rows windows need no padding behind, of 13 columns they do
printf '%s\n' 'name: wide' 'input: {shape: [2, 14, 13]}' 'layers:' '  - {conv: a, out: 4, kernel: 3, stride: 3, pad: 1}' \
    '  - {conv: b, out: 2, kernel: 4, stride: 2, pad: 1}' >oblong.yaml
printf '%s\n' 'accelerator: {precision: int8}' >plain.yaml
program run plain.yaml --model oblong.yaml --format json
dense=$(field sha256)
program run slices.yaml --model oblong.yaml --format json
ok "$([ $status = 0 ] && [ -n "$dense" ] && [ "$(field sha256)" = "$dense" ]; echo $?)" 'padding alike of a map that is not square'

# ---- a result that is put together of slices
printf '%s\n' 'name: fire' 'input: {shape: [4, 5, 5]}' 'layers:' '  - {conv: squeeze, out: 4, kernel: 1, relu: true}' \
    '  - {conv: left, from: squeeze, out: 4, kernel: 3, pad: 1, relu: true}' '  - {conv: right, from: squeeze, out: 8, kernel: 1}' \
    '  - {concat: both, from: [left, right]}' >fire.yaml
sed 's/from: \[left, right\]/from: [right, left]/' fire.yaml >swapped.yaml
printf '%s\n' 'accelerator: {precision: int8}' 'network: {model: fire.yaml}' >tiled.yaml
printf '%s\n' 'accelerator: {kind: stream, precision: int8}' 'network: {model: fire.yaml}' >slices.yaml
program run tiled.yaml --format json
dense=$(field sha256)
program run slices.yaml --format json
ok "$([ $status = 0 ] && [ -n "$dense" ] && [ "$(field sha256)" = "$dense" ]; echo $?)" 'slices leave the pipeline as one tensor'
json 'all of it is stored' 'assert d["dram"]["write_bytes"] >= 12 * 25'

bad 'a slice whose channels are no whole words' 'left: its 4 channels are no multiple of the 8 lanes of the slice before' slices.yaml \
    --model "$WORK/swapped.yaml" --set 'accelerator.stream.folding=squeeze=4x4;right=8x4;left=4x36'

# ---- a slice that another layer reads, too, in every style of nodes
sed -e 's/right, from: squeeze/right, from: left/' -e '$a\  - {conv: last, from: both, out: 3, kernel: 1}' fire.yaml >dense.yaml
program run tiled.yaml --model dense.yaml --format json
dense=$(field sha256)
for style in rtl hls stalling; do
    program run slices.yaml --model dense.yaml --set accelerator.stream.style=$style --format json
    ok "$([ $status = 0 ] && [ -n "$dense" ] && [ "$(field sha256)" = "$dense" ]; echo $?)" "style $style: a slice goes to its readers and into the whole"
done

# ---- layers of two engines that are folded one by one
printf '%s\n' 'accelerator: {precision: int8}' 'network: {model: fire.yaml}' 'layers: {squeeze: {pe: 2}, left: {pe: 4, simd: 36}, "r*": {pe: 8, simd: 4}}' \
    'accelerators:' '  - {name: one, kind: stream, map: [squeeze]}' '  - {name: two, kind: stream, map: [left, right]}' >folded.yaml
program run tiled.yaml --format json
dense=$(field sha256)
program run folded.yaml --format json
ok "$([ $status = 0 ] && [ -n "$dense" ] && [ "$(field sha256)" = "$dense" ]; echo $?)" 'engines take what is said of their own layers'
json 'and are as fast as it says' 'b = {n["name"]: n["busy_cycles"] for e in d["engines"] for n in e["pipeline"]["nodes"]}
assert (b["squeeze/mvu"], b["left/mvu"], b["right/mvu"]) == (25 * 2 * 4, 25, 25)'
program run folded.yaml --set layers.lost.pe=2
ok "$([ $status = 2 ] && grep -q 'nothing is called "lost"' err; echo $?)" 'a layer that none of them has'

# ---- closed forms of engines count the slowest layer of a pipeline alone, whichever it is
printf '%s\n' 'name: split' 'input: {shape: [1, 13, 10]}' 'layers:' '  - {conv: a, out: 4, kernel: 1}' '  - {conv: b, from: a, out: 4, kernel: 1}' \
    '  - {conv: c, from: a, out: 2, kernel: 3, pad: 1}' '  - {concat: d, from: [b, c]}' '  - {pool: e, kernel: 3, stride: 2}' >split.yaml
printf '%s\n' 'accelerator: {precision: int8}' 'network: {model: split.yaml}' 'batch: 3' 'accelerators:' \
    '  - {name: one, kind: stream, map: [a, b, c]}' '  - {name: two, map: [e]}' >halves.yaml
for fidelity in bound tile; do
    program run halves.yaml --timing-only --fidelity $fidelity --format json
    eval "$fidelity=\$(field cycles)"
done
# c: 130 pixels x 2 PEs' turns x 36 products
ok "$([ $status = 0 ] && [ "$bound" -ge $((3 * 130 * 2 * 36)) ] && [ "$bound" -le "$tile" ]; echo $?)" "at most what is simulated: $bound, $tile"
# ---- what leaves a pipeline is its output
sed -e '$a\  - {add: f, from: [b, g]}' -e '/pool: e/s/.*/  - {conv: g, from: d, out: 4, kernel: 1}/' split.yaml >beside.yaml
for place in 'accelerators: [{name: one, kind: stream, map: [a, b, c, g]}, {name: two, map: [f]}]' 'layers: {f: {on: cpu}}'; do
    printf '%s\n' 'network: {model: beside.yaml}' 'accelerator: {precision: int8}' "$place" >two.yaml
    case $place in layers*) sed 's/precision/kind: stream, precision/' two.yaml >two && mv two two.yaml ;; esac
    program run two.yaml --timing-only
    ok "$([ $status = 2 ] && grep -q 'd: leaves the pipeline beside its output\|b: leaves the pipeline beside its output' err; echo $?)" "refused: a tensor inside that is read outside (${place%%:*})"
done

# ---- what layers on the PS write for the pipeline and read of it are the bits that it moves
printf '%s\n' 'network: {model: lenet5}' 'batch: 2' 'layers: {conv1: {on: cpu}}' \
    'accelerator: {kind: stream, precision: int8, stream: {target: 100 kcycles, input_bits: 5}}' >ends.yaml
for fidelity in bound tile burst; do
    program run ends.yaml --timing-only --fidelity $fidelity --format json
    json "$fidelity: the PS moves what the pipeline moves" 'l = {x["name"]: x for x in d["layers"]}
before, first, last, behind = (l[n] for n in ("conv1", "pool1", "ip2", "prob"))
assert before["runs_on"] == behind["runs_on"] == "cpu" and last["dram_write_bytes"] > 20
assert before["dram_write_bytes"] == first["dram_read_bytes"] == 2 * 20 * 24 * 24 * 5 / 8
assert behind["dram_read_bytes"] == last["dram_write_bytes"]'
done
finish
