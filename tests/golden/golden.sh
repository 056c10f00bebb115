#!/bin/sh
# Did a number move? Compares the totals of points.txt with points.csv, or rewrites that.
# usage: BUILD=build tests/golden/golden.sh [golden|bless]     (from the top of the checkout)
set -u
program=${BUILD:-build}/zynqsim
dir=tests/golden
columns='cycles calls macs dram.read_bytes dram.write_bytes dram.read_bursts dram.write_bursts
traffic.weight_bytes traffic.input_bytes traffic.output_bytes traffic.partial_bytes dsp.used
bram18.used lut.used ff.used'
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

# One line of integers out of a JSON result; a member is named by its object and itself.
totals() {
    awk -v columns="$(echo "$columns" | tr '\n' ' ')" '
        /^ *"[a-z0-9_]+": \{$/ { object = $1; gsub(/[":]/, "", object); object = object "."; next }
        /^ *\}/ { object = "" }
        /^ *"[a-z0-9_]+": [0-9]+,?$/ {
            key = $1; gsub(/[":]/, "", key); value = $2; sub(/,/, "", value)
            if (!((object key) in seen)) seen[object key] = value
        }
        END {
            n = split(columns, column, " ")
            for (i = 1; i <= n; i++) printf ",%s", column[i] in seen ? seen[column[i]] : "?"
            print ""
        }' "$1"
}

# Status 1, a design that does not fit, has figures as well.
echo "point,$(echo "$columns" | tr '\n' ' ' | sed 's/ $//; s/ /,/g')" >"$made/points.csv"
grep -v '^ *\(#\|$\)' "$dir/points.txt" | while read -r name options; do
    # shellcheck disable=SC2086 # options are words
    "$program" run "$dir/defaults.yaml" --timing-only --format json $options \
        >"$made/json" 2>"$made/err" </dev/null
    [ $? -le 1 ] || { echo "FAIL: $name: $(cat "$made/err")"; : >"$made/json"; }
    echo "$name$(totals "$made/json")" >>"$made/points.csv"
done

if [ "${1:-golden}" = bless ]; then
    cp "$made/points.csv" "$dir/"
    exit 0
fi
if grep -q '?' "$made/points.csv"; then
    echo "a point has no figures"
    echo "0 passed, 1 failed"
    exit 1
fi
moved=$(diff "$dir/points.csv" "$made/points.csv" | grep '^[<>]')
failed=$(echo "$moved" | grep -c '^>')
[ -z "$moved" ] || echo "$moved"
if [ -n "$moved" ] && [ "$failed" = 0 ]; then failed=1; fi
[ "$failed" = 0 ] || echo "figures have moved (make bless rewrites, after a look at the difference)"
echo "$(($(wc -l <"$made/points.csv") - 1 - failed)) passed, $failed failed"
[ "$failed" = 0 ]
