#!/bin/sh
# train on eight pictures of 4x4: what is printed, kept, gone on with after a kill, refused.
. tests/cli/cli.sh
cd "$WORK" || exit 1

mkdir set
octets() { for i in "$@"; do printf '%b' "\\0$(printf %o "$i")"; done; }
{
    octets 0 0 8 3 0 0 0 8 0 0 0 4 0 0 0 4
    for image in 0 1 2 3 4 5 6 7; do for pixel in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        octets $(((image % 2) * 128 + (pixel * 37 + image * 91) % 128))
    done; done
} >set/train-images-idx3-ubyte
octets 0 0 8 1 0 0 0 8 0 1 0 1 0 1 0 1 >set/train-labels-idx1-ubyte
gzip -c set/train-images-idx3-ubyte >set/t10k-images-idx3-ubyte.gz
gzip -c set/train-labels-idx1-ubyte >set/t10k-labels-idx1-ubyte.gz
cat >net.yaml <<'END'
name: tiny
input: {name: data, shape: [1, 4, 4]}
layers:
  - {conv: conv1, out: 4, kernel: 3, pad: 1, batchnorm: true, relu: true}
  - {pool: pool1, kind: max, kernel: 2, stride: 2}
  - {conv: conv2, out: 4, kernel: 3, pad: 1, relu: true}
  - {fc: fc1, out: 2}
  - {softmax: prob}
END
cat >d.yaml <<'END'
name: tiny
network: {model: net.yaml, preprocess: {mean: 0, scale: 0.0039}}
train: {batch: 3, lr: 0.05, crop: 1, flip: true, lr_step: 2, lr_factor: 0.5}
pipeline: {scheme: stale, cut: [pool1, conv2]}
END
t() { program train d.yaml --data set --quiet "$@"; }

# ---- a run, what it prints, what it learnt
t --epochs 4 --onnx whole.onnx --format csv
cp out whole.csv
ok "$([ $status = 0 ] && [ "$(wc -l <whole.csv)" = 5 ]; echo $?)" 'a line per epoch'
t --epochs 2
ok "$(grep -q 'staleness$' out && grep -q '^stale .* 2 ' out; echo $?)" 'the table has stages and epochs'
t --epochs 2 --format json
cp out lines
ok "$([ "$(wc -l <lines)" = 3 ] && head -n 2 lines | grep -c '"epoch":[12],"loss":.*"accuracy":.*"simulated_seconds":.*"joules":' | grep -qx 2; echo $?)" 'JSON has a line per epoch'
tail -n 1 lines >out
json 'and one for all' 'assert len(d["runs"][0]["epochs"]) == 2 and len(d["stages"]) == len(d["memory_bytes"]) == 3 and d["seeds"] == 1 and 0 <= d["accuracy_mean"] <= 1 and d["paired_drop_mean"] is None'
program show d.yaml --model whole.onnx
ok "$([ $status = 0 ] && grep -q conv2 out; echo $?)" 'what was learnt is a network again'
t --epochs 3 --seeds 1..3 --jobs 1
cp out one
t --epochs 3 --seeds 1..3 --jobs 3
ok "$(cmp -s out one && grep -q '^difference' one; echo $?)" 'any number of threads gives the same runs'
t --epochs 1 --onnx big.onnx --set train.lr=0
t --epochs 1 --onnx small.onnx --set train.lr=0 --set train.start=0.5
ok "$([ $status = 0 ] && ! cmp -s big.onnx small.onnx; echo $?)" 'weights can start smaller'
refuses_start=$("$ZYNQSIM" train d.yaml --set train.start=0 2>&1)
ok "$(echo "$refuses_start" | grep -q 'train.start'; echo $?)" 'but not from 0'
for scheme in plain gpipe pipedream hybrid; do
    t --epochs 2 --set pipeline.scheme=$scheme --set pipeline.micro_batches=2
    ok "$status" "scheme $scheme"
done
t --set pipeline.cut=auto:2
ok "$([ $status = 0 ] && grep -q '^    2 ' out; echo $?)" 'auto:2 makes three stages'

program train d.yaml --set pipeline.cut=auto:2 --set system.link.bandwidth=1e6 --best training
cut=$(sed -n 's/.*best for training of 6 ways to cut, [1-6] simulated: pipeline.cut: \[\(.*\)\]$/\1/p' err)
ok "$([ $status = 0 ] && [ -n "$cut" ]; echo $?)" 'the best cuts are named'
grep '^  stale' out >best
program train d.yaml --set "pipeline.cut=$(echo "$cut" | tr -d ' ')" --set system.link.bandwidth=1e6
ok "$([ $status = 0 ] && grep '^  stale' out | cmp -s - best; echo $?)" 'and can be given'
# links that are late and two buffers set the pace: the bound knows, so that few of 4e13 ways are tried
program train "$TOP/configs/resnet56-two-gpus.yaml" --set pipeline.scheme=gpipe --set pipeline.micro_batches=16 --set pipeline.cut=auto:9 \
    --set system.link.latency=300us --set system.link.overlap=true --best training
ok "$([ $status = 0 ] && grep -q 'train: best for training of [0-9]* ways to cut, [0-9]\{1,2\} simulated' err; echo $?)" 'ten stages in gpipe are proven to be the best'

# ---- links and engines
t --set system.link.bandwidth=1e5 --set pipeline.buffers=1
ok "$([ $status = 0 ] && grep -q '^  links add to a cycle ' out && grep -q '^stage  an image takes ' out; echo $?)" 'links and buffers of a pipeline are shown'
{
    cat d.yaml
    printf '%s\n' 'accelerators:' '  - {name: front, map: [conv1]}' '  - {name: back, map: ["*"], unroll: {oc: 1}}'
} >engines.yaml
program train engines.yaml --set pipeline.stages=engines --set pipeline.cut=auto:1 --format json
json 'engines are stages' "assert len(d['stages']) == 2 and all(0 < s['inference']['busy_frac'] <= 1 for s in d['stages'])"
program train engines.yaml --set pipeline.stages=engines
ok "$([ $status = 2 ] && grep -q '3 stages are more than 2 engines' err; echo $?)" 'more stages than engines are refused'

program train d.yaml --set system.link.bandwidth=1e5 --set pipeline.cut=pool1 --format json
json 'links carry while stages work' 's = d["stages"][0]["training"]; assert 0 < s["link_load_frac"] <= 1 and 0 < s["link_back_load_frac"] <= 1 and 0 < s["busy_frac"] < 1 and d["mini_batch"]["pipelined_s"] < d["mini_batch"]["plain_s"]'

# ---- boards that differ: each a design file, the second with fewer lanes
printf '%s\n' 'name: wide' >wide.yaml
printf '%s\n' 'name: narrow' 'accelerator: {unroll: {oc: 1}}' >narrow.yaml
program train d.yaml --set pipeline.cut=pool1 --format json
json 'equal boards have no names' 'assert [s["device"] for s in d["stages"]] == [None, None]'
cp out equal
{
    cat d.yaml
    echo 'system: {boards: [wide.yaml, narrow.yaml]}'
} >boards.yaml
program train boards.yaml --set pipeline.cut=pool1 --format json
json 'stages are on boards of their own' 'e = json.load(open("equal"))["stages"]; s = d["stages"]; assert [x["device"] for x in s] == ["wide", "narrow"] and s[0]["forward_s"] == e[0]["forward_s"] and s[1]["forward_s"] > e[1]["forward_s"]'
program train boards.yaml --set pipeline.cut=auto:1 --best training
ok "$([ $status = 0 ] && grep -q ' 0  narrow$' out; echo $?)" 'cuts know the boards'
program train boards.yaml
ok "$([ $status = 2 ] && grep -q '3 stages are more than 2 boards' err; echo $?)" 'more stages than boards are refused'
program train boards.yaml --set system.boards=wide.yaml,none.yaml
ok "$([ $status = 2 ] && grep -q 'none.yaml' err; echo $?)" 'a board that is not there is named'
echo 'accelerator: {unroll: {oc: 0}}' >narrow.yaml
program train boards.yaml --set pipeline.cut=pool1
ok "$([ $status = 2 ] && grep -q 'narrow.yaml:1.*accelerator.unroll.oc' err; echo $?)" 'and what is wrong in one, too'

# ---- the page and the timeline
t --epochs 2 --seeds 1..2 --set system.link.bandwidth=1e5 -o page.html --trace t.json
ok "$([ $status = 0 ] && [ "$(grep -c '<polyline' page.html)" = 8 ] && grep -q '<tr><th scope="row">stale (this design)</th>' page.html && grep -q 'stage 2, backward pass of mini-batch 9: ' page.html; echo $?)" 'the page has curves, schemes and passes'
ok "$(grep -qF '<i class="c0"></i>plain' page.html; echo $?)" 'its legend has the plain runs beside it'
t --epochs 1 --seeds 1 -o one.html
ok "$([ $status = 0 ] && ! grep -qF '<i class="c0"></i>plain' one.html; echo $?)" 'where there are any'
ok "$(grep -oE '[^A-Za-z](nan|inf)[^A-Za-z]' page.html | grep -q . ; [ $? = 1 ]; echo $?)" 'every figure of the page is a number'
ok "$(grep -qE '[0-9]e[+-][0-9]+ (ms|s)' page.html; [ $? = 1 ]; echo $?)" 'and times have units that suit them'
cp t.json out
json 'the timeline has whole passes, one at a time on a track' '
open_, n = {}, 0
for e in d["traceEvents"]:
    k = e["pid"], e.get("tid")
    if e["ph"] == "B":
        assert k not in open_ or open_[k][0] == "E" and open_[k][1] <= e["ts"], e
        n += e["cat"] in ("forward", "backward")
    elif e["ph"] == "E":
        assert open_[k][0] == "B" and open_[k][1] <= e["ts"] and open_[k][2] == e["name"], e
    if e["ph"] in "BE": open_[k] = e["ph"], e["ts"], e["name"]
assert n == 2 * 3 * (10 + 3 * 4 + 3), n'
t --trace t.json.gz
ok "$([ $status = 0 ] && gzip -dc t.json.gz | grep -q '"name":"link 1 to 0"'; echo $?)" 'a packed timeline'

# ---- kept and gone on with, also after a kill
t --epochs 2 --checkpoint k
t --epochs 4 --checkpoint k --onnx again.onnx --format csv
ok "$(cmp -s whole.csv out && cmp -s whole.onnx again.onnx; echo $?)" 'going on gives the same bits'
t --epochs 1000 --format csv
cp out long.csv
for _ in 1 2; do
    GCOV_PREFIX=$APART "$ZYNQSIM" train d.yaml --data set --quiet --epochs 1000 --checkpoint long >/dev/null 2>&1 &
    while [ ! -e long ] && kill -0 $!; do sleep 0.01; done
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
done
t --epochs 1000 --checkpoint long --format csv
ok "$(cmp -s out long.csv; echo $?)" 'a killed run goes on to the same bits'
printf X | dd of=k bs=1 seek=80 conv=notrunc 2>/dev/null

# ---- refused, with a sentence
refuses() {
    want=$1 text=$2
    shift 2
    t "$@"
    ok "$([ "$status" = "$want" ] && grep -qF -- "$text" err; echo $?)" "$text"
}
refuses 2 'is damaged' --epochs 4 --checkpoint k
refuses 2 'belongs to another run' --epochs 1000 --checkpoint long --set train.lr=1
t --epochs 1 --checkpoint layers
for other in 's/kind: max/kind: avg/' '/conv2/s/relu: true/relu6: true/' '/conv2/s/, relu: true//'; do
    sed "$other" net.yaml >other.yaml
    refuses 2 'belongs to another run' --epochs 2 --checkpoint layers --model other.yaml
done
refuses 2 "'pool9' is no layer of tiny, did you mean 'pool1'?" --set pipeline.cut=pool9
refuses 2 "'latency' is not one of training or inference" --best latency
refuses 2 '9 cuts are more than 5 layers allow' --best training --set pipeline.cut=auto:9
refuses 2 'leaves a stage empty' --set pipeline.cut=fc1
refuses 1 'the loss of iteration' --set train.lr=1e6 --set train.momentum=1 --epochs 50
refuses 2 'no/such: cannot be written' --onnx no/such
refuses 2 'no/such: cannot be written' --checkpoint no/such
refuses 2 'images of 1x4x4, but the input' --set network.input_shape=1,5,5
refuses 2 'no/such: cannot be written' -o no/such
refuses 2 'a timeline of pipelines ends in .json' --trace t.vcd
refuses 3 'No space left' -o /dev/full
refuses 2 "'3..1' is not A or A..B" --seeds 3..1
refuses 2 '9 are wanted of 8' --images 9
refuses 2 '--images: 0 is below the minimum 1' --images 0
refuses 3 'No space left' --onnx /dev/full
printf '\003' | dd of=set/train-labels-idx1-ubyte bs=1 seek=12 conv=notrunc 2>/dev/null
refuses 2 'image 4 has label 3, but tiny has 2 classes'
printf x >>set/train-images-idx3-ubyte
refuses 2 'has 129 bytes of elements, its header says 128'

# ---- published pipelines of two devices, from structure
for row in 'resnet56 1.65 1.24' 'resnet110 1.73 1.26'; do
    # shellcheck disable=SC2086 # three words
    set -- $row
    program train "$TOP/configs/$1-two-gpus.yaml" --format json
    json "$1 on two devices" "m = d['mini_batch']; a, h = (m['one_device_s'] / m[k] for k in ('pipelined_s', 'hybrid_s')); assert abs(a / $2 - 1) < 0.08 and abs(h / $3 - 1) < 0.08, (a, h)"
done

# ---- presets: stages, and what docs/models/train.md says they gain
for row in 'lenet-train 2' 'cifar10-quick-train 2' 'resnet8-train 2' 'resnet20-train 5' 'alexnet-train 4' 'vgg16-train 4'; do
    # shellcheck disable=SC2086 # two words
    set -- $row
    program train "$TOP/configs/$1.yaml" --format json
    gain=$(sed -n "s/^| \`$1\` .* \([0-9.]*\)x.*|$/\1/p" "$TOP/docs/models/train.md")
    json "$1" "m = d['mini_batch']; assert len(d['stages']) == $2 and '%.2f' % (m['one_device_s'] / m['pipelined_s']) == '$gain', (m, '$gain')"
done

# ---- exact cases: one layer, one image, by hand
cat >c.json <<'END'
{"layers": [1, 1], "ppv": [], "minibatches": 2, "batch_size": 1, "lr": 0.5, "momentum": 0.5, "weight_decay": 0}
END
printf '%s\n' kind,layer,row,col,value w,0,0,0,1 b,0,0,,0 x,,0,0,1 x,,1,0,2 t,,0,0,0 t,,1,0,1 >c_setup.csv
# cycle 0: y = 1, d = 1: both 1 - 0.5 and 0 - 0.5; cycle 1: y = 0.5, d = -0.5, gw = -1
printf '%s\n' dtype,cycle,layer,kind,out,in,value float32,0,0,w,0,0,0.5 float32,0,0,b,0,,-0.5 \
    float64,1,0,w,0,0,0.75 float64,1,0,b,0,,-0.5 >c_weights.csv
program train --case c.json
ok "$([ $status = 0 ] && [ "$(grep -c '2 of 2 values equal' out)" = 2 ]; echo $?)" 'an exact case is held'
program validate --against .
ok "$([ $status = 0 ] && [ "$(grep -c '^c  .*equal_values .* exact .* inside$' out)" = 2 ]; echo $?)" 'validate finds it in a directory'
sed -i 's/0.75/0.76/' c_weights.csv
program validate --against c.json
ok "$([ $status = 1 ] && grep -q 'float64 equal_values .* 1 .* 2 .* outside$' out && grep -q 'float32 .* inside$' out; echo $?)" 'and judges it by its bits'
program train --case c.json
ok "$([ $status = 1 ] && grep -q 'first in cycle 1: layer 0 w 0,0 is 0x1.8p-1, not' out; echo $?)" 'a difference is named'
rm c_weights.csv
program validate --against c.json
ok "$([ $status != 0 ] && grep -q 'c_weights.csv: is not there' err; echo $?)" 'a case without weights is refused'

# ---- memory of pipelines: four copies of the weights with one pair of registers, six with two
cat >memory.csv <<'END'
network,dataset,ppv,activation_MiB_per_sample,batch,weights_MiB,increase_pipedream_pct,increase_stale_pct
one,A,2,0.5,16,2,100,20
two,A,"(2,5)",0.5,16,2,100,20
END
program validate --against memory.csv
ok "$([ $status = 1 ] && grep -q '^one A .* 80 .* 80 .* inside$' out && grep -q '^two A .* 120 .* 80 .* outside$' out; echo $?)" 'memory of stashed weights is judged'

# ---- a stage and the DRAM of its board
large='configs/lenet-train.yaml --set train.batch=4096 --set board.memory.bytes=128MiB'
cd "$TOP" || exit 1
# shellcheck disable=SC2086 # words are meant
program train $large
ok "$([ $status = 0 ] && grep -q 'stage 0, conv1 to pool1, keeps 477.8 MiB, more than the 128 MiB of DRAM of the board' "$WORK/err"; echo $?)" 'a stage that its board cannot hold is named'
# shellcheck disable=SC2086 # words are meant
program train $large --set system.device.macs_per_s=1e9
ok "$([ $status = 0 ] && ! grep -q DRAM "$WORK/err"; echo $?)" 'devices of roofs have no memory that is known'
finish
