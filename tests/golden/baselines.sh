#!/bin/sh
# Did a figure of a shipped design move? zynqsim check on configs/baselines, or --bless.
# usage: BUILD=build tests/golden/baselines.sh [check|bless]     (from the top of the checkout)
set -u
program=${BUILD:-build}/zynqsim
if [ "${1:-check}" = bless ]; then
    exec "$program" check configs/baselines/*.csv --bless --quiet
fi
passed=0
failed=0
for file in configs/baselines/*.csv; do
    if "$program" check "$file" --quiet; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
[ "$failed" = 0 ] || echo "figures have moved (make bless rewrites, after a look at the difference)"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
