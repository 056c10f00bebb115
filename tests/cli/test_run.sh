#!/bin/sh
# What a run prints, writes and answers.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1
figure() { sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "$2" | head -n 1; }

program run small.yaml
ok "$([ $status = 0 ] && [ -s out ] && [ ! -s err ]; echo $?)" 'a run prints a table and nothing on standard error'
ok "$(! grep -q "$(printf '\033')" out; echo $?)" 'a file gets no colours'
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    escape=$(printf '\033')
    TERM=xterm NO_COLOR='' script -qec "$ZYNQSIM run small.yaml" /dev/null </dev/null >out
    ok "$(grep -q "$escape" out; echo $?)" 'a terminal gets colours'
    TERM=xterm NO_COLOR=1 script -qec "$ZYNQSIM run small.yaml" /dev/null </dev/null >out
    ok "$([ -s out ] && ! grep -q "$escape" out; echo $?)" 'a terminal gets none with NO_COLOR'
    for term in dumb ''; do
        TERM=$term NO_COLOR='' script -qec "$ZYNQSIM run small.yaml --set batch=2" /dev/null </dev/null >out
        ok "$([ -s out ] && ! grep -q "$escape" out; echo $?)" "nor where TERM is '$term'"
    done
    env -u TERM script -qec "env -u TERM $ZYNQSIM run small.yaml" /dev/null </dev/null >out
    ok "$([ -s out ] && ! grep -q "$escape" out; echo $?)" 'or not set'
else
    skip 'colours need script(1) and a pseudo-terminal'
fi

cp small_net.yaml net.txt
program run small.yaml --model net.txt
ok "$([ $status = 0 ] && [ -s out ]; echo $?)" 'a network in a file of any name is read'

# ---- formats
program run small.yaml --format json
ok "$([ $status = 0 ] && head -c 1 out | grep -q '{' && tail -n 1 out | grep -q '}$'; echo $?)" 'json is one object'
cp out result.json
for key in design network board fidelity batch clock_hz fits cycles seconds images_per_second gops \
    macs sim_wall_seconds events dram read_bytes write_bytes read_bursts write_bursts row_hit_frac \
    busy_frac bytes_per_second resources dsp bram18 lut ff used available energy joules watts \
    gop_per_joule roofline peak_gops device_peak_gops bandwidth_bytes_per_s ridge_ops_per_byte \
    layers name op group start_cycle dram_read_bytes dram_write_bytes intensity_ops_per_byte \
    attainable_gops achieved_gops limited_by busy compute read write host outputs input top5 class \
    label probability sha256; do
    ok "$(grep -q "\"$key\":" result.json; echo $?)" "json has $key"
done
program run small.yaml --format csv
rows=$(($(wc -l <out) - 1))
ok "$([ "$rows" -gt 0 ] && head -n 1 out | grep -q '^name,op,group,'; echo $?)" 'csv has a line per layer'
columns=$(head -n 1 out | tr ',' '\n' | grep -nx cycles | cut -d: -f1)
total=$(awk -F, -v c="$columns" 'NR > 1 { s += $c } END { print s }' out)
ok "$([ "$total" = "$(figure cycles result.json)" ]; echo $?)" "layer cycles ($total) sum to the total"

# ---- the same twice, and for every fidelity the same answer
program run small.yaml --format json
sha=$(figure sha256 out)
ok "$([ -n "$sha" ] && [ ${#sha} = 64 ]; echo $?)" 'the output tensor has a checksum'
ok "$([ "$(figure cycles out)" = "$(figure cycles result.json)" ]; echo $?)" 'two runs give the same cycles'
for fidelity in bound tile burst; do
    program run small.yaml --fidelity $fidelity --format json
    ok "$([ $status = 0 ] && [ "$(figure sha256 out)" = "$sha" ] && [ "$(figure fidelity out)" = $fidelity ]; echo $?)" \
        "$fidelity executes the same numbers"
done
for setting in accelerator.tile.oc=3 accelerator.tile.oy=1 accelerator.fusion=none \
    accelerator.loop_order=input_stationary accelerator.double_buffer.input=false; do
    program run small.yaml --set $setting --format json
    ok "$([ $status = 0 ] && [ "$(figure sha256 out)" = "$sha" ]; echo $?)" "$setting executes the same numbers"
done
program run small.yaml --weights synthetic:2 --format json
ok "$([ $status = 0 ] && [ "$(figure sha256 out)" != "$sha" ]; echo $?)" 'another seed of weights gives another answer'
program run small.yaml --input synthetic:2 --format json
ok "$([ $status = 0 ] && [ "$(figure sha256 out)" != "$sha" ]; echo $?)" 'another seed of the picture gives another answer'
program run small.yaml --timing-only --format json
ok "$([ $status = 0 ] && ! grep -q '"sha256": *"[0-9a-f]' out && [ "$(figure cycles out)" = "$(figure cycles result.json)" ]; echo $?)" \
    'timing only counts the same cycles and executes nothing'
for precision in fixed16 int8; do
    program run small.yaml --set accelerator.precision=$precision --format json
    ok "$([ $status = 0 ] && grep -q "the scales of $precision come from the inputs" out; echo $?)" "$precision runs and says where its scales are from"
    program run small.yaml --set accelerator.precision=$precision --set network.calibration=synthetic:9 --format json
    ok "$([ $status = 0 ] && ! grep -q 'come from the inputs' out; echo $?)" "$precision takes its scales from other pictures"
done

program run small.yaml --set accelerator.precision=w8a16 --format json
sha16=$(figure sha256 out)
program run small.yaml --set accelerator.precision.weights=int8 --set accelerator.precision.activations=fixed16 --format json
ok "$([ $status = 0 ] && grep -q '"precision": *"w8a16"' out && [ "$(figure sha256 out)" = "$sha16" ]; echo $?)" 'types of weights and activations are set one by one'
printf 'extends: small.yaml\naccelerator:\n  precision: {weights: int8, activations: fixed16}\n' >pair.yaml
program run pair.yaml --format json
ok "$([ $status = 0 ] && [ "$(figure sha256 out)" = "$sha16" ]; echo $?)" 'and in a file'
program run small.yaml --set accelerator.precision.weights=int8
ok "$([ $status = 2 ] && grep -q 'no engine multiplies int8 weights by fp32 activations' err; echo $?)" 'a pair that no engine multiplies is refused'

# ---- batches and several inputs
program run small.yaml --set batch=2 --format json
ok "$([ $status = 0 ] && [ "$(grep -c '"sha256": *"[0-9a-f]' out)" = 1 ] && grep -q 'repeats the 1 input given' out && [ "$(figure sha256 out)" = "$sha" ]; echo $?)" \
    'one input fills a batch of two'
program run small.yaml --set batch=2 --input synthetic --input synthetic:2 --input synthetic:3 --format json
ok "$([ $status = 0 ] && [ "$(grep -c '"sha256": *"[0-9a-f]' out)" = 3 ] && grep -q 'rounds of 2' out && [ "$(figure sha256 out)" = "$sha" ]; echo $?)" \
    'three inputs go through a batch of two in two rounds'
printf 'P6\n20 16\n255\n' >a.ppm
head -c 960 /dev/zero | tr '\000' 'x' >>a.ppm
program run small.yaml --set network.preprocess.resize=16 --input a.ppm --format json
ok "$([ $status = 0 ] && grep -q '"input": *"a.ppm"' out; echo $?)" 'a picture goes in'
ok "$(grep -q 'the weights are synthetic, not trained' out; echo $?)" 'and what weights it meets is said'
program run small.yaml --input synthetic --format json
ok "$(! grep -q 'not trained' out; echo $?)" 'of a picture that is none, there is no need'

# ---- lanes without work
program run "$TOP/configs/default.yaml" --timing-only --fidelity tile --set accelerator.unroll.ic=16 --set accelerator.tile.ic=8
ok "$(grep -q 'accelerator.unroll.ic of 16 is above accelerator.tile.ic of 8: of every 16 lanes 8 never have work' out; echo $?)" 'lanes beyond the tile are noted'
program run "$TOP/configs/default.yaml" --timing-only --fidelity tile
ok "$(! grep -q 'never have work' out; echo $?)" 'but not lanes within it'
program run "$TOP/configs/mobilenet.yaml" --timing-only --fidelity tile --format json
json 'rows of which the same is to be said have one note' 'n = {l["note"] for l in d["layers"] if l["note"] and "of its lanes in use" in l["note"]}; assert len(n) == 1 and " to " in n.pop()'

# ---- a second slot takes block RAM that weights need
cycles() {
    "$ZYNQSIM" run "$TOP/configs/default.yaml" --model cifar10_quick --fidelity tile --timing-only --quiet --format json \
        --set accelerator.double_buffer.weight=false "$@" >out 2>err
    sed -n '/"layers"/q; s/^ *"cycles": \([0-9]*\),*/\1/p' out | head -n 1
}
one=$(cycles --set accelerator.double_buffer.output=false)
two=$(cycles --set accelerator.double_buffer.output=true)
ok "$([ "$two" -le $((one + one / 100)) ]; echo $?)" "a second output buffer costs nothing: $one cycles with one, $two with two"
ok "$(grep -q 'one slot instead of two' out; echo $?)" 'and a note says what was left out'

# ---- sums that overflow
header="{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 2, 2), }"
printf 'name: big\ninput: {name: data, shape: [1, 2, 2]}\nlayers:\n  - {conv: small, out: 2, kernel: 1}\n  - {conv: first, out: 3, kernel: 2}\n  - {softmax: p}\n' >big.yaml
{ printf '\223NUMPY\001\000\166\000%-117s\n' "$header"; printf "\\377\\377\\177\\177\\377\\377\\177\\177\\377\\377\\177\\177\\377\\377\\177\\177"; } >big.npy
printf 'network: {model: big.yaml, input: big.npy}\n' >bigdesign.yaml
program run bigdesign.yaml --fidelity bound --quiet
ok "$([ $status = 0 ] && grep -q 'layer [a-z]* overflow' out; echo $?)" 'a sum that overflows is a note that names the layer, at status 0'
program run bigdesign.yaml --format json
ok "$([ $status = 0 ] && grep -q 'overflow' out && grep -q '"probability": null' out && ! grep -qi ': *-*\(nan\|inf\)' out; echo $?)" 'and JSON says null'
program run bigdesign.yaml --set accelerator.precision=int8
ok "$([ $status = 2 ] && grep -q 'cannot be quantised' err; echo $?)" 'integers have no scale for what is infinite'

# ---- --out
program run small.yaml --out results/deep --quiet
ok "$([ $status = 0 ]; echo $?)" 'a directory for results is made with its parents'
for f in result.json layers.csv output.npy roofline.svg report.html; do
    ok "$([ -s results/deep/$f ]; echo $?)" "--out writes $f"
done
ok "$([ "$(find results -name '.*' | wc -l)" = 0 ]; echo $?)" 'no temporary files are left'
ok "$(grep -q '</svg>' results/deep/roofline.svg && grep -q '<svg' results/deep/report.html; echo $?)" 'the plot is complete and part of the page'
ok "$(! grep -qE '(src|href)="?https?:' results/deep/report.html; echo $?)" 'the page needs no network'
program run small.yaml --input results/deep/output.npy
ok "$([ $status = 2 ]; echo $?)" 'an output is a tensor that can be read (and is refused as an input here)'
PATH=/nonexistent "$ZYNQSIM" run small.yaml --out plain >out 2>err
status=$?
ok "$([ $status = 0 ] && [ ! -e plain/roofline.svg ] && [ -s plain/report.html ] && grep -q 'gnuplot' plain/result.json; echo $?)" \
    'without gnuplot there are no plots and a note says so'

# ---- no
program run small.yaml --set board.dsp=4
ok "$([ $status = 1 ] && grep -q 'does not fit' err && [ -s out ]; echo $?)" 'a design that does not fit is reported in full, status 1'
program run small.yaml --set board.dsp=4 --format json
ok "$([ $status = 1 ] && grep -q '"fits": *false' out; echo $?)" 'and says so in JSON'

# ---- where names are looked up
mkdir -p deep/er
cp small.yaml small_net.yaml deep/er
(cd / && "$ZYNQSIM" run "$WORK/deep/er/small.yaml" --timing-only >"$WORK/out" 2>"$WORK/err")
ok $? 'a design names its network relative to itself'
printf 'extends: er/small.yaml\nname: child\nnetwork: {model: er/small_net.yaml}\n' >deep/child.yaml
program run deep/child.yaml --timing-only --format json
ok "$([ $status = 0 ] && grep -q '"design": *"child"' out; echo $?)" 'a design inherits'
"$ZYNQSIM" run - --timing-only --model ./small_net.yaml >out 2>err <small.yaml
ok $? 'a design comes from standard input'
: >empty.yaml
program run empty.yaml --timing-only --fidelity bound
ok "$([ $status = 0 ]; echo $?)" 'an empty file is the default design'

# ---- results that no number is
{
    printf '\223NUMPY\001\000\166\000'
    printf '%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 16, 16), }"
    # shellcheck disable=SC2046 # a word for each of the largest numbers that a float can be
    printf '\377\377\177\177%.0s' $(seq 768)
} >largest.npy
for kind in tiled direct 'kernels --set accelerator.fusion=none' 'stream --set accelerator.stream.act_bits=8'; do
    for fidelity in bound tile burst; do
        # shellcheck disable=SC2086 # with what belongs to it
        program run small.yaml --set accelerator.kind=$kind --input largest.npy --fidelity $fidelity --format json
        ok "$([ $status -le 1 ] && grep -q '"results of layer conv1 overflow: they are infinite or not a number' out && ! grep -qwi -e nan -e inf -e infinity out; echo $?)" \
            "kind $kind, $fidelity: the first layer that overflows is named, and JSON has null"
    done
done
finish
