#!/bin/sh
# sweep: files of rows are evidence. What has been changed in one is named by line and column, and
# simulated again or refused; it is never the best, never on the front and never "all there".
# ZYNQSIM_SOAK makes more damage (make soak).
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1
axes='--vary accelerator.tile.oc=4,8,16 --vary accelerator.tile.ic=2,4 --vary accelerator.fusion=none,lf2'
# shellcheck disable=SC2086 # a list of options
sweep() { program sweep small.yaml $axes --quiet -o rows.csv "$@"; }
rows() { tail -n +2 "$1" | sort -t, -k1,1n; }
column() { head -n 1 whole.csv | tr , '\n' | grep -nx "$1" | cut -d: -f1; }
# damage POINT COLUMN VALUE: one cell of rows.csv, which was whole.csv
damage() {
    awk -F, -v OFS=, -v point="$1" -v c="$(column "$2")" -v value="$3" \
        'NR > 1 && $1 == point { $c = value } { print }' whole.csv >rows.csv
}
sweep
mv rows.csv whole.csv
rows whole.csv >whole

# ---- rows say what they are
sum=$(sed -n 2p whole.csv | grep -o ',x[0-9a-f]*$')
ok "$([ "${#sum}" = 18 ] && [ "$(column checksum)" = "$(head -n 1 whole.csv | tr , '\n' | wc -l)" ]; echo $?)" 'a row ends with its check sum'

# ---- as many digits as the figure has
tail -n +2 whole.csv | tr , '\n' | grep '^[0-9.e+-]*[.][0-9e+-]*$' >reals
awk '{ if ($1 + 0 == sprintf("%.15g", $1) + 0 && length(sprintf("%.15g", $1)) < length($1)) { print; n++ } } END { exit n > 0 }' reals >err
ok $? 'no figure has digits that mean nothing (0.053650759999999999)'
: >err

# ---- a file of one line without an end may be anybody's
for command in 'sweep small.yaml --vary batch=1,2 -o' 'optimise small.yaml --simulations 2 --rows' 'sweep --merge'; do
    for text in notes 'point' 'point,swept'; do
        printf '%s' "$text" >notes.txt
        from=
        [ "$command" != 'sweep --merge' ] || from=whole.csv
        # shellcheck disable=SC2086 # lists of words
        program $command notes.txt $from
        case $text in
        point) ok "$([ -n "$from" ] || { [ $status = 0 ] && head -n 1 notes.txt | grep -q '^point,sweep,'; }; echo $?)" "$command goes on with a header that was cut short" ;;
        *) ok "$([ $status = 2 ] && [ "$(cat notes.txt)" = "$text" ] && grep -q '^zynqsim: notes.txt:1: is no file of a sweep' err; echo $?)" "$command leaves '$text' as it is" ;;
        esac
    done
done

# ---- cells
while IFS='|' read -r name value; do
    damage 7 "$name" "$value"
    line=$(grep -n '^7,' rows.csv | cut -d: -f1)
    cp rows.csv bad.csv
    sweep
    ok "$([ $status = 0 ] && rows rows.csv | cmp -s - whole && grep -q "rows.csv:$line, column $name: .*made again" err; echo $?)" "$name = '$value' is named and its point simulated again"
    cp bad.csv rows.csv
    sweep --best cycles
    ok "$([ $status = 2 ] && cmp -s bad.csv rows.csv && grep -q "rows.csv:$line, column $name: " err; echo $?)" "$name = '$value' is refused by --best"
    sweep --pareto cycles,resources.dsp
    ok "$([ $status = 2 ] && cmp -s bad.csv rows.csv; echo $?)" "$name = '$value' is refused by --pareto"
    program sweep --merge m.csv bad.csv
    ok "$([ $status = 2 ] && [ ! -e m.csv ] && grep -q "bad.csv:$line, column $name: " err; echo $?)" "$name = '$value' is refused by --merge"
    program report bad.csv -o r.html
    ok "$([ $status = 2 ] && [ ! -e r.html ]; echo $?)" "$name = '$value' is refused by report"
done <<'END'
cycles|abc
cycles|
cycles|nan
cycles|-5
cycles|007
cycles|18446744073709551616
seconds|nan
seconds|1e999
seconds|
seconds|0x1p-3
gops|inf
fits|maybe
fits|2
meets|yes
outcome|bogus
outcome|
checksum|x0000000000000000
checksum|
END
damage 7 cycles 123456
sweep
ok "$([ $status = 0 ] && rows rows.csv | cmp -s - whole && grep -q 'column checksum' err; echo $?)" 'a figure that could be is seen by the check sum'
damage 7 sweep 0123456789abcdef/12/0.0
sweep
ok "$([ $status = 2 ] && grep -q 'another sweep' err; echo $?)" 'a row of another sweep is refused'
damage 7 accelerator.tile.oc 16
cp rows.csv bad.csv
sweep
ok "$([ $status = 2 ] && cmp -s rows.csv bad.csv && grep -q 'column accelerator.tile.oc: ' err; echo $?)" 'keys of another point are refused'
program sweep --merge m.csv bad.csv
ok "$([ $status = 2 ] && [ ! -e m.csv ]; echo $?)" 'by merge too'
damage 7 point 3
sweep
ok "$([ $status = 2 ]; echo $?)" 'so is a row under another number'
awk -F, -v OFS=, 'NR == 1 { t = $12; $12 = $13; $13 = t } { print }' whole.csv >bad.csv
program sweep --merge m.csv bad.csv
ok "$([ $status = 2 ] && [ ! -e m.csv ]; echo $?)" 'columns that changed places are refused'
sed '2s/^\([0-9]*\),[^,]*/\1,/' whole.csv >bad.csv
program sweep --merge m.csv bad.csv
ok "$([ $status = 2 ] && [ ! -e m.csv ] && grep -q 'bad.csv:2, column sweep: ' err; echo $?)" 'a first row of no sweep is refused'
for name in accelerator.tile.xx ''; do
    sed "1s/accelerator.tile.oc/$name/" whole.csv >bad.csv
    program sweep --merge m.csv bad.csv
    ok "$([ $status = 2 ] && [ ! -e m.csv ] && grep -q 'bad.csv:1' err; echo $?)" "a column '$name' in place of a key is refused"
done
damage 7 cycles 123
sed -n '/^7,/s/,x[0-9a-f]*$//p' rows.csv | cut -d, -f1,3- >summed
sum=$(awk 'BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i }
    { # FNV-1a in six limbs of 12 bits, least first
        split("805 546 1156 2510 3058 12", h, " ")
        for (i = 1; i <= length($0); i++) {
            x = code[substr($0, i, 1)]; lo = h[1] % 256; d = 0; p = 1
            for (b = 0; b < 8; b++) { if ((int(lo / p) % 2) != (int(x / p) % 2)) d += p; p *= 2 }
            h[1] = h[1] - lo + d
            for (k = 1; k <= 6; k++) r[k] = 0
            for (k = 1; k <= 6; k++) { r[k] += h[k] * 435; if (k + 3 <= 6) r[k + 3] += h[k] * 16; }
            for (k = 1; k <= 6; k++) { c = int(r[k] / 4096); h[k] = r[k] % 4096; if (k < 6) r[k + 1] += c }
            h[6] = h[6] % 16
        }
        printf "x%x%03x%03x%03x%03x%03x\n", h[6], h[5], h[4], h[3], h[2], h[1] }' summed)
sed -i "/^7,/s/x[0-9a-f]*\$/$sum/" rows.csv
program sweep --merge m.csv rows.csv
made=$status
rm -f m.csv
sweep --best cycles
ok "$([ $made = 0 ] && [ $status = 2 ] && grep -q 'column cycles: .* below the bound' err; echo $?)" 'a figure below the bound of its point is refused, even with the right sum'
sweep --pareto cycles
ok "$([ $status = 2 ]; echo $?)" 'by --pareto too'

# ---- bytes
sed 's/$/\r/' whole.csv >rows.csv
cp rows.csv bad.csv
sweep
ok "$([ $status = 2 ] && cmp -s rows.csv bad.csv && grep -q 'rows.csv:1, column checksum: lines end in CR LF' err; echo $?)" 'a file with CR LF is refused'
program sweep --merge m.csv bad.csv
ok "$([ $status = 2 ] && [ ! -e m.csv ]; echo $?)" 'by merge too'
sed '5s/$/\r/' whole.csv >rows.csv
sweep
ok "$([ $status = 0 ] && rows rows.csv | cmp -s - whole && grep -q 'rows.csv:5, column checksum' err; echo $?)" 'one such line is made again'
{ head -n 4 whole.csv; head -c 700 /dev/zero; tail -n +5 whole.csv; } >rows.csv
cp rows.csv bad.csv
sweep
ok "$([ $status = 0 ] && rows rows.csv | cmp -s - whole && grep -q 'rows.csv:5.*zero bytes' err; echo $?)" 'zeros in the middle cost the line that they stand in, not those behind'
program sweep --merge m.csv bad.csv
ok "$([ $status = 2 ] && [ ! -e m.csv ] && grep -q 'bad.csv:5' err; echo $?)" 'and are refused by merge'
{ head -n 4 whole.csv; echo; echo 'what is this'; head -c 3000000 /dev/zero | tr '\0' x; echo; tail -n +5 whole.csv; } >rows.csv
chmod 600 rows.csv
ln -s rows.csv link.csv
# shellcheck disable=SC2086
program sweep small.yaml $axes --quiet -o link.csv
ok "$([ $status = 0 ] && cmp -s rows.csv whole.csv && [ -L link.csv ] && [ "$(stat -c %a rows.csv)" = 600 ] && grep -qE '(rows.csv:7, |link.csv:7: )' err; echo $?)" 'lines that are no rows are taken out, behind a link too'
ok "$([ "$(find . -name '.*.csv.*' | wc -l)" = 0 ]; echo $?)" 'and nothing is left behind'

# ---- while it writes
rm -f t.csv
"$ZYNQSIM" sweep small.yaml --vary accelerator.clock=50000001:50004000 --jobs 2 -o t.csv >out 2>err &
pid=$!
i=0
while [ $i -lt 500 ] && [ "$({ wc -l <t.csv || echo 0; } 2>/dev/null)" -lt 3 ]; do i=$((i + 1)); sleep 0.01; done
truncate -s +100 t.csv
wait $pid
status=$?
if grep -q 'zero bytes' err; then
    ok "$([ $status = 3 ] && grep -q 't.csv:.*the same command goes on' err; echo $?)" 'zeros that come while it writes end with 3'
    program sweep small.yaml --vary accelerator.clock=50000001:50004000 --jobs 2 -o t.csv
    ok "$([ $status = 0 ] && [ "$(tail -n +2 t.csv | cut -d, -f1 | sort -un | wc -l)" = 4000 ]; echo $?)" 'and the same command mends it'
else
    skip 'the sweep ended before it could be damaged'
fi

# ---- any bytes anywhere (make soak: more of them)
n=12
[ -z "${ZYNQSIM_SOAK-}" ] || n=400
seed=${ZYNQSIM_SEED-$$}
size=$(wc -c <whole.csv)
header=$(head -n 1 whole.csv | wc -c)
i=0 silent=0
while [ $i -lt $n ]; do
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    at=$((header + seed / 8 % (size - header)))
    byte=$(printf '\\%03o' $((seed / 4096 % 256)))
    cp whole.csv rows.csv
    # shellcheck disable=SC2059 # an escape
    printf "$byte" | dd of=rows.csv bs=1 seek=$at conv=notrunc 2>/dev/null
    cmp -s rows.csv whole.csv || {
        cp rows.csv bad.csv
        sweep
        [ $status = 2 ] || { [ $status = 0 ] && rows rows.csv | cmp -s - whole; } || { silent=$((silent + 1)); echo "byte $at = $byte"; }
        program sweep --merge m.csv bad.csv
        { [ $status != 0 ] || cmp -s m.csv whole.csv; } || { silent=$((silent + 1)); echo "merge: byte $at = $byte"; }
        rm -f m.csv
    }
    i=$((i + 1))
done
ok "$([ $silent = 0 ]; echo $?)" "no one of $n bytes is changed in silence (seed ${ZYNQSIM_SEED-$$})"
finish
