#!/bin/sh
# Kernels of a compiler: accelerator.kernels.optimise, compare --ladder, show --loops.
. tests/cli/cli.sh
cp tests/cli/small_net.yaml "$WORK/net.yaml"
cd "$WORK" || exit 1
cat >base.yaml <<'E2'
board: stratix10-520n
network: {model: net.yaml}
accelerator:
  kind: kernels
  precision: fp32
  clock: 200 MHz
  fusion: none
  unroll: {oc: 1, ic: 2}
  kernels: {optimise: []}
E2
cycles() { "$ZYNQSIM" run "$@" --timing-only --format json 2>/dev/null | sed -n 's/^  "cycles": \([0-9]*\),$/\1/p'; }
hash_of() { sed -n 's/.*output sha256 \([0-9a-f]*\).*/\1/p' out; }
optimise='accelerator.kernels.optimise'

program run base.yaml --timing-only --format json
ok "$(! grep -q 'another family' out; echo $?)" 'kernels are counted in blocks of the part'
program run - --model net.yaml --set board=stratix10-520n --timing-only --format json
ok "$(grep -q 'blocks of another family than Stratix 10: [0-9]* BRAM18 of 0, .*how much of stratix10-520n it takes is not known' out; echo $?)" 'and a kind that is not says so'

program run base.yaml
plain=$(hash_of)
program run base.yaml --set "$optimise=register_sum, unroll, local_weights, channels, queues"
ok "$([ $status = 0 ] && [ -n "$plain" ] && [ "$(hash_of)" = "$plain" ]; echo $?)" 'optimised kernels give the same bits'
ok "$([ "$(cycles base.yaml --set $optimise=register_sum)" -lt "$(cycles base.yaml)" ]; echo $?)" 'and take less time'
sed 's/optimise: \[\]/optimise: [register_sum]/' base.yaml >all.yaml
{ cat base.yaml; echo 'layers: {"*": {kernels: {optimise: [register_sum]}}}'; } >layers.yaml
{ cat base.yaml; echo 'layers: {"*": {optimise: [register_sum]}}'; } >short.yaml
ok "$([ "$(cycles all.yaml)" = "$(cycles layers.yaml)" ] && [ "$(cycles all.yaml)" = "$(cycles short.yaml)" ]; echo $?)" \
    'a list for all layers by a pattern is that of the design'
ok "$([ "$(cycles base.yaml --set "layers.*.kernels.optimise=register_sum")" = "$(cycles all.yaml)" ]; echo $?)" '--set says the same'
program run base.yaml --timing-only --set "$optimise=register_sum, channels" --set accelerator.kernels.channel_depth=32
ok "$([ $status = 1 ] && grep -q 'pool1: the channel from relu1\|pool1: the channel from conv1' err && grep -q 'full after 32 of 2048 words' err; echo $?)" \
    'a channel between kernels of one queue is a deadlock, which names it'
program run base.yaml --timing-only --set "$optimise=register_sum, channels, queues" --set accelerator.kernels.channel_depth=32
ok "$([ $status = 0 ]; echo $?)" 'with queues of their own they run'
program run base.yaml --timing-only --set "$optimise=register_sum, channels" --set accelerator.kernels.channel_depth=2048
ok "$([ $status = 0 ]; echo $?)" 'and where a tensor fits'
# launch graphs: a kernel in the queue of all waits for one before it in that queue, across channels
cat >graph.yaml <<'E3'
name: graph
input: {name: data, shape: [8, 8, 8]}
layers:
  - {conv: c, out: 4, kernel: 1}
  - {pool: p, kernel: 2, stride: 2}
  - {pool: r, kernel: 2, stride: 2}
E3
graph() { # DEPTH LAYERS..., those with a queue of their own; the others have none
    depth=$1
    shift
    set -- base.yaml --model graph.yaml --timing-only --set "$optimise=register_sum, channels" --set "accelerator.kernels.channel_depth=$depth" "$@"
    program run "$@"
}
own() { printf 'layers.%s.kernels.optimise=[register_sum, channels, queues]' "$1"; }
graph 32
ok "$([ $status = 1 ] && grep -q 'p: the channel from c is full after 32 of 256 words for ever' err &&
    grep -q 'c waits for p to take words, p is launched after c has ended, in one queue' err &&
    grep -q 'kernels.queues for p, or channel_depth 256' err; echo $?)" 'a cycle of two kernels, the queue to add and the depth to give'
graph 32 --set "$(own c)" --set "$(own r)"
ok "$([ $status = 0 ]; echo $?)" 'the reader may be in the queue of all where its writer is not'
graph 32 --set "$(own p)"
ok "$([ $status = 1 ] && grep -q 'c waits for r to take words, r is launched after c has ended, in one queue' err &&
    grep -q 'kernels.queues for r' err; echo $?)" 'a cycle over two channels'
depth=$(sed -n 's/.*or channel_depth \([0-9]*\)).*/\1/p' err)
graph "$depth" --set "$(own p)"
ok "$([ -n "$depth" ] && [ "$depth" -lt 256 ] && [ $status = 0 ]; echo $?)" 'the depth it says is enough, both channels counted'
program run base.yaml --set layers.conv1.kernels.optimise=register_sums
ok "$([ $status = 2 ] && grep -q 'layers.conv1: accelerator.kernels.optimise: .*register_sum' err; echo $?)" 'a wrong word of a layer is reported with it'
# 128 to 128, 3x3: measured 152, 152 and 142 ms at 122, 184 and 198 MHz
cat >wide.yaml <<'E2'
name: wide
input: {name: data, shape: [128, 28, 28]}
layers:
  - {conv: c, out: 128, kernel: 3, pad: 1}
E2
times=
for clock in 122 184 198; do
    program run base.yaml --model wide.yaml --timing-only --format json --set "accelerator.clock=$clock MHz" \
        --set "$optimise=register_sum, unroll, local_weights" --set accelerator.unroll.ic=1 --set accelerator.unroll.ky=3 --set accelerator.unroll.kx=3
    times="$times $(sed -n 's/^  "seconds": 0\.\([0-9][0-9]\).*/\1/p' out)"
done
ok "$([ "$times" = ' 16 16 16' ]; echo $?)" "lines of DRAM take the same time at any clock:$times"
program run base.yaml --set "$optimise=registersum"
ok "$([ $status = 2 ] && grep -qF "did you mean 'register_sum'" err; echo $?)" 'an unknown word is refused, with the nearest'
program run base.yaml --set "$optimise=unroll, tile, unroll"
ok "$([ $status = 2 ] && grep -q "optimise: 'unroll' is there twice$" err; echo $?)" 'and one that is there twice'

program compare all.yaml --ladder --set "$optimise=register_sum,unroll,local_weights"
ok "$([ $status = 0 ] && [ "$(wc -l <out)" = 5 ] && grep -q '^+ unroll' out; echo $?)" 'a ladder has a rung for each word, in the order of the keys'
program compare all.yaml --ladder --set "$optimise=register_sum,local_weights" --format json
json 'factors multiply, and layers that got slower have names' \
    "l = d['ladder']; assert [r['switch'] for r in l] == ['base', 'register_sum', 'local_weights']
assert abs(l[2]['cumulative_factor'] - l[1]['factor'] * l[2]['factor']) < 1e-9
assert l[2]['factor'] < 1 and all(s['layer'] and s['ratio'] > 1 for s in l[2]['slower_layers']) and l[2]['slower_layers']"
program compare all.yaml --ladder --format csv
ok "$([ $status = 0 ] && [ "$(head -n 1 out)" = switch,seconds,factor,cumulative_factor,slower_layers ]; echo $?)" 'as CSV'
set -- all.yaml --ladder --set "$optimise=register_sum,channels,queues" --set accelerator.kernels.channel_depth=32
program compare "$@"
ok "$([ $status = 0 ] && grep -q '^+ channels *cannot run: ' out && ! grep -q nan out; echo $?)" 'a rung that cannot run'
program compare "$@" --format json
json '... is left out of factors' \
    "l = d['ladder']; assert [r['switch'] for r in l if r['problem']] == ['channels'] and l[2]['factor'] is None
assert abs(l[3]['factor'] - l[1]['seconds'] / l[3]['seconds']) < 1e-9 and abs(l[3]['cumulative_factor'] - l[0]['seconds'] / l[3]['seconds']) < 1e-9"
program compare base.yaml --ladder
ok "$([ $status != 0 ] && grep -qF 'is empty' err; echo $?)" 'no switch, no ladder'

program show base.yaml --loops
ok "$([ $status = 0 ] && grep -q 'sum in global memory' out && grep -q 'lost to DRAM' out; echo $?)" 'loops have an interval and its cause'
# 96 x 66 x 66 words are more than the cache: 32 filters fetch all 26,136 lines again but for the first
cat >again.yaml <<'E4'
name: again
input: {name: data, shape: [96, 64, 64]}
layers:
  - {conv: c, out: 32, kernel: 3, pad: 1}
E4
program show base.yaml --loops --set "$optimise=register_sum, unroll" --set accelerator.unroll.ic=16
ok "$([ $status = 0 ] && [ "$(grep -c ' xx  *[0-9]*  *1  *1  *[0-9]*  load units wait at the ends of lines' out)" -ge 2 ]; echo $?)" 'sums of planes that are read at once wait for lines, and say so'
program show base.yaml --loops --set "$optimise=unroll" --set accelerator.unroll.ox=16 --set accelerator.unroll.ic=1
ok "$([ $status = 0 ] && grep -q ' yy  *16  *1  *-  *[0-9]*  $' out && grep -q ' rx .* 7  *[0-9]*  sum in global memory' out; echo $?)" 'a loop around unrolled ones that hold another has no interval'
program show base.yaml --model again.yaml --loops
ok "$([ $status = 0 ] && [ "$(grep 'fetched again' out)" = '  51.9 MB in lines that are fetched again' ]; echo $?)" 'lines that a kernel had before'
program run base.yaml --model again.yaml --timing-only --format json
ok "$(grep -q 'kernels fetch 51.9 MB in lines that they had before' out; echo $?)" '... which a note of the run counts'
program run base.yaml --timing-only --format json
ok "$(grep -q 'kernels fetch' out; [ $? = 1 ]; echo $?)" '... where there are any'
program show base.yaml
ok "$([ $status = 0 ] && grep -q 'add_latency: 0 *# here no addition waits; ' out; echo $?)" 'show says what an adder left to the program comes to'
program show base.yaml --set board=zybo-z7-20
ok "$([ $status = 0 ] && grep -q 'add_latency: 0 *# here 5; ' out; echo $?)" '... by the family of the device'
program show base.yaml --set board=zybo-z7-20 --set accelerator.kernels.add_latency=3
ok "$([ $status = 0 ] && grep -q 'add_latency: 3 *# PL cycles' out; echo $?)" '... and nothing of one that is said'
finish
