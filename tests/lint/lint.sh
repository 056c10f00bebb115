#!/bin/sh
# Layout, static analysis and both compilers. Prints what is wrong and ends with a count of checks.
# usage: tests/lint/lint.sh                     (from the top of the checkout)
# GCC_BUILD=DIR  a tree that was built with -Werror already
set -u
jobs=$(nproc)
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# check NAME COMMAND...: the command's output is shown only when it fails.
check() {
    name=$1
    shift
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $name"
    else
        failed=$((failed + 1))
        echo "FAIL  $name"
        grep -vE '^(Suppressed|Use -|[0-9]+ warnings? (generated|treated)|  (CC|AR|GEN|LINK) )' "$log" | head -n 60
    fi
}

all_c() { git ls-files -co --exclude-standard '*.c' '*.h'; }
scripts() {
    git ls-files -co --exclude-standard '*.sh'
    echo .ci/run .ci/packages
}
layout() { all_c | xargs clang-format --dry-run -Werror; }
# One file per process: version 14 sees uninitialised va_lists in the second file of a process.
tidy_flags='-std=c11 -D_GNU_SOURCE -Iinclude -Ibuild/clang/gen -ffp-contract=off -fopenmp'
# The analyzer follows 50,000 states a function instead of 225,000: a third of the time.
bounded='-Xclang -analyzer-config -Xclang max-nodes=50000'
# shellcheck disable=SC2016 # $0 and $1 are the inner shell's
tidy() {
    git ls-files -co --exclude-standard 'src/*.c' | grep -v '^src/cli/mpi/' | xargs -P "$jobs" -n 1 sh -c '
        case $1 in src/base/*) more= ;; *) more="-include tests/lint/analyzer.h" ;; esac
        clang-tidy --quiet "$1" -- $0 $more' "$tidy_flags $bounded"
}
cppcheck_all() {
    cppcheck --quiet -j "$jobs" --std=c11 --error-exitcode=1 --inline-suppr \
        --enable=warning,performance,portability --suppressions-list=tests/lint/cppcheck.txt \
        -D_GNU_SOURCE -Iinclude src
}
build_with() { make -s -j "$jobs" CC="$1" BUILD="$2" WERROR=-Werror ${3:+"CFLAGS=$3"} tests-built; }

check "gcc without a warning" build_with gcc "${GCC_BUILD:-build/gcc}"
check "clang without a warning" build_with clang build/clang -O0
check "clang-format" layout
# shellcheck disable=SC2046 # a list of words is meant
check "shellcheck" shellcheck $(scripts)
check "cppcheck" cppcheck_all
check "clang-tidy" tidy
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
