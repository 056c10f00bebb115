#!/bin/sh
# Timelines and waveforms of a run; what is in them is tested in tests/trace.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1
files() { find . -name '.*' -type f | wc -l; }
refused() { # WHAT WORDS ARGUMENT...
    what=$1 words=$2
    shift 2
    program run small.yaml "$@"
    ok "$([ $status = 2 ] && grep -q -- "$words" err && [ "$(files)" = 0 ]; echo $?)" "$what is refused"
}

program run small.yaml --format json
grep -Ev 'sim_wall_seconds|"events"|"command"' out >plain
for fidelity in tile burst; do
    program run small.yaml --fidelity $fidelity --trace t.json --format json
    ok "$([ $status = 0 ] && head -c 20 t.json | grep -q '^{"displayTimeUnit"' && tail -n 1 t.json | grep -qx ']}'; echo $?)" \
        "$fidelity: a timeline is written in full"
    events=$(grep -c '"cat":"op"' t.json)
    ops=$("$ZYNQSIM" show small.yaml --plan | grep -c '^ *[0-9]')
    ok "$([ "$events" = "$ops" ]; echo $?)" "$fidelity: $ops ops of the plan are $events events"
done
grep -Ev 'sim_wall_seconds|"events"|"command"' out >traced
ok "$(cmp -s plain traced; echo $?)" 'a trace changes neither times nor answers'
ok "$(grep -q '"cat":"axi"' t.json && grep -q '"cat":"ddr"' t.json; echo $?)" 'burst has bursts and banks'
for word in 'PS: cpu' 'load: hp0.rd' 'MAC: pe' 'store: hp2.wr' 'bursts in flight: hp0.rd' 'transactions queued' 'BRAM in use'; do
    ok "$(grep -q "$word" t.json; echo $?)" "a timeline has $word"
done
program run small.yaml --timing-only --trace t.vcd
ok "$([ $status = 0 ] && grep -q '^.enddefinitions' t.vcd && tail -n 1 t.vcd | grep -q '^#[0-9]\|^[b01]'; echo $?)" 'a waveform is written'
ok "$([ "$(files)" = 0 ]; echo $?)" 'no temporary files are left'

for form in json vcd; do
    program run small.yaml --timing-only --trace plain.$form
    program run small.yaml --timing-only --trace packed.$form.gz
    ok "$([ $status = 0 ] && zcat packed.$form.gz | cmp -s - plain.$form && [ "$(wc -c <packed.$form.gz)" -lt $(($(wc -c <plain.$form) / 3)) ]; echo $?)" "$form.gz is the same, packed"
done

# ---- parts
program show small.yaml
row=$("$ZYNQSIM" run small.yaml --timing-only --format csv | sed -n '2s/,.*//p')
program run small.yaml --timing-only --trace t.json --trace-layers "$row"
ok "$([ $status = 0 ] && grep '"cat":"op"' t.json | grep -qv "\"layer\":\"$row\""; [ $? = 1 ]; echo $?)" "only ops of $row are in its trace"
program run small.yaml --timing-only --trace t.json --trace-limit 3 --format json
ok "$([ $status = 0 ] && grep -q 't.json has 12 of' out && grep -q 'bursts are left out' out && [ "$(grep -c '"cat":"axi"' t.json)" = 3 ]; echo $?)" \
    'a limit cuts, and a note says so'
for mark in 'cut here: limit of 12 ops reached' 'cut here: limit of 3 bursts reached'; do
    ok "$(grep -q "$mark" t.json; echo $?)" "a mark says: $mark"
done
program run small.yaml --timing-only --trace-limit 5
ok "$([ $status -le 1 ] && grep -qx 'zynqsim: --trace-limit: has no effect without --trace FILE' err && [ -s out ]; echo $?)" 'a limit without a trace is noted'
program run small.yaml --timing-only --trace-limit 5 --quiet
ok "$([ $status -le 1 ] && [ ! -s err ]; echo $?)" 'but not where messages are not wanted'

# ---- no
refused 'FST' 'FST is not written' --trace t.fst
refused 'another ending' 'ends in .json' --trace t.txt
refused 'a trace of bound' 'without events' --trace u.json --fidelity bound
refused 'an unknown layer' 'no layer or call' --trace u.json --trace-layers nothing_like_it
refused 'an empty list of layers' 'names no layer' --trace u.json --trace-layers ,
refused 'a comma too many' 'names no layer beside a comma' --trace u.json --trace-layers conv1,
refused 'a limit of 0' 'outside 1' --trace u.json --trace-limit 0
refused 'layers without a trace' 'needs --trace' --trace-layers "$row"
refused 'a directory that is not there' 'cannot be written' --trace nowhere/u.json
mkdir u.json
refused 'a directory in the place of the file' 'is a directory' --trace u.json
program run small.yaml --set board.dsp=4 --trace full.json
ok "$([ $status = 1 ] && [ -s full.json ]; echo $?)" 'a design that does not fit is traced all the same'
finish
