#!/bin/sh
# --ranges FILE: what a calibration measures is kept, found again, and never taken for another's.
. tests/cli/cli.sh
small_design
cp tests/cli/two_inputs_net.yaml "$WORK/two.yaml"
cd "$WORK" || exit 1

int8="--set accelerator.precision=int8 --set network.calibration=synthetic:1"
go() { # [OPTION]...: into out and err, result.json into dir
    # shellcheck disable=SC2086 # words
    program run small.yaml $int8 --input synthetic:3 --out dir "$@"
}
is_taken() { grep -q 'come from ranges.csv' out; }

go
cp dir/output.npy plain.npy
go --ranges ranges.csv
ok "$([ $status = 0 ] && cmp -s dir/output.npy plain.npy && ! is_taken; echo $?)" 'measured as without a file'
ok "$(head -n 1 ranges.csv | grep -qx 'calibration,tensor,runs,largest,sums'; echo $?)" 'and kept'
cp ranges.csv first.csv
go --ranges ranges.csv
ok "$([ $status = 0 ] && is_taken && cmp -s dir/output.npy plain.npy && cmp -s ranges.csv first.csv; echo $?)" 'taken from the file, same bits'
awk -F, -v OFS=, 'NR > 1 { $4 *= 4 } { print }' first.csv >ranges.csv
go --ranges ranges.csv
ok "$([ $status = 0 ] && is_taken && ! cmp -s dir/output.npy plain.npy; echo $?)" 'the scales are those of the file'
cp first.csv ranges.csv
for more in network.calibration=synthetic:2 network.weights=synthetic:9 network.range=mse network.correct_biases=true; do
    before=$(wc -l <ranges.csv)
    go --set "$more" --ranges ranges.csv
    ok "$([ $status = 0 ] && ! is_taken && [ "$(wc -l <ranges.csv)" -gt "$before" ]; echo $?)" "$more: another calibration"
    cp dir/output.npy more.npy
    go --set "$more" --ranges ranges.csv
    ok "$([ $status = 0 ] && is_taken && cmp -s dir/output.npy more.npy; echo $?)" "$more: found again"
done
go --set accelerator.tile.oc=4 --ranges ranges.csv
ok "$([ $status = 0 ] && is_taken; echo $?)" 'tiles do not matter'
go --set accelerator.precision=fp32 --ranges ranges.csv
ok "$([ $status = 0 ] && grep -q 'nothing to calibrate here, ranges.csv is not used' out; echo $?)" 'fp32 has no ranges'

two() { # SEED of the second input
    program run small.yaml --set accelerator.precision=int8 --model two.yaml --input picture=synthetic:3 --input "depth=synthetic:$1" --ranges ranges.csv
}
two 4
two 5
ok "$([ $status = 0 ] && ! is_taken; echo $?)" 'another second input is another calibration'
two 4
ok "$([ $status = 0 ] && is_taken; echo $?)" 'and the first is still there'

bad() { # SENTENCE WHAT
    go --ranges ranges.csv
    ok "$([ $status = 2 ] && grep -q "$1" err; echo $?)" "$2"
}
sed 3d first.csv >ranges.csv
bad 'ranges.csv:3, tensor: .* where tensor 1 should follow' 'a tensor that is missing'
sed '$d' first.csv >ranges.csv
bad 'ranges.csv: has [0-9]* of the [0-9]* tensors of calibration' 'the last tensor missing'
awk -F, -v OFS=, 'NR == 3 { $4 = "nan" } { print }' first.csv >ranges.csv
bad 'ranges.csv:3, largest' 'a range that is no number'
echo 'a,b' >ranges.csv
bad 'ranges.csv.*calibration' 'another table'
mkdir dir.csv
go --ranges dir.csv
ok "$([ $status = 2 ] && grep -q dir.csv err; echo $?)" 'a directory'
go --ranges no/ranges.csv
ok "$([ $status = 2 ] && grep -q no/ranges.csv err; echo $?)" 'no such directory'

finish
