#!/bin/sh
# Timelines in Catapult, the viewer of chrome://tracing, as Go brings it along: it reads them without
# complaint, pairs all slices and finds the MAC array busy as long as the counter says.
. tests/cli/cli.sh
cp tests/cli/trace_viewer.html "$WORK/"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$browser" ]; then
    skip 'timelines in a viewer need chromium (packages.txt, tag page)'
    finish
fi
viewer=
for dir in /usr/share/go-*/src/cmd/trace/static /usr/share/go-*/misc/trace /usr/lib/go-*/src/cmd/trace/static \
    /usr/lib/go-*/misc/trace /usr/share/go-*/src/internal/trace/traceviewer/static; do
    [ -f "$dir/trace_viewer_full.html" ] && [ -f "$dir/webcomponents.min.js" ] && viewer=$dir
done
if [ -z "$viewer" ]; then
    skip 'timelines in a viewer need golang-src (packages.txt, tag page)'
    finish
fi
[ "$BUILD" = build ] || { skip 'an instrumented program writes the same timelines'; finish; }
cp "$viewer/trace_viewer_full.html" "$viewer/webcomponents.min.js" "$WORK/"
mkdir -p "$WORK/home"

# Time in the page passes when there is nothing to do: it ends once everything is loaded.
chrome() {
    HOME=$WORK/home timeout 120 "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --allow-file-access-from-files --virtual-time-budget=60000 --user-data-dir="$WORK/profile" \
        --enable-logging=stderr --v=0 "$@" 2>"$WORK/console"
}
told() { # KEY: what the page says of it
    sed -n "s/^$1 //p" "$WORK/dom"
}
equals() { # WHAT TOLD EXPECTED
    ok "$([ -n "$3" ] && [ "$2" = "$3" ]; echo $?)" "$1: $2 in the viewer, $3 expected"
}
# Cycles of the MAC array by the counters of the layers, from a result as CSV.
mac_cycles() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { sum += int($at["busy.compute"] * $at["cycles"] + 0.5) }
        END { printf "%d\n", sum }' "$WORK/out"
}
end_cycle() {
    sed -n 's/.*"otherData".*"cycles":\([0-9]*\),.*/\1/p' "$WORK/run.json"
}

# timeline WHAT TRACKS ARGUMENT...: of the default design, which has so many tracks and counters.
timeline() {
    what=$1 tracks=$2
    shift 2
    program run configs/default.yaml --timing-only --format csv --trace "$WORK/run.json" "$@"
    ok $status "$what: a timeline is written"
    chrome --dump-dom "file://$WORK/trace_viewer.html" >"$WORK/dom"
    ok "$(grep -qx told "$WORK/dom"; echo $?)" "$what: the viewer has read all of it"
    # Of the viewer's own style sheets Chromium says something on its console.
    ok "$(! grep -q '^complaint' "$WORK/dom" && ! grep CONSOLE "$WORK/console" | grep -qv "'slider-vertical'"; echo $?)" \
        "$what: nothing on the console"
    equals "$what: warnings" "$(told warnings)" 0
    # Marks of a single track count as slices there.
    equals "$what: slices" "$(told slices)" "$(grep -c '"ph":"B"\|"s":"t"' "$WORK/run.json")"
    equals "$what: slices without an end or beyond that of their parent" "$(told unfinished) $(told out_of_parent)" '0 0'
    equals "$what: cycles of the MAC track" "$(told mac_cycles)" "$(mac_cycles)"
    equals "$what: end of the last layer" "$(told end_cycle)" "$(end_cycle)"
    equals "$what: tracks and counters" "$(grep -cE '^(track|counter) ' "$WORK/dom")" "$tracks"
}
# calls and layers; five units and BRAM; per port bursts and how many; eight banks, refresh, queue
timeline burst 23
timeline '133.3 MHz' 23 --set accelerator.clock=133.3MHz --trace-limit 8192
timeline tile 7 --fidelity tile
finish
