#!/bin/sh
# compare: designs, points of a grid, result files.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1

figure() { # FIGURE COLUMN of a CSV comparison
    awk -F, -v f="$1" -v c="$2" '$1 == "" && $2 == f { print $c }' out
}

# ---- points of a grid
program compare small.yaml --vary accelerator.fusion=none,lf2,fire --format csv
ok "$([ $status = 0 ] && [ "$(head -n 1 out)" = 'scope,figure,unit,none,lf2,fire,ratio lf2,ratio fire' ]; echo $?)" 'every value of an axis is a column'
for column in 4:none 5:lf2 6:fire; do
    "$ZYNQSIM" run small.yaml --timing-only --set "accelerator.fusion=${column#*:}" --format json >r.json 2>/dev/null
    cycles=$(sed -n 's/^  "cycles": \([0-9]*\),$/\1/p' r.json)
    ok "$([ -n "$cycles" ] && [ "$(figure cycles "${column%:*}")" = "$cycles" ]; echo $?)" "column ${column#*:} has the cycles of a run"
done
none=$(figure cycles 4) lf2=$(figure cycles 5)
ok "$(awk "BEGIN { exit !($(figure cycles 7) - $lf2 / $none < 1e-9 && $lf2 / $none - $(figure cycles 7) < 1e-9) }"; echo $?)" 'ratios are to the first column'
program compare small.yaml --vary accelerator.fusion=none,lf2 --vary batch=1,2 --format csv
ok "$([ $status = 0 ] && head -n 1 out | grep -q ',none/1,none/2,lf2/1,lf2/2,'; echo $?)" 'several axes give every point of their grid'
ok "$([ -n "$(figure cycles_per_image 4)" ] && [ "$(figure cycles_per_image 4)" = "$(figure cycles 4)" ] && awk "BEGIN { exit !(2 * $(figure cycles_per_image 5) == $(figure cycles 5)) }"; echo $?)" 'batches have cycles per image'
program compare small.yaml --vary accelerator.fusion=none,lf2 --fidelity tile --layers --format csv
sum=$(awk -F, '$1 != "" && $2 == "cycles" { a += $4; b += $5 } END { print a, b }' out)
ok "$([ "$sum" = "$(figure cycles 4) $(figure cycles 5)" ]; echo $?)" 'layers add up to the whole'

# ---- designs and results
printf 'extends: small.yaml\naccelerator: {fusion: none}\n' >other.yaml
program compare small.yaml other.yaml
ok "$([ $status = 0 ] && grep -q '^ *small.yaml  *other.yaml' out; echo $?)" 'designs of one name are called by their files'
"$ZYNQSIM" run small.yaml --timing-only --out lf2 >/dev/null 2>&1
"$ZYNQSIM" run other.yaml --timing-only --out none >/dev/null 2>&1
program compare none/result.json lf2/result.json other.yaml --format csv
ok "$([ $status = 0 ] && [ "$(figure cycles 4)" = "$none" ] && [ "$(figure cycles 5)" = "$lf2" ] && [ "$(figure cycles 6)" = "$none" ]; echo $?)" 'results and designs stand side by side'
sed 's/"cycles"/"future": 1, "cycles"/; /"calls"/d' none/result.json >old.json
program compare old.json lf2/result.json --format csv
ok "$([ $status = 0 ] && [ "$(figure cycles 4)" = "$none" ] && [ -z "$(figure calls 4)" ]; echo $?)" 'results of other versions are read as far as they go'
program compare none/result.json lf2/result.json --format json
json 'JSON has columns and rows' 'assert len(d["columns"]) == 2 and d["rows"][0]["figure"] == "cycles" and d["rows"][0]["ratios"][0] == 1'
program compare small.yaml --vary network.model=small_net.yaml,lenet5
ok "$([ $status = 0 ] && grep -q '^the networks differ: ratios ' out; echo $?)" 'different networks are told'
program compare small.yaml --vary accelerator.fusion=none,lf2
ok "$([ $status = 0 ] && ! grep -q 'the networks differ' out; echo $?)" 'and the same one is not'

# ---- columns that cannot run
program compare small.yaml --vary batch=1,8,60000 --set 'board.memory.bytes=1 MiB'
ok "$([ $status = 0 ] && grep -q '^60000: cannot run: board.memory.bytes: weights and tensors need' out && grep -q '^  batch  .* 1  .* 8  .* 60000' out && ! grep -q '^  network' out && [ ! -s err ]; echo $?)" 'a column that cannot run says why, the others stay'
program compare small.yaml --vary batch=60000,1 --set 'board.memory.bytes=1 MiB' --format json
ok "$([ $status = 0 ] && grep -q '^zynqsim: 60000: cannot run: board.memory.bytes' err; echo $?)" 'be it the first'
json 'JSON has the problem, whole numbers as such and no digits that mean nothing' '
text = open("out").read()
one = d["columns"][1]
assert d["columns"][0]["problem"].startswith("board.memory.bytes") and d["columns"][0]["batch"] is None and one["problem"] is None
assert type(one["batch"]) is int and type(one["clock_hz"]) is int
assert all(repr(v) in text for r in d["rows"] for v in r["values"] if type(v) is float and "e" not in repr(v))'
program compare small.yaml --vary batch=60000,50000 --set 'board.memory.bytes=1 MiB'
ok "$([ $status = 2 ] && [ ! -s out ] && grep -q 'weights and tensors need' err; echo $?)" 'when none can run there is no table'
program compare small.yaml small.yaml --set accelerator.tile.oc=0
ok "$([ $status = 2 ] && [ ! -s out ]; echo $?)" 'a wrong key is none of that'

# ---- what is refused
refuse() { # WORDS-IN-MESSAGE ARGUMENT...
    words=$1
    shift
    program compare "$@"
    ok "$([ $status = 2 ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] && grep -q -- "$words" err; echo $?)" "compare $* is refused: $words"
}
refuse 'nothing to compare' small.yaml
refuse 'design or result file is missing'
refuse 'give --vary more than one value' small.yaml --vary batch=2
refuse 'fidelity: is for designs; these are results' lf2/result.json none/result.json --fidelity tile
refuse '17 points' small.yaml --vary batch=1:17
refuse 'accelerator.fusion' small.yaml --vary accelerator.fusoin=none
refuse '"2" is there twice' small.yaml --vary batch=1,2,2
refuse 'this is a network, not a design' small.yaml small_net.yaml
refuse 'lf1' small.yaml --vary accelerator.fusion=none,lf7
refuse 'vary is for designs' lf2/result.json --vary batch=1,2
refuse 'set and --model are for designs' lf2/result.json small.yaml --set batch=2
refuse 'cannot be opened' small.yaml absent.yaml
head -c 100 lf2/result.json >torn.json
refuse 'torn.json:.*not JSON' small.yaml torn.json
echo '{}' >empty.json
refuse 'no result of run' small.yaml empty.json
refuse 'did you mean --vary' small.yaml --vray batch=1,2
"$ZYNQSIM" compare small.yaml --vary batch=1,2 >want 2>err
status=0
"$ZYNQSIM" compare - --vary batch=1,2 <small.yaml >out 2>err || status=$?
ok "$([ $status = 0 ] && cmp -s out want; echo $?)" 'a design on standard input is that of every column'
finish
