#!/bin/sh
# show --calibrate: the report of a build beside the account, and factors that designs name.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1
cat >util.rpt <<'END'
| Tool Version : Vivado v.2019.1 (lin64) Build 2552052
| Device       : 7z020clg400-1
| Design State : Routed
|       Site Type        |  Used | Fixed | Available | Util% |
| Slice LUTs             | 20000 |     0 |     53200 | 37.59 |
| Slice Registers        | 30000 |     0 |    106400 | 28.20 |
| Block RAM Tile         | 62.5  |     0 |       140 | 44.64 |
| DSPs                   |   161 |     0 |       220 | 73.18 |
END
cat >csynth.xml <<'END'
<profile><ReportVersion><Version>2020.1</Version></ReportVersion><AreaEstimates><Resources>
<BRAM_18K>100</BRAM_18K><DSP48E>170</DSP48E><FF>30000</FF><LUT>60000</LUT></Resources></AreaEstimates></profile>
END
used() { "$ZYNQSIM" show "$@" 2>/dev/null | awk '$1 == "used" && $2 ~ /^[0-9]+$/ { print $2, $3, $4, $5 }'; }
# near FIGURES FIGURES TOLERANCE
near() { echo "$1 $2" | awk -v t="$3" '{ for (i = 1; i <= 4; i++) { d = $i - $(i + 4); if (d > t || d < -t) exit 1 } exit NF != 8 }'; }

program show small.yaml --calibrate util.rpt -o own.yaml
ok "$([ $status = 0 ] && grep -q '^products ' out && grep -q '^control ' out && grep -qE '^report +161 +125 +20000 +30000  Vivado v.2019.1$' out; echo $?)" 'groups of the account stand above what the report says'
ok "$(grep -q '^# From util.rpt, Vivado v.2019.1, Routed, 7z020clg400-1.$' own.yaml && grep -q '^report: build$' own.yaml; echo $?)" 'the file says where its factors are from'
printf 'extends: small.yaml\naccelerator: {account: own.yaml}\n' >named.yaml
now=$(used named.yaml)
ok "$(near "$now" '161 125 20000 30000' 12; echo $?)" "a design that names it takes what the report says: $now"
ok "$("$ZYNQSIM" run named.yaml --timing-only --fidelity tile --format json 2>/dev/null | tr -d ' \n' | grep -q '"resource":"lut","lo":1[78][0-9]*,"hi":2[12][0-9]*'; echo $?)" 'its LUT are within 10 % of it, by the band'
ok "$([ "$(used named.yaml --set accelerator.unroll.oc=16 | cut -d ' ' -f 3)" -gt 20000 ]; echo $?)" 'and twice the lanes take more'
program show named.yaml --calibrate util.rpt
ok "$([ $status = 0 ] && [ "$(grep '^factor' out)" = "$("$ZYNQSIM" show small.yaml --calibrate util.rpt 2>/dev/null | grep '^factor')" ]; echo $?)" 'factors of the design itself do not count when they are looked for'
program show small.yaml --calibrate csynth.xml -o hls.yaml
ok "$([ $status = 0 ] && grep -qE '^estimate +170 +100 +60000 +30000  HLS 2020.1$' out && grep -qE '^as such are built +170 +99 +25800 +24000 ' out && grep -q '^report: estimate$' hls.yaml; echo $?)" 'an estimate of HLS is taken for what builds take of one'
printf 'extends: small.yaml\naccelerators:\n- {name: a, map: "*", account: own.yaml}\n' >engines.yaml
ok "$(near "$(used engines.yaml)" '161 125 20000 30000' 12; echo $?)" 'an engine of several names one as well'

# refused DESIGN-TEXT PATTERN
refused() {
    printf '%s\n' "$1" >wrong.yaml
    program run wrong.yaml --timing-only
    ok "$([ $status = 2 ] && [ ! -s out ] && grep -qE "$2" err; echo $?)" "refused: $2"
}
printf 'lut: 1.1\nluts: 1\n' >bad.yaml
refused 'accelerator: {account: none.yaml}' 'none.yaml'
refused 'accelerator: {account: bad.yaml}' 'bad.yaml:2:1.*accelerator.account.luts.*accelerator.account.lut'
refused 'accelerator: {account: ""}' 'accelerator.account: no file named'
refused 'accelerator: {account: {lut: 21}}' 'accelerator.account.lut.*20'
for file in small.yaml none.rpt; do
    program show small.yaml --calibrate $file
    ok "$([ $status = 2 ] && [ ! -s out ] && grep -q "$file" err; echo $?)" "--calibrate $file is refused"
done
finish
