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
files_of() { [ ! -e made ] || find made -type f ! -name '*.html' ! -name '*.tex' ! -name '*.xml' ! -name result.json -exec cksum {} + | sort -k 3; }
starve() {
    what=$1 faults=0 tried=0
    shift
    clean
    FAIL_COUNT=$WORK/requests failing "$@" >good 2>err
    good=$?
    files_of >good.files
    requests=$(cat requests)
    stride=$((requests / most + 1))
    # the last ones as well: what is looked up when all else is done
    for at in $(seq $((1 + seed % stride)) $stride "$requests") $((requests - 2)) $((requests - 1)); do
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
    done
    ok "$([ $faults = 0 ] && [ $good -le 1 ]; echo $?)" "$what: $faults of $tried runs without memory hide it"
}

run='--timing-only --fidelity tile --quiet --jobs 1'
# shellcheck disable=SC2086 # lists of options
{
    starve run run small.yaml $run --format csv --set accelerator.clock='50 MHz' --set batch=2
    starve 'run --out' run small.yaml --fidelity tile --quiet --out made --trace made.json
    starve 'run, numerics on a second thread' run small.yaml --fidelity burst --format json --jobs 2
    starve 'run that keeps ranges' run small.yaml --fidelity bound --quiet --jobs 1 --format csv --set accelerator.precision=int8 --ranges ranges.csv
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
    starve optimise optimise small.yaml --jobs 1 --quiet --over accelerator.tile.oc=4,8 --over accelerator.fusion=none,lf2 --minimise cycles --where 'fits != false' --rows made/rows.csv -o made/best.yaml --format json
    starve init init --model small_net.yaml --board zedboard --simulations 8 --jobs 1 -o made/first.yaml
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
    printf '[net]\nwidth=4\nheight=4\nchannels=3\n[convolutional]\nfilters=2\nsize=3\npad=1\nbatch_normalize=1\nactivation=leaky\n' >net.cfg
    printf 'input: "data" input_shape { dim: [1, 2, 2, 3] }\nlayer { name: "n" type: "ReLU" bottom: "data" top: "y" }\n' >net.prototxt
    cp "$corpus/tflite/int_00" net.tflite
    cat >chain.yaml <<'END'
network: {model: chain_net.yaml}
accelerator: {kind: stream, precision: int8, stream: {act_bits: 4, weight_bits: 4}}
END
    cat >chain_net.yaml <<'END'
name: chain
input: {name: data, shape: [2, 4, 4]}
layers: [{conv: first, out: 2, kernel: 3, pad: 1, relu: true}, {conv: last, out: 2, kernel: 1}]
END
    mkdir set
    { printf '\0\0\010\003\0\0\0\004\0\0\0\003\0\0\0\003'; printf '%036d' 7; } >set/train-images-idx3-ubyte
    printf '\0\0\010\001\0\0\0\004\0\001\0\001' >set/train-labels-idx1-ubyte
    cat >small_train.yaml <<'END'
network: {model: train_net.yaml, preprocess: {mean: 0, scale: 0.0039}}
train: {batch: 2, lr: 0.05}
pipeline: {scheme: stale, cut: [conv1]}
END
    cat >train_net.yaml <<'END'
name: tiny
input: {name: data, shape: [1, 3, 3]}
layers: [{conv: conv1, out: 2, kernel: 3, pad: 1, relu: true}, {fc: fc1, out: 2}, {softmax: prob}]
END
    starve 'show --models' show --models
    starve 'show --boards' show --boards
    starve 'run of a Darknet file' run small.yaml $run --format csv --model net.cfg
    starve 'run of a TFLite file' run small.yaml $run --format csv --set accelerator.precision=int8 --model net.tflite
    starve 'run of a prototxt' run small.yaml $run --format csv --model net.prototxt
    starve fifos fifos chain.yaml --format csv
    clean() { rm -rf made; mkdir made; }
    starve train train small_train.yaml --data set --epochs 1 --jobs 1 --format csv --checkpoint made/k --onnx made/n.onnx
    starve 'pipelines of train' train small_train.yaml --best training --set pipeline.cut=auto:1 --set system.boards=small.yaml,chain.yaml --set system.link.bandwidth=1e6 --format json --quiet -o made/p.html --trace made/t.json.gz
    printf 'network: {model: train_net.yaml, preprocess: {mean: 0, scale: 0.0039}}\n' >seen.yaml
    starve accuracy accuracy seen.yaml --images set/train-images-idx3-ubyte --labels set/train-labels-idx1-ubyte --reference fp32 --limit 3 --jobs 1 --quiet --format csv -o made/rows.csv
    starve sparsify sparsify train_net.yaml --method flat --parameter 0.1 --pes 4 --quiet --format csv -o made/n.onnx
    starve 'sparsify --target-zeros' sparsify train_net.yaml --design seen.yaml --method lamp --target-zeros 0.5 --structured filter --quiet
    starve 'show --write-folding' show chain.yaml --write-folding made/f.json
    starve 'fifos --write-folding' fifos chain.yaml --loss 5 --quiet --write-folding made/f.json
    starve 'report as TikZ' report result.json -o made/r.tex
    starve 'memory of a design' memory specs.csv --design small.yaml
    if command -v dot >/dev/null; then
        starve 'show --graph' show small.yaml --graph made/g.svg
    else
        skip 'show --graph: needs graphviz'
    fi
}
for picture in "$corpus/image/rgb.png" "$corpus/image/progressive.jpeg" "$corpus/image/palette_alpha.png"; do
    [ -f "$picture" ] || continue
    program run small.yaml --fidelity bound --quiet --input "$picture"
    [ $status = 0 ] || continue
    starve "run of $(basename "$picture")" run small.yaml --fidelity bound --quiet --format csv --input "$picture"
done
finish
