#!/bin/sh
# memory: patterns in, bandwidth and latency out.
. tests/cli/cli.sh
cd "$WORK" || exit 1

# one line of output as words
column() {
    awk -F, -v row="$2" -v column="$3" 'NR == row + 1 { print $column }' "$1"
}

printf '\357\273\277group,spec,case\r\na,dir=R size=128 W=8 n=2000 pat=seq,reads\r\n\r\nb,"dir=W size=32 W=4 n=500 pat=rand","writes, random"\r\nc,dir=M3:1 size=64 W=8 n=900 pat=seq basew=0x1000000 | dir=R size=4 gap=100.5 n=900 pat=rand,both\r\n' >specs.csv
program memory specs.csv
ok "$([ $status = 0 ] && [ ! -s err ]; echo $?)" 'a table with a byte order mark, CRLF, blank lines and quotes is read'
ok "$([ "$(head -n 1 out)" = 'case,requests,bytes,ns,gbps,frac_peak,rd_lat_mean_ns,rd_lat_p95_ns' ]; echo $?)" 'the columns are those of DRAM comparisons'
ok "$([ "$(wc -l <out)" = 4 ]; echo $?)" 'there is one line for each pattern'
ok "$([ "$(column out 1 1),$(column out 1 2),$(column out 1 3)" = reads,2000,256000 ]; echo $?)" 'requests and useful bytes are counted'
ok "$(awk -F, 'NR == 2 { exit !($6 > 0.94 && $6 < 0.97 && $5 > 4 && $5 < 4.2667 && ($3 / $4 - $5)^2 < 1e-9) }' out; echo $?)" 'sequential reads reach the peak less refresh, and GB/s is bytes over ns'
ok "$(grep -q '^"writes, random",500,16000,[0-9.]*,[0-9.]*,[0-9.]*,,$' out; echo $?)" 'a case without reads has no read latency'
cp out first
program memory - <specs.csv
program memory specs.csv
ok "$(cmp -s out first; echo $?)" 'the same patterns give the same figures'
"$ZYNQSIM" memory - <specs.csv >out 2>err
ok "$(cmp -s out first; echo $?)" 'standard input is read like a file'
program memory specs.csv --format json
ok "$([ $status = 0 ] && [ "$(grep -c '"case":' out)" = 3 ] && grep -q '"bytes": 256000,' out && [ "$(grep -c 'ns": null' out)" = 2 ]; echo $?)" 'JSON has the same figures, null where there are none'
program memory specs.csv --format table
ok "$([ $status = 0 ] && grep -q 'writes, random' out && [ "$(wc -l <out)" = 4 ]; echo $?)" 'the table has a line for each pattern'

# ---- corners of the grammar
cat >corners.csv <<'END'
case,spec
one byte,dir=R size=1 W=3 n=40
all at once,dir=W size=3 gap=0.01 n=900 pat=tile L=7 P=0 region=1
large,dir=R size=65536 W=70 n=90 pat=rand region=65536
far,dir=R size=4096 W=3 n=50 base=1e15 pat=pp rows=3 rowd=1e12
fraction,dir=R size=64 W=1 rgap=37.4 n=1000
slow,dir=R size=32 W=1 n=2 | dir=R size=32 gap=1e9 n=2
END
program memory corners.csv
ok "$([ $status = 0 ] && [ "$(wc -l <out)" = 7 ] && ! grep -qE 'nan|inf|,-' out; echo $?)" 'the corners of the grammar have figures'
ok "$(awk -F, '$1 == "large" { exit !($3 == 90 * 65536) }' out; echo $?)" 'large requests are counted in full'
program memory corners.csv --set board.memory.t_refi=0
ok "$(awk -F, '$1 == "fraction" { exit !($4 > 37.3 * 1.875 * 999 && $4 < 37.6 * 1.875 * 1000) }' out; echo $?)" 'a distance that is no whole number of clocks is kept in the mean'

# ---- another memory
program memory specs.csv --set board.memory.t_refi=0
ok "$([ "$(column out 1 6 | cut -c1-4)" = 0.99 ]; echo $?)" 'without refresh sequential reads reach the peak'
printf 'board: pynq-z1\n' >narrow.yaml
program memory specs.csv --design narrow.yaml
narrow=$(column out 1 5)
ok "$(awk -v a="$narrow" -v b="$(column first 1 5)" 'BEGIN { exit !(a > 0 && a < 0.6 * b) }'; echo $?)" 'the board of a design has the memory: half the width is half the bandwidth'

# ---- what is wrong
bad() {
    want=$1 pattern=$2 what=$3
    shift 3
    program memory "$@"
    ok "$([ "$status" = "$want" ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] && grep -qE -- "$pattern" err; echo $?)" "$what: status $status, not $want, or not /$pattern/"
}
row() {
    { echo case,spec; echo 'good,dir=R size=32 W=1 n=10'; echo "$1"; } >row.csv
}
bad 2 'table of patterns is missing' 'no table'
bad 2 'one argument too many' 'two tables' specs.csv specs.csv
bad 2 'nowhere.csv.*No such file' 'missing table' nowhere.csv
bad 2 'directory' 'directory as a table' .
: >empty.csv
bad 2 'empty.csv: is empty' 'empty file' empty.csv
echo case,spec >head.csv
bad 2 'head.csv: has no rows' 'header alone' head.csv
echo case,specs >typo.csv
bad 2 'typo.csv: there is no column "spec"; the columns are case, specs' 'missing column' typo.csv
row 'x,dir=R size=32 W=1 n=nan'
bad 2 'row.csv:3, spec: stream 1, n=nan: nan is outside 1 to 16777216' 'n that is no number' row.csv
row 'x,dir=R size=-4 W=1 n=10'
bad 2 'row.csv:3.*-4 is outside 1 to 65536' 'negative size' row.csv
row 'x,dir=R size=32 W=1 n=10 | dir=W size=32 n=10'
bad 2 'row.csv:3.*stream 2.*exactly one of W and gap' 'second stream without W' row.csv
row 'x,dir=R size=4096 n=10 port=hp0'
bad 2 'row.csv:3.*stream 1 names a port, but this is the DRAM alone' 'pattern of a port' row.csv
row 'x,dir=R size=4 n=10 W=1 pat=rand region=2'
bad 2 'row.csv:3.*the region is smaller than the alignment' 'region with no room for a request' row.csv
row 'x,'
bad 2 'row.csv:3' 'empty pattern' row.csv
row 'x,dir=R size=32 W=1 n=10,more'
bad 2 'row.csv:3: the row has 3 cells, the header names 2 columns' 'row that is too long' row.csv
row x
bad 2 'row.csv:3: the row has 1 cell,' 'row that is too short' row.csv
row 'x,"dir=R size=32'
bad 2 'row.csv:3: a quote that opens in this row is never closed' 'quote that stays open' row.csv
row 'x,dir=R "size"=32'
bad 2 'row.csv:3: a quote where none may stand' 'quote inside a cell' row.csv
printf 'case,spec\nx,dir=R\000\n' >zero.csv
bad 2 'zero.csv:2: a zero byte' 'zero byte' zero.csv
printf 'case,spec,case\n' >twice.csv
bad 2 'twice.csv:1: there are two columns of the name "case"' 'two columns of one name' twice.csv
bad 2 'board.memory.bus.*3.*power of two' 'memory that cannot be' specs.csv --set board.memory.bus=3
bad 2 'board.memory.kind.*fixed has no DRAM' 'memory without DRAM' specs.csv --set board.memory.kind=fixed
bad 2 'did you mean .board.memory.t_refi' 'unknown key' specs.csv --set board.memory.t_ref=0
bad 2 'nowhere.yaml.*No such file' 'missing design' specs.csv --design nowhere.yaml
bad 2 "'xml' is not one of" 'unknown format' specs.csv --format xml
"$ZYNQSIM" memory specs.csv >/dev/full 2>err
status=$?
ok "$([ $status = 3 ] && grep -q 'standard output' err; echo $?)" 'a full disk ends with 3 and says so'

# ---- measurements, where they lie beside the checkout
bands=$TOP/../shared/reference/dram/dram_open_band.csv
if [ -r "$bands" ]; then
    program memory "$bands"
    ok "$([ $status = 0 ] && [ "$(wc -l <out)" = "$(wc -l <"$bands")" ]; echo $?)" 'every pattern of the DRAM comparison is measured'
else
    skip "the patterns of the DRAM comparison need the reference data beside the checkout"
fi
finish
