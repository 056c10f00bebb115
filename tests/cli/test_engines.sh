#!/bin/sh
# accelerators: several engines in one design, each with the layers of its map.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1

# design NAME LINE...: a design of engines `front` and `back` with further lines.
design() {
    file=$1
    shift
    printf '%s\n' 'name: pair' 'network: {model: small_net.yaml}' 'accelerator: {precision: int8}' "$@" >"$file"
}
first=$(sed -n 's/^ *- {\([a-z]*\): \([^,}]*\).*/\2/p' small_net.yaml | head -n 1)
design pair.yaml 'accelerators:' "  - {name: front, map: [$first, 'fire2/s*'], unroll: {oc: 2, ic: 1}}" \
    '  - {name: back, kind: linebuffer, map: "*", ports: {input: hp2, weight: hp2, output: hp3}}'

refuses() { # SENTENCE-PART WHAT ARGUMENT...
    part=$1 what=$2
    shift 2
    program "$@"
    ok "$([ $status = 2 ] && grep -qF "$part" err && [ ! -s out ]; echo $?)" "$what"
}
hash_of() { sed -n 's/.*output sha256 \([0-9a-f]*\).*/\1/p' out; }

program run pair.yaml
ok "$([ $status = 0 ] && grep -q "front:$first" out && grep -q 'back:' out; echo $?)" 'calls name their engine'
ok "$(grep -q 'rearranges [1-9][0-9]* bytes' out; echo $?)" 'tensors between two layouts are said'
program run pair.yaml --set accelerators.back.kind=tiled
pair=$(hash_of)
design alone.yaml
program run alone.yaml
ok "$([ -n "$pair" ] && [ "$(hash_of)" = "$pair" ]; echo $?)" 'two engines give the bits of one'
design part.yaml 'accelerators:' "  - {name: front, map: [$first]}"
program run part.yaml
ok "$([ $status = 0 ] && [ "$(hash_of)" = "$pair" ] && grep -q ' cpu ' out; echo $?)" 'layers that no engine takes run on the PS'

program show pair.yaml
sed '/^network small/,$d' out >shown.yaml
"$ZYNQSIM" run shown.yaml --format json 2>/dev/null | sed "/wall/d;/\"command\"/d" >shown.json
"$ZYNQSIM" run pair.yaml --format json 2>/dev/null | sed "/wall/d;/\"command\"/d" >pair.json
ok "$(cmp -s shown.json pair.json; echo $?)" 'what show writes is the same design'
cycles() { "$ZYNQSIM" run "$@" --fidelity tile --format json 2>/dev/null | sed -n 's/^  "cycles": \([0-9]*\),$/\1/p'; }
program sweep pair.yaml --vary accelerators.front.unroll.oc=1,2 -o rows.csv
column=$(head -n 1 rows.csv | tr , '\n' | grep -nx cycles | cut -d: -f1)
ok "$([ "$(grep "^0," rows.csv | cut -d, -f"$column")" = "$(cycles pair.yaml --set accelerators.front.unroll.oc=1)" ]; echo $?)" \
    'an axis is the key of one engine'
ok "$([ "$(cycles pair.yaml)" != "$(cycles pair.yaml --set accelerators.front.unroll.oc=1)" ]; echo $?)" '--set is too'
for precision in int8 fixed16; do
    program run pair.yaml --set accelerator.precision=$precision --fidelity bound
    ok "$([ $status = 0 ] && grep -q "^$precision," out; echo $?)" 'a key of accelerator is that of all engines'
done
for what in 'explain pair.yaml' 'compare pair.yaml part.yaml' 'run pair.yaml --out results' 'run pair.yaml --trace t.json' 'show pair.yaml --plan'; do
    # shellcheck disable=SC2086 # words are meant
    program $what
    ok "$([ $status -le 1 ] && ! grep -v 'does not fit' err; echo $?)" "$what"
done

# ---- engines that take turns
program run pair.yaml --set swap.by=pcap
swapped=$(hash_of)
ok "$([ $status = 0 ] && tr '\n' ' ' <out | tr -s ' ' | grep -q '2 times another engine comes onto the part, 31.50 ms each (pcap, 4045564 bytes)'; echo $?)" 'two engines take two swaps, whole bitstreams through PCAP'
program run pair.yaml
ok "$([ -n "$swapped" ] && [ "$(hash_of)" = "$swapped" ]; echo $?)" 'the bits are the same'
one=$(cycles pair.yaml)
ok "$([ "$(cycles pair.yaml --set swap.by=pcap)" = $((one + 2 * 3149651)) ]; echo $?)" 'each swap costs what its bytes take'
ok "$([ "$(cycles pair.yaml --set swap.by=pcap --set batch=4)" = $(($(cycles pair.yaml --set batch=4) + 2 * 3149651)) ]; echo $?)" 'a batch takes no more of them'
program run pair.yaml --set swap.by=pcap --set swap.lut=26600 --set swap.bram18=140 --set swap.dsp=110
ok "$(tr '\n' ' ' <out | tr -s ' ' | grep -qE '11\.[56][0-9]* ms each \(pcap, 14[0-9]{5} bytes\)'; echo $?)" 'half the part takes 11.6 ms'
program run pair.yaml --set swap.by=registers
ok "$(tr '\n' ' ' <out | tr -s ' ' | grep -qE 'onto the part, 23[0-9]\.[0-9]* ms each \(registers'; echo $?)" 'weights through registers take a quarter of a second'
program run pair.yaml --set swap.by=pcap --set swap.lut=100 --set swap.dsp=100 --set swap.bram18=100
ok "$([ $status = 1 ] && grep -q 'LUT of 100' err; echo $?)" 'a region that does not hold an engine'

# The master of the bitstreams reads at the rate of the configuration port, or as fast as it can.
swap_cycles() { echo $(($(cycles "$@") - one)); }
fast=$(swap_cycles pair.yaml --set swap.by=icap)
slow=$(swap_cycles pair.yaml --set swap.by=icap --set board.axi.hp.read_latency=1000)
ok "$([ "$fast" -ge $((2 * 1011391)) ] && [ "$fast" -lt $((2 * 1014000)) ]; echo $?)" 'ICAP takes 400 MB/s'
ok "$([ "$slow" -gt $((2 * fast)) ]; echo $?)" 'but not what the port does not bring'
program run pair.yaml --set swap.by=dma --set swap.port=hp3 --set swap.bytes=1MiB --timing-only --format json
json 'a DMA reads through its port, in bursts' '
own = [p for p in d["ports"] if p["name"] == "hp3.rd"][0]
assert own["bytes"] == 2 << 20 and own["bursts"] == (2 << 20) // 128
assert d["dram"]["read_bytes"] == sum(r["dram_read_bytes"] for r in d["layers"]) + (2 << 20)
assert d["dram"]["read_bursts"] > own["bursts"]'

# Three engines in two regions: the third takes the place of the first while the second works.
design regions.yaml "swap: {by: icap, lut: 10000, bram18: 60, dsp: 60}" 'accelerators:' "  - {name: front, map: [$first]}" \
    "  - {name: middle, map: ['fire2/s*']}" '  - {name: back, map: "*"}'
turns=$(cycles regions.yaml)
apart=$(cycles regions.yaml --set swap.regions=2)
beside=$(cycles regions.yaml --set swap.by=none)
program run regions.yaml --set swap.regions=2
ok "$(grep -q '2 times another engine comes' out; echo $?)" 'the engine in the other region stays'
program show regions.yaml --plan
ok "$(grep -qE ' load_b +icap.rd conv1 .* -  - +4,096 B ' out && grep -qE ' host +cpu +conv1 +another engine onto the part +- ' out; echo $?)" 'pieces of a bitstream are in the plan, and in no slot'
load=$(((turns - beside) / 4)) # front, back (for a pool), middle, back
ok "$([ "$apart" -lt $((turns - load)) ] && [ "$apart" -ge $((beside + load)) ]; echo $?)" 'a region is loaded while the other works'
least=$("$ZYNQSIM" run regions.yaml --set swap.regions=2 --fidelity bound --format json 2>/dev/null | sed -n 's/^  "cycles": \([0-9]*\),$/\1/p')
ok "$([ "$least" -le "$apart" ] && [ "$least" -gt "$load" ]; echo $?)" 'the bound knows that, and is one'
hidden=$((3 * load - $(cycles regions.yaml --set layers.pool1.on=cpu) + $(cycles regions.yaml --set layers.pool1.on=cpu --set swap.by=none)))
ok "$([ "$hidden" -gt 4000 ] && [ "$hidden" -lt 4700 ]; echo $?)" 'and while the PS runs a layer in between'
refuses 'a whole part is one region' 'regions of no size' run pair.yaml --set swap.by=pcap --set swap.regions=2
refuses '3 regions of 30000 are more than the 53200' 'regions that the part does not hold' \
    run pair.yaml --set swap.by=pcap --set swap.regions=3 --set swap.lut=30000
refuses 'it must be 1' 'regions for registers' run pair.yaml --set swap.by=registers --set swap.regions=2
refuses 'each need' 'bitstreams that the memory does not hold' run pair.yaml --set swap.by=pcap --set swap.bytes=600MiB

design name.yaml 'accelerators:' "  - {map: $first}"
refuses 'name.yaml:5:5: accelerators:' 'an engine without a name' run name.yaml
design map.yaml 'accelerators:' '  - {name: a}'
refuses "engine 'a' has no \`map\`" 'an engine without layers' run map.yaml
design twice.yaml 'accelerators:' "  - {name: a, map: $first}" '  - {name: a, map: "*"}'
refuses "two engines are called 'a'" 'a name twice' run twice.yaml
design none.yaml 'accelerators:' '  - {name: a, map: "*"}' "  - {name: b, map: $first}"
refuses 'engine b takes no layer' 'an engine whose layers are all taken' run none.yaml
design wrong.yaml 'accelerators:' "  - {name: a, map: ${first}x}"
refuses "did you mean \"$first\"" 'a pattern that no layer has' run wrong.yaml
design clock.yaml 'accelerators:' "  - {name: a, map: $first, clock: 50 MHz}" '  - {name: b, map: "*"}'
refuses 'have one clock' 'two clocks' run clock.yaml
design types.yaml 'accelerators:' "  - {name: a, map: $first, precision: fixed16}" '  - {name: b, map: "*"}'
refuses 'have one precision' 'two precisions' run types.yaml
design dma.yaml 'accelerators:' "  - {name: a, map: $first, dma: {chain: true}}" '  - {name: b, map: "*"}'
refuses 'a port has one DMA' 'a port with two kinds of DMA' run dma.yaml
design serial.yaml 'accelerators:' "  - {name: a, map: $first, kind: direct}" '  - {name: b, map: "*", ports: {input: hp2, weight: hp2, output: hp2}}'
refuses 'cannot be one of several' 'a kind that holds the memory' run serial.yaml
design key.yaml 'accelerators:' "  - {name: a, map: $first, kind: linebuffer, tile: {oc: 4}}"
refuses 'belongs to kind tiled' 'a key of another kind' run key.yaml
printf 'extends: pair.yaml\naccelerators:\n  - {name: c, map: "*"}\n' >more.yaml
refuses 'lists accelerators too' 'a list over a list' run more.yaml
refuses "no engine 'bak', did you mean 'back'" 'an engine that is not there' run pair.yaml --set accelerators.bak.unroll.oc=2
refuses 'has one engine' 'keys of engines where there are none' run alone.yaml --set accelerators.a.unroll.oc=2
refuses 'accelerators.NAME.KEY' 'a name without a key' run pair.yaml --set accelerators.back=2

# ---- engines that take turns
swapped=$TOP/configs/cnv-swapped.yaml
program run "$swapped" --timing-only --fidelity tile --format json
json 'bitstreams are read from DRAM' '
pcap = [p for p in d["ports"] if p["name"] == "pcap"]
assert len(pcap) == 1 and pcap[0]["bytes"] == 2 * 4045564
assert d["dram"]["read_bytes"] == sum(r["dram_read_bytes"] for r in d["layers"]) + 2 * 4045564'
mapped=$(sed -n 's/^  "cycles": \(.*\),/\1/p' out)
program run "$swapped" --timing-only --fidelity tile --format json --set swap.cut=pool2
json 'a cut where map has one is the same' "assert d['cycles'] == $mapped"
program sweep "$swapped" --vary swap.cut=conv2,pool2,fc1 --best images_per_second --quiet
ok "$([ $status -le 1 ] && grep -q 'optimum: of 3 points' out; echo $?)" 'a sweep over cuts finds the best'
refuses 'no layer behind the cut before' 'a cut at no layer' run "$swapped" --set swap.cut=conv9
refuses 'for each of 2 engines but the last' 'two cuts for two engines' run "$swapped" --set 'swap.cut=conv2;conv4'

# ---- what each engine has of it
program run regions.yaml --set swap.regions=2 --fidelity burst --format json
json 'engines have their rows and resources' '
names = [e["name"] for e in d["engines"]]
assert names == ["front", "middle", "back"], names
own = [l for l in d["layers"] if l["runs_on"] == "engine"]
for key, of in (("cycles", "cycles"), ("macs", "macs"), ("dram_read_bytes", "dram_read_bytes"), ("layers", None)):
    assert sum(e[key] for e in d["engines"]) == (sum(l[of] for l in own) if of else len(own)), key
assert [e["loads"] for e in d["engines"]] == [1, 0, 1]
assert all(e["resources"]["lut"]["available"] == 10000 for e in d["engines"])
assert max(e["resources"]["lut"]["used"] for e in d["engines"]) == d["resources"]["lut"]["used"]'
program run regions.yaml --set swap.by=none --format json
json 'beside each other they have the part' '
assert all(e["resources"]["dsp"]["available"] == 220 and e["loads"] == 0 for e in d["engines"])
assert all(e["resources"]["ff"]["used"] < d["resources"]["ff"]["used"] for e in d["engines"])'
program run regions.yaml --timing-only
ok "$(grep -qE '^middle +tiled +1 +1 ' out; echo $?)" 'a table shows them'
program run regions.yaml --set accelerators.middle.unroll.oc=64 --set accelerators.front.unroll.oc=1 --set accelerators.back.unroll.oc=1 --timing-only
ok "$([ $status = 1 ] && grep -qE 'does not fit .* \(engine middle\)' err; echo $?)" 'who does not fit is said'
program run "$TOP/configs/cnv-partitions.yaml" --set batch=2 --timing-only --fidelity tile --out drawn --format json
ok "$([ $status -le 1 ] && grep -q 'Pipeline of front' drawn/report.html && grep -q 'Pipeline of back' drawn/report.html; echo $?)" 'each pipeline is drawn'
json 'and has its nodes and FIFOs' '
assert [len(e["pipeline"]["nodes"]) > 5 and e["interval_cycles"] > 0 for e in d["engines"]] == [True, True]
assert d["fits"] is None and "pipeline" not in d'

# ---- every cut
small_cuts="--set swap.by=icap --set board.lut=200000 --set board.dsp=1000 --set board.bram18=1000 --set swap.lut=90000 --set swap.bram18=400 --set swap.dsp=400 --fidelity tile --quiet"
for regions in 1 2; do
    # shellcheck disable=SC2086 # words are meant
    program sweep regions.yaml --vary 'swap.cut=*' --set swap.regions=$regions $small_cuts -o cuts$regions.csv
    all=$(grep -c '^[0-9]' cuts$regions.csv)
    ok "$([ "$all" -gt 10 ]; echo $?)" 'a sweep over every cut of two'
    if ! command -v python3 >/dev/null; then
        skip 'the best of every cut: needs python3 to read rows'
        continue
    fi
    fastest=$(python3 -c '
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert len({r["swap.cut"] for r in rows}) == len(rows)
print(min(int(r["cycles"]) for r in rows if r["fits"] == "1"))' cuts$regions.csv)
    # shellcheck disable=SC2086
    program sweep regions.yaml --vary 'swap.cut=*' --set swap.regions=$regions $small_cuts --best images_per_second
    ok "$(grep -qE " $fastest " out; echo $?)" 'is what --best finds'
    # shellcheck disable=SC2086
    program optimise regions.yaml --over 'swap.cut=*' --set swap.regions=$regions $small_cuts --where 'cycles > 0'
    ok "$(grep -q optimal out && grep -qE "^cycles .* $fastest\$" out; echo $?)" 'and optimise, with a proof'
done
refuses 'a cut is between two of' 'cuts of one engine' sweep alone.yaml --vary 'swap.cut=*'
program sweep pair.yaml --vary 'swap.cut=*' --fidelity tile --quiet -o pairs.csv
program compare pair.yaml --vary 'swap.cut=*' --fidelity tile --format json
json 'compare has a column for every cut' '
import csv
rows = {r["swap.cut"]: int(r["cycles"]) for r in csv.DictReader(open("pairs.csv"))}
cycles = [r["values"] for r in d["rows"] if r["scope"] == "" and r["figure"] == "cycles"][0]
columns = dict(zip([c["label"] for c in d["columns"]], cycles))
assert len(rows) > 4 and columns == rows, (rows, columns)'
program compare "$swapped" --vary 'swap.cut=*' --fidelity bound --format csv
ok "$([ $status -le 1 ] && grep -q 'conv5' out; echo $?)" 'also of a network that comes with the program'
refuses 'a cut is between two of' 'cuts of one engine side by side' compare alone.yaml --vary 'swap.cut=*'
refuses 'points would be as many columns' 'more cuts than columns' compare regions.yaml --vary 'swap.cut=*' --set swap.regions=1

# ---- names that formats have to escape, and layers called as patterns are
printf 'name: n\ninput: {name: data, shape: [3, 8, 8]}\nlayers: [{conv: "c[1]", out: 4, kernel: 1}, {conv: "null", out: 4, kernel: 1}]\n' >names_net.yaml
# shellcheck disable=SC2016 # a name, not a variable
printf 'name: x\nnetwork: {model: names_net.yaml}\naccelerators:\n  - {name: b, map: "null"}\n  - {name: "a \\"b\\n$end \\e[31m\\\\", map: "c[1]"}\n' >names.yaml
program run names.yaml --timing-only --fidelity tile --quiet --trace out.json
ok "$([ $status -le 1 ]; echo $?)" 'an engine may have any name but for points, a layer that of a pattern or null'
cp out.json out
json 'and a timeline is JSON' 'assert any(e.get("args", {}).get("name", "").startswith("MAC: a " + chr(34)) for e in d["traceEvents"])'
program run names.yaml --timing-only --fidelity tile --quiet --trace out.vcd
ok "$([ $status -le 1 ] && awk '/^\$scope/ { bad += NF != 4 || $4 != "$end" } END { exit bad > 0 }' out.vcd; echo $?)" 'and a scope of a waveform one word'
program show names.yaml
ok "$([ $status = 0 ] && ! grep -q "$(printf '\033')" out; echo $?)" 'and a terminal is sent no control characters'
finish
