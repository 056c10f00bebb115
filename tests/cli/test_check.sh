#!/bin/sh
# check: baselines of designs, what moved, --bless, --junit.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1

# ---- the baselines of the project
(cd "$TOP" && "$ZYNQSIM" check configs/baselines/squeezenet.csv >"$WORK/out" 2>"$WORK/err")
status=$?
ok "$([ $status = 0 ] && [ "$(wc -l <out)" = 1 ] && grep -qE '^[0-9]+ figures of 3 designs as before$' out; echo $?)" 'a clean tree is as before, in one line'
(cd "$TOP" && "$ZYNQSIM" check configs/baselines/squeezenet.csv --set board.memory.t_rcd=8 --junit "$WORK/j.xml" >"$WORK/out" 2>"$WORK/err")
status=$?
ok "$([ $status = 1 ] && grep -qE '^  cycles +13,[0-9,]+ → 13,[0-9,]+ +\+[0-9.e-]+ %$' out && grep -qE '^    fire[0-9/a-z]+ ' out; echo $?)" 'one clock of one DRAM timing ends with 1 and names layers'
if [ -x /usr/bin/python3 ]; then
    ok "$(/usr/bin/python3 -c 'import xml.etree.ElementTree as e; r = e.parse("j.xml").getroot(); s = r[0]; assert len(s) == int(r.get("tests")) == 3 and 1 <= int(r.get("failures")) == len(r.findall(".//failure")) and "fire" in r.find(".//failure").text' 2>err; echo $?)" 'JUnit XML is well-formed and says the same'
fi

# ---- one made here
cat >b.csv <<'END'
# cycles of a small design
design,set,fidelity,layer,cycles,dram.read_bytes,images_per_second

small.yaml,,,,?,?,?
small.yaml,accelerator.fusion=none;batch=2,tile,,?,,
END
cp b.csv open.csv
program check b.csv
ok "$([ $status = 1 ] && grep -q '^4 of 4 figures still open (--bless records them), in 2 of 2 designs$' out && cmp -s b.csv open.csv; echo $?)" 'open figures are told, nothing is written'
program check b.csv --bless --layers
ok "$([ $status = 0 ] && ! grep -q '?' b.csv && head -n 1 b.csv | grep -q '^# cycles' && [ "$(find . -name '.b.csv*')" = '' ]; echo $?)" '--bless fills them in'
program check b.csv
ok "$([ $status = 0 ] && [ "$(cat out)" = "$(awk -F, 'NF > 4 && $1 != "design" { for (i = 5; i <= NF; i++) n += $i != "" } END { print n }' b.csv) figures of 2 designs as before" ]; echo $?)" 'then all is as before, every figure counted'
cycles=$("$ZYNQSIM" run small.yaml --timing-only --format json 2>/dev/null | sed -n 's/^  "cycles": \([0-9]*\),$/\1/p')
ok "$(grep -q "^small.yaml,,,,$cycles," b.csv; echo $?)" 'the figures are those of run'
cp b.csv blessed.csv
program check b.csv --bless
ok "$([ $status = 0 ] && cmp -s b.csv blessed.csv; echo $?)" '--bless of what did not move changes nothing'
layer=$(awk -F, '$4 != "" && $4 != "layer" { print $4; exit }' b.csv)
awk -F, -v OFS=, -v l="$layer" -v c="$cycles" '$4 == l && !done { $5 += 7; done = 1 } $5 == c { $5 += 7 } { print }' blessed.csv >b.csv
program check b.csv
ok "$([ $status = 1 ] && grep -qF "$layer" out && grep -q '^2 of .* moved, in 1 of 2' out; echo $?)" 'a layer that moved is named'
program check b.csv --format csv
ok "$([ $status = 1 ] && [ "$(wc -l <out)" = 3 ] && awk -F, -v c="$cycles" 'NR == 2 { exit !($6 == "cycles" && $10 == c && $9 == c + 7) }' out; echo $?)" 'CSV has old and new of what moved'
program check b.csv --format json
ok "$([ $status = 1 ]; echo $?)" 'what moved is told by the status in JSON too'
json 'JSON says the same' 'assert d["as_before"] is False and d["moved_figures"] == 2 and len(d["designs"][0]["moved"]) == 2 and d["designs"][1]["moved"] == []'
program check b.csv --bless
ok "$(cmp -s b.csv blessed.csv; echo $?)" '--bless mends just that'
printf 'design,cycles,cycles.tolerance\nsmall.yaml,%s,1%%\n' $((cycles + cycles / 200)) >near.csv
program check near.csv
ok "$([ $status = 0 ]; echo $?)" 'a column of tolerances decides'
printf 'design,cycles\nsmall.yaml,1\n' >far.csv
program check far.csv --junit j.xml
ok "$([ $status = 1 ] && grep -q '^  no layers in the baseline; a column layer and --bless --layers record them$' out && grep -q '^no layers in the baseline; a column' j.xml; echo $?)" 'a design without layers: how to have them named is said, in JUnit too'
printf 'design,layer,cycles\nsmall.yaml,,1\n' >far.csv
program check far.csv
ok "$([ $status = 1 ] && grep -q '^  no layers in the baseline; --bless --layers records them$' out; echo $?)" 'where the column is there, it is not asked for'
printf 'design,layer,cycles\nsmall.yaml,,?\n' >new.csv
program check new.csv --bless
program check new.csv --set accelerator.tile.oc=4
ok "$([ $status = 1 ] && grep -q '^    conv' out; echo $?)" 'a design that was blessed for the first time has layers to name'
printf 'design,layer,cycles,dram.read_bytes\nsmall.yaml,,5,?\nsmall.yaml,,?,?\n' >mixed.csv
program check mixed.csv --bless
ok "$([ $status = 0 ] && grep -q '^1 of 4 figures moved, 3 recorded for the first time, in 2 of 2 designs$' out && [ "$(grep -c '^,conv1' mixed.csv)" = 2 ]; echo $?)" 'a figure written by hand beside open ones does not cost the layers, and what is filled in has not moved'
printf 'design,layer,cycles\nsmall.yaml,,%s\nsmall.yaml,,?\n' "$cycles" >mixed.csv
program check mixed.csv --bless
ok "$([ $status = 0 ] && grep -q '^1 of 2 figures recorded for the first time, in 1 of 2 designs$' out && ! grep -q conv1 mixed.csv; echo $?)" 'a table whose designs have no layers gets none'
program check near.csv b.csv --junit j.xml
ok "$([ $status = 0 ] && [ "$(grep -c '<testsuite ' j.xml)" = 2 ] && [ "$(grep -c '<testcase' j.xml)" = 3 ] && ! grep -q '<failure' j.xml; echo $?)" 'several baselines are several suites'
mkfifo pipe.xml
program check near.csv --junit pipe.xml
ok "$([ $status = 2 ] && [ -p pipe.xml ] && grep -q 'is no regular file' err && [ "$(find . -name '.pipe*')" = '' ]; echo $?)" 'a report does not take the place of a pipe or a device'
sed -i "s/,$cycles,/,1,/" b.csv
ln -s b.csv link.csv
program check link.csv --bless
ok "$([ $status = 0 ] && [ -L link.csv ] && cmp -s b.csv blessed.csv; echo $?)" 'a link stays a link when blessed'

# ---- what does not fit
printf 'design,set,cycles\nsmall.yaml,accelerator.unroll.oc=256,?\n' >big.csv
program check big.csv --bless
program check big.csv
ok "$([ $status = 0 ] && grep -qE '^  does not fit: [0-9]+ DSP of 220' out && tail -n 1 out | grep -q 'as before; 1 design does not fit'; echo $?)" 'a design that does not fit is told'
program check big.csv --format csv
ok "$([ $status = 0 ] && [ "$(wc -l <out)" = 1 ] && grep -q 'does not fit: [0-9]* DSP of 220' err; echo $?)" 'also beside the CSV'
program check big.csv --format json --junit j.xml
ok "$([ $status = 0 ] && grep -qE '"does_not_fit": "[0-9]+ DSP of 220' out && grep -q '<system-out>does not fit: ' j.xml && ! grep -q '<failure' j.xml; echo $?)" 'and in JSON and JUnit'
printf 'design,set,fits\nsmall.yaml,accelerator.unroll.oc=256,1\n' >fits.csv
program check fits.csv
ok "$([ $status = 1 ] && grep -qE '^  fits +yes → no' out; echo $?)" 'where the baseline says that it fits, that is a move'
program check fits.csv --bless
program check fits.csv
ok "$([ $status = 0 ] && [ "$(cat out)" = '1 figure of 1 design as before' ] && tail -n 1 fits.csv | grep -q ',0$'; echo $?)" 'where it says that it does not, nothing is worth a word'

cp small.yaml '#1.yaml'
printf 'design,set,cycles\n"#1.yaml",,?\n' >hash.csv
program check hash.csv --bless --quiet
program check hash.csv
ok "$([ $status = 0 ] && grep -q '1 figure of 1 design as before' out; echo $?)" 'a name that begins as a comment does is read back'

# ---- what is refused, with nothing written
refuse() { # WORDS-IN-MESSAGE ARGUMENT...
    words=$1
    shift
    cp b.csv kept.csv
    program check "$@"
    ok "$([ $status = 2 ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] && grep -q -- "$words" err && cmp -s b.csv kept.csv; echo $?)" "check $* is refused: $words"
}
echo '{"cycles": 1}' >w.json
refuse 'w.json: is JSON, not a table' w.json
refuse 'baseline is missing'
refuse 'cannot be opened' absent.csv
refuse 'with --set it would' b.csv --bless --set batch=2
refuse 'goes with --bless' b.csv --layers
printf 'design,cycles\nabsent.yaml,1\n' >w.csv
refuse 'w.csv:2.*absent.yaml' w.csv
printf '# c\ndesign,set,cycles\nsmall.yaml,accelerator.fusoin=lf1,1\n' >w.csv
refuse 'w.csv:3.*accelerator.fusion' w.csv
printf 'design,cicles\nsmall.yaml,1\n' >w.csv
refuse 'did you mean cycles' w.csv
refuse 'no-such-dir' b.csv --junit /dev/null/no-such-dir/j.xml
finish
