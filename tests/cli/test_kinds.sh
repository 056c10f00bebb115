#!/bin/sh
# Keys that have no effect in the kind of a design, wherever they are given.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1

# refuses PLACE KEY KINDS KIND WHAT ARGUMENT...: exit status 2 and the sentence.
refuses() {
    sentence="zynqsim: $1$2: belongs to $3; this design is of kind $4${without:-}"
    what=$5
    shift 5
    program "$@"
    ok "$([ $status = 2 ] && grep -qxF "$sentence" err && [ ! -s out ]; echo $?)" "$what"
}

cat >lines.yaml <<'END'
network: {model: small_net.yaml}
accelerator:
  kind: linebuffer
  precision: int8
  linebuffer: {weights: 4096}
END
cat >common.yaml <<'END'
network: {model: small_net.yaml}
accelerator: {precision: int8, fusion: lf1}
END
cat >wrong.yaml <<'END'
extends: lines.yaml
accelerator:
  tile: {oc: 8}
END
cat >changed.yaml <<'END'
extends: lines.yaml
accelerator: {kind: tiled}
END
tile=accelerator.tile.oc
refuses wrong.yaml:3:10:\  $tile 'kind tiled' linebuffer 'a key in the file' run wrong.yaml
refuses 'changed.yaml:1:10: lines.yaml:5:16: ' accelerator.linebuffer.weights 'kind linebuffer' tiled \
    'a key in a file that one of another kind extends' show changed.yaml
refuses '--set: ' $tile 'kind tiled' linebuffer '--set' run lines.yaml --set $tile=8
refuses '--set: ' accelerator.dma.write_gap 'kinds tiled, linebuffer and stream' direct 'a key that two kinds have' \
    run common.yaml --set accelerator.dma.write_gap=1 --set accelerator.kind=direct
without='; without its keys: --set accelerator.linebuffer=null'
refuses '--set: lines.yaml:5:16: ' accelerator.linebuffer.weights 'kind linebuffer' tiled \
    'another kind by --set where the file has keys of its own' run lines.yaml --set accelerator.kind=tiled
without=
refuses "--vary: $tile=8,16: " $tile 'kind tiled' linebuffer '--vary' sweep lines.yaml --vary $tile=8,16
refuses "--vary: $tile=8,16: " $tile 'kind tiled' direct '--vary beside a kind without the key' \
    sweep common.yaml --vary accelerator.kind=tiled,direct --vary $tile=8,16
refuses "--where: $tile > 4: " $tile 'kind tiled' direct '--where' \
    sweep common.yaml --vary accelerator.kind=tiled,direct --where "$tile > 4"
refuses '--pareto: ' $tile 'kind tiled' direct '--pareto' \
    sweep common.yaml --vary accelerator.kind=tiled,direct --pareto cycles,$tile -o rows.csv
refuses "--vary: $tile=8: " $tile 'kind tiled' linebuffer 'compare --vary' compare lines.yaml --vary $tile=8
program sweep lines.yaml --vary accelerator.kind=linebuffer,tiled
ok "$([ $status = 2 ] && grep -q 'lines.yaml:5:16: accelerator.linebuffer.weights: belongs to kind linebuffer' err; echo $?)" \
    'a kind on an axis where the file has keys of another'
sed 's/^  kind: linebuffer//; s/linebuffer:/tile: {oc: 8} # /' lines.yaml >section.yaml
printf 'sweep: {vary: ["accelerator.direct.hls_read=3,4"]}\n' >>section.yaml
refuses 'accelerator.direct.hls_read=3,4: ' accelerator.direct.hls_read 'kind direct' tiled \
    'an axis of the file' sweep section.yaml

program sweep common.yaml --vary accelerator.kind=tiled,direct,linebuffer --vary accelerator.unroll.oc=4,8
ok "$([ $status = 0 ] && [ "$(grep -c ',simulated,' out)" = 6 ]; echo $?)" 'kinds vary with keys that all have'
program sweep common.yaml --vary accelerator.direct.hls_read=4,8 --vary accelerator.kind=direct
ok "$([ $status = 0 ] && [ "$(grep -c ',simulated,' out)" = 2 ]; echo $?)" 'an axis of the one kind that is varied'
program run common.yaml --set accelerator.direct.hls_read=4 --set accelerator.kind=direct --timing-only
ok "$([ $status = 0 ]; echo $?)" 'the order of --set does not matter'
# What the sentence says to do is enough, whatever the kind; a file without keys of its kind needs nothing.
printf 'network: {model: small_net.yaml}\naccelerator: {precision: int8}\n' >bare.yaml
cat >all.yaml <<'END'
network: {model: small_net.yaml}
accelerator:
  precision: int8
  tile: {oc: 8, ic: 4}
  loop_order: output_stationary
  unroll: {oc: 4}
  ports: {input: hp0, output: hp1}
  double_buffer: {input: true}
  dma: {start: 4, row_gap: 2}
  fusion: lf2
END
for kind in direct linebuffer stream kernels pegrid; do
    program run bare.yaml --timing-only --set accelerator.kind=$kind
    ok "$([ $status = 0 ] || [ $status = 1 ]; echo $?)" "kind $kind where nobody said a key of another"
    program run all.yaml --timing-only --set accelerator.kind=$kind
    advice=$(sed -n 's/.*; without its keys://p' err)
    case $kind in kernels | pegrid) advice="$advice --set accelerator.fusion=none" ;; esac
    # shellcheck disable=SC2086 # words
    program run all.yaml --timing-only --set accelerator.kind=$kind $advice
    ok "$([ -n "$advice" ] && [ $status = 0 ] || [ $status = 1 ] && grep -q "^int8[,:]" out; echo $?)" "kind $kind as the sentence says"
done
program show common.yaml --set accelerator.fusion=null --set accelerator.precision=null
ok "$([ $status = 0 ] && grep -q '^  fusion: lf2 ' out && grep -q '^  precision: fp32 ' out; echo $?)" 'null takes back what a file says'
program show common.yaml --set accelerator.fusion=lf2 --set accelerator.fusion=null
ok "$([ $status = 0 ] && grep -q '^  fusion: lf2 ' out; echo $?)" '... and goes before what is set besides'
program run common.yaml --set accelerator.tyle=null
ok "$([ $status = 2 ] && grep -q 'accelerator.tyle: unknown key' err; echo $?)" 'null of a key that is not there'
program run common.yaml --set accelerator.kind=null
ok "$([ $status = 2 ] && grep -q "accelerator.kind: unknown word 'null'" err; echo $?)" 'a kind is never taken back'
program show common.yaml --set accelerator.kind=tiled --set accelerator.kind=direct
ok "$([ $status = 0 ] && grep -q '^  kind: direct' out; echo $?)" 'the last of two kinds counts'
program show lines.yaml
ok "$([ $status = 0 ] && grep -q '^  linebuffer:' out && ! grep -qE '^  (tile|direct|loop_order|pipeline|post):?' out; echo $?)" \
    'show leaves out what has no effect'
program explain lines.yaml
ok "$([ $status = 0 ] && ! grep -qE 'accelerator\.(tile|initiation_interval|pipeline|unroll\.o[xy])' out; echo $?)" \
    'explain changes no key that has no effect'

printf 'board: {name: zedboard, axi: {hp: {width: 16 B}}}\n' >a.yaml
printf 'extends: a.yaml\nboard: pynq-z1\n' >b.yaml
program show b.yaml
ok "$([ $status = 0 ] && [ "$(grep -cE '^      width: 16 B' out)" = 1 ] && grep -q 'name: "pynq-z1"' out; echo $?)" \
    'a new board keeps what was set by hand'
program show a.yaml --set board=pynq-z1
ok "$([ $status = 0 ] && [ "$(grep -cE '^      width: 16 B' out)" = 1 ]; echo $?)" 'and so does --set board'
# ---- what a layer on the PS moves: its input, its weights and biases, its result
for kind in tiled direct linebuffer kernels pegrid; do
    printf 'network: {model: small_net.yaml}\nbatch: 3\nlayers: {conv3: {on: cpu}}\naccelerator: {kind: %s, precision: int8}\n' $kind >software.yaml
    program run software.yaml --timing-only --format json
    json "$kind: weights of a layer on the PS are read once" 'l, = [l for l in d["layers"] if l["name"] == "conv3"]
assert l["runs_on"] == "cpu" and l["dram_write_bytes"] == 3 * 10 * 64
assert l["weight_bytes"] == 16 * 10 + 4 * 10 and l["dram_read_bytes"] == l["weight_bytes"] + 3 * 16 * 64'
done
finish
