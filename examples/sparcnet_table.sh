#!/bin/sh
# The table of SPARCNet: networks before and after feature compression on a ZedBoard, on a board with an Artix-7 35T, and on the
# Cortex-A9 alone, with what the published figures say. docs/sparse.md explains the columns.
# usage: [ZYNQSIM=PROGRAM] sparcnet_table.sh     (the program of the checkout that this is in, or the installed one)
set -eu
top=$(dirname "$0")/..
zynqsim=${ZYNQSIM:-$top/build/zynqsim}
[ -x "$zynqsim" ] || zynqsim=zynqsim
nets=alexnet_ungrouped,sparse_alexnet,squeezenet_v1.1,vgg_a_convs,sparse_vgg_a,vgg_d_convs,sparse_vgg_d
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT

# label, design, networks, and further options: a line "label;network;macs;seconds;watts" for each network
measure() {
    label=$1 design=$2 list=$3
    shift 3
    "$zynqsim" sweep "$design" --fidelity tile --quiet --format csv -o - --jobs 1 --vary "network.model=$list" "$@" </dev/null |
        awk -F, -v label="$label" '
            /^#/ { next }
            !("macs" in at) { for (i = 1; i <= NF; i++) at[$i] = i; next }
            {
                s = $at["seconds"]
                watts = label ~ /A9/ ? ($at["energy.cpu_joules"] + $at["energy.dram_joules"]) / s : $at["energy.watts"]
                print label ";" $at["network.model"] ";" $at["macs"] ";" s ";" watts
            }'
}

{
    measure 'ZedBoard, 128 lanes' "$top"/configs/sparcnet-zedboard.yaml $nets
    measure 'ZedBoard, 72 lanes' "$top"/configs/sparcnet-masked-zedboard.yaml alexnet_grouped
    measure 'Arty A7-35, 28 lanes' "$top"/configs/sparcnet-arty.yaml $nets
    measure 'A9, measured code' "$top"/configs/sparcnet-zedboard.yaml $nets --set 'layers.*.on=cpu'
    measure 'A9, NEON code' "$top"/configs/sparcnet-zedboard.yaml $nets --set 'layers.*.on=cpu' --set board.cpu.cycles_per_mac=0.8
} >"$rows"

# Masks leave out what groups do not have, and all products without groups are credited.
awk -F';' '
    BEGIN { printf "%-20s %-17s %6s %9s %7s %6s %7s %8s\n", "engine", "network", "GOP", "ms", "GOP/s", "W", "GOP/J", "img/s/W" }
    {
        macs = $2 == "alexnet_grouped" ? 1076634144 : $3
        gops = 2e-9 * macs / $4
        printf "%-20s %-17s %6.3f %9.2f %7.2f %6.2f %7.3f %8.3f\n", $1, $2, 2e-9 * macs, 1e3 * $4, gops, $5, gops / $5, 1 / $4 / $5
        rate[$1, $2] = gops; perj[$1, $2] = gops / $5; seconds[$1, $2] = $4; watts[$1, $2] = $5
    }
    function of(name, value, unit, wanted) {
        printf "%-44s %8.2f %-6s published %8.2f, %+6.1f %%\n", name, value, unit, wanted, 100 * (value / wanted - 1)
    }
    function ratio(engine, before, after) {
        printf "%-20s %s over %s: %.2f x the time, %.2f x the energy\n", engine, before, after,
            seconds[engine, before] / seconds[engine, after],
            seconds[engine, before] * watts[engine, before] / (seconds[engine, after] * watts[engine, after])
    }
    END {
        dense = "ZedBoard, 128 lanes"; masked = "ZedBoard, 72 lanes"
        print ""
        of("AlexNet, 128 lanes", rate[dense, "alexnet_ungrouped"], "GOP/s", 22.31)
        of("AlexNet, 128 lanes", watts[dense, "alexnet_ungrouped"], "W", 2.79)
        of("AlexNet, 128 lanes", perj[dense, "alexnet_ungrouped"], "GOP/J", 8.07)
        of("AlexNet, 72 lanes", rate[masked, "alexnet_grouped"], "GOP/s", 22.31)
        of("AlexNet, 72 lanes", watts[masked, "alexnet_grouped"], "W", 2.79)
        of("AlexNet, 72 lanes", perj[masked, "alexnet_grouped"], "GOP/J", 8.07)
        for (k = 1; k <= 2; k++) {
            cpu = k == 1 ? "A9, measured code" : "A9, NEON code"
            of("throughput, 72 lanes over " cpu, rate[masked, "alexnet_grouped"] / rate[cpu, "alexnet_ungrouped"], "x", 22)
            of("energy, 72 lanes over " cpu, perj[masked, "alexnet_grouped"] / perj[cpu, "alexnet_ungrouped"], "x", 13)
        }
        print ""
        ratio(dense, "alexnet_ungrouped", "sparse_alexnet")
        ratio(dense, "alexnet_ungrouped", "squeezenet_v1.1")
        ratio(dense, "vgg_a_convs", "sparse_vgg_a")
        ratio(dense, "vgg_d_convs", "sparse_vgg_d")
    }' "$rows"
