#!/bin/sh
# A kind of accelerator that exists only in the tests (tests/kinds) goes through every command by its
# folder and its row alone.
. tests/cli/cli.sh
ZYNQSIM=$TOP/$BUILD/zynqsim-copy
cd "$WORK" || exit 3

echo 'accelerator: {kind: copy, precision: int8}' >copy.yaml
echo 'accelerator: {precision: int8}' >tiled.yaml

for fidelity in bound tile burst; do
    program run copy.yaml --model resnet20 --fidelity $fidelity
    ok $status "run at $fidelity"
done

sum_of() {
    program run "$1" --model "$2" --fidelity tile --format json
    sed -n 's/.*"sha256": "\([0-9a-f]*\)".*/\1/p' out
}
for model in lenet5 resnet20 squeezenet_v1.1; do
    want=$(sum_of tiled.yaml $model)
    [ -n "$want" ] && [ "$want" = "$(sum_of copy.yaml $model)" ]
    ok $? "its bits of $model are those of the tiled engine"
done

program show copy.yaml
ok $status "show"
grep -q 'kind: copy' out
ok $? "show says the kind"
! grep -q '^ *tile:' out
ok $? "show leaves out keys of other kinds"
program show copy.yaml --model lenet5 --plan
[ $status = 0 ] && grep -q 'load_w' out && grep -q 'mac ' out
ok $? "show --plan lists its ops"

program run copy.yaml --set accelerator.tile.oc=8
[ $status = 2 ] && grep -q 'accelerator.tile.oc' err && grep -q copy err
ok $? "a key of another kind is refused with both names"

program run tiled.yaml --set accelerator.copy.clocks=2
[ $status = 2 ] && grep -q 'accelerator.copy.clocks' err && grep -q tiled err
ok $? "its own key is refused in another kind"
program sweep copy.yaml --model lenet5 --vary accelerator.copy.clocks=1,500 --best cycles
[ $status = 0 ] && grep -q 'point 0 has the least cycles' out
ok $? "its own key counts"

program sweep copy.yaml --model lenet5 --vary accelerator.unroll.oc=4,8 --best cycles
ok $status "sweep --best"
program sweep copy.yaml --model lenet5 --vary accelerator.unroll.oc=4,8,16 -o rows.csv
[ $status = 0 ] && [ "$(grep -c . rows.csv)" -ge 4 ]
ok $? "sweep writes its rows"
program sweep copy.yaml --model lenet5 --vary accelerator.kind=tiled,copy,direct
ok $status "a sweep over kinds has it beside the others"
program compare copy.yaml tiled.yaml --model lenet5
ok $status "compare"
program explain copy.yaml --model lenet5
ok $status "explain"
program run copy.yaml --model lenet5 --out run --trace trace.json
[ $status = 0 ] && [ -s run/report.html ] && [ -s run/layers.csv ] && [ -s trace.json ]
ok $? "reports and a timeline"
program schema
[ $status = 0 ] && grep -q '"copy"' out
ok $? "the JSON Schema knows its word"

finish
