#!/bin/sh
# train where something goes wrong: full disks, bad values, labels and cuts. A sentence each, and what
# was there before stays.
. tests/cli/cli.sh
cd "$WORK" || exit 1
if [ ! -x /usr/bin/python3 ]; then
    skip 'needs python3 to write .npy files'
    finish
fi

# npy DIRECTORY: eight images of 1x4x4 and their labels, changed by the code given
npy() {
    mkdir -p "$1"
    /usr/bin/python3 - "$1" "$2" <<'END_OF_CODE'
import struct, sys
x = [((i * 37) % 64) / 64 + (i // 16 % 2) for i in range(8 * 16)]
labels = [0, 1] * 4
kind = '<i4'
exec(sys.argv[2])
def write(name, kind, shape, data):
    head = ("{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)).ljust(117) + '\n'
    with open(sys.argv[1] + '/' + name, 'wb') as f:
        f.write(b'\x93NUMPY\x01\x00' + struct.pack('<H', len(head)) + head.encode() + data)
write('train-images.npy', '<f4', (len(x) // 16, 1, 4, 4), struct.pack('<%df' % len(x), *x))
write('train-labels.npy', kind, (len(labels),), struct.pack('<%d%s' % (len(labels), {'<i4': 'i', '<f4': 'f'}[kind]), *labels))
END_OF_CODE
}
cat >net.yaml <<'END_OF_NET'
name: tiny
input: {name: data, shape: [1, 4, 4]}
layers:
  - {conv: conv1, out: 4, kernel: 3, pad: 1, batchnorm: true, relu: true}
  - {conv: conv2, out: 8, kernel: 3, pad: 1, relu: true}
  - {fc: fc1, out: 2}
  - {softmax: prob}
END_OF_NET
cat >d.yaml <<'END_OF_DESIGN'
name: tiny
network: {model: net.yaml}
train: {batch: 3, lr: 0.05}
pipeline: {scheme: stale, cut: [conv2]}
END_OF_DESIGN
npy set ''
t() { program train d.yaml --data set --quiet --format csv "$@"; }

# ---- options that would have no effect
for option in '--epochs 2' '--images 4' '--seeds 1..2' '--checkpoint c' '--onnx o.onnx' '--test set'; do
    # shellcheck disable=SC2086 # an option and its value
    program train d.yaml $option
    ok "$([ $status = 2 ] && grep -qx 'zynqsim: --data: there is nothing to train on' err; echo $?)" "$option without --data is refused"
    # shellcheck disable=SC2086
    program train --case c.json $option
    ok "$([ $status = 2 ] && grep -qx "zynqsim: ${option%% *}: does not go with --case" err; echo $?)" "$option with --case too"
done

# ---- no room for a checkpoint, or for what is written at the end
t --epochs 4
cp out whole.csv
t --epochs 2 --checkpoint k
cp k before
files=$(echo ./*)
(
    ulimit -f 2
    GCOV_PREFIX=$APART exec "$ZYNQSIM" train d.yaml --data set --quiet --format csv --epochs 4 --checkpoint k
) >out 2>err
ok "$([ $? = 3 ] && grep -q 'k: cannot be written: File too large; the one of the epoch before is still there$' err; echo $?)" 'a full disk is said'
ok "$(cmp -s k before && [ "$(echo ./*)" = "$files" ]; echo $?)" 'the checkpoint of before stays, nothing else does'
t --epochs 4 --checkpoint k
ok "$(cmp -s out whole.csv; echo $?)" 'and is gone on with to the same bits'
for option in --onnx -o --trace; do
    echo kept >old.json
    (
        ulimit -f 1
        GCOV_PREFIX=$APART exec "$ZYNQSIM" train d.yaml --data set --quiet --format csv $option old.json
    ) >out 2>err
    ok "$([ $? = 3 ] && grep -q 'old.json: cannot be written: File too large$' err && [ "$(cat old.json)" = kept ]; echo $?)" "no room for $option, and what was there stays"
done
mkdir closed
chmod 555 closed
if [ ! -w closed ]; then
    t --checkpoint closed/k
    ok "$([ $status = 2 ] && grep -q 'closed/k: cannot be written: Permission denied' err; echo $?)" 'a directory that is closed is said before training'
fi
mkdir directory
t --checkpoint directory
ok "$([ $status = 2 ] && grep -q '^zynqsim: directory: ' err; echo $?)" 'a directory is no checkpoint'
head -c 100 before >half
t --epochs 4 --checkpoint half
ok "$([ $status = 2 ] && grep -q 'half: is \(damaged\|no checkpoint of train\)' err && [ "$(wc -c <half)" = 100 ]; echo $?)" 'half a checkpoint is refused and left alone'
: >empty
t --checkpoint empty
ok "$([ $status = 2 ] && grep -q 'empty: is no checkpoint of train' err; echo $?)" 'an empty one, too'
patch() { # FILE AT OCTAL: a checkpoint with one byte of another value; that at 8 is its version
    cp before "$1"
    printf '%b' "\\0$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
patch old 8 001
t --epochs 4 --checkpoint old
ok "$([ $status = 2 ] && grep -q 'old: is a checkpoint of version 1, and this program goes on from version 2: .*; another name for --checkpoint begins anew$' err; echo $?)" \
    'a checkpoint of an earlier version says what to do'
bad=0 size=$(wc -c <before)
for at in 0 7 8 11 12 13 14 15 16 17 19 20 22 23 24 31 32 38 39 40 46 47 48 99 $((size - 9)) $((size - 8)) $((size - 1)); do
    patch odd $at 377
    t --epochs 4 --checkpoint odd
    [ $status = 2 ] && [ "$(wc -l <err)" = 1 ] && [ ! -s out ] || bad=$((bad + 1))
done
for keep in 1 8 47 48 49 55 56 57 $((size / 2)) $((size - 1)); do
    head -c $keep before >odd
    t --epochs 4 --checkpoint odd
    [ $status = 2 ] && [ "$(wc -l <err)" = 1 ] && [ ! -s out ] || bad=$((bad + 1))
done
{ cat before && echo; } >odd
t --epochs 4 --checkpoint odd
[ $status = 2 ] && [ "$(wc -l <err)" = 1 ] || bad=$((bad + 1))
ok "$bad" 'bytes that are wrong, missing or too many are a sentence each'

# ---- data that cannot be trained on
refuses() {
    want=$1 text=$2
    shift 2
    t "$@"
    ok "$([ "$status" = "$want" ] && grep -qF -- "$text" err && [ ! -s out ]; echo $?)" "$text"
}
npy set 'x[16 * 5 + 3] = float("nan")'
refuses 2 'set/train-images.npy: element 83 is not a number'
refuses 2 'element 83 is not a number' --checkpoint k
npy set 'x[127] = float("-inf")'
refuses 2 'element 127 is infinite'
npy set 'labels[4] = 2'
refuses 2 'image 4 has label 2, but tiny has 2 classes'
npy set 'labels[4] = -1'
refuses 2 "-1"
npy set 'kind, labels[2] = "<f4", 0.5'
refuses 2 '0.5'
npy set 'del labels[7]'
refuses 2 '7'
npy test 'labels[6] = 9'
npy set ''
refuses 2 'image 6 has label 9, but tiny has 2 classes' --test test
npy set 'x, labels = [], []'
t
ok "$([ $status = 2 ] && [ -s err ]; echo $?)" 'no images at all'
npy set ''

# ---- a loss that is not finite: the epochs of before are printed, the checkpoint is theirs
t --epochs 40 --set train.lr=30 --set train.momentum=1
ok "$([ $status = 1 ] && grep -q 'stale, seed 1: training diverged, the loss of iteration [0-9]* is not finite' err && tail -n 1 out | grep -q '^stale,1,[0-9]*,,,,,[0-9]*$'; echo $?)" 'divergence is said, with its iteration'

# ---- cuts
refuses 2 "'conv3' is no layer of tiny, did you mean 'conv" --set pipeline.cut=conv3
refuses 2 "layer 'conv1' comes before 'conv2' in the network" --set pipeline.cut=conv2,conv1
refuses 2 "layer 'conv2' comes twice" --set pipeline.cut=conv2,conv2
refuses 2 "layer 'prob' leaves a stage empty" --set pipeline.cut=prob
refuses 2 '65 cuts are not within 0..64' --set pipeline.cut=auto:65
refuses 2 "pipeline.cut: 'x' is not a whole number" --set pipeline.cut=auto:x
finish
