#!/bin/sh
# Pages and pictures of results and of a sweep.
. tests/cli/cli.sh
small_design
cp tests/cli/sweep.csv "$WORK/sweep.csv"
cd "$WORK" || exit 1
refused() { # WHAT WORDS ARGUMENT...
    what=$1 words=$2
    shift 2
    program report "$@"
    ok "$([ $status = 2 ] && grep -q -- "$words" err && [ ! -e o.html ] && [ ! -e o.svg ]; echo $?)" "$what is refused"
}
for fusion in none lf2; do
    program run small.yaml --timing-only --set accelerator.fusion=$fusion --out $fusion
    ok "$([ $status = 0 ]; echo $?)" "there is a result of $fusion"
done

# ---- one result
program report lf2/result.json -o one.html
sed -i /sim_wall_seconds/d one.html
ok "$([ $status = 0 ] && [ -s one.html ] && grep -q 'id="h-timeline"' one.html && grep -q 'id="h-bytes"' one.html; echo $?)" 'a result becomes a page'
grep -v 'simulated events in' one.html >a
grep -v 'simulated events in' lf2/report.html >b
ok "$(cmp -s a b; echo $?)" 'it is the page that run --out writes'
for plot in roofline layers timeline bytes; do
    program report lf2/result.json -o $plot.svg --plot $plot
    ok "$([ $status = 0 ] && grep -q '</svg>' $plot.svg; echo $?)" "$plot is drawn as SVG"
    program report lf2/result.json -o $plot.pdf --plot $plot
    ok "$([ $status = 0 ] && head -c 5 $plot.pdf | grep -q '%PDF-' && tail -n 1 $plot.pdf | grep -q '%%EOF'; echo $?)" "$plot is drawn as PDF"
done
ok "$(cmp -s roofline.svg lf2/roofline.svg; echo $?)" 'the roofline is that of run --out'
program report lf2/result.json -o default.svg
ok "$(cmp -s roofline.svg default.svg; echo $?)" 'a roofline is drawn unless told'

for form in png:PNG eps:'%!PS-Adobe' tex:'begin{tikzpicture}'; do
    program report lf2/result.json -o "picture.${form%%:*}"
    ok "$([ $status = 0 ] && head -c 400 "picture.${form%%:*}" | grep -aqF "${form#*:}"; echo $?)" "a roofline is drawn as ${form%%:*}"
done
ok "$(! sed -n '/node/s/.*) {\(.*\)};$/\1/p' picture.tex | grep -q '[^\\]_'; echo $?)" 'names are such as TeX prints'
mkdir broken && printf '#!/bin/sh\nexit 1\n' >broken/gnuplot && chmod +x broken/gnuplot
PATH=$WORK/broken:$PATH "$ZYNQSIM" report lf2/result.json -o none.svg >out 2>err
ok "$([ $? = 3 ] && [ ! -e none.svg ] && [ -s err ]; echo $?)" 'a picture that cannot be drawn is no empty file'
"$ZYNQSIM" run "$TOP/configs/arora-lanka-nf18.yaml" --timing-only --quiet --fidelity tile --format json >many.json 2>err
program report many.json -o many.svg
ok "$(grep -qE 'and [0-9]+ more' many.svg; echo $?)" 'points that lie on one another share a name'
ok "$(grep -q 'waits for something else' one.html && ! grep -q 'no faster with more bandwidth' one.html; echo $?)" 'of latency the page says no wrong thing'

# ---- results of other kinds: rows that overlap, engines that take turns, MACs left out
for name in finn-tfc cnv-partitions sparcnet-masked-zedboard; do
    program run "$TOP/configs/$name.yaml" --timing-only --fidelity tile --quiet --out $name
    program report $name/result.json -o again.html
    grep -v 'simulated events in' again.html >a
    grep -v 'simulated events in' $name/report.html >b
    ok "$([ $status = 0 ] && [ -s a ] && cmp -s a b; echo $?)" "$name: the page from the file is that of the run"
    program compare $name/result.json $name/result.json
    ok "$status" "$name: its result can be compared"
done
broken() { # WHAT WORDS SED-COMMAND
    sed "$3" finn-tfc/result.json >bad.json
    rm -f o.html
    refused "$1" "$2" bad.json -o o.html
}
broken 'a FIFO from nowhere' 'pipeline.fifos\[0\].from: there is no node "x"' '0,/"from": "/s/"from": "/&x", "was": "/'
broken 'a fill above the depth' 'largest_fill: 99 is above the depth' '0,/"largest_fill": [1-9]/s/"largest_fill": [0-9]*/"largest_fill": 99/'
broken 'a node without a name' 'pipeline\|nodes\[0\].name' '/"nodes": \[/,/"name"/s/"name"/"nom"/'
broken 'a row behind the end' 'layers\[0\] ends behind' '0,/"span_cycles"/s/"start_cycle": /&9999999/'
broken 'a pipeline that is no object' 'nodes is missing' 's/"pipeline": {/"pipeline": 5, "was": {/'

# ---- results of all kinds: reports read what run writes, and the reference names all of it
for what in 'mobilenet --set accelerator.fusion=separable' 'finn-cnv-w1a1 --set batch=2' 'cnv-partitions --set batch=4' \
    'cnv-swapped --set batch=2' 'sparcnet-masked-zedboard' 'tvm-lenet5-optimised'; do
    # shellcheck disable=SC2086 # words are meant
    "$ZYNQSIM" run "$TOP/configs/${what%% *}.yaml" ${what#"${what%% *}"} --timing-only --fidelity tile --quiet --format json >kind.json 2>err
    program report kind.json -o kind.html
    ok "$status" "report reads the result of $what"
    cp kind.json out
    json "the reference names all members of the result of $what" "
import re
words = set(re.findall('\`([^\`]*)\`', open('$TOP/docs/reference/results.md').read()))
def walk(o, path):
    for key, value in o.items() if isinstance(o, dict) else [('', v) for v in o[:3]] if isinstance(o, list) else []:
        at = (path + '.' + key).strip('.')
        known = isinstance(value, dict) or not key or at in words or key in words or at.split('.', 1)[-1] in words or re.search(r'resources\.\w+\.(low|high|used|available)', at)
        assert known, at
        walk(value, at)
walk(d, '')"
    json "rows and bitstreams of $what are all that is read, and no row beats its roof" "
assert sum(l['dram_read_bytes'] for l in d['layers']) + d['traffic']['bitstream_bytes'] == d['dram']['read_bytes']
for l in d['layers']:
    assert l['runs_on'] == 'cpu' or l['achieved_gops'] is None or l['achieved_gops'] <= 1.01 * l['attainable_gops'], l['name']"
done

# ---- axes of keys that have a unit
program sweep small.yaml --vary 'accelerator.clock=50 MHz,0.1 GHz' --vary accelerator.fusion=none,lf2 -o units.csv --quiet
program report units.csv -o units.html --x accelerator.clock --y images_per_second
ok "$([ $status = 0 ] && grep -q '<h1>.* against accelerator.clock (Hz)</h1>' units.html && grep -q ': accelerator.clock 100000000, ' units.html; echo $?)" 'a key with a unit is an axis'
ok "$(grep -q -- '--set &#39;accelerator.clock=50 MHz&#39; --set accelerator.fusion=lf2<' units.html; echo $?)" 'settings of a point are quoted as a shell needs it'
refused 'an axis of words' 'accelerator.fusion: "none" is not a number' units.csv -o o.html --x accelerator.fusion

# ---- several
program report none/result.json lf2/result.json -o two.html
ok "$([ $status = 0 ] && grep -q '>none<' two.html && grep -q '>lf2<' two.html; echo $?)" 'results are named by their directories'
program run small.yaml --timing-only --set 'accelerator.clock=1 MHz' --out many --quiet
program run small.yaml --timing-only --set 'accelerator.clock=300 MHz' --out fast --quiet
for kind in html svg; do
    program report many/result.json fast/result.json -o ratio.$kind
    ok "$([ $status = 0 ] && grep -q '(0\.00[0-9]* x)' ratio.$kind && ! grep -q '(0\.00 x)' ratio.$kind; echo $?)" "$kind: a small ratio is none of 0"
done
mkdir -p other/lf2
cp lf2/result.json other/lf2
program report lf2/result.json other/lf2/result.json -o named.html
ok "$([ $status = 0 ] && grep -q '>lf2/result.json</th>' named.html && grep -q '>other/lf2/result.json</th>' named.html; echo $?)" 'and by their files where directories have the same name'
program report none/result.json lf2/result.json -o two.svg
ok "$([ $status = 0 ] && grep -q '</svg>' two.svg; echo $?)" 'a comparison is drawn'

# ---- a sweep: 0, 1 and 3 are the front; 4 does not fit, 6 meets no condition, 5 has no figures
program report sweep.csv -o sweep.html
ok "$([ $status = 0 ] && [ "$(grep -c 'class="dot m3"' sweep.html)" = 3 ] && [ "$(grep -c 'class="no m0"' sweep.html)" = 2 ]; echo $?)" 'a sweep shows its front and what does not fit'
ok "$(grep -q '<th scope="row">tile.oc=8, fusion=lf2</th><td class="n">40</td><td class="n">650</td>' sweep.html; echo $?)" 'the front is listed by varied keys'
ok "$(grep -q '6 points, 2 of them do not fit; 1 without' sweep.html; echo $?)" 'and what is missing is counted'
program report sweep.csv -o sweep.html --x gops --y cycles
ok "$([ $status = 0 ] && [ "$(grep -c 'class="dot m3"' sweep.html)" = 1 ]; echo $?)" 'more operations a second are better'
program sweep "$TOP/configs/default.yaml" --vary accelerator.tile.oc=8,16 --vary accelerator.fusion=none,lf2 --vary accelerator.clock=100000000,5000000 --fidelity bound --quiet -o made.csv
program report made.csv -o made.html --colour accelerator.fusion
ok "$([ $status = 0 ] && grep -q 'accelerator.fusion: <span><i class="k0"></i>none</span> <span><i class="k1"></i>lf2</span>' made.html && grep -q 'class="budget".*the device has 128' made.html && grep -q 'time (PL cycles) against BRAM18 in use' made.html; echo $?)" 'a sweep in colours of a key, with what the device has'
ok "$(! grep -q 'checksum' made.html && grep -q '; point 2: --set accelerator.tile.oc=8' made.html; echo $?)" 'a point says its number and how to run it'
program report made.csv -o made.html --y seconds
ok "$([ $status = 0 ] && grep -q 'time (s), logarithmic' made.html; echo $?)" 'an axis of more than a decade is logarithmic'
program report made.csv -o made.html --y seconds --log none
ok "$([ $status = 0 ] && ! grep -q 'logarithmic' made.html; echo $?)" 'unless --log says otherwise'
program report made.csv -o made.svg --log xy --colour accelerator.tile.oc
ok "$([ $status = 0 ] && grep -q 'BRAM18 in use, logarithmic' made.svg && grep -q 'the device has 128' made.svg; echo $?)" 'a picture likewise'
for form in svg pdf; do
    program report sweep.csv -o sweep.$form
    ok "$([ $status = 0 ] && [ -s sweep.$form ]; echo $?)" "a sweep is drawn as $form"
done

# ---- no
refused 'no file' 'is missing' -o o.html
refused 'no output' 'needs -o' lf2/result.json
refused 'another ending' 'ends in .html, .svg, .pdf, .png, .eps or .tex' lf2/result.json -o o.gif
refused 'an unknown plot' 'is not one of roofline' lf2/result.json -o o.svg --plot rooflin
refused 'a plot of a sweep' 'of a sweep there is one' sweep.csv -o o.svg --plot roofline
refused 'a plot of a page' 'a page has them all' lf2/result.json -o o.html --plot roofline
refused 'a column that is not there' "did you mean 'cycles'" sweep.csv -o o.html --y cycle
refused 'an axis of a result' 'of the table of a sweep' lf2/result.json -o o.html --x cycles
printf 'point,outcome,resources.bram18.used,dram.row_hit_frac\n0,simulated,3,0\n1,simulated,4,1\n' >zero.csv
refused 'an axis of figures at 0' 'dram.row_hit_frac is 0 in a row' zero.csv -o o.html --y dram.row_hit_frac --log y
refused 'another scale' 'is not one of x, y, xy or none' sweep.csv -o o.html --log z
refused 'a colour of a result' 'of the table of a sweep' lf2/result.json -o o.html --colour batch
refused 'a sweep beside a result' 'is shown alone' lf2/result.json sweep.csv -o o.html
refused 'a file that is not there' 'cannot be opened' nothing.json -o o.html
refused 'a directory that is not there' 'cannot be written' lf2/result.json -o nowhere/o.html
sed 's/"clock_hz": *[0-9]*/"clock_hz": 0/' lf2/result.json >broken.json
refused 'a broken result' 'clock_hz is 0' broken.json -o o.html
head -c 300 lf2/result.json >short.json
refused 'a cut result' 'not JSON' short.json -o o.html
{ cat sweep.csv; echo 9,9; } >short.csv
refused 'a broken table' 'short.csv:[0-9]*: the row has 2 cells' short.csv -o o.html
echo '{"columns": []}' >other.json
refused 'another JSON' 'other.json: is JSON but no result of run' other.json -o o.html
refused 'a design' 'small.yaml: is neither a result.json nor the CSV that sweep writes' small.yaml -o o.html
refused 'the layers of a run' 'is the layers of a run, which its result.json has too; report shows' lf2/layers.csv -o o.html
"$ZYNQSIM" compare lf2/result.json none/result.json --format csv >compared.csv
refused 'a comparison' 'is what compare or validate printed' compared.csv -o o.html
refused 'a picture' 'roofline.svg: is neither' roofline.svg -o o.html
printf 'size,cycles\n1,5\n2,3\n' >own.csv
program report own.csv -o own.html --x size
ok "$([ $status = 0 ] && [ "$(grep -c 'class="dot m3"' own.html)" = 2 ]; echo $?)" 'a table of any origin that has the columns asked for is shown'
sed 's/,900,/,nine,/' sweep.csv >words.csv
refused 'a figure that is no number' 'nine' words.csv -o o.html
head -n 1 sweep.csv >empty.csv
program report empty.csv -o empty.html
ok "$([ $status = 0 ] && grep -q 'No point has both figures' empty.html; echo $?)" 'a sweep without rows is a page that says so'
echo old >target.html
ln -s target.html link.html
program report own.csv -o link.html --x size
ok "$([ $status = 0 ] && [ -L link.html ] && cmp -s target.html own.html; echo $?)" 'a link stays a link: what it leads to is written'
mkfifo pipe.html
cat pipe.html >piped &
program report own.csv -o pipe.html --x size
wait
ok "$([ $status = 0 ] && [ -p pipe.html ] && [ "$(grep -c 'class="dot m3"' piped)" = 2 ]; echo $?)" 'a pipe is written to and stays'
PATH=/nonexistent "$ZYNQSIM" report lf2/result.json -o o.svg >out 2>err
status=$?
ok "$([ $status = 2 ] && grep -q 'gnuplot' err && [ ! -e o.svg ]; echo $?)" 'a picture needs gnuplot and says so'
PATH=/nonexistent "$ZYNQSIM" report lf2/result.json -o plain.html >out 2>err
status=$?
ok "$([ $status = 0 ] && grep -q 'gnuplot was not run' plain.html && grep -q 'id="h-timeline"' plain.html; echo $?)" 'a page does without'

# ---- names that gnuplot, XML and the shell read as something else; gnuplot that fails
cat >odd_net.yaml <<'END'
name: "odd ]]> & <name>"
input: {shape: [3, 8, 8]}
layers:
  - {conv: "'quoted", out: 4, kernel: 3}
  - {conv: "a]]>b", out: 4, kernel: 1}
  - {conv: "\"; set output 'ran' #", out: 4, kernel: 1}
  - {conv: "`touch ran`$(touch ran)\\", out: 4, kernel: 1}
  - {conv: "{/Bold=9 @<script>}_^~", out: 4, kernel: 1}
  - {conv: "%s%n é ", out: 4, kernel: 1}
END
program run small.yaml --timing-only --quiet --model odd_net.yaml --out odd
ok "$([ $status = 0 ] && [ -s odd/roofline.svg ] && [ -s odd/report.html ]; echo $?)" 'hostile names: run --out has all its files'
for plot in roofline layers timeline bytes; do
    program report odd/result.json -o "odd_$plot.svg" --plot $plot
    [ $status = 0 ] || rm -f "odd_$plot.svg"
done
cp odd/roofline.svg odd_run.svg
if [ -x /usr/bin/python3 ]; then
    /usr/bin/python3 -c "import glob, xml.etree.ElementTree as e; assert len([e.parse(f) for f in glob.glob('odd_*.svg')]) == 5" 2>err
    ok $? 'hostile names: five pictures, all well formed'
else
    skip 'pictures with hostile names: needs python3 to read XML'
fi
ok "$([ ! -e ran ]; echo $?)" 'hostile names: nothing of them is executed'
mkdir fake
for body in 'cat >/dev/null; exit 1' 'exec <&-; exit 0' 'cat >/dev/null; kill -9 $$' 'cat >/dev/null; echo "<svg"' 'exit 0'; do
    printf '#!/bin/sh\n%s\n' "$body" >fake/gnuplot
    chmod +x fake/gnuplot
    PATH=$PWD/fake:$PATH "$ZYNQSIM" report lf2/result.json -o o.svg >out 2>err
    status=$?
    ok "$([ $status = 3 ] && grep -q gnuplot err && [ ! -e o.svg ]; echo $?)" "a gnuplot that does '$body' is status 3 ($status)"
done
printf '#!/bin/sh\nexit 1\n' >fake/gnuplot
cp fake/gnuplot fake/dot
while read -r made arguments; do
    # shellcheck disable=SC2086
    PATH=$PWD/fake:$PATH "$ZYNQSIM" $arguments >out 2>err </dev/null
    status=$?
    ok "$([ $status = 3 ] && [ -s err ] && [ ! -e "$made" ]; echo $?)" "$arguments: a picture that cannot be made is status 3 ($status)"
done <<'END'
none.html report lf2/result.json -o none.html
no_out/roofline.svg run small.yaml --timing-only --quiet --out no_out
none.svg show small.yaml --graph none.svg
END
ok "$([ "$(find . -name '.*' -type f | wc -l)" = 0 ]; echo $?)" 'no temporary files are left'
finish
