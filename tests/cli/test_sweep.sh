#!/bin/sh
# sweep: rows, resuming after everything that can end a program, shards, fronts, the best, wrong
# input. ZYNQSIM_SOAK=POINTS:KILLS makes the sweep that is killed a long one (make soak).
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1
kills=3 soak='--vary accelerator.clock=50000000:50000600:2'
if [ -n "${ZYNQSIM_SOAK-}" ]; then
    kills=${ZYNQSIM_SOAK#*:}
    soak="--vary accelerator.clock=50000001:$((50000000 + ${ZYNQSIM_SOAK%:*}))"
fi
axes='--vary accelerator.tile.oc=4,8,16 --vary accelerator.tile.ic=2,4 --vary accelerator.fusion=none,lf2'
rows() { tail -n +2 "$1" | sort -t, -k1,1n; }

# ---- rows
# shellcheck disable=SC2086 # lists of options
program sweep small.yaml $axes -o a.csv
ok "$([ $status = 0 ] && grep -q '12 of 12 points: 12 simulated' out; echo $?)" 'a sweep counts what it did'
ok "$([ "$(head -n 1 a.csv | cut -d, -f1-9)" = 'point,sweep,accelerator.tile.oc,accelerator.tile.ic,accelerator.fusion,outcome,meets,problem,design' ]; echo $?)" 'columns are number, sweep, keys, outcome and figures'
ok "$([ "$(wc -l <a.csv)" = 13 ] && [ "$(rows a.csv | cut -d, -f1 | tr '\n' ' ')" = '0 1 2 3 4 5 6 7 8 9 10 11 ' ]; echo $?)" 'every point has a row'
column() { head -n 1 "$1" | tr , '\n' | grep -nx "$2" | cut -d: -f1; }
cycles=$("$ZYNQSIM" run small.yaml --timing-only --fidelity tile --set accelerator.tile.oc=8 --set accelerator.tile.ic=4 --set accelerator.fusion=lf2 --format json 2>/dev/null | sed -n 's/^  "cycles": \([0-9]*\),$/\1/p')
ok "$([ "$(rows a.csv | sed -n 8p | cut -d, -f"$(column a.csv cycles)")" = "$cycles" ]; echo $?)" 'a row has the figures of run'
# shellcheck disable=SC2086
for jobs in 1 2 5; do
    "$ZYNQSIM" sweep small.yaml $axes --jobs $jobs -o "j$jobs.csv" --quiet >out 2>err
    rows "j$jobs.csv" >"j$jobs"
done
ok "$(cmp -s j1 j2 && cmp -s j1 j5; echo $?)" 'any number of threads gives the same rows'
# shellcheck disable=SC2086
program sweep small.yaml $axes -o -
ok "$([ $status = 0 ] && tail -n +2 out | cmp -s - j1; echo $?)" 'on standard output rows come in order'
# shellcheck disable=SC2086
program sweep small.yaml $axes
ok "$([ $status = 0 ] && tail -n +2 out | cmp -s - j1; echo $?)" 'and that is where they go without a file'
{ cat small.yaml; printf 'sweep:\n  vary:\n    - accelerator.tile.oc=4,8,16\n    - accelerator.tile.ic=2,4\n    - accelerator.fusion=none,lf2\n'; } >own.yaml
program sweep own.yaml -o -
ok "$([ $status = 0 ] && tail -n +2 out | cmp -s - j1; echo $?)" 'a section of the design file says the same as options'
program run own.yaml --timing-only
ok "$([ $status = 0 ]; echo $?)" 'and does not disturb a run'
program sweep small.yaml --vary accelerator.buffer.weight=1,0 --vary accelerator.unroll.oc=4,256 -o p.csv
ok "$([ $status = 0 ] && grep -q '4 of 4 points: 2 simulated, of these 1 do not fit; 0 skipped by a condition, 2 with a problem' out; echo $?)" 'points that cannot be planned, and such as do not fit, are rows'
ok "$(rows p.csv | sed -n 1p | grep -q 'problem,0,"*accelerator.buffer.weight: '; echo $?)" 'the row says what the problem is'
program sweep small.yaml --vary network.model=small_net.yaml,lenet5 --vary batch=1,2 --vary board=zybo-z7-20,zedboard --vary accelerator.precision=fp32,int8 -o n.csv
ok "$([ $status = 0 ] && grep -q '16 simulated' out && rows n.csv | grep -q '^8,.*,lenet5,1,zybo-z7-20,fp32,simulated'; echo $?)" 'networks, boards, batches and precisions can be varied'
program sweep small.yaml --vary accelerator.unroll.oc=2,4,64 --where 'resources.dsp <= 130' --where 'cycles < 1' -o w.csv
ok "$(grep -q '2 simulated, .* 1 skipped by a condition' out && rows w.csv | sed -n 3p | grep -q ',skipped,0,not resources.dsp <= 130,' && rows w.csv | sed -n 1p | grep -q ',simulated,0,'; echo $?)" 'conditions skip what is known early and mark the rest'

# ---- cells with commas stand in quotes
program sweep "$TOP/configs/default.yaml" --vary accelerator.fusion=none,auto --vary accelerator.buffer.weight=0,1 --fidelity bound -o q.csv
ok "$([ $status = 0 ] && grep -q '^4 of 4 points: 2 simulated.* 2 with a problem' out && grep -q 'stay on chip: .*, .*",x' q.csv; echo $?)" 'notes and problems with commas are rows as all others'
cp q.csv whole.csv
program sweep "$TOP/configs/default.yaml" --vary accelerator.fusion=none,auto --vary accelerator.buffer.weight=0,1 --fidelity bound -o q.csv
ok "$([ $status = 0 ] && cmp -s q.csv whole.csv; echo $?)" 'and are there when the same command goes on'

# ---- resuming
cp a.csv whole.csv
# shellcheck disable=SC2086
program sweep small.yaml $axes -o a.csv
ok "$([ $status = 0 ] && cmp -s a.csv whole.csv; echo $?)" 'a complete file is left as it is'
# shellcheck disable=SC2086
program sweep small.yaml $axes -o l.csv --limit 5
ok "$([ $status = 0 ] && [ "$(wc -l <l.csv)" = 6 ] && grep -q '5 of 12 points are done; the same command goes on' err; echo $?)" 'a limit stops early and says how to go on'
for cut in 1 40 200; do
    head -c -$cut whole.csv >torn.csv
    # shellcheck disable=SC2086
    program sweep small.yaml $axes -o torn.csv
    rows torn.csv >torn
    ok "$([ $status = 0 ] && cmp -s torn j1 && grep -q 'cut short' err; echo $?)" "a row that lacks $cut bytes is made again"
done
{ cat whole.csv; head -c 4096 /dev/zero; } >torn.csv
# shellcheck disable=SC2086
program sweep small.yaml $axes -o torn.csv
ok "$([ $status = 0 ] && cmp -s torn.csv whole.csv; echo $?)" 'zeros that a power loss left behind the rows are taken away'
head -c 60 whole.csv >torn.csv
# shellcheck disable=SC2086
program sweep small.yaml $axes -o torn.csv
ok "$([ $status = 0 ] && rows torn.csv | cmp -s - j1; echo $?)" 'so is a header that was cut short'

# shellcheck disable=SC2086
"$ZYNQSIM" sweep small.yaml $soak -o straight.csv --quiet >out 2>err
rows straight.csv >straight
points=$(wc -l <straight)
begin=$(date +%s%N)
# shellcheck disable=SC2086
"$ZYNQSIM" sweep small.yaml $soak -o timed.csv --quiet >out 2>err
ms=$((($(date +%s%N) - begin) / 1000000))
seed=${ZYNQSIM_SEED-$$}
i=0 killed=0
while [ $i -lt "$kills" ]; do
    # shellcheck disable=SC2086
    GCOV_PREFIX=$APART "$ZYNQSIM" sweep small.yaml $soak -o killed.csv --quiet >out 2>err &
    pid=$!
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    sleep "$(awk -v ms="$ms" -v r="$seed" -v n="$kills" 'BEGIN { printf "%.3f", 0.005 + r / 2147483648 * 1.6 * ms / n / 1000 }')"
    kill -9 $pid 2>/dev/null && killed=$((killed + 1))
    wait $pid 2>/dev/null
    i=$((i + 1))
done
lines=$(wc -l <killed.csv)
# shellcheck disable=SC2086
program sweep small.yaml $soak -o killed.csv
rows killed.csv >after
[ -z "${ZYNQSIM_SOAK-}" ] || echo "$killed kills in $points points, $((lines - 1)) rows before the last call"
ok "$([ $status = 0 ] && cmp -s after straight; echo $?)" "after $killed kills in $points points, $((lines - 1)) of them before the last call, all rows are there once"

# ---- who may write
program sweep small.yaml --vary accelerator.tile.oc=4,8,16 -o a.csv
ok "$([ $status = 2 ] && cmp -s a.csv whole.csv && grep -q 'remove this one to start again' err; echo $?)" 'other axes are refused, and the file stays'
# shellcheck disable=SC2086
program sweep small.yaml $axes -o a.csv --set accelerator.double_buffer.input=false
ok "$([ $status = 2 ] && grep -q 'holds rows of another sweep' err; echo $?)" 'so is a changed design'
# shellcheck disable=SC2086
program sweep small.yaml $axes -o a.csv --fidelity burst
ok "$([ $status = 2 ]; echo $?)" 'and another fidelity'
sed 's/oc: \([0-9]*\)/oc: 1\1/;t' small_net.yaml >changed_net.yaml
sed 's/small_net/changed_net/' small.yaml >changed.yaml
cp small_net.yaml kept_net.yaml
cp changed_net.yaml small_net.yaml
# shellcheck disable=SC2086
program sweep small.yaml $axes -o a.csv
ok "$(cmp -s small_net.yaml kept_net.yaml || [ $status = 2 ]; echo $?)" 'and a network whose file has changed'
cp kept_net.yaml small_net.yaml
mkdir elsewhere
cp small.yaml small_net.yaml elsewhere
# shellcheck disable=SC2086
program sweep elsewhere/small.yaml $axes -o a.csv
ok "$([ $status = 0 ] && cmp -s a.csv whole.csv; echo $?)" 'but files may lie elsewhere'
if command -v flock >/dev/null; then
    # shellcheck disable=SC2086
    flock a.csv "$ZYNQSIM" sweep small.yaml $axes -o a.csv >out 2>err
    ok "$([ $? = 2 ] && grep -q 'another sweep is writing to this file' err; echo $?)" 'two sweeps on one file are refused'
fi


# ---- the models that made a row
made_by=$("$ZYNQSIM" --version | sed 's/^zynqsim //; s/, models /+/')
ok "$([ "$(rows a.csv | cut -d, -f2 | cut -d/ -f2- | sort -u)" = "12/$made_by" ]; echo $?)" 'rows name the build that made them'
other=${made_by%+*}+00000000
sed "s|/$made_by,|/$other,|" a.csv >other.csv
cp other.csv other.kept
# shellcheck disable=SC2086
program sweep small.yaml $axes -o other.csv
ok "$([ $status = 2 ] && cmp -s other.csv other.kept && grep -qF "holds rows that zynqsim $other made, this one is $made_by" err; echo $?)" 'rows of another build are not gone on with, and both are named'
head -n 6 a.csv >half.csv
program sweep --merge mixed.csv half.csv other.csv
ok "$([ $status = 2 ] && [ ! -e mixed.csv ] && grep -qF "other.csv: holds rows that zynqsim $other made, the files before it those of $made_by" err; echo $?)" 'nor merged'
program sweep --merge half.csv other.csv
ok "$([ $status = 2 ] && [ "$(wc -l <half.csv)" = 6 ] && grep -qF "$other" err && grep -qF "$made_by" err; echo $?)" 'nor merged into a file that is there'
program sweep --merge alone.csv other.csv
tail -n +2 alone.csv >alone
ok "$([ $status = 0 ] && rows other.csv | cmp -s - alone; echo $?)" 'rows of one build are merged by any'
{ cat half.csv; tail -n +7 other.csv; } >mixed.csv
cp mixed.csv mixed.kept
# shellcheck disable=SC2086
program sweep small.yaml $axes -o mixed.csv
ok "$([ $status = 2 ] && cmp -s mixed.csv mixed.kept && grep -qF "mixed.csv:7: is a row that $other made, those before it are of $made_by" err; echo $?)" 'a file that mixes two is refused'
program sweep --merge m.csv mixed.csv
ok "$([ $status = 2 ] && [ ! -e m.csv ] && grep -qF "is a row that $other made" err; echo $?)" 'by merge too'
sed "s|/$made_by,|,|" a.csv >old.csv
# shellcheck disable=SC2086
program sweep small.yaml $axes -o old.csv
ok "$([ $status = 2 ] && grep -q 'holds rows of another sweep' err; echo $?)" 'rows that name no build are refused'

# ---- when the machine fails
# shellcheck disable=SC2086
program sweep small.yaml $axes -o /dev/full
ok "$([ $status = 3 ] && grep -q 'No space left' err; echo $?)" 'a full disk ends with 3'
# shellcheck disable=SC2086
(ulimit -f 6 && GCOV_PREFIX=$APART "$ZYNQSIM" sweep small.yaml $axes -o full.csv >out 2>err)
ok "$([ $? = 3 ] && grep -q 'cannot be written: File too large' err && grep -q 'goes on with the rest' err && [ "$(tail -c 1 full.csv)" = '' ]; echo $?)" 'a file that may not grow ends with 3, keeps whole rows and says how to go on'
# shellcheck disable=SC2086
program sweep small.yaml $axes -o full.csv
ok "$([ $status = 0 ] && ! grep -q 'cut short' err && rows full.csv | cmp -s - j1; echo $?)" 'with room again it goes on'
# shellcheck disable=SC2086
{ "$ZYNQSIM" sweep small.yaml $axes -o - 2>err; echo $? >pipe; } | true
ok "$([ "$(cat pipe)" = 141 ] && [ ! -s err ]; echo $?)" 'a closed pipe ends it without a word, as SIGPIPE would'
# shellcheck disable=SC2086
{ "$ZYNQSIM" sweep small.yaml $soak 2>err; echo $? >pipe; } | head -n 2 >/dev/null
ok "$([ "$(cat pipe)" = 141 ] && [ ! -s err ]; echo $?)" 'also when some rows are through it'
# shellcheck disable=SC2086
GCOV_PREFIX=$APART "$ZYNQSIM" sweep small.yaml $soak -o int.csv --jobs 1 >out 2>err &
interrupt $! int.csv
ok "$([ $status = 0 ] || { [ $status = 143 ] && grep -q 'the same command goes on' err && grep -q interrupted err && [ "$(tail -c 1 int.csv)" = '' ]; }; echo $?)" 'an interrupt ends with whole rows and says how to go on'

# ---- what is known before a point is simulated
program sweep small.yaml --vary batch=1,2 -o known.csv
program sweep small.yaml --vary batch=1,2 --where 'batch > 5' -o early.csv
ok "$(awk -F, 'NR == FNR { row[$1] = $0; next }
    FNR == 1 { split($0, name); next }
    { n++; split(row[$1], want); for (i = 5; i < NF; i++) if ($i != "" && name[i] !~ /^(outcome|meets|problem)$/) { seen += name[i] == "macs"; wrong += $i != want[i] } }
    END { exit !(n == 2 && seen == 2 && wrong == 0) }' known.csv early.csv; echo $?)" 'rows that a condition skips have no figure but true ones'
program sweep small.yaml --vary batch=1,2 --where 'macs > 0' --quiet -o -
ok "$([ "$(grep -c ',simulated,' out)" = 2 ]; echo $?)" 'and a condition on multiply-accumulates is judged by them'

# ---- fronts and the best
# shellcheck disable=SC2086
program sweep small.yaml $axes -o a.csv --pareto cycles,resources.bram18,energy.joules --pareto-out marked.csv
ok "$([ $status = 0 ] && grep -q ' on the front of ' out && cmp -s a.csv whole.csv && [ "$(head -n 1 marked.csv)" = "$(head -n 1 whole.csv),pareto" ]; echo $?)" 'a front is printed, and marked in a file of its own'
front=$(awk -F, -v c="$(column a.csv cycles)" -v b="$(column a.csv resources.bram18.used)" -v e="$(column a.csv energy.joules)" 'NR > 1 { n++; x[n] = $c; y[n] = $b; z[n] = $e; p[n] = $1 } END { for (i = 1; i <= n; i++) { on = 1; for (k = 1; k <= n; k++) if (x[k] <= x[i] && y[k] <= y[i] && z[k] <= z[i] && (x[k] < x[i] || y[k] < y[i] || z[k] < z[i])) on = 0; if (on) print p[i] } }' a.csv | sort -n | tr '\n' ' ')
ok "$([ -n "$front" ] && [ "$(awk -F, '$NF == 1 { print $1 }' marked.csv | tr '\n' ' ')" = "$front" ]; echo $?)" 'it is what comparing all pairs gives'
# shellcheck disable=SC2086
program sweep small.yaml $axes --pareto max:images_per_second,-gops --format json
ok "$([ $status = 0 ] && grep -q '"front": \[' out && grep -q '"simulated": 12' out; echo $?)" 'larger may be better, and rows need no file for an answer'
# shellcheck disable=SC2086
program sweep small.yaml $axes --best images_per_second --format csv
most=$(sed -n 2p out | cut -d, -f1)
ok "$([ $status = 0 ] && [ "$most" = "$(awk -F, -v c="$(column a.csv images_per_second)" -v f="$(column a.csv fits)" 'NR > 1 && $f == 1 && $c > best { best = $c; p = $1 } END { print p }' a.csv)" ]; echo $?)" 'of a rate more is better'
# shellcheck disable=SC2086
program sweep small.yaml $axes --best min:images_per_second --format csv
ok "$([ $status = 0 ] && [ "$(sed -n 2p out | cut -d, -f1)" = "$(awk -F, -v c="$(column a.csv images_per_second)" -v f="$(column a.csv fits)" 'NR > 1 && $f == 1 && (p == "" || $c < best) { best = $c; p = $1 } END { print p }' a.csv)" ] && [ "$(sed -n 2p out | cut -d, -f1)" != "$most" ]; echo $?)" 'unless it is told that less is'
# shellcheck disable=SC2086
program sweep small.yaml $axes --format table
ok "$([ $status = 0 ] && [ "$(awk 'NF > 3 && $1 ~ /^[0-9]+$/ { n++ } END { print n }' out)" = 10 ] && [ "$(awk 'NR == 2 { print $1 }' out)" = "$most" ] && grep -q '^the 10 fastest of 12 that fit' out; echo $?)" '--format table shows the fastest, best first'
few='small.yaml --vary accelerator.unroll.oc=2,10 --set board=zybo-7020-256k'
# shellcheck disable=SC2086
program sweep $few --format table
ok "$(grep -q '^the 2 fastest of 2 that fit or are too close to call, by' out; echo $?)" 'points that are too close to call are not said to fit'
# shellcheck disable=SC2086
program sweep $few --pareto cycles --where 'cycles > 1'
ok "$(grep -q ' of 2 that fit or are too close to call, and meet the conditions;' out; echo $?)" 'nor on a front'
# shellcheck disable=SC2086
program sweep $few --pareto cycles --where 'fits != false'
ok "$(grep -q ' of 2 that meet the conditions;' out; echo $?)" 'a condition on fits says it all'
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    script -qec "'$ZYNQSIM' sweep small.yaml $axes" typescript </dev/null >out 2>err
    ok "$(grep -q '10 fastest of' out && ! grep -q ',simulated,' out; echo $?)" 'a terminal gets that table, not rows'
    script -qec "'$ZYNQSIM' sweep small.yaml $axes --format csv" typescript </dev/null >out 2>err
    ok "$([ "$(grep -c ',simulated,' out)" = 12 ] && ! grep -q fastest out; echo $?)" 'and rows when it asks for them'
else
    skip 'a sweep on a terminal: needs script(1) and a pseudo-terminal'
fi
cp marked.csv old.csv
# shellcheck disable=SC2086
(ulimit -f 1 && GCOV_PREFIX=$APART "$ZYNQSIM" sweep small.yaml $axes --pareto cycles --pareto-out marked.csv >out 2>err)
status=$?
ok "$([ $status = 3 ] && grep -q 'marked.csv: cannot be written' err && cmp -s old.csv marked.csv && [ "$(find . -name '.marked.csv*')" = '' ]; echo $?)" 'a marked file that cannot be written whole leaves the one before'
# shellcheck disable=SC2086
program sweep small.yaml $axes --best cycles -o best.csv --format csv
best=$(sed -n 2p out | cut -d, -f1)
want=$(awk -F, -v c="$(column a.csv cycles)" 'NR > 1 && (least == "" || $c + 0 < least || ($c + 0 == least && $1 + 0 < point)) { least = $c + 0; point = $1 + 0 } END { print point }' a.csv)
ok "$([ $status = 0 ] && [ "$best" = "$want" ]; echo $?)" 'the best by bounds is the best of all'
# shellcheck disable=SC2086
program sweep small.yaml $axes -o best.csv
ok "$([ $status = 0 ] && rows best.csv | cmp -s - j1; echo $?)" 'its file can be completed'
# shellcheck disable=SC2086
program sweep small.yaml $axes --best cycles -o a.csv --format csv
ok "$([ $status = 0 ] && [ "$(sed -n 2p out | cut -d, -f1)" = "$want" ] && cmp -s a.csv whole.csv; echo $?)" 'and the rows of a file answer without simulating'
# shellcheck disable=SC2086
program sweep small.yaml $axes --best cycles --where 'cycles < 1'
ok "$([ $status = 1 ] && grep -q 'none of 12 points' out; echo $?)" 'when nothing qualifies the answer is no'

# ---- shards
# shellcheck disable=SC2086
for i in 0 1 2; do "$ZYNQSIM" sweep small.yaml $axes --shard $i/3 -o s$i.csv --quiet >>out 2>err; done
program sweep --merge m.csv s2.csv s0.csv s1.csv
ok "$([ $status = 0 ] && tail -n +2 m.csv | cmp -s - j1 && grep -q '12 points, all there' out; echo $?)" 'shards are merged in order'
# shellcheck disable=SC2086
program sweep small.yaml $axes -o m.csv
ok "$([ $status = 0 ] && tail -n +2 m.csv | cmp -s - j1; echo $?)" 'a merged file is a file of the sweep'
program sweep --merge m2.csv s0.csv s2.csv
ok "$([ $status = 1 ] && grep -q '4 of 12 points are missing, the first is 1' err; echo $?)" 'points that are missing are told'
program sweep --merge m3.csv s0.csv s0.csv s1.csv s2.csv
ok "$([ $status = 0 ] && cmp -s m.csv m3.csv; echo $?)" 'a row that is there twice counts once'
cp s0.csv grown.csv
program sweep --merge grown.csv s1.csv s2.csv
ok "$([ $status = 0 ] && cmp -s m.csv grown.csv; echo $?)" 'rows of the target are kept'
cp small.yaml kept.yaml
program sweep --merge small.yaml s0.csv s1.csv
ok "$([ $status = 2 ] && grep -q 'small.yaml:1: is no file of a sweep' err && cmp -s small.yaml kept.yaml; echo $?)" 'and a target that is another file is not written over'
sed 's/simulated,1/simulated,0/' s0.csv >s0x.csv
program sweep --merge m4.csv s0.csv s0x.csv
ok "$([ $status = 2 ] && grep -q 's0x.csv:2, column checksum: ' err && [ ! -e m4.csv ]; echo $?)" 'unless it differs'
program sweep --merge m4.csv s0.csv p.csv
ok "$([ $status = 2 ] && [ ! -e m4.csv ] && grep -q 'other columns' err; echo $?)" 'files of other sweeps are not merged'

# ---- MPI
if [ "$BUILD" != build ] || ! command -v mpicc >/dev/null || ! command -v mpirun >/dev/null; then
    skip "zynqsim-mpi needs libopenmpi-dev and openmpi-bin"
else
    make -s -C "$TOP" mpi >err 2>&1
    ok $? 'zynqsim-mpi builds'
    mpi() {
        mpirun --allow-run-as-root --oversubscribe "$@" >out 2>err </dev/null
        status=$?
    }
    # shellcheck disable=SC2086
    mpi -n 2 "$TOP/$BUILD/zynqsim-mpi" sweep small.yaml $axes -o mpi.csv
    ok "$([ $status = 0 ] && rows mpi.csv | cmp -s - j1 && grep -q '12 simulated' out; echo $?)" 'two ranks give the same rows'
    # shellcheck disable=SC2086
    mpi -n 3 "$TOP/$BUILD/zynqsim-mpi" sweep small.yaml $axes --best cycles --format csv
    ok "$([ $status = 0 ] && [ "$(sed -n 2p out | cut -d, -f1)" = "$want" ]; echo $?)" 'ranks find the same optimum'
    LC_ALL=C sed "s/$made_by/$other/" "$TOP/$BUILD/zynqsim-mpi" >other-mpi && chmod +x other-mpi
    # shellcheck disable=SC2086
    mpi -n 2 "$TOP/$BUILD/zynqsim-mpi" sweep small.yaml $axes -o builds.csv : -n 1 ./other-mpi sweep small.yaml $axes -o builds.csv
    ok "$([ $status = 0 ] && rows builds.csv | cmp -s - j1 && grep -qF "rank 2: is $other, rank 0 is $made_by" err; echo $?)" 'a rank of another build is left out'
    # shellcheck disable=SC2086
    GCOV_PREFIX=$APART mpirun --allow-run-as-root --oversubscribe -n 3 "$TOP/$BUILD/zynqsim-mpi" sweep small.yaml $soak -o lost.csv >out 2>err </dev/null &
    pid=$!
    touch lost.csv
    tries=0
    while [ "$(wc -l <lost.csv)" -lt 3 ] && [ $tries -lt 500 ]; do tries=$((tries + 1)); sleep 0.01; done
    rank=$(ps -o pid= --ppid $pid | tail -n 1)
    [ -z "$rank" ] || kill -9 "$rank" 2>/dev/null
    wait $pid
    # shellcheck disable=SC2086
    program sweep small.yaml $soak -o lost.csv
    ok "$([ $status = 0 ] && rows lost.csv | cmp -s - straight; echo $?)" 'when a rank is lost its file is gone on with'
    long='--vary accelerator.clock=50000000:50006000:2'
    # shellcheck disable=SC2086
    "$ZYNQSIM" sweep small.yaml $long -o long.csv --quiet >out 2>err
    rows long.csv >long
    # begin WORKERS OPTION...: the long sweep, until it has some rows; the last worker is $rank.
    begin() {
        workers=$1
        shift
        rm -f lost.csv
        # shellcheck disable=SC2086
        GCOV_PREFIX=$APART mpirun --allow-run-as-root --oversubscribe "$@" -n $((workers + 1)) "$TOP/$BUILD/zynqsim-mpi" sweep small.yaml $long -o lost.csv >out 2>err </dev/null &
        pid=$!
        touch lost.csv
        tries=0
        while [ "$(wc -l <lost.csv)" -lt 3 ] && [ $tries -lt 500 ]; do tries=$((tries + 1)); sleep 0.01; done
        rank=$(ps -o pid= --ppid $pid | tail -n 1)
    }
    # lose_one WORKERS WHAT: the last of them is killed in the middle; one call gives the whole file
    lose_one() {
        begin "$1" --enable-recovery
        [ -z "$rank" ] || kill -9 "$rank" 2>/dev/null
        wait $pid
        ok "$(rows lost.csv | cmp -s - long && grep -q "rank $1: has not answered" err && grep -q '3001 simulated' out; echo $?)" "$2"
    }
    lose_one 2 'with recovery another rank makes the rows of one that is killed'
    lose_one 1 'and rank 0 does when the only one is'
    begin 1
    kill -STOP "$rank"
    tries=0
    until grep -q 'has not answered' err || [ $tries -ge 1000 ]; do tries=$((tries + 1)); sleep 0.01; done
    kill -CONT "$rank"
    wait $pid
    status=$?
    ok "$([ $status = 0 ] && rows lost.csv | cmp -s - long && grep -q 'rank 1: answers again' err; echo $?)" 'a rank that was slow is taken back, and a row that comes twice is taken once'
    mpi -n 2 "$TOP/$BUILD/zynqsim-mpi" sweep small.yaml --vary nothing=1 -o mpi2.csv
    ok "$([ $status = 2 ] && [ ! -e mpi2.csv ] && [ "$(grep -c 'is no key of a design' err)" = 1 ]; echo $?)" 'a wrong command is told once'
fi

# ---- wrong input
while IFS='|' read -r says arguments; do
    # shellcheck disable=SC2086
    eval "program sweep small.yaml $arguments"
    ok "$([ $status = 2 ] && [ "$(wc -l <err)" = 1 ] && grep -q -- "$says" err; echo $?)" "refused: $arguments"
done <<'END'
no axis is given|-o x.csv
rows are CSV|--vary batch=1 --format json
is no key of a design, did you mean accelerator.tile.oc|--vary accelerator.tile.od=1
ends before it begins|--vary batch=5:1
"resources.dsp.used" is there twice|--vary batch=1,2 --pareto resources.dsp,resources.dsp.used
a figure is missing|--vary batch=1,2 --pareto cycles,
a figure is missing|--vary batch=1,2 --pareto ,cycles
is true or false: only numbers|--vary batch=1,2 --best fits
is no range: those are lo:hi|--vary accelerator.tile.oc=8..64
all conditions must hold|--vary batch=1 --where 'cycles < 5 || fits'
batch is on the axis batch=1,2 too|--vary batch=1,2 --set batch=4
network.model is on the axis|--vary network.model=lenet5 --model lenet5
is the file of the rows|--vary batch=1,2 --pareto cycles -o x.csv --pareto-out x.csv
"8" is there twice|--vary accelerator.tile.oc=8,8
a comparison is missing after "&&"|--vary batch=1 --where 'cycles <= 1 && '
already on the axis|--vary batch=1 --vary batch=2
did you mean cycles|--vary batch=1 --where 'cylces < 5'
NAME OP VALUE|--vary batch=1 --where 'cycles'
is not I/N|--vary batch=1 --shard 4/4
is not I/N|--vary batch=1 --shard 1
is a word|--vary batch=1 --best network
is a key of the design|--vary batch=1 --best accelerator.clock
did you mean energy.joules|--vary batch=1 --pareto cycles,energy.jouls
rows need a file|--vary batch=1 --pareto cycles -o -
does not go with|--vary batch=1 --best cycles --pareto cycles
needs --pareto|--vary batch=1 --pareto-out x.csv
did you mean --vary|--vari batch=1
joins files and does nothing else|--merge x.csv --vary batch=1
cannot be opened|--vary batch=1 -o none/x.csv
no file of a sweep|--vary batch=1 -o small.yaml
small_nat.yaml|--vary network.model=small_nat.yaml
END
ok "$([ ! -e x.csv ]; echo $?)" 'and nothing is written'
finish
