#!/bin/sh
# layers: tiles and loop orders of layers, and buffers that belong to the design.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1

cycles() { "$ZYNQSIM" run "$@" --fidelity tile --format json 2>/dev/null | sed -n 's/^  "cycles": \([0-9]*\),$/\1/p'; }
hash_of() { sed -n 's/.*output sha256 \([0-9a-f]*\).*/\1/p' out; }
refuses() { # SENTENCE-PART WHAT ARGUMENT...
    part=$1 what=$2
    shift 2
    program "$@"
    ok "$([ $status = 2 ] && grep -qF "$part" err && [ ! -s out ]; echo $?)" "$what"
}

{
    cat small.yaml
    echo 'layers:'
    echo '  "*": {tile: {oc: 4, oy: 3}, loop_order: weight_stationary}'
    echo '  "fire2/*": {tile: {ic: 2}, outer_loop: pixels, loop_order: output_stationary}'
} >layers.yaml
program run small.yaml
plain=$(hash_of)
program run layers.yaml
ok "$([ $status = 0 ] && [ -n "$plain" ] && [ "$(hash_of)" = "$plain" ]; echo $?)" 'schedules of layers give the same bits'
ok "$([ "$(cycles layers.yaml)" != "$(cycles small.yaml)" ]; echo $?)" 'and other cycles'
ok "$([ "$(cycles small.yaml --set 'layers.*.tile.oc=4' --set 'layers.*.tile.oy=3' --set 'layers.*.loop_order=weight_stationary' \
    --set 'layers.fire2/*.tile.ic=2' --set 'layers.fire2/*.outer_loop=pixels' --set 'layers.fire2/*.loop_order=output_stationary')" \
    = "$(cycles layers.yaml)" ]; echo $?)" '--set says the same'

program show layers.yaml
sed '/^network small/,$d' out >shown.yaml
ok "$(grep -qF '"*": {tile: {oc: 4, oy: 3}, loop_order: weight_stationary}' shown.yaml; echo $?)" 'show writes them as in a file'
ok "$([ "$(cycles shown.yaml)" = "$(cycles layers.yaml)" ]; echo $?)" 'which is the same design'

refuses 'no layer of network' 'a pattern that fits no layer is refused' run small.yaml --set layers.conv99.tile.oc=4
refuses 'did you mean "conv1"' 'and the nearest is named' run small.yaml --set layers.conv12.tile.oc=4
refuses 'is called "conv[1"' 'a bracket without its end is no pattern' run small.yaml --set 'layers.conv[1.tile.oc=4'
refuses 'tile.oc, tile.ic' 'an unknown key names those there are' run small.yaml --set layers.conv1.colour=4
refuses "'tile.of' of 'conv1' is no key, did you mean tile.oc" 'or the nearest' run small.yaml --set layers.conv1.tile.of=4
refuses "'buffer.input' of 'conv1' is one for all layers" 'buffers belong to the engine' run small.yaml --set layers.conv1.buffer.input=4096
for twice in 'conv1: {tile: {oc: 4}}, conv1: {threads: rows}' 'conv1: {tile: {oc: 4, oc: 8}}' 'conv1: {tile: {oc: 4}, tile: {ic: 8}}'; do
    { cat small.yaml; echo "layers: {$twice}"; } >twice.yaml
    refuses 'is given twice, first in line' "a layer or a key of it that is given twice is refused: $twice" run twice.yaml
done
refuses 'below the minimum' 'a value out of range is refused' run small.yaml --set 'layers.*.tile.oc=0'
refuses 'weight_stationary' 'an unknown word names those there are' run small.yaml --set 'layers.*.loop_order=weights'
refuses 'belongs to kind tiled' 'another kind has no tiles' run small.yaml --set accelerator.precision=int8 --set accelerator.kind=linebuffer --set 'layers.*.tile.oc=4'
refuses '256 bytes in 2 slots of 128 do not hold a tile of layer' 'a tile beyond its buffer is refused with both sizes' \
    run small.yaml --set accelerator.buffer.input=256
refuses 'accelerator.buffer.output' 'sums beyond their buffer too' run small.yaml --set accelerator.buffer.output=1KiB
program run small.yaml --set accelerator.buffer.input=128KiB --set accelerator.buffer.output=64KiB
ok "$([ $status -le 1 ] && [ "$(hash_of)" = "$plain" ]; echo $?)" 'larger buffers give the same bits'

# ---- tiles that take turns, tiles of single buffers, bursts in flight
every_step='--set accelerator.fusion=none --set accelerator.keep_tiles=false --set accelerator.tile.oc=4 --set accelerator.tile.ic=2 --set accelerator.tile.oy=4'
single='--set accelerator.double_buffer.input=false --set accelerator.double_buffer.weight=false --set accelerator.double_buffer.output=false'
read_bytes() { "$ZYNQSIM" run "$@" --fidelity tile --format json 2>/dev/null | sed -n 's/.*"read_bytes": \([0-9]*\).*/\1/p' | head -n 1; }
# shellcheck disable=SC2086 # words are meant
for axis in rows channels; do
    program run small.yaml $every_step --set accelerator.threads=$axis
    ok "$([ "$(hash_of)" = "$plain" ]; echo $?)" "threads of $axis give the same bits"
    ok "$([ "$(read_bytes small.yaml $every_step --set accelerator.threads=$axis)" -lt "$(read_bytes small.yaml $every_step)" ]; echo $?)" \
        "threads of $axis load less"
    ok "$([ "$(cycles small.yaml $every_step $single --set accelerator.threads=$axis)" = "$(cycles small.yaml $every_step $single)" ]; echo $?)" \
        "which needs two slots for sums"
done
# shellcheck disable=SC2086 # words are meant
ok "$([ "$(cycles small.yaml $single --set 'layers.*.single_tile.oc=3')" = "$(cycles small.yaml $single --set 'layers.*.tile.oc=3')" ] &&
    [ "$(cycles small.yaml --set 'layers.*.single_tile.oc=3')" = "$(cycles small.yaml)" ]; echo $?)" 'single_tile counts where nothing is double-buffered'
for way in reads writes; do
    ok "$([ "$(cycles small.yaml --set accelerator.dma.outstanding_$way=1)" = "$(cycles small.yaml --set board.axi.hp.outstanding_$way=1)" ]; echo $?)" \
        "one burst of $way in flight is as if the port took no more"
done

# ---- chosen by layer
program show small.yaml --set accelerator.tile=auto --schedule
cp out schedule.yaml
ok "$([ $status = 0 ] && grep -q '^  "conv1": {tile: {oc: ' out && grep -q 'mappings' out; echo $?)" 'show --schedule prints what was chosen from what'
{ cat small.yaml && cat schedule.yaml; } >written.yaml
ok "$([ "$(cycles written.yaml)" = "$(cycles small.yaml --set accelerator.tile=auto)" ]; echo $?)" 'and is the section layers of the same design'
ok "$([ "$(cycles small.yaml --set accelerator.tile=auto)" -le "$(cycles small.yaml)" ]; echo $?)" 'which is no slower'
program run small.yaml --set accelerator.tile=auto
ok "$([ "$(hash_of)" = "$plain" ]; echo $?)" 'and has the same bits'
{ cat small.yaml && echo 'accelerator: {tile: auto, buffer: {input: 4 KiB, weight: 4 KiB, output: 4 KiB}}'; } >auto.yaml
program show auto.yaml
ok "$([ $status -le 1 ] && grep -q '^ *auto: true' out && grep -q '^input  *.* 4096 ' out; echo $?)" 'tile: auto in a file, under buffers that are said'
program show small.yaml --set accelerator.tile=auto --set layers.conv1.tile.oc=3 --set 'layers.fire2/*.loop_order=weight_stationary' --schedule
ok "$(grep -q '"conv1": {tile: {oc: 3, ' out && [ "$(grep -c 'fire2.*weight_stationary' out)" = 3 ]; echo $?)" \
    'what is said of a layer is left'
program show small.yaml --set 'layers.conv1.tile=auto' --schedule
ok "$([ "$(grep -c 'mappings [0-9]* made' out)" = 1 ]; echo $?)" 'one layer alone can be left to the program'
ok "$([ "$(read_bytes auto.yaml --set accelerator.tile.goal=dram_bytes)" -le "$(read_bytes auto.yaml)" ]; echo $?)" 'for fewer bytes'
program run small.yaml --set accelerator.tile=auto --set accelerator.tile.goal=energy
ok "$([ $status -le 1 ]; echo $?)" 'for less energy'
refuses 'do not hold a tile' 'buffers too small for any tile are refused' run auto.yaml --set accelerator.buffer.output=16
refuses 'did you mean' 'another word than auto is refused' run small.yaml --set accelerator.tile.goal=cycle
refuses 'takes keys below it' 'a number too' run small.yaml --set accelerator.tile=16
program show small.yaml --set accelerator.precision=int8 --set accelerator.kind=linebuffer --schedule
ok "$([ $status != 0 ] && grep -q 'has none to choose' err; echo $?)" 'another kind has no schedule'

# ---- ports and fusion
bytes_of() { # PORT DESIGN...
    port=$1
    shift
    program run "$@" --format json
    tr -d ' \n' <out | sed -n "s/.*\"name\":\"$port\",\"bytes\":\([0-9]*\).*/\1/p"
}
hash_of_run() {
    program run "$@"
    hash_of
}
one=$(bytes_of hp0.rd small.yaml)
two='--set accelerator.ports.input=hp0+hp3'
# shellcheck disable=SC2086 # words are meant
ok "$([ $(($(bytes_of hp0.rd small.yaml $two) + $(bytes_of hp3.rd small.yaml $two))) = "$one" ] && [ "$(bytes_of hp3.rd small.yaml $two)" -gt 0 ]; echo $?)" \
    'inputs over two ports are the same bytes, on both'
# shellcheck disable=SC2086 # words are meant
ok "$([ "$(hash_of_run small.yaml $two)" = "$plain" ]; echo $?)" 'and the same bits'
{ cat small.yaml && echo 'accelerator: {ports: {input: [hp0, hp3]}}'; } >ports.yaml
# shellcheck disable=SC2086 # words are meant
ok "$([ "$(cycles ports.yaml)" = "$(cycles small.yaml $two)" ]; echo $?)" 'a list in a file says the same'
program show ports.yaml
sed '/^$/,$d' out >shown.yaml
ok "$([ "$(cycles shown.yaml)" = "$(cycles ports.yaml)" ]; echo $?)" 'show writes it'
ok "$([ "$(bytes_of hp3.rd ports.yaml --set accelerator.ports.input=hp0)" = '' ]; echo $?)" 'one port takes the place of the list'
{ cat small.yaml && echo 'layers: {"conv1": {ports: {input: [hp2, hp3]}, fusion: none}}'; } >layer_ports.yaml
ok "$([ "$(bytes_of hp3.rd layer_ports.yaml)" -gt 0 ]; echo $?)" 'a layer has ports of its own'
ok "$([ "$(hash_of_run layer_ports.yaml)" = "$plain" ]; echo $?)" 'and the same bits'
ok "$(grep -q '^pool1 ' out; echo $?)" 'fusion none of a layer leaves its pool apart'
program run small.yaml --set layers.pool1.fusion=none
ok "$(grep -q '^pool1 ' out; echo $?)" 'as does that of the pool'
refuses 'none, lf1, lf2, fire or separable' 'a layer has no fusion auto' run small.yaml --set layers.conv1.fusion=auto
refuses 'one array multiplies in one' 'nor another precision than the engine' run small.yaml --set layers.conv1.precision=int8
refuses "is model and the engine's int8" 'the scales of a file are those of all layers' run small.yaml --set accelerator.precision=int8 --set layers.conv1.precision=model
for list in hp0+acp hp0+hp0 '[hp1, hp9]' '[]'; do
    refuses 'hp0 to hp3, each once' "only HP ports share an operand, not $list" run small.yaml --set "accelerator.ports.input=$list"
    refuses 'hp0 to hp3, each once' "nor in a layer" run small.yaml --set "layers.conv1.ports.output=$list"
done
refuses 'one port' 'a kind that does not stripe refuses a list' run small.yaml --set accelerator.precision=int8 --set accelerator.kind=linebuffer --set accelerator.ports.input=hp0+hp1

# A choice of tensors that stay on chip has a goal of its own.
resnet() { "$ZYNQSIM" run "$TOP/configs/resnet20.yaml" --timing-only --fidelity tile --format json --set accelerator.fusion=auto --set "accelerator.fusion_goal=$1" 2>/dev/null >out; }
figure() { sed -n "s/^ *\"$1\": \([0-9]*\),*\$/\1/p" out | head -1; }
resnet dram_bytes
few_bytes=$(figure read_bytes) bytes_cycles=$(figure cycles)
resnet cycles
ok "$([ "$(figure cycles)" -lt "$bytes_cycles" ]; echo $?)" 'fusion auto for cycles is faster than that for bytes'
ok "$([ "$(figure read_bytes)" -gt "$few_bytes" ]; echo $?)" 'and moves more'
ok "$(grep -q 'k cycles by estimate' out; echo $?)" 'which its note says'
refuses 'dram_bytes' 'an unknown goal names those there are' run small.yaml --set accelerator.fusion_goal=speed

# A pool whose window is too large for an input slot: of fewer pixels, or not on the engine at all.
pool_net() { printf 'name: pools\ninput: {name: data, shape: [3, 56, 56]}\nlayers:\n  - {conv: c, out: 8, kernel: 1}\n  - {pool: p, kernel: %s, stride: %s}\n' "$1" "$2"; }
pool_run() { # NETWORK TILE.OY TILE.OX
    "$ZYNQSIM" run "$TOP/configs/default.yaml" --set network.model="$1" --set accelerator.fusion=none --set accelerator.tile.ic=2 \
        --set accelerator.tile.oy="$2" --set accelerator.tile.ox="$3" >out 2>err
}
pool_net 3 2 >pools.yaml
pool_run pools.yaml 14 14
ok "$(grep -q '^p  *p ' out; echo $?)" 'a pool takes a smaller tile where its input has no room'
small=$(hash_of)
pool_run pools.yaml 112 14
ok "$(grep -q '^p  *p ' out && [ "$(hash_of)" = "$small" ] && [ -n "$small" ]; echo $?)" 'and gives the same bits as with room'
pool_net 7 7 >pools.yaml
pool_run pools.yaml 1 7
ok "$(grep -q '^p  *cpu ' out; echo $?)" 'one whose single window is larger than a slot is left to the PS'
ok "$(tr -s '\n ' ' ' <out | grep -q 'a window of 7 x 7 of 1 channel is more than the 28 elements of an input slot'; echo $?)" 'and the output says why'

# ---- depthwise layers tile by tile
cat >blocks.yaml <<'NET'
name: blocks
input: {name: data, shape: [3, 40, 40]}
layers:
  - {conv: c1, out: 12, kernel: 3, stride: 2, pad: 1, relu: true}
  - {conv: e1, out: 48, kernel: 1, relu: true}
  - {conv: d1, out: 48, kernel: 3, pad: 1, depthwise: true, relu: true}
  - {conv: p1, out: 12, kernel: 1}
  - {conv: d2, out: 12, kernel: 3, stride: 2, pad: 1, depthwise: true, relu: true}
  - {conv: p2, out: 20, kernel: 1, relu: true}
  - {conv: r3, out: 20, kernel: 1}
  - {add: a3, from: [p2, r3], relu: true}
  - {global_avgpool: gap}
NET
blocks() { program run small.yaml --model blocks.yaml --fidelity tile "$@"; }
blocks --set accelerator.fusion=fire
apart=$(hash_of)
blocks --set accelerator.fusion=separable
ok "$(grep -q '^e1+d1+p1 ' out && grep -q '^d2+p2 ' out && [ -n "$apart" ] && [ "$(hash_of)" = "$apart" ]; echo $?)" 'separable: expand, depthwise and project are a row, with the same bits'
blocks --set accelerator.fusion=separable --set layers.d2.fusion=fire
ok "$(grep -q '^e1+d1+p1 ' out && grep -q '^d2  *d2 ' out && [ "$(hash_of)" = "$apart" ]; echo $?)" 'a layer that says otherwise is apart'
ok "$(grep -q '^r3+a3 ' out; echo $?)" 'an addition goes with the tiles of the layer before it'
blocks --set accelerator.fusion=separable --set layers.a3.fusion=none
ok "$(grep -q '^e1+d1+p1 ' out && grep -q '^r3  *r3 ' out && grep -q '^a3  *a3 ' out && [ "$(hash_of)" = "$apart" ]; echo $?)" 'unless it says otherwise'
blocks --set 'layers.[ed]1.fusion=separable'
ok "$(grep -q '^e1+d1 ' out && grep -q '^p1  *p1 ' out && [ "$(hash_of)" = "$apart" ]; echo $?)" 'a pattern is enough'
blocks --set accelerator.fusion=auto
ok "$(tr -s '\n ' ' ' <out | grep -q 'maps between layers pass by tile' && [ "$(hash_of)" = "$apart" ]; echo $?)" 'auto tries it and says what came of it'
program show small.yaml --model blocks.yaml --set accelerator.fusion=separable --schedule
{ cat small.yaml; cat out; } >back.yaml
ok "$([ "$(cycles back.yaml --model blocks.yaml)" = "$(cycles small.yaml --model blocks.yaml --set accelerator.fusion=separable)" ]; echo $?)" \
    'a schedule that is written back goes by tile as before'
ok "$(grep -q '"a3": {fusion: separable}' out; echo $?)" 'additions have their line in it'
finish
