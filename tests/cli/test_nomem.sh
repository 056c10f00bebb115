#!/bin/sh
# Memory: whichever request for it fails, a command ends with 3 and a sentence, or does all that it
# was asked for. Requests 1, 2, 3 ... fail in turn; of long runs, and with ZYNQSIM_NOMEM=N, only so
# many of them as there is time for (make soak: more).
. tests/cli/cli.sh
small_design
case $BUILD in
*asan* | *tsan* | *cov*)
    skip 'an instrumented program has an allocator or files of its own'
    finish
    ;;
esac
${CC:-cc} -shared -fPIC -O1 -D_GNU_SOURCE -o "$WORK/fail_alloc.so" tests/preload/fail_alloc.c -ldl
corpus=$TOP/tests/fuzz/corpus
configs=$TOP/configs
cp tests/cli/sweep.csv "$WORK/scatter.csv"
cd "$WORK" || exit 1
most=${ZYNQSIM_NOMEM:-25}
[ -z "${ZYNQSIM_SOAK-}" ] || most=400
seed=${ZYNQSIM_SEED-1}

# first_of FOLDER: its first file.
first_of() { find "$1" -type f | sort | head -n 1; }

# starve WHAT ARGUMENT...: every request in turn, or so many of them. `clean` undoes what a run does.
clean() { rm -rf made; }
failing() { LD_PRELOAD=$WORK/fail_alloc.so "$ZYNQSIM" "$@" </dev/null; }
files_of() { [ ! -e made ] || find made -type f ! -name '*.html' ! -name '*.xml' ! -name result.json -exec cksum {} + | sort -k 3; }
starve() {
    what=$1 faults=0 tried=0
    shift
    clean
    FAIL_COUNT=$WORK/requests failing "$@" >good 2>err
    good=$?
    files_of >good.files
    requests=$(cat requests)
    stride=$((requests / most + 1))
    at=$((1 + seed % stride))
    while [ $at -le "$requests" ]; do
        for all in '' 1; do
            clean
            if [ -n "$all" ]; then FAIL_AT=$at FAIL_ALL=1 failing "$@" >bad 2>err; else FAIL_AT=$at failing "$@" >bad 2>err; fi
            code=$?
            tried=$((tried + 1))
            if [ $code = 3 ] && [ -s err ]; then
                continue
            elif [ $code = $good ]; then
                files_of >bad.files
                sed -i '/sim_wall_seconds/d' good bad
                cmp -s good bad && cmp -s good.files bad.files && continue
            fi
            faults=$((faults + 1))
            echo "  $what: request $at of $requests${all:+ and all after it} fails: status $code, not 3: $(tail -n 1 err)"
        done
        at=$((at + stride))
    done
    ok "$([ $faults = 0 ] && [ $good -le 1 ]; echo $?)" "$what: $faults of $tried runs without memory hide it"
}

run='--timing-only --fidelity tile --quiet --jobs 1'
# shellcheck disable=SC2086 # lists of options
{
    starve run run small.yaml $run --format csv --set accelerator.clock='50 MHz' --set batch=2
    starve 'run --out' run small.yaml --fidelity tile --quiet --out made --trace made.json
    starve 'run, numerics on a second thread' run small.yaml --fidelity burst --format json --jobs 2
    starve 'run of an ONNX file' run small.yaml $run --format csv --model "$(first_of "$corpus/onnx")"
    starve 'run of a Caffe file' run small.yaml $run --format csv --model "$(first_of "$corpus/caffe")"
    starve show show small.yaml --plan
    printf '| Site Type | Used |\n| Slice LUTs | 20000 |\n' >util.rpt
    printf '<a><AreaEstimates><Resources><LUT>9</LUT></Resources></AreaEstimates></a>' >csynth.xml
    starve 'show --calibrate' show small.yaml --calibrate util.rpt --out made.yaml
    starve 'show --calibrate, XML' show small.yaml --calibrate csynth.xml
    starve schema schema
    starve explain explain small.yaml --format csv
    starve compare compare small.yaml --vary accelerator.fusion=none,lf2 --fidelity tile --format csv
    axes='--vary accelerator.tile.oc=4,8 --vary accelerator.fusion=none,lf2 --quiet'
    clean() { rm -rf made; mkdir made; }
    starve sweep sweep small.yaml $axes --jobs 1 -o made/rows.csv
    starve 'sweep on two threads' sweep small.yaml $axes --jobs 2 -o -
    starve 'sweep --pareto' sweep small.yaml $axes --jobs 1 --pareto cycles,resources.dsp --pareto-out made/front.csv
    starve 'sweep --best' sweep small.yaml $axes --jobs 2 --best cycles
    "$ZYNQSIM" sweep small.yaml $axes --jobs 1 -o rows.csv >out 2>err
    { sed 2d rows.csv | sed '2s/simulated/bogus/'; } >damaged.csv
    clean() { rm -rf made; mkdir made; cp damaged.csv made/rows.csv; }
    starve 'sweep that goes on' sweep small.yaml $axes --jobs 1 -o made/rows.csv
    clean() { rm -rf made; mkdir made; }
    starve 'sweep --merge' sweep --merge made/all.csv rows.csv rows.csv
    starve 'report of a sweep' report scatter.csv -o made/r.html --x cycles --y gops
    "$ZYNQSIM" run small.yaml $run --format json >result.json 2>err
    starve 'report of a result' report result.json -o made/r.svg
    starve 'compare of results' compare result.json result.json --format csv
    printf 'design,set,fidelity,layer,cycles\nsmall.yaml,,tile,,1\n' >base.csv
    "$ZYNQSIM" check base.csv --bless --quiet >out 2>err
    starve check check base.csv --quiet --junit made/junit.xml
    cp base.csv base.kept
    clean() { rm -rf made; cp base.kept base.csv; }
    starve 'check --bless' check base.csv --bless --quiet
    clean() { rm -rf made; }
    printf 'case,spec\nreads,dir=R size=128 W=8 n=50 pat=seq\n"writes, random",dir=W size=32 W=4 n=50 pat=rand\n' >specs.csv
    starve memory memory specs.csv
    head -n 3 "$configs/validation/dram_band.csv" >band.csv
    starve validate validate --against band.csv --format csv
}
for picture in "$corpus/image/rgb.png" "$corpus/image/progressive.jpeg" "$corpus/image/palette_alpha.png"; do
    [ -f "$picture" ] || continue
    program run small.yaml --fidelity bound --quiet --input "$picture"
    [ $status = 0 ] || continue
    starve "run of $(basename "$picture")" run small.yaml --fidelity bound --quiet --format csv --input "$picture"
done
finish
