#!/bin/sh
# The table of SPARCNet (docs/sparse.md): what the script prints is what the page says, and one reading is near the poster.
. tests/cli/cli.sh
ZYNQSIM=$ZYNQSIM examples/sparcnet_table.sh >"$WORK/table" 2>"$WORK/err"
ok "$?" 'the table is made'
ok "$([ ! -s "$WORK/err" ]; echo $?)" 'without a word beside it'
ok "$([ "$(grep -c ';' "$WORK/table")" = 0 ] && [ "$(grep -c '^ZedBoard, 128 lanes .*[0-9]$' "$WORK/table")" = 7 ]; echo $?)" 'all networks are in it'
while IFS= read -r line; do
    ok "$([ -z "$line" ] || grep -qF -- "$line" docs/sparse.md; echo $?)" "docs/sparse.md has: $line"
done <"$WORK/table"
awk '/^AlexNet, 72 lanes .*GOP\/s/ { rate = $4 } /^AlexNet, 72 lanes .* W / { watts = $4 }
    END { exit !(rate > 0.9 * 22.31 && rate < 1.1 * 22.31 && watts > 0.7 * 2.79 && watts < 1.3 * 2.79) }' "$WORK/table"
ok "$?" 'AlexNet within a tenth of 22.31 GOP/s, and 2.79 W within its band'
for net in sparse_alexnet vgg_a_convs vgg_d_convs sparse_vgg_a sparse_vgg_d; do
    said=$(sed -n 's/^# .*[:.] \([0-9 ]*\) MACs\..*/\1/p' models/$net.yaml | tr -d ' ')
    program run configs/sparcnet-zedboard.yaml --model $net --timing-only --fidelity bound --format json
    ok "$([ -n "$said" ] && grep -q "^  \"macs\": $said," "$WORK/out"; echo $?)" "$net has the MACs that it says"
done
program run configs/sparcnet-zedboard.yaml --timing-only --set accelerator.pegrid.lut_adders=true
ok "$([ $status = 2 ] && grep -q 'lut_adders: fixed16 is added in the slice' "$WORK/err"; echo $?)" 'integers have no adders to move'
dsp() { sed -n '/"dsp": {/,/}/s/.*"used": \([0-9]*\).*/\1/p' "$WORK/out" | head -n 1; }
program run configs/sparcnet-masked-zedboard.yaml --timing-only --fidelity bound --format json
with=$(dsp)
program run configs/sparcnet-masked-zedboard.yaml --timing-only --fidelity bound --format json --set accelerator.pegrid.lut_adders=false
ok "$([ "$(($(dsp) - with))" = 144 ]; echo $?)" 'adders in LUTs leave two slices of each of 72 lanes'
finish
