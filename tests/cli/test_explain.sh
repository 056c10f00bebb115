#!/bin/sh
# explain: what limits a design, and what the advice says of it.
. tests/cli/cli.sh
small_design

(cd "$TOP" && "$ZYNQSIM" explain configs/default.yaml >"$WORK/out" 2>"$WORK/err")
status=$?
ok "$([ $status = 0 ] && grep -q '^- Compute limits this design' "$WORK/out"; echo $?)" 'the default design is limited by compute'
ok "$(grep -qE '^  MAC lanes +1\.[0-9]+× +0\.[0-9]+× +[0-9.]+× +NO: [0-9]+ of 220 DSP48' "$WORK/out"; echo $?)" 'twice the lanes do not fit, and by how much is said'
for name in nf18 lf2; do
    (cd "$TOP" && "$ZYNQSIM" explain configs/arora-lanka-$name.yaml >"$WORK/out" 2>"$WORK/err")
    status=$?
    ok "$([ $status = 0 ] && grep -q '^- More compute will not help' "$WORK/out" && grep -q '^- Memory limits' "$WORK/out"; echo $?)" "arora-lanka-$name: more compute will not help"
    ok "$(awk '/^  (MAC lanes|AXI latency) / { s[$1] = $3 + 0 } END { exit !(s["AXI"] > 1.2 && s["MAC"] < 1.001) }' "$WORK/out"; echo $?)" "arora-lanka-$name: the latency of the port is what counts"
done

(cd "$TOP" && "$ZYNQSIM" explain configs/vta-pynq.yaml --set accelerator.packed_words=false >"$WORK/out" 2>"$WORK/err")
ok "$(grep -qE '^  (AXI latency|AXI ports|PS calls) .* no, as now' "$WORK/out" && ! grep -qE '^  (PL clock|AXI latency|DRAM|PS|bursts).*NO:' "$WORK/out" && grep -qE '^  MAC lanes .*NO: [0-9]+ of [0-9]+ (BRAM18|LUT|DSP48)' "$WORK/out"; echo $?)" 'of a design that does not fit, only steps that change that complain'
ok "$(grep -q '^- The design as it is does not fit the board: it takes 338 BRAM18 of 280' "$WORK/out"; echo $?)" 'and by how much it does not is said once'
(cd "$TOP" && "$ZYNQSIM" explain configs/squeezejet2-8bit.yaml --format csv >"$WORK/out" 2>"$WORK/err")
ok "$(grep -q '^AXI ports,memory,half,.*,accelerator.ports.weight hp0 -> acp$' "$WORK/out" && ! grep -qE 'ports\.(input|output) acp ->' "$WORK/out"; echo $?)" 'no step takes inputs or outputs off the coherent port'
for format in csv json; do (cd "$TOP" && "$ZYNQSIM" explain configs/default.yaml --fidelity bound --format $format >"$WORK/$format" 2>"$WORK/err"); done
ok "$(grep -qE '^PL clock,clock,twice,[0-9.]+,,[0-9]+ of [0-9]+ LUT,' "$WORK/csv"; echo $?)" 'CSV leaves empty what is too close to call'
ok "$(grep -A 2 '"twice"' "$WORK/json" | sed -n 3p | grep -q '"fits": null'; echo $?)" 'and JSON has null'
cd "$WORK" || exit 1
program explain small.yaml --format csv
ok "$([ $status = 0 ] && [ "$(head -n 1 out)" = resource,kind,step,speedup,fits,binding,layers,layers_speedup,change ]; echo $?)" 'CSV has a line per step'
twice=$(awk -F, '$1 == "AXI latency" && $3 == "twice" { print $4 }' out)
cycles() {
    "$ZYNQSIM" run small.yaml --timing-only --fidelity tile --format json "$@" 2>/dev/null | sed -n 's/^  "cycles": \([0-9]*\),$/\1/p'
}
now=$(cycles) then=$(cycles --set board.axi.hp.read_latency=10 --set board.axi.hp.write_latency=6)
ok "$(awk "BEGIN { d = $now / $then - $twice; exit !(d * d < 1e-12) }"; echo $?)" 'a step is what a run with these settings says'
program explain small.yaml --format json --fidelity burst
ok "$([ $status = 0 ]; echo $?)" 'any timing model explains'
json 'JSON is in the same order' 'assert d["fidelity"] == "burst" and d["resources"][0]["twice"]["speedup"] >= d["resources"][1]["twice"]["speedup"] and len(d["advice"]) >= 2'
program explain small.yaml --set accelerator.unroll.oc=0
ok "$([ $status = 2 ] && [ ! -s out ] && grep -q 'below the minimum' err; echo $?)" 'a wrong design is refused as run does'
program explain small_net.yaml
ok "$([ $status = 2 ] && [ ! -s out ] && grep -q 'small_net.yaml:.*this is a network, not a design.*--model' err; echo $?)" 'a network is told from a design'
printf 'name: ps\ninput: [10, 1, 1]\nlayers:\n  - {softmax: s}\n' >ps.yaml
program explain small.yaml --model ps.yaml
ok "$([ $status -le 1 ] && tr -s ' \n' ' ' <out | grep -q 'without limit nothing would be left to wait for' && ! grep -q 'inf' out; echo $?)" 'a network that the PS alone runs'
program explain small.yaml --model ps.yaml --format csv
ok "$([ $status -le 1 ] && [ "$(wc -l <out)" -gt 5 ] && ! grep -q ',inf' out; echo $?)" 'CSV has no figure there'
program explain
ok "$([ $status = 2 ] && grep -q 'design file is missing' err; echo $?)" 'a design is needed'
finish
