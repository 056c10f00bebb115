#!/bin/sh
# Reference pages that the program prints itself. usage: BUILD=build tests/cli/reference.sh write|compare
set -eu
program=${BUILD:-build}/zynqsim
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
"$program" show --fields >"$made/fields.md"
"$program" show --metrics >"$made/results.md"
"$program" show --operators >"$made/operators.md"
"$program" schema >"$made/design.schema.json"
if [ "$1" = write ]; then
    mkdir -p docs/reference
    cp "$made"/* docs/reference/
else
    diff -ru docs/reference "$made"
fi
