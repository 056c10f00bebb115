#!/bin/sh
# Runs test programs side by side and adds up what they say.
# usage: BUILD=build tests/run.sh PROGRAM...    (from the top of the checkout)
# A program is a Check suite, a fuzz replay or a script; each ends with its own count.
set -u
BUILD=${BUILD:-build}
logs=$BUILD/check
export CK_DEFAULT_TIMEOUT="${CK_DEFAULT_TIMEOUT:-60}" # the machine may be busy with other things
export LC_ALL=C.UTF-8 # the same messages and order on every machine

# One program: its output goes to a log, its counts to a file, one line to the terminal.
if [ "${1-}" = --one ]; then
    program=$2
    name=$(basename "$program" .sh)
    begin=$(date +%s%N)
    case $program in
    */replay_*) "$program" "tests/fuzz/corpus/${name#replay_}" ;;
    *) "$program" ;;
    esac >"$logs/$name.log" 2>&1 </dev/null
    status=$?
    ms=$((($(date +%s%N) - begin) / 1000000))
    # "97%: Checks: 33, Failures: 1, Errors: 0" (Check) or "32 passed, 1 failed"
    # A program that gives no count has failed, whatever its status.
    counts=$(awk -F '[:, ]+' '
        /^[0-9]+%: Checks: / { fail += $5 + $7; pass += $3 - $5 - $7; said = 1 }
        /^[0-9]+ passed, [0-9]+ failed/ { pass += $1; fail += $3; said = 1 }
        END { print pass + 0, fail + !said }' "$logs/$name.log")
    pass=${counts% *} fail=${counts#* }
    [ $status = 0 ] || [ "$fail" -gt 0 ] || fail=1
    echo "$pass $fail" >"$logs/$name.count"
    if [ "$fail" -gt 0 ]; then
        printf 'FAIL  %-22s %5d passed, %d failed, status %d: %s\n' "$name" "$pass" "$fail" \
            "$status" "$logs/$name.log"
        tail -n 40 "$logs/$name.log" | sed 's/^/      | /'
    else
        printf 'ok    %-22s %5d passed  %6d ms\n' "$name" "$pass" "$ms"
        grep -h '^skipped: ' "$logs/$name.log" | sort | uniq -c | sort -rn | head -n 3 |
            sed 's/^ *\([0-9]*\) /      \1 x /'
    fi
    exit 0
fi

same=$(for program in "$@"; do basename "$program" .sh; done | sort | uniq -d)
[ -z "$same" ] || { echo "two test programs are named $same, and logs go by name"; exit 1; }
rm -rf "$logs"
mkdir -p "$logs"
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 "$0" --one
total=$(cat "$logs"/*.count | awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }')
programs=$(find "$logs" -name '*.count' | wc -l)
[ "$programs" = $# ] || { echo "only $programs of $# test programs ended"; total="${total% *} 1"; }
echo "$# test programs, logs in $logs"
echo "${total% *} passed, ${total#* } failed"
[ "${total#* }" = 0 ]
