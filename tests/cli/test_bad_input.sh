#!/bin/sh
# Bad input ends with status 2 or 3, one clear sentence, and nothing written.
. tests/cli/cli.sh
small_design
good=$WORK/small.yaml
cd "$WORK" || exit 1

# bad STATUS PATTERN WHAT ARGUMENT...: runs the program on something that is wrong.
bad() {
    want=$1 pattern=$2 what=$3 command=$4
    shift 4
    program "$command" --out "$WORK/results" "$@"
    ok "$([ "$status" = "$want" ]; echo $?)" "$what: status $status, not $want"
    ok "$([ "$(wc -l <err)" = 1 ] && grep -q '^zynqsim: ' err; echo $?)" \
        "$what: the message is one line that begins with the program's name"
    ok "$(grep -qE -- "$pattern" err; echo $?)" "$what: the message names /$pattern/"
    ok "$([ ! -e "$WORK/results" ] && [ ! -s out ]; echo $?)" "$what: nothing is written"
}

# ---- the command line
bad 2 'no such option, did you mean --timing-only' 'unknown option' run --timing-onyl "$good"
bad 2 'no such option' 'option like no other' run --xyzzy "$good"
bad 2 'needs a value' 'option without its value' run "$good" --set
bad 2 "'fast' is not one of bound, tile or burst" 'unknown fidelity' run "$good" --fidelity fast
bad 2 "'xml' is not one of" 'unknown format' run "$good" --format xml
bad 2 'not of the form KEY=VALUE' 'setting without a value' run "$good" --set batch
bad 2 "^zynqsim: --fidelity: is given twice, with 'tile' and 'burst'" 'word given twice' run "$good" --fidelity tile --fidelity=burst
program run "$good" --timing-only --fidelity tile --fidelity tile
ok "$([ $status = 0 ]; echo $?)" 'the same word twice is one'
bad 2 "^zynqsim: --jobs: is given twice, with '1' and '02'" 'number given twice' run "$good" --jobs 1 --jobs 02
bad 2 "^zynqsim: --out: is given twice, with '.*/results' and 'results'" 'directory given twice' run "$good" --out results
program report w.json -o a.svg --output b.svg
ok "$([ $status = 2 ] && grep -q "^zynqsim: --output: is given twice, with 'a.svg' and 'b.svg'" err; echo $?)" 'a short name is the same option'
program run "$good" --timing-only --timing-only --quiet --set batch=1 --set batch=2 --input synthetic --input synthetic:2
ok "$([ $status = 0 ]; echo $?)" 'flags and what is repeatable may come again'
bad 2 'below the minimum 1' 'no threads' run "$good" --jobs 0
bad 2 'design file is missing' 'no design' run
bad 2 'one argument too many' 'two designs' run "$good" "$good"
program init x
ok "$([ $status = 2 ] && grep -qx 'zynqsim: x: one argument too many: usage is zynqsim init' err; echo $?)" 'an argument where none is taken: no blank behind the usage'
program ruin "$good"
ok "$([ $status = 2 ] && grep -q 'did you mean run' err; echo $?)" 'unknown command: the nearest is named'
program
ok "$([ $status = 2 ] && [ ! -s out ] && grep -q Usage err; echo $?)" 'no command: usage on standard error'

# ---- the design file
bad 2 'absent.yaml.*No such file' 'missing design' run absent.yaml
bad 2 'directory' 'directory as design' run .
printf 'accelerator: {tile: {oc: 4\nbatch: 1\n' >torn.yaml
bad 2 'torn.yaml:[0-9]+' 'malformed YAML' run torn.yaml
printf 'network: {model: small_net.yaml}\naccelerator:\n  tiel: {oc: 4}\n' >typo.yaml
bad 2 'typo.yaml:3.*tile' 'unknown key' run typo.yaml
printf '\377\376\000broken' >binary.yaml
bad 2 'binary.yaml' 'bytes that are no text' run binary.yaml
printf 'extends: loop.yaml\n' >loop.yaml
bad 2 'loop.yaml' 'file that extends itself' run loop.yaml
printf 'extends: nowhere.yaml\n' >orphan.yaml
bad 2 'nowhere.yaml' 'parent that is missing' run orphan.yaml
bad 2 'accelerator.tile.oc.*0.*1' 'tile of 0' run "$good" --set accelerator.tile.oc=0
bad 2 'batch.*65535' 'batch beyond its limit' run "$good" --set batch=99999
bad 2 'accelerator.clock' 'clock without a number' run "$good" --set accelerator.clock=fast
bad 2 'batch' 'number that overflows' run "$good" --set batch=99999999999999999999999
bad 2 'accelerator.precision' 'unknown word' run "$good" --set accelerator.precision=fp33
bad 2 'board' 'unknown board' run "$good" --set board=zybo-7020-256
for fidelity in bound tile burst; do
    bad 2 'board.memory.t_refi: 374 leaves no time between refreshes' "refreshes without room at $fidelity" \
        run "$good" --timing-only --fidelity $fidelity --set board.memory.t_refi=374
done

printf '\010\007' >model.onnx
bad 2 'model.onnx: is a network, not a design' 'network as design' run model.onnx
bad 2 "small.yaml:[0-9:]*.*'network' is a key of a design" 'design as network' run "$good" --model ./small.yaml

# ---- networks
bad 2 "no model 'squeezenet_v1.2'.*squeezenet_v1.1" 'unknown model' \
    run "$TOP/configs/default.yaml" --model squeezenet_v1.2
bad 2 'absent.onnx' 'missing network' run "$good" --model absent.onnx
sed 's/{relu:/{swishy:/' small_net.yaml >unknown_op.yaml
cmp -s small_net.yaml unknown_op.yaml && echo "FAIL: the fixture did not change"
bad 2 'swishy' 'unknown op' run "$good" --model ./unknown_op.yaml
cp "$TOP/tests/cli/cyclic_net.yaml" .
bad 2 'cyclic_net.yaml' 'cyclic network' run "$good" --model ./cyclic_net.yaml
cp "$TOP/tests/cli/shapes_net.yaml" .
bad 2 'shapes_net.yaml' 'shapes that do not go together' run "$good" --model ./shapes_net.yaml
: >empty.onnx
bad 2 'empty.onnx' 'empty ONNX' run "$good" --model ./empty.onnx
printf '\010\007\022\004test:\377\377\377\377\017' >torn.onnx
bad 2 'torn.onnx' 'truncated ONNX' run "$good" --model ./torn.onnx
printf '\012\004test\242\006\377\377\377\017' >torn.caffemodel
bad 2 'torn.caffemodel' 'truncated caffemodel' run "$good" --model ./torn.caffemodel
for f in squeezenet_v1.1.caffemodel squeezenet_v1.1.onnx; do
    real=$TOP/../shared/data/models/$f
    if [ -r "$real" ]; then
        head -c 1000000 "$real" >"cut.${f##*.}"
        bad 2 "cut.${f##*.}" "truncated $f" run "$good" --model "./cut.${f##*.}"
    else
        skip "truncation of real networks needs the reference data beside the checkout"
    fi
done
bad 2 'nowhere.caffemodel' 'missing weights' run "$good" --weights nowhere.caffemodel
bad 2 'synthetic' 'seed that is no number' run "$good" --weights synthetic:x

bad 2 'nowhere.caffemodel: cannot be opened' 'missing weights that timing would not read' run "$good" --timing-only --weights nowhere.caffemodel
bad 2 'is not synthetic' 'seed that is no number and no weights are made' run "$good" --timing-only --weights synthetic:x
bad 2 'nowhere.npy: cannot be opened' 'missing weights by --set' run "$good" --timing-only --set network.weights=nowhere.npy
for command in explain compare sweep; do
    set -- "$good"
    [ "$command" != compare ] || set -- "$good" "$good"
    program "$command" "$@" --weights nowhere.caffemodel
    ok "$([ $status = 2 ] && [ ! -s out ] && grep -q '^zynqsim: nowhere.caffemodel: cannot be opened' err; echo $?)" "missing weights: $command says so"
done
printf 'network: {model: small_net.yaml, weights: elsewhere.bin, input: elsewhere.jpg}\n' >bare.yaml
program run bare.yaml --timing-only --quiet
ok "$([ $status = 0 ]; echo $?)" 'timing only does without the files that a design names'

# ---- inputs
bad 2 'absent.jpg' 'missing picture' run "$good" --input absent.jpg
bad 2 'absent.jpg: cannot be opened' 'missing picture that timing would not read' run "$good" --timing-only --input synthetic --input absent.jpg
bad 2 'cannot be read: Is a directory' 'directory as picture that timing would not read' run "$good" --timing-only --input .
mkfifo pipe.jpg
program run "$good" --timing-only --quiet --input pipe.jpg
ok "$([ $status = 0 ]; echo $?)" 'a pipe that timing would not read is not waited for'
printf '\377\330\377\340\000\020JFIF\000\001\001' >torn.jpg
bad 2 'torn.jpg' 'truncated JPEG' run "$good" --input torn.jpg
printf '\211PNG\r\n\032\n\000\000\000\015IHDR\000\000' >torn.png
bad 2 'torn.png' 'truncated PNG' run "$good" --input torn.png
printf 'P6\n100000 100000\n255\n' >torn.ppm
bad 2 'torn.ppm' 'PPM without its pixels' run "$good" --input torn.ppm
printf 'hello' >text.jpg
bad 2 'text.jpg' 'picture that is none' run "$good" --input text.jpg
printf '\223NUMPY\001\000\166\000{'"'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 8" >torn.npy
bad 2 'torn.npy' 'truncated NPY' run "$good" --input torn.npy
{ printf '\223NUMPY\001\000\166\000'; printf '%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 2, 2), }"; head -c 32 /dev/zero; } >shape.npy
bad 2 'shape.npy.*2x2x2.*3x16x16' 'tensor of another shape' run "$good" --input shape.npy
bad 2 'nolabels.txt' 'missing labels' run "$good" --labels nolabels.txt

# ---- the machine
for command in "run $good" "run $good --format json" "run $good --format csv" "show $good" schema --help --version "show --fields"; do
    # shellcheck disable=SC2086 # words are meant
    "$ZYNQSIM" $command >/dev/full 2>err </dev/null
    status=$?
    ok "$([ $status = 3 ] && grep -q 'standard output' err; echo $?)" "full disk: '$command' ends with 3 and says so (status $status)"
done
# shellcheck disable=SC2016
(trap '' PIPE; "$ZYNQSIM" run "$good" --format json 2>err; echo $? >closed_status) | true
ok "$([ "$(cat closed_status)" = 0 ] || { [ "$(cat closed_status)" = 3 ] && grep -q 'standard output' err; }; echo $?)" \
    'closed pipe: done before, or 3 with a message'
: >a_file
program run "$good" --out a_file
ok "$([ $status = 2 ] && grep -q 'a_file.*not a directory' err; echo $?)" 'a file as --out is refused'
mkdir -p taken/report.html
program run "$good" --out taken
ok "$([ $status = 2 ] && grep -q 'taken/report.html.*directory' err && [ "$(ls -A taken)" = report.html ]; echo $?)" \
    'a directory in the place of one file: none of the files is written'
program run "$good" --out a_file/below
ok "$([ $status = 2 ] && grep -q 'a_file' err; echo $?)" 'a directory below a file is refused'
program run "$good" --out /proc/nowhere
ok "$([ $status -ge 2 ] && [ $status -le 3 ] && [ "$(wc -l <err)" = 1 ]; echo $?)" 'a directory that cannot be made is an error'
# ---- what is taken though it is wrong
for key in mean scale; do
    printf 'network: {model: small_net.yaml, preprocess: {%s: [1, 2, 3], %s0: 4}}\n' $key $key >twice.yaml
    bad 2 "twice.yaml:1:.*${key}0: given twice, first as network.preprocess.$key in line 1" "$key and a part of it" run twice.yaml
    printf 'network: {model: small_net.yaml, preprocess: {%s2: 4, %s: [1, 2, 3]}}\n' $key $key >twice.yaml
    bad 2 "given twice, first as network.preprocess.${key}2" "a part of $key and all of it" run twice.yaml
done
clip=$TOP/tests/fuzz/corpus/onnx/bn_clip_add_concat
{ cat "$clip"; printf '\102\002\020\006'; } >old.onnx
bad 2 'Clip takes . inputs from opset 11 alone, this is 6' 'an operator of a later opset' run "$good" --model old.onnx --timing-only
{ cat "$clip"; printf '\102\013\020\377\377\377\377\377\377\377\377\377\001'; } >negative.onnx
bad 2 'operator set -1 is below the minimum 1' 'a negative opset' run "$good" --model negative.onnx --timing-only
{ printf '\223NUMPY\001\000\066\000{"descr": "<f4", "fortran_order": False, "shape\000": (1,)}'; printf '\000\000\000\000'; } | tr '"' "'" >zero.npy
bad 2 'NPY header: a zero byte in its text' 'a zero byte in the header of a tensor' run "$good" --input zero.npy
bad 2 "'010' is not a number" 'a number with zeros in front' run "$good" --set batch=010
bad 2 "^zynqsim: --jobs: '010' has zeros in front" 'threads with zeros in front' run "$good" --jobs 010
bad 2 '^zynqsim: --jobs: .99999999999. is too large' 'threads beyond counting' run "$good" --jobs 99999999999
printf 'name: n\ninput: {name: data, shape: [3, 8, 8]}\nlayers:\n  - {conv: a, out: 010, kernel: 1}\n' >octal.yaml
bad 2 "octal.yaml:4.*'010' is not a whole number" 'channels with zeros in front' run "$good" --model octal.yaml
for t in 010 0x10 ' 5' 1_0 5x inf nan 1e999; do
    cat >chain.yaml <<'END'
network: {model: chain_net.yaml}
accelerator: {kind: stream, precision: int8, stream: {act_bits: 4, weight_bits: 4}}
END
    printf 'name: c\ninput: {name: data, shape: [2, 4, 4]}\nlayers: [{conv: first, out: 2, kernel: 3}]\n' >chain_net.yaml
    printf 'name: n\ninput: {name: data, shape: [3, 8, 8]}\nlayers: [{lrn: a, size: 3, alpha: "%s"}]\n' "$t" >real.yaml
    printf '[net]\nwidth=8\nheight=8\nchannels=3\n[convolutional]\nfilters=%s\nsize=1\n' "$t" | sed 's/= /=1,/' >number.cfg
    printf 'input: "data" input_shape { dim: [1, 3, 8, 8] }\nlayer { name: "n" type: "LRN" bottom: "data" top: "y" lrn_param { alpha: +%s } }\n' "$t" >number.prototxt
    printf 'case,spec\nreads,dir=R size=64 W=8 n=5 pat=seq gap=%s\n' "$t" >specs.csv
    printf '| Site Type | Used |\n| Slice LUTs | %s |\n' "$(echo "$t" | sed 's/^ /-/')" >util.rpt
    while IFS='|' read -r what arguments; do
        # shellcheck disable=SC2086 # a list of arguments
        program $arguments
        ok "$([ $status = 2 ] && [ ! -s out ] && [ -s err ]; echo $?)" "$what: '$t' is no number"
    done <<END
seed of weights|run small.yaml --timing-only --weights synthetic:$t
seed of an input|run small.yaml --input synthetic:$t
share of loss|fifos chain.yaml --loss=-$t
share of loss|fifos chain.yaml --loss=0$t
clocks of a pipeline|run chain.yaml --timing-only --set accelerator.stream.target=0${t}fps
PEs of a layer|run chain.yaml --timing-only --set accelerator.stream.folding=first=$t
number of a YAML network|run small.yaml --timing-only --model ./real.yaml
number of a Darknet network|run small.yaml --timing-only --model ./number.cfg
number of a prototxt|run small.yaml --timing-only --model ./number.prototxt
gap between requests|memory specs.csv
LUTs of a report|show small.yaml --calibrate util.rpt
END
    [ "$t" != ' 5' ] || continue
    program fifos chain.yaml --loss "$t"
    ok "$([ $status = 2 ] && [ ! -s out ]; echo $?)" "share of loss: '$t' is no number"
done
while IFS='|' read -r pattern arguments; do
    # shellcheck disable=SC2086 # a list of arguments
    program sweep "$good" --vary batch=1,2 $arguments
    ok "$([ $status = 2 ] && [ ! -s out ] && grep -q -- "$pattern" err; echo $?)" "sweep $arguments is refused"
done <<'END'
--limit: -1 is below the minimum 0|--limit -1
--limit: .* is too large|--limit 99999999999999999999
--limit: '1x' is not a whole number|--limit 1x
is no axis: --set layers.conv1.tile.oc=VALUE|--vary layers.conv1.tile.oc=8,16
is not I/N|--shard 0/99999999999999999999
is not I/N|--shard 00/2
is not I/N|--shard 0/-1
is not I/N|--shard 1
is no range|--vary accelerator.tile.oc=04:8
END
# ---- an option and the key that it stands for: one of the two would have no effect
while IFS='|' read -r words message; do
    # shellcheck disable=SC2086 # a list of words
    program $words
    ok "$([ $status = 2 ] && [ ! -s out ] && grep -qxF -e "zynqsim: $message" err; echo $?)" "$words: $message"
done <<'END'
run small.yaml --model lenet5 --set network.model=resnet8|--set: network.model is given by --model too
init --board zedboard --set board=pynq-z1|--set: board is given by --board too
init --precision fp32 --set accelerator.precision=int8|--set: accelerator.precision is given by --precision too
run small.yaml --weights synthetic:3 --set network.weights=synthetic:4|--set: network.weights is given by --weights too
run small.yaml --input synthetic --set network.input=synthetic:2|--set: network.input is given by --input too
compare small.yaml --weights synthetic:3 --vary network.weights=synthetic:1,synthetic:2|--weights: network.weights is on the axis network.weights=synthetic:1,synthetic:2 too
sweep small.yaml --weights synthetic:3 --vary network.weights=synthetic:1,synthetic:2|--weights: network.weights is on the axis network.weights=synthetic:1,synthetic:2 too
END
program run small.yaml --weights synthetic:3 --set network.weights=synthetic:3 --input synthetic --set network.input=synthetic
ok "$status" 'an option and its key may say the same'
finish
