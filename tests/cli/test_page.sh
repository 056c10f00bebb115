#!/bin/sh
# The pages in a browser: no errors on its console, everything there, light, dark and printed.
. tests/cli/cli.sh
cp tests/cli/sweep.csv "$WORK/sweep.csv"
small_design
cd "$WORK" || exit 1
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$browser" ]; then
    skip 'pages in a browser need chromium (packages.txt, tag page)'
    finish
fi
[ "$BUILD" = build ] || { skip 'an instrumented program writes the same pages'; finish; }
mkdir -p home
chrome() {
    HOME=$WORK/home timeout 60 "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --user-data-dir="$WORK/profile" --enable-logging=stderr --v=0 "$@" 2>console
}
# page NAME WORD...: opens it and looks for each word in what the browser made of it.
page() {
    name=$1
    shift
    chrome --dump-dom "file://$WORK/$name" >dom
    ok "$([ -s dom ] && ! grep -q 'CONSOLE' console; echo $?)" "$name: nothing on the console"
    for word in "$@"; do
        ok "$(grep -q -- "$word" dom; echo $?)" "$name has $word"
    done
    ok "$(! grep -qE '(src|href)="?https?:' dom; echo $?)" "$name needs no network"
}
for fusion in none lf2; do
    program run small.yaml --set accelerator.fusion=$fusion --out $fusion --quiet
    cp $fusion/report.html $fusion.html
done
program report none/result.json lf2/result.json -o two.html
program report sweep.csv -o sweep.html
page lf2.html '<th scope="col" class="n" aria-sort="none"><button>cycles' 'id="h-timeline"' 'id="h-bytes"' \
    'id="h-resources"' 'class="wide"' 'tabindex="0" role="listitem"' 'id="layers"' 'id="operands"'
page two.html 'id="h-time"' 'id="h-bytes"' 'id="results"' 'role="listitem"'
page sweep.html 'class="dot m3"' 'class="front"' 'class="no m0"' 'id="front"'

# ---- on a telephone cells of text are not a column of single words
sed 's#</body>#<script>document.title = "tallest " + Math.max(...[...document.querySelectorAll("tbody tr")].map(r => r.offsetHeight));</script></body>#' \
    lf2.html >measured.html
chrome --window-size=390,900 --dump-dom "file://$WORK/measured.html" >dom
tallest=$(sed -n 's#.*<title>tallest \([0-9]*\)</title>.*#\1#p' dom)
ok "$([ "${tallest:-999}" -le 60 ]; echo $?)" "rows of tables at 390 px are at most 60 px high: $tallest"

# ---- pictures of it: not one colour, and another in the dark
for name in lf2 sweep; do
    chrome --window-size=1280,900 --screenshot="$WORK/light.png" "file://$WORK/$name.html" >out
    chrome --window-size=1280,900 --force-dark-mode --blink-settings=preferredColorScheme=0 \
        --screenshot="$WORK/dark.png" "file://$WORK/$name.html" >out
    ok "$([ "$(wc -c <light.png)" -gt 10000 ] && ! cmp -s light.png dark.png; echo $?)" "$name.html is drawn, and differently in the dark"
    chrome --print-to-pdf="$WORK/page.pdf" "file://$WORK/$name.html" >out
    ok "$(head -c 5 page.pdf | grep -q '%PDF-'; echo $?)" "$name.html is printed"
    rm -f light.png dark.png page.pdf
done

# ---- a table longer than a sheet: its head is on each sheet that has rows of it
# sheets WORDS: of long.pdf, how many have a line like this
sheets() {
    awk -v RS='\f' -v words="$1" '$0 ~ words { n++ } END { print n + 0 }' long.txt
}
if command -v pdftotext >/dev/null; then
    program run "$TOP/configs/default.yaml" --timing-only --out long --quiet
    chrome --print-to-pdf="$WORK/long.pdf" "file://$WORK/long/report.html" >out
    pdftotext -layout long.pdf long.txt 2>err
    rows=$(sheets '/(squeeze|expand)[^\n]*(memory|compute) +(compute|read|write|host)')
    heads=$(sheets 'layer +call +MACs +cycles')
    ok "$([ "$rows" -gt 1 ] && [ "$heads" = "$rows" ]; echo $?)" \
        "rows of the layer table on $rows sheets, its head on $heads"
    ok "$(grep -q '^ *fire3/expand3x3+pool3  *fire3 ' long.txt; echo $?)" 'the name of a layer with its pool stays on one line'
else
    skip 'printed tables need pdftotext (packages.txt, tag page)'
fi
finish
