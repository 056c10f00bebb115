#!/bin/sh
# optimise and init: the best of a space, what is said of it, going on, wrong input.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1
over='--over accelerator.unroll.oc=2,4,8 --over accelerator.tile.oc=4,8,16 --over accelerator.tile.ic=2,4 --over accelerator.fusion=none,lf2,auto'
vary=$(echo "$over" | sed 's/--over/--vary/g')

# ---- the same as simulating everything
# shellcheck disable=SC2086 # lists of options
for case in 'minimise cycles' 'maximise images_per_second' 'minimise energy.joules'; do
    set -- $case
    program optimise small.yaml $over --where 'fits != false' "--$1" "$2" --format json --quiet
    cp out found
    program sweep small.yaml $vary --where 'fits != false' --quiet -o "$2.csv" --pareto "$2" --format json
    cp out listed
    cp found out
    json "$case: the best of all 54 points" "
l = json.load(open('listed'))['front'][0]
assert d['proven'] and d['goal_met'] and d['gap_frac'] == 0
a = d['best']
for k in '$2'.split('.'): a = a[k]
assert abs(a - l['$2']) <= 1e-9 * a, (a, l['$2'])
assert d['simulated'] <= 54 and set(d['best']['settings']) == {'accelerator.unroll.oc', 'accelerator.tile.oc', 'accelerator.tile.ic', 'accelerator.fusion'}"
done
# shellcheck disable=SC2086
program optimise small.yaml $over --top 5
ok "$([ $status = 0 ] && grep -q '^optimal: none of 54 points' out && [ "$(grep -c '^ *[1-5]  ' out)" = 5 ]; echo $?)" 'a table of the best, and the proof'

# ---- what is written
# shellcheck disable=SC2086
program optimise small.yaml $over --goal 'cycles <= 1e9' --minimise resources.dsp -o best.yaml --format csv
dsp=$(sed -n 2p out | cut -d, -f"$(head -n 1 out | tr , '\n' | grep -nx resources.dsp.used | cut -d: -f1)")
program run best.yaml --timing-only --format json
ok "$([ $status = 0 ] && grep -q '^# Found by zynqsim optimise' best.yaml && grep -q 'was 8; of 2, 4, 8' best.yaml; echo $?)" 'the best is a design with comments'
json 'which has the figures that were found' "assert d['resources']['dsp']['used'] == $dsp and d['fits']"
mkdir elsewhere
(cd elsewhere && "$ZYNQSIM" run ../best.yaml --timing-only --quiet >../out 2>../err)
ok $? 'and runs from anywhere'

# ---- no answer
# shellcheck disable=SC2086
program optimise small.yaml $over --goal 'images_per_second >= 1e9'
ok "$([ $status = 1 ] && grep -q 'none of 54 points meets the conditions (images_per_second >= 1e9, fits == true): proven' out; echo $?)" 'what cannot be is said, with 1'
# shellcheck disable=SC2086
program optimise small.yaml $over --goal 'images_per_second >= 1e9' --format json -o none.yaml
json 'and in JSON' "assert d['goal_met'] is False and d['best'] is None and d['top'] == []"
ok "$([ ! -e none.yaml ]; echo $?)" 'and nothing is written'

# ---- the same for any number of threads, and for so many simulations
# shellcheck disable=SC2086
for jobs in 1 3; do
    "$ZYNQSIM" optimise small.yaml --simulations 30 --seconds 0 --jobs $jobs --set batch=1 --format json --quiet >j$jobs 2>err
done
ok "$(cmp -s j1 j3 && grep -q '"simulated": 3' j1; echo $?)" 'so many simulations give one answer on any number of threads'

# ---- the same however busy the machine is
"$ZYNQSIM" init --model "$TOP/models/alexnet_group.yaml" --jobs 1 >j1 2>err
"$ZYNQSIM" init --model "$TOP/models/alexnet_group.yaml" --jobs 3 >j3 2>err &
pid=$!
sleep 0.1
kill -STOP $pid # as if others had all processors
sleep 0.7
kill -CONT $pid
status=0
wait $pid || status=$?
ok "$([ $status = 0 ] && cmp -s j1 j3 && [ -s j1 ]; echo $?)" 'init writes one design on any number of threads, also where it has to wait'
"$ZYNQSIM" optimise small.yaml --work 3 --jobs 1 --format json --quiet >j1 2>err
"$ZYNQSIM" optimise small.yaml --work 3 --jobs 3 --rows work.csv --format json --quiet >j3 2>err
"$ZYNQSIM" optimise small.yaml --work 3 --jobs 2 --rows work.csv --format json --quiet >again 2>err
program optimise small.yaml --work 3
ok "$(cmp -s j1 j3 && cmp -s j1 again && grep -q '^limit of work reached: no design of' out; echo $?)" 'so much work gives one answer, also where rows are gone on with'
rm work.csv
for goal in 'resources.dsp <= 200' 'cycles <= 1e9'; do
    for fidelity in '' '--fidelity tile'; do
        # shellcheck disable=SC2086
        "$ZYNQSIM" optimise small.yaml --model "$TOP/models/alexnet_group.yaml" --goal "$goal" --work 12 $fidelity --format json --quiet >"work$fidelity" 2>err
    done
    cmp -s work 'work--fidelity tile'
    echo "$goal $?" >>same
done
ok "$(grep -q '^resources.dsp .* 0$' same && grep -q '^cycles .* 1$' same; echo $?)" 'work goes into confirming times, and not what is the same at every fidelity'

# ---- going on
# shellcheck disable=SC2086
program optimise small.yaml $over --rows rows.csv --simulations 5 --quiet
before=$(wc -l <rows.csv)
# shellcheck disable=SC2086
program optimise small.yaml $over --rows rows.csv --format json --quiet
cp out whole
# shellcheck disable=SC2086
program optimise small.yaml $over --format json --quiet
ok "$([ "$before" -ge 6 ] && cmp -s whole out && [ "$(cut -d, -f1 rows.csv | sort -u | wc -l)" = "$(wc -l <rows.csv)" ]; echo $?)" 'rows are gone on with, and no point is there twice'
printf '17,cut' >>rows.csv
# shellcheck disable=SC2086
program optimise small.yaml $over --rows rows.csv --format json --quiet
ok "$([ $status = 0 ] && cmp -s whole out && ! grep -q 17,cut rows.csv; echo $?)" 'a row that was cut short is taken away'
# shellcheck disable=SC2086
timeout 20 "$ZYNQSIM" optimise small.yaml $over --rows /dev/full --simulations 5 --quiet >out 2>err </dev/null
ok "$([ $? = 2 ] && grep -q '^zynqsim: /dev/full: is no file that rows can be kept in$' err && [ ! -s out ]; echo $?)" 'a device, which reading would not end, is refused'
program optimise small.yaml --over accelerator.tile.oc=4,8 --rows rows.csv
ok "$([ $status = 2 ] && grep -q 'name another file' err; echo $?)" 'rows of other axes are refused'

# ---- ended by hand
# shellcheck disable=SC2086
"$ZYNQSIM" optimise small.yaml --seconds 0 --jobs 1 -o kept.yaml >out 2>err </dev/null &
pid=$!
sleep 1
kill -INT $pid
wait $pid
ok "$([ $? = 130 ] && grep -q 'interrupted: ' out && [ -s kept.yaml ]; echo $?)" 'Ctrl-C prints and keeps the best so far, with 130'
ok "$(grep -q '^zynqsim: optimise: images_per_second [0-9.e+]*' err; echo $?)" 'which was said as it got better'

# ---- what bounds cannot prove
program optimise small.yaml --goal 'cycles >= 5' --goal 'binding == dsp' --goal 'resources.dsp <= 200' --maximise dram.busy_frac --simulations 3
ok "$([ "$(grep -c 'nothing bounds' err)" = 3 ] && grep -q '^zynqsim: optimise: cycles >= 5: nothing bounds cycles from above before' err &&
    grep -q 'binding == dsp: nothing bounds binding before' err && grep -q -- '--maximise: nothing bounds dram.busy_frac from above' err; echo $?)" 'what has no bound is said at once'
program optimise small.yaml --goal 'resources.dsp >= 300' --goal 'fusion == lf2'
ok "$([ $status = 1 ] && grep -q 'proven; 0 simulated' out && ! [ -s err ]; echo $?)" 'more than the part has is known to be too much'

# ---- init
program init --board zedboard --model small_net.yaml --precision fixed16 --seconds 0.2 -o first.yaml
"$ZYNQSIM" run first.yaml --timing-only --format json >out 2>err
ok $? 'init writes a design that runs'
json 'for its board and precision, and it fits' "assert d['board'] == 'zedboard' and d['precision'] == 'fixed16' and d['fits'] is True"
ok "$(grep -q '^# Written by zynqsim init: .* images/s by fidelity tile, and it fits' first.yaml && grep -q 'lanes: output channels per clock' first.yaml; echo $?)" 'with comments'
program init --model small_net.yaml --simulations 20
ok "$([ $status = 0 ] && grep -q '^board: zybo-7020-256k' out; echo $?)" 'or to standard output, for the default board'

for no in '--board stratix10-520n' '--set board.dsp=1'; do # a part without what the kind needs
    # shellcheck disable=SC2086
    program init --model small_net.yaml $no
    ok "$([ $status = 1 ] && grep -q '^zynqsim: init: none of [0-9]* designs of kind tiled fits .*: proven$' err && [ ! -s out ]; echo $?)" "$no: nothing fits, which is proven"
done

# ---- wrong input
refuses() {
    want=$1
    shift
    program "$@"
    ok "$([ $status = 2 ] && grep -q -- "$want" err && [ ! -s out ]; echo $?)" "$*: $want"
}
refuses 'did you mean images_per_second' optimise small.yaml --maximise images_per_secnd
refuses 'did you mean resources.dsp' optimise small.yaml --goal 'resources.dps <= 3'
refuses 'did you mean accelerator.tile.oc' optimise small.yaml --over accelerator.tile.o=1,2
refuses 'does not go with' optimise small.yaml --minimise cycles --maximise gops
refuses 'only numbers have a best' optimise small.yaml --minimise fits
refuses 'is on the axis' optimise small.yaml --over batch=1,2 --set batch=4
refuses "'x' is no number" optimise small.yaml --seconds x
refuses '101 is outside 0 .. 100' optimise small.yaml --top 101
refuses '--top: -1 is outside 0 .. 100' optimise small.yaml --top -1
refuses "--work: 'x' is no number" optimise small.yaml --work x
refuses 'a condition has the form' optimise small.yaml --goal cycles
refuses 'needs a file' optimise small.yaml -o -
refuses "^zynqsim: --board: .*did you mean 'zedboard'" init --board zedbord
refuses 'did you mean mobilenet_v1' init --model mobilenet_v2
refuses "^zynqsim: --precision: .*did you mean 'int8'" init --precision int9
refuses "'int4': kind stream has numbers of fewer than 8 bits, kind tiled has none" init --model small_net.yaml --precision int4
refuses 'a design of several engines' optimise "$TOP/configs/cnv-partitions.yaml"
refuses 'tests: cannot be written: is a directory' optimise small.yaml --seconds 0 -o "$TOP/tests"
refuses 'no/best.yaml: cannot be written' optimise small.yaml --seconds 0 -o no/best.yaml
# ---- axes of other kinds
kind() { # KIND KEY OPTION...
    kind=$1 key=$2
    shift 2
    program optimise small.yaml --set "accelerator.kind=$kind" --where 'fits != false' --simulations 6 --format json --quiet "$@"
    json "kind $kind turns $key" "assert d['goal_met'] and '$key' in d['best']['settings'], d['best']['settings']"
}
kind linebuffer accelerator.unroll.oc --set accelerator.precision=fixed16
kind linebuffer accelerator.linebuffer.lut_pes --set accelerator.precision=int8
kind direct accelerator.ports.input
kind pegrid accelerator.pegrid.sync --set accelerator.precision=int8 --set accelerator.fusion=none
printf 'board: pynq-z1\nbatch: 100\nnetwork: {model: finn_tfc}\naccelerator: {kind: stream, precision: int8, stream: {weight_bits: 1, act_bits: 1, input_threshold: 8}}\n' >stream.yaml
program optimise stream.yaml --goal 'images_per_second >= 20000' --minimise resources.lut --format json --quiet
json 'kind stream folds for the target that meets the goal with the fewest LUTs' "
assert d['proven'] and d['goal_met'] and d['best']['images_per_second'] >= 20000
assert d['best']['settings']['accelerator.stream.target'] == '30000 fps', d['best']['settings']"
finish
