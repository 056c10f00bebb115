# Sourced by the tests of this directory: run the program, compare, count.
# The program is $BUILD/zynqsim; scripts start at the top of the checkout.
# shellcheck shell=sh disable=SC2034 # the variables are for the scripts that source this
BUILD=${BUILD:-build}
TOP=$PWD
ZYNQSIM=$TOP/$BUILD/zynqsim
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# GCOV_PREFIX of a run that is killed or may not write: its counts of coverage, cut short, would make
# every later run of the instrumented program complain.
APART=$WORK/.coverage
passed=0
failed=0

# ok CONDITION-STATUS WHAT: counts one sentence about behaviour.
ok() {
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL: $2"
        if [ -s "$WORK/err" ]; then sed 's/^/  stderr: /' "$WORK/err" | head -n 8; fi
    fi
}

# program ARGUMENT...: output in $WORK/out and $WORK/err, exit status in $status. A sanitizer's
# status is none of the program's.
# interrupt PID FILE: ends a program that writes rows, once there are some; its status.
interrupt() {
    tries=0
    touch "$2"
    while [ "$(wc -l <"$2")" -lt 3 ] && [ $tries -lt 500 ]; do tries=$((tries + 1)); sleep 0.01; done
    kill -TERM "$1" 2>/dev/null
    wait "$1"
    status=$?
}
program() {
    "$ZYNQSIM" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
    status=$?
}

skip() {
    echo "skipped: $1"
}

# json NAME CODE: the file `out` is JSON, and CODE holds of it, which it calls d.
json() {
    if [ ! -x /usr/bin/python3 ]; then
        skip "$1: needs python3 to read JSON"
        return
    fi
    /usr/bin/python3 -c "import json; d = json.load(open('out')); $2" 2>err
    ok $? "$1"
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit $?
}

# A small network and a design for it: a run of it takes milliseconds.
small_design() {
    cp "$TOP/tests/cli/small_net.yaml" "$WORK/small_net.yaml"
    cat >"$WORK/small.yaml" <<'END'
name: small
network: {model: small_net.yaml}
END
}
