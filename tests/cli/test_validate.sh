#!/bin/sh
# validate: cases with known answers, those of the program and those of others.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1

# ---- the cases that come with the program
(cd "$TOP" && "$ZYNQSIM" validate >"$WORK/out" 2>"$WORK/err")
status=$?
ok "$([ $status -le 1 ] && [ ! -s err ]; echo $?)" 'all cases of the program run'
ok "$(grep -q '^DRAM bandwidth' out && grep -q '^tile engine' out && grep -q '^AXI clocks' out; echo $?)" 'there is a section for each family'
ok "$(grep -q '^tile00 .* 10008 .* inside' out; echo $?)" 'a row has predicted, measured and verdict'
cp out everywhere
program validate
ok "$(sed 's/, [^ ]*$//' out >a; sed 's/, [^ ]*$//' everywhere >b; cmp -s a b; echo $?)" 'they are found from any directory'
(cd "$TOP" && "$ZYNQSIM" validate tile0 seqR128_W1 >"$WORK/out" 2>"$WORK/err")
ok "$([ "$(grep -c ' inside *$' out)" = 7 ]; echo $?)" 'words choose cases by their names'
(cd "$TOP" && "$ZYNQSIM" validate tile0 tiel >"$WORK/out" 2>"$WORK/err")
ok "$([ $? = 2 ] && [ ! -s out ] && grep -q 'tiel: no case' err; echo $?)" 'a word that chooses nothing is refused'
(cd "$TOP" && "$ZYNQSIM" validate tile0 --format json >"$WORK/out" 2>"$WORK/err")
status=$?
ok "$([ $status = 0 ] && grep -q '^  "rows": 5,' out && grep -q '^  "passes": true,' out && [ "$(grep -c '"verdict": "inside"' out)" = 5 ]; echo $?)" 'JSON says the same'
(cd "$TOP" && "$ZYNQSIM" validate tile0 --format csv >"$WORK/out" 2>"$WORK/err")
ok "$([ "$(head -n 1 out | cut -d, -f1-6)" = case,scope,figure,unit,predicted,measured ] && [ "$(wc -l <out)" = 6 ]; echo $?)" 'CSV has a line for each row'

(cd "$TOP" && "$ZYNQSIM" validate axi_rtl.csv --format csv >"$WORK/out" 2>"$WORK/err")
ok "$(awk -F, '/,reported,/ { reported++; exact += $9 == "0" } END { exit !(reported == 33 && exact == 33) }' out; echo $?)" 'clocks that are reported are those of the RTL all the same'

# ---- pipelines, beside whole networks of the same design
cat >pipeline.csv <<'END'
case,design,scope,metric,measured,tolerance
one device,small.yaml,pipeline,plain_speedup,1,exact
cycles,small.yaml,,cycles,1,
images,small.yaml,pipeline,images_per_second,0,exact
END
program validate --against pipeline.csv
ok "$([ $status = 1 ] && grep -q '^one device .*pipeline plain_speedup .* inside' out && grep -q '^cycles .* reported' out && grep -q '^images .* outside' out; echo $?)" 'figures of pipelines are judged'
sed -i s/plain_speedup/plane_speedup/ pipeline.csv
program validate --against pipeline.csv
ok "$([ $status = 2 ] && grep -q 'pipeline.csv:2.*"plane_speedup" is no figure of a pipeline, as plain_speedup is' err; echo $?)" 'other figures are refused, with the nearest'
(cd "$TOP" && "$ZYNQSIM" validate runs_training >"$WORK/out" 2>"$WORK/err")
ok "$([ $? = 0 ] && grep -q '4 rows judged: 4 inside' out; echo $?)" 'published pipelines of two devices are inside'

# ---- simulated designs
cycles=$("$ZYNQSIM" run small.yaml --timing-only --format json 2>/dev/null | sed -n 's/^  "cycles": \([0-9]*\),$/\1/p')
row_cycles=$("$ZYNQSIM" run small.yaml --timing-only --format csv 2>/dev/null | awk -F, 'NR == 2 { print $7 }')
row_name=$("$ZYNQSIM" run small.yaml --timing-only --format csv 2>/dev/null | awk -F, 'NR == 2 { print $1 }')
bytes=$("$ZYNQSIM" run small.yaml --timing-only --format json --set accelerator.fusion=none 2>/dev/null | sed -n '/"dram"/,/}/s/.*"read_bytes": \([0-9]*\),$/\1/p')
mkdir -p tables/deep/deeper
head='case,design,set,fidelity,scope,metric,measured,tolerance,reason,source'
cat >tables/runs_small.csv <<END
$head
whole,../small.yaml,,,,cycles,$cycles,exact,,
row,../small.yaml,,burst,$row_name,cycles,$row_cycles,exact,,
first of the name,../small.yaml,,burst,$row_name#1,cycles,$row_cycles,exact,,
setting,../small.yaml,accelerator.fusion=none,,,dram.read_bytes,$bytes,exact,,
time,../small.yaml,,,,seconds,1e-3,50%|1,,a guess
fits,../small.yaml,,bound,,fits,1,exact,,
END
program validate --against tables/runs_small.csv
ok "$([ $status = 0 ] && [ "$(grep -c ' inside$' out)" = 6 ]; echo $?)" 'figures of designs are looked up by name, for the network and for a row'
sed "s/cycles,$cycles,exact,/cycles,$((cycles + cycles / 20)),3%,measured by hand/" tables/runs_small.csv >off.csv
sed 's#\.\./##' off.csv >off_here.csv
program validate --against off_here.csv
ok "$([ $status = 1 ] && grep -qE '^whole .* -4\.7[0-9] % .*outside +measured by hand' out; echo $?)" 'a row outside its tolerance ends with 1 and says its reason'
sed 's/,3%,/,6%,/' off_here.csv >near.csv
program validate --against near.csv
ok "$([ $status = 0 ]; echo $?)" 'the tolerance decides'
sed "s/,3%,/,$((cycles / 20 + 1)),/" off_here.csv >near.csv
program validate --against near.csv
ok "$([ $status = 0 ]; echo $?)" 'so does an absolute one'

cat >reported.csv <<END
$head
near,small.yaml,,,,cycles,$cycles,exact,,
far,small.yaml,,,,cycles,$((cycles * 2)),,never modelled,
span,small.yaml,,,,cycles,$((cycles - 1))..$((cycles + 1)),exact,,
END
program validate --against reported.csv
ok "$([ $status = 0 ] && grep -qE '^far .* -50\.00 %  - +reported +never modelled$' out && grep -q '^2 rows judged: 2 inside, 0 outside; mean error 0.0 %, worst 0.0 %; 1 reported, worst 50.0 % (far)$' out; echo $?)" 'a row without a tolerance is reported, counted apart and changes no status'
ok "$(grep -q '^0 of 2 judged rows outside their tolerance, 0 of 1 sections fail; 1 reported, 0 unjudged$' out; echo $?)" 'it is no row that passes'
program validate --against reported.csv --format csv
ok "$([ $status = 0 ] && grep -qE '^far,.*,-0\.5,,reported,never modelled,' out; echo $?)" 'CSV says so'
program validate --against reported.csv --format json
ok "$([ $status = 0 ] && grep -q '^  "judged": 2,' out && grep -q '^  "reported": 1,' out && grep -q '"verdict": "reported"' out; echo $?)" 'so does JSON'
sed '2s/,exact,/,,/; 4s/,exact,/,,/' reported.csv >open.csv
program validate --against open.csv
ok "$([ $status = 0 ] && grep -q '^0 rows judged; 3 reported, worst 50.0 % (far)$' out; echo $?)" 'a table may have such rows only'
sed "2s/,$cycles,exact/,1,exact/" reported.csv >miss.csv
program validate --against miss.csv
ok "$([ $status = 1 ]; echo $?)" 'beside them others are judged as ever'

cat >ports.csv <<'END'
case,set,spec,metric,measured,tolerance
open,,dir=R size=128 W=8 n=4000 pat=seq,frac_peak,0.5,
band,,dir=R size=128 W=8 n=4000 pat=seq,frac_peak,0.9..0.97,exact
END
program validate --against ports.csv
ok "$([ $status = 0 ] && grep -qE '^open .* reported$' out && grep -qE '^band .* 0.9..0.97 .* exact +inside$' out; echo $?)" 'so may a table of patterns, and bands'

# ---- directories
printf 'a,b\n1,2\n' >tables/other.csv
cp tables/runs_small.csv tables/deep/more.csv
sed -i 's#\.\./#../../#' tables/deep/more.csv
cp tables/runs_small.csv tables/deep/deeper/most.csv
echo 'not a table' >tables/README.md
program validate --against tables
ok "$([ $status = 0 ] && [ "$(grep -c ' inside$' out)" = 12 ]; echo $?)" 'a directory is read one level deep'
ok "$([ "$(wc -l <err)" = 1 ] && grep -q 'tables/other.csv: skipped' err; echo $?)" 'what is of no known form is named'
program validate --against tables --quiet
ok "$([ $status = 0 ] && [ ! -s err ]; echo $?)" 'unless it shall be quiet'
program validate --against tables/runs_small.csv --against tables/deep/more.csv
ok "$([ $status = 0 ] && [ "$(grep -c ' inside$' out)" = 12 ]; echo $?)" 'several sources add up'

# ---- other forms
cat >band.csv <<'END'
case,spec,frac_peak_lo,frac_peak_hi,lat_mean_lo_ns,lat_mean_hi_ns,note
in,dir=R size=128 W=8 n=4000 pat=seq,0.95,0.96,240,250,
off,dir=R size=128 W=8 n=4000 pat=seq,0.99,1,,,refresh off
away,dir=R size=128 W=8 n=4000 pat=seq,0.5,0.51,100,200,
END
program validate --against band.csv
ok "$([ $status = 1 ] && grep -q '^in .* inside$' out && grep -q '^off .* inside$' out && grep -q '^away .* outside$' out; echo $?)" 'a band of bandwidths is widened by its tolerance, refresh may be off'
ok "$(grep -q '^away *rd_lat_mean_ns.*unjudged$' out; echo $?)" 'a latency on which the measurements differ is not judged'
cat >rows.csv <<'END'
case,spec,valid_bw,valid_lat,frac_peak,rd_lat_mean_ns,n_ref
in,dir=R size=128 W=8 n=4000 pat=seq,1,1,0.98,240,0
other,dir=W size=128 W=8 n=4000 pat=seq,0,0,0.1,0,0
in,dir=R size=128 W=8 n=4000 pat=seq,1,1,1.001,230,0
in,dir=R size=128 W=8 n=4000 pat=seq,0,0,0.2,10,0
END
program validate --against rows.csv
ok "$([ $status = 0 ] && grep -qE '^in +frac_peak.* 0.98..1.001 .*inside$' out; echo $?)" 'valid rows of one case span its band, and no refresh at all means that it was off'
ok "$(grep -qE '^other +frac_peak .* - .*unjudged$' out; echo $?)" 'a case without a valid row is reported'
for table in dram/dram_open_band.csv dram/dram_open.csv dram/dram_norefresh_open.csv dram/axi_open.csv rtl/tile_open.csv; do
    real=$TOP/../shared/reference/$table
    if [ -r "$real" ]; then
        program validate --against "$real" --format csv
        cases=$(awk -F, 'NR > 1 { print $1 }' "$real" | sort -u | wc -l)
        seen=$(awk -F, 'NR > 1 { print $1 }' out | sort -u | wc -l)
        ok "$([ $status -le 1 ] && [ ! -s err ] && [ "$seen" = "$cases" ]; echo $?)" "every case of $table is judged"
    else
        skip "tables of measurements need the reference data beside the checkout"
    fi
done

for table in systolic_open stream_conv_open; do
    real=$TOP/../shared/reference/rtl/$table.csv
    if [ -r "$real" ]; then
        program validate --against "$real"
        ok $status "every clock of $table.csv is that of RTL"
    else
        skip "tables of measurements need the reference data beside the checkout"
    fi
done
cat >arrays.csv <<'END'
rows,cols,K,tiles,mul_latency,acc_latency,last_input_cycle,first_output_cycle,first_tile_last_output_cycle,last_output_cycle
8,4,32,3,3,1,95,46,49,114
END
program validate --against arrays.csv
ok "$([ $status = 1 ] && grep -q '^8x4 K 32 tiles 3 latency 3+1 .* inside$' out && grep -q 'last_output_cycle .* 113 .* 114 .* outside$' out; echo $?)" 'a systolic array is judged exactly'
printf 'n,k,stride,first_valid_cycle,last_valid_cycle,outputs,end_cycle\n9,3,2,21,81,16,82\n8,3,2,19,55,9,65\n' >convolver.csv
program validate --against convolver.csv
ok $status 'a convolver of stride 2 takes pixels that no window needs'
printf 'n,k,stride,first_valid_cycle,last_valid_cycle,outputs,end_cycle\n3,5,1,1,1,1,1\n' >convolver.csv
program validate --against convolver.csv
ok "$([ $status = 2 ] && grep -q 'convolver.csv:2, k: a window of 5 is larger than the map of 3' err; echo $?)" 'a window larger than its map is refused'

"$ZYNQSIM" validate --against - <band.csv >out 2>err
status=$?
ok "$([ $status = 1 ] && grep -q '^DRAM bandwidth, standard input$' out; echo $?)" 'a table may come from standard input'
"$ZYNQSIM" validate --against - <off_here.csv >out 2>err
status=$?
ok "$([ $status = 1 ] && grep -q '^row .* inside' out; echo $?)" 'designs of such a table are found from here'

# ---- what is wrong
bad() {
    pattern=$1 what=$2
    shift 2
    program validate "$@"
    ok "$([ "$status" = 2 ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] && grep -qE -- "$pattern" err; echo $?)" "$what: status $status, not 2, or not /$pattern/"
}
row() {
    printf '%s\n%s\n' "$head" "$1" >row.csv
}
bad 'nowhere.csv.*No such file' 'missing table' --against nowhere.csv
bad 'needs a value' 'nothing to judge by' --against
: >empty.csv
bad 'empty.csv: is empty' 'empty table' --against empty.csv
echo "$head" >head.csv
bad 'head.csv: has no rows' 'header alone' --against head.csv
bad 'other.csv: the columns a, b are those of none of the forms known: runs, tile, memory, dram band, dram rows, axi' 'unknown form' --against tables/other.csv
printf 'case,design,metric,measured\nx,small.yaml,cycles,1\n' >lacks.csv
bad 'runs lacks tolerance' 'form that lacks a column' --against lacks.csv
mkdir -p bare
bad 'bare: the directory has no .csv file' 'directory without tables' --against bare
row 'x,small.yaml,,,,cycels,1,exact,,'
bad 'row.csv:2, metric: "cycels" is no figure of a whole network, did you mean cycles' 'unknown metric' --against row.csv
row 'x,small.yaml,,,conv1,images_per_second,1,exact,,'
bad 'row.csv:2, metric: .* is no figure of a row' 'metric of a network asked of a row' --against row.csv
row 'x,small.yaml,,,,network,1,exact,,'
bad 'row.csv:2, metric: network is a text' 'metric that is a text' --against row.csv
row 'x,small.yaml,,,,cycles,nan,exact,,'
bad 'row.csv:2, measured: nan is outside' 'measurement that is no number' --against row.csv
row 'x,small.yaml,,,,cycles,,exact,,'
bad 'row.csv:2, measured: "" is not a number' 'measurement that is missing' --against row.csv
row 'x,small.yaml,,,,cycles,1,-5%,,'
bad 'row.csv:2, tolerance: "-5%": .*not below 0' 'negative tolerance' --against row.csv
row 'x,small.yaml,,,,cycles,1,about,,'
bad 'row.csv:2, tolerance: "about": is not a tolerance' 'tolerance that is a word' --against row.csv
row 'x,small.yaml,,,,cycles,1,reported,,'
bad 'row.csv:2, tolerance: "reported": is not a tolerance' 'tolerance that is a verdict' --against row.csv
row 'x,small.yaml,,,,cycles,2..1,,,'
bad 'row.csv:2, measured: "2..1": the band ends below its start' 'band upside down' --against row.csv
row 'x,small.yaml,,fast,,cycles,1,exact,,'
bad 'row.csv:2, fidelity: "fast" is not bound, tile or burst' 'unknown fidelity' --against row.csv
row 'x,smal.yaml,,,,cycles,1,exact,,'
bad 'row.csv:2: smal.yaml.*No such file' 'missing design' --against row.csv
row 'x,,,,,cycles,1,exact,,'
bad 'row.csv:2, design: the cell is empty' 'no design' --against row.csv
row 'x,small.yaml,batch,,,cycles,1,exact,,'
bad 'row.csv:2, set: "batch" is not of the form path=value' 'setting without a value' --against row.csv
row 'x,small.yaml,batch=0,,,cycles,1,exact,,'
bad 'row.csv:2: .*batch.*0.*1' 'setting out of range' --against row.csv
row 'x,small.yaml,,,conv9,cycles,1,exact,,'
bad 'row.csv:2: conv9: the result of .* has no such row' 'row that is not there' --against row.csv
row "x,small.yaml,,,$row_name#2,cycles,1,exact,,"
bad 'row.csv:2: .*#2: the result has but 1 row of this name' 'second row of a name that has one' --against row.csv
sed 's/0.95,0.96/0.96,0.95/' band.csv >back.csv
bad 'back.csv:2, frac_peak_hi: 0.95 is outside' 'band upside down' --against back.csv
sed 's/size=128/size=0/' band.csv >size.csv
bad 'size.csv:2, spec: stream 1, size' 'pattern that is wrong' --against size.csv
sed '4s/size=128/size=64/' rows.csv >specs.csv
bad 'specs.csv:4, spec: the case has another spec here than in line 2' 'case with two patterns' --against specs.csv
sed '2s/,1,1,/,2,1,/' rows.csv >valid.csv
bad 'valid.csv:2, valid_bw: 2 is outside 0 to 1' 'mark that is neither 0 nor 1' --against valid.csv
tiles=$TOP/configs/validation/tile_rtl.csv
sed '2s/,16,/,0,/' "$tiles" >zero.csv
bad 'zero.csv: tile00' 'tile of no size' --against zero.csv
sed '2s/,16,/,1.5,/' "$tiles" >half.csv
bad 'half.csv:2, M: 1.5 is not a whole number' 'count that is no whole number' --against half.csv
axis=$TOP/configs/validation/axi_rtl.csv
sed '2s/direct/dirct/' "$axis" >fabric.csv
bad 'fabric.csv:2, fabric: "dirct" is not direct, crossbar or interconnect' 'unknown fabric' --against fabric.csv
sed '2s/,1,direct,/,0,direct,/' "$axis" >masters.csv
bad 'masters.csv: axi000.*masters: 0 is outside' 'no master' --against masters.csv
sed '2s/@0+/@0-/' "$axis" >trace.csv
bad 'trace.csv:2, ar_trace: .* is not of the form clock@address.beats' 'trace that is none' --against trace.csv
sed '2s/2@0+8/2@40+8/' "$axis" >split.csv
program validate --against split.csv axi000
ok "$([ $status = 1 ] && grep -qE '^axi000_single_read +burst address +0 +64 .*outside' out; echo $?)" 'a burst at another address is reported'
"$ZYNQSIM" validate --against band.csv >/dev/full 2>err
status=$?
ok "$([ $status = 3 ] && grep -q 'standard output' err; echo $?)" 'a full disk ends with 3 and says so'
finish
