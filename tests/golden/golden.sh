#!/bin/sh
# Did a number move? Compares the figures of points.txt with the files beside it, or rewrites those.
# usage: BUILD=build tests/golden/golden.sh [golden|bless]     (from the top of the checkout)
set -u
program=${BUILD:-build}/zynqsim
dir=tests/golden
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

# Status 1, a design that does not fit, has figures as well.
grep -v '^ *\(#\|$\)' "$dir/points.txt" | while read -r name options; do
    # shellcheck disable=SC2086 # options are words
    "$program" run configs/default.yaml --timing-only --format csv $options \
        >"$made/$name.csv" 2>"$made/$name.err" </dev/null
    [ $? -le 1 ] || { echo "FAIL: $name: $(cat "$made/$name.err")"; rm -f "$made/$name.csv"; }
done

if [ "${1:-golden}" = bless ]; then
    cp "$made"/*.csv "$dir/"
    ZYNQSIM_BLESS=1 CK_RUN_CASE=figures "${BUILD:-build}/bin/test_golden" || exit 1
    git diff --stat -- "$dir" 2>/dev/null
    exit 0
fi
passed=0
failed=0
names=$(awk '!/^ *(#|$)/ { print $1 }' "$dir/points.txt")
for name in $names; do
    if diff -u "$dir/$name.csv" "$made/$name.csv" >"$made/diff" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL: $name has moved (make bless rewrites, after a look at the difference)"
        cut -c 1-160 "$made/diff" | sed -n 3,10p
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
