#!/bin/sh
# kind pegrid: weights decide the plan wherever it is made, the network is another at every point of a sweep, results are
# those of other kinds, cycles those that sparsify --pes counts.
. tests/cli/cli.sh
v10=$TOP/../shared/data/models/squeezenet_v1.0.onnx
cd "$WORK" || exit 1
cat >net.yaml <<'END'
name: tiny
input: {name: data, shape: [3, 12, 12]}
layers:
  - {conv: conv1, out: 8, kernel: 3, pad: 1, relu: true}
  - {conv: dw, out: 8, kernel: 3, pad: 1, groups: 8}
  - {conv: conv2, out: 12, kernel: 3, stride: 2, groups: 2, relu: true}
  - {pool: pool1, kind: max, kernel: 2, stride: 2}
  - {fc: fc1, out: 5}
  - {softmax: prob}
END
cat >grid.yaml <<'END'
accelerator:
  kind: pegrid
  precision: fixed16
  fusion: none
  unroll: {oc: 4, ic: 1}
  pegrid: {skip: weight, sync: tile}
network: {model: net.yaml, sparsify: {method: lamp, parameter: 0.5}}
END
sed '/pegrid/d; /fusion/d' grid.yaml >tiled.yaml

figure() { sed -n "s/.*\"$1\": \"\{0,1\}\([0-9a-f.]*\).*/\1/p" out | "${2:-head}" -n 1; }
digest() { sed -n 's/.*"sha256": "\([0-9a-f]*\)".*/\1/p' out; } # of the output

# ---- one network, one result
program run tiled.yaml --fidelity tile --format json
want=$(digest)
for skip in none filter kernel weight; do
    for code in dense bitmap rle4 rle8 csc; do
        program run grid.yaml --fidelity tile --format json --set accelerator.pegrid.skip=$skip \
            --set accelerator.pegrid.weights=$code --set accelerator.pegrid.input=1024
        ok "$([ $status = 0 ] && [ -n "$want" ] && [ "$(digest)" = "$want" ]; echo $?)" "skip $skip, $code: the bits of the tiled engine"
    done
done
program run grid.yaml --fidelity tile
ok "$(grep -q 'MACs of an image are performed' out && grep -q 'say where the weights are' out; echo $?)" 'what is left out is said'
tr '\n' ' ' <out | tr -s ' ' | sed -n "s/.* \([0-9]*\) of the [0-9]* MACs of an image are performed.* busy \([0-9.]*\) % of the PEs' \([0-9]*\) steps.*/\1 \2 \3/p" >busy
ok "$(awk '{ share = 100 * $1 / ($3 * 4) } END { exit !(NR == 1 && share > $2 - 0.06 && share < $2 + 0.06) }' busy; echo $?)" 'four PEs of a lane perform at most four MACs a step'

# ---- inputs that are 0: of the image that is given, also with timing alone; not in sweeps
for code in 1 2; do
    program run grid.yaml --input synthetic:$code --fidelity tile --format json --set accelerator.pegrid.skip_inputs=true
    figure cycles
    program run grid.yaml --input synthetic:$code --fidelity tile --format json --set accelerator.pegrid.skip_inputs=true --timing-only
    figure cycles
done >inputs
ok "$([ "$(uniq inputs | wc -l)" = 2 ]; echo $?)" 'inputs decide, with timing alone as well'
program run grid.yaml --fidelity tile --format json --set accelerator.pegrid.skip_inputs=true
ok "$([ "$(digest)" = "$want" ]; echo $?)" 'inputs left out: the bits of the tiled engine'
program sweep grid.yaml --fidelity tile --vary accelerator.pegrid.skip_inputs=false,true --format csv
ok "$(grep -q 'skip_inputs: inputs are counted on images, which sweeps' out; echo $?)" 'a sweep says that it looks at no image'
program run grid.yaml --set accelerator.pegrid.skip_inputs=true --set accelerator.unroll.ox=2
ok "$([ $status = 2 ] && grep -q 'skip_inputs.*one pixel' err; echo $?)" 'leaving inputs out takes one pixel at a time'

program run grid.yaml --fidelity tile --set accelerator.pegrid.drop_maps=0.9
ok "$([ $status -le 1 ] && grep -q 'maps that layers read for the batch are dropped' out; echo $?)" 'maps that are dropped are said'
program run grid.yaml --set accelerator.pegrid.drop_maps=0.5 --input synthetic:1 --input synthetic:2
ok "$([ $status = 2 ] && grep -q 'batch: what inputs are decides the plan, which is one of 1 images: 2 were given' err; echo $?)" 'one plan, one batch'

# ---- weights decide, with timing alone and in sweeps too
cycles_at() {
    program run grid.yaml --fidelity tile --format json --set network.sparsify.parameter="$1" "$2"
    figure cycles
}
for p in 0 0.5 0.9; do cycles_at $p --timing-only; done >alone
for p in 0 0.5 0.9; do cycles_at $p --quiet; done >whole
program sweep grid.yaml --fidelity tile --vary network.sparsify.parameter=0,0.5,0.9 --format csv
sed '/^#/d' out | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "cycles") at = i; next } { print $at }' >swept
ok "$(cmp -s alone whole && [ "$(sort -u alone | wc -l)" = 3 ]; echo $?)" 'timing alone looks at weights'
ok "$(cmp -s alone swept; echo $?)" 'every point of a sweep has weights of its own'
swept() { program sweep "$1.yaml" --fidelity tile --vary accelerator.unroll.oc=2,4 -o "$1.csv" --quiet --weights "$2"; }
swept tiled synthetic:1
swept tiled synthetic:2
ok "$([ $status = 0 ]; echo $?)" 'an engine that does not look at weights has the same rows for all'
program sweep tiled.yaml --fidelity tile --vary accelerator.weight_code=dense,csc -o coded.csv --quiet --weights synthetic:1
program sweep tiled.yaml --fidelity tile --vary accelerator.weight_code=dense,csc -o coded.csv --quiet --weights synthetic:2
ok "$([ $status = 2 ] && grep -q 'coded.csv' err; echo $?)" 'nor does one whose axis brings compressed weights in'
swept grid synthetic:1
swept grid synthetic:2
ok "$([ $status = 2 ] && grep -q 'grid.csv' err; echo $?)" 'rows of other weights are those of another design'
program sweep grid.yaml --fidelity tile --vary network.sparsify.method=none,lamp --vary accelerator.kind=tiled,kernels --set accelerator.kind=tiled
ok "$([ $status != 0 ]; echo $?)" 'keys of the grid are refused in other kinds'

# ---- compressed weights of the tiled engine
for code in bitmap rle4 rle8 csc; do
    program run tiled.yaml --fidelity tile --format json --set accelerator.weight_code=$code
    ok "$([ "$(digest)" = "$want" ] && [ "$(figure index_bytes)" -gt 0 ]; echo $?)" "tiled, $code: the same bits"
done
program sweep tiled.yaml --fidelity tile --format csv --vary accelerator.weight_code=dense,bitmap,rle4,rle8,csc --vary accelerator.weight_decode=1,8 --vary accelerator.tile.oc=4,8
least=$(sed '/^#/d' out | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "cycles") at = i; next } { print $at }' | sort -n | head -n 1)
program sweep tiled.yaml --fidelity tile --format csv --best cycles --vary accelerator.weight_code=dense,bitmap,rle4,rle8,csc --vary accelerator.weight_decode=1,8 --vary accelerator.tile.oc=4,8
ok "$(sed '/^#/d' out | awk -F, -v least="$least" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "cycles") at = i; next } $at == least { found = 1 } END { exit !found }'; echo $?)" 'closed forms know compressed weights: the best is the best'
program run tiled.yaml --set accelerator.weight_code=csc --set accelerator.tile.auto=true
ok "$([ $status = 2 ] && grep -q 'weight_code: tiles are chosen' err; echo $?)" 'tiles are not chosen for compressed weights'
program run tiled.yaml --set accelerator.weight_code=csc --set accelerator.weight_layout=oihw
ok "$([ $status = 2 ] && grep -q 'weight_code: streams are of tiles' err; echo $?)" 'streams need the packed layout'

# ---- real weights: the published count of a real network, P = 16 and 64
if [ -r "$v10" ]; then
    while read -r pes skip sync steps; do
        program run grid.yaml --model "$v10" --timing-only --fidelity bound --set network.sparsify.method=none --set accelerator.unroll.oc="$pes" \
            --set accelerator.pegrid.skip="$skip" --set accelerator.pegrid.sync="$sync" --set accelerator.pegrid.packed=false --format json
        ok "$(grep -q "the PEs' $steps steps" out; echo $?)" "SqueezeNet v1.0, $pes PEs, $skip, $sync: $steps"
    done <<'END'
16 none lockstep 53891346
16 kernel lockstep 53440455
16 kernel tile 46873254
16 weight lockstep 53219819
16 weight tile 31497832
64 none lockstep 15318982
64 kernel lockstep 15316678
64 kernel tile 13688225
64 weight tile 10002071
END
    # and inputs of a real image, as sparsify --pes counts them
    picture=$(find "$TOP/../shared/data/images" -name 'n01440764*' | head -n 1)
    program sparsify "$v10" --pes 16 --input "$picture" --format csv
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } $1 == "total" { print $at["effectual_macs"], $at["cycles_both_lockstep"], $at["cycles_both_barrier_map"] }' out >both
    read -r effectual at_lockstep at_tile <both
    for sync in lockstep tile; do
        program run grid.yaml --model "$v10" --input "$picture" --timing-only --fidelity bound --set network.sparsify.method=none --set accelerator.precision=fp32 \
            --set accelerator.unroll.oc=16 --set accelerator.pegrid.sync=$sync --set accelerator.pegrid.packed=false --set accelerator.pegrid.skip_inputs=true \
            --set accelerator.pegrid.filter=16384 --set accelerator.pegrid.input=16777216 --set accelerator.pegrid.plane=65536 --format json
        steps=$at_lockstep
        [ $sync = lockstep ] || steps=$at_tile
        ok "$(grep -q "$effectual an input other than 0 as well.* the PEs' $steps steps" out; echo $?)" "SqueezeNet v1.0 with a picture, $sync: $effectual products, $steps"
    done
else
    skip 'SqueezeNet v1.0 is not here'
fi
finish
