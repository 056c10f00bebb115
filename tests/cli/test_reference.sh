#!/bin/sh
# Real networks on real pictures against stored results and against OpenCV, through the program.
. tests/cli/cli.sh
data=$TOP/../shared/data
design=$TOP/configs/default.yaml
models=$data/models
if [ ! -r "$data/README.md" ]; then
    skip "real networks and pictures need the reference data beside the checkout"
    finish
fi
cd "$WORK" || exit 1

# Values of a float32 .npy file, one a line.
values() {
    od -An -v -t f4 -w4 -j $((10 + $(od -An -t u2 -j 8 -N 2 "$1"))) "$1"
}
# close_to FILE REFERENCE: every value within 1e-4 of the largest one of the reference.
close_to() {
    values "$1" >a
    values "$2" >b
    paste a b | awk '
        { d = $1 - $2; if (d < 0) d = -d; if (d > worst || d != d) worst = d
          m = $2 < 0 ? -$2 : $2; if (m > top) top = m; n++ }
        END { print worst / top; exit !(NF == 2 && n > 0 && worst <= 1e-4 * top) }'
}
# Classes of a result, one line of five for each input.
classes() {
    sed -n 's/.*"class": *\([0-9]*\).*/\1/p' "$1" | paste -d ' ' - - - - -
}

# An instrumented program is slow: one network then has to do.
versions='v1.0 v1.1' kinds='caffemodel onnx'
[ "$BUILD" = build ] || versions=v1.1 kinds=caffemodel

# ---- five best classes and logits of ten pictures
for version in $versions; do
    golden=$data/golden/squeezenet_$version
    awk -F, 'NR > 1 { printf "%s%s", $4, $3 == 5 ? "\n" : " " }' "${golden}_top5.csv" >want
    pictures=$(awk -F, -v d="$data/images" 'NR > 1 && $3 == 1 { print "--input " d "/" $1 }' "${golden}_top5.csv")
    for kind in $kinds; do
        # shellcheck disable=SC2086 # a list of options
        program run "$design" --model "$models/squeezenet_$version.$kind" $pictures --out o --format json
        classes out >got
        ok "$(cmp -s got want; echo $?)" "$version.$kind: the five best classes of ten pictures, in order"
        off=$(close_to o/logits.npy "${golden}_logits.npy")
        ok $? "$version.$kind: logits within 1e-4 of the largest ($off)"
        rm -rf o
    done
done

# ---- networks with other operators, on tensors
small() {
    program run "$design" --model "$1" --input "$2" --out o
    off=$(close_to o/output.npy "$3")
    ok $? "$(basename "$1"): outputs within 1e-4 of the largest ($off)"
    rm -rf o
}
for name in lenet_mnist cifar10_quick; do
    small "$models/$name.caffemodel" "$data/golden/small/${name}_input.npy" "$data/golden/small/${name}_output.npy"
done
for name in lenet_mnist cifar10_quick resnet20_cifar10 mobilenet_v1_0.25_128; do
    small "$models/$name.onnx" "$data/golden/small/${name}_input.npy" "$data/golden/small/${name}_output.npy"
done
for name in ex_fire ex_res ex_dw; do
    small "$models/examples/$name.onnx" "$models/examples/${name}_input.npy" "$models/examples/${name}_output.npy"
done

# ---- all pictures against OpenCV
[ "$BUILD" = build ] || finish
if ! /usr/bin/python3 -c 'import cv2' 2>/dev/null; then
    skip "top-1 classes of all pictures need python3-opencv"
    finish
fi
for version in $versions; do
    model=$models/squeezenet_$version.caffemodel
    /usr/bin/python3 "$TOP/tests/cli/opencv_classes.py" "$model" "$data"/images/*.JPEG | cut -d ' ' -f 2 >want
    set --
    for picture in "$data"/images/*.JPEG; do set -- "$@" --input "$picture"; done
    program run "$design" --fidelity tile --model "$model" "$@" --format json
    classes out | cut -d ' ' -f 1 >got
    ok "$([ "$(wc -l <got)" = 50 ] && cmp -s got want; echo $?)" "$version: top-1 of 50 pictures as OpenCV has it"
done
finish
