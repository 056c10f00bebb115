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
refuses 'tile.oc, tile.ic' 'an unknown key names those there are' run small.yaml --set layers.conv1.tile.of=4
refuses 'below the minimum' 'a value out of range is refused' run small.yaml --set 'layers.*.tile.oc=0'
refuses 'weight_stationary' 'an unknown word names those there are' run small.yaml --set 'layers.*.loop_order=weights'
refuses 'belongs to kind tiled' 'another kind has no tiles' run small.yaml --set accelerator.precision=int8 --set accelerator.kind=linebuffer --set 'layers.*.tile.oc=4'
refuses '256 bytes in 2 slots of 128 do not hold a tile of layer' 'a tile beyond its buffer is refused with both sizes' \
    run small.yaml --set accelerator.buffer.input=256
refuses 'accelerator.buffer.output' 'sums beyond their buffer too' run small.yaml --set accelerator.buffer.output=1KiB
program run small.yaml --set accelerator.buffer.input=128KiB --set accelerator.buffer.output=64KiB
ok "$([ $status -le 1 ] && [ "$(hash_of)" = "$plain" ]; echo $?)" 'larger buffers give the same bits'
finish
