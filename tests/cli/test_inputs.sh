#!/bin/sh
# Networks of several inputs: what each is given, and that every kind computes the same from it.
. tests/cli/cli.sh
figure() { sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "$2" | head -n 1; }
cp tests/cli/two_inputs_net.yaml "$WORK/net.yaml"
cd "$WORK" || exit 1
cat >d.yaml <<'END'
network: {model: net.yaml, input: [picture=synthetic:3, depth=synthetic:4]}
accelerator: {precision: fixed16}
END
program run d.yaml --fidelity tile --format json
json 'one image of both inputs' 'assert [i["input"] for i in d["outputs"]] == ["picture=synthetic:3, depth=synthetic:4"]'
sha=$(figure sha256 out)
for kind in direct linebuffer; do
    program run d.yaml --fidelity tile --format json --set accelerator.kind=$kind
    ok "$([ "$status" = 0 ] && [ "$(figure sha256 out)" = "$sha" ]; echo $?)" "kind $kind gives the same numbers"
done
program run d.yaml --fidelity tile --format json --input picture=synthetic:3 --input picture=synthetic:4 --input depth=synthetic:4 --set batch=2
json 'one sample goes with all of the other input' 'assert len(d["outputs"]) == 2 and d["outputs"][1]["input"] == "picture=synthetic:4, depth=synthetic:4"'
program run d.yaml --fidelity tile --input synthetic --format json
ok "$([ "$status" = 0 ] && grep -q 'picture=synthetic, depth=synthetic' out; echo $?)" 'made-up numbers without a name are for all inputs'
program run d.yaml --input picture=synthetic
ok "$([ "$status" = 2 ] && grep -q "depth: this input is given nothing: the network's inputs are 'picture' (3x16x16), 'depth' (5x8x8)" err; echo $?)" 'an input without data'
program run d.yaml --input colour=synthetic
ok "$([ "$status" = 2 ] && grep -q 'no input has this name' err; echo $?)" 'a name that no input has'
program run d.yaml --input "$TOP/examples/embed.c"
ok "$([ "$status" = 2 ] && grep -q 'does not say which input it is for' err; echo $?)" 'a file without a name'
program run d.yaml --input picture=nowhere.png
ok "$([ "$status" = 2 ] && grep -q '^zynqsim: nowhere.png: cannot be opened' err; echo $?)" 'a file that is not there'
program run d.yaml --input picture=synthetic:1 --input picture=synthetic:2 --input picture=synthetic:3 --input depth=synthetic --input depth=synthetic:2
ok "$([ "$status" = 2 ] && grep -q '2 samples are given for this input, 3 for another one' err; echo $?)" 'samples that do not go together'
# ReduceSum over the first dimension of x [N, 2], which the file leaves open, of [[1, 2], [3, 4], [5, 6]].
printf '\010\006:G\012!\012\001x\022\001y\032\001s"\011ReduceSum*\013\012\004axes@\000\240\001\007\022\001gZ\024\012\001x\022\017\012\015\010\001\022\011\012\003\022\001N\012\002\010\002b\011\012\001y\022\004\012\002\010\001B\004\012\000\020\013' >sum.onnx
npy() { # SHAPE BYTES: a file of unsigned bytes
    printf '\223NUMPY\001\000v\000%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': ($1), }"
    printf '%b' "$2"
}
npy '3, 2' '\0001\0002\0003\0004\0005\0006' >three.npy
npy '2, 2' '\0001\0002\0003\0004' >two.npy
program run "$TOP/configs/default.yaml" --model sum.onnx --input three.npy --fidelity bound --out o
ok "$([ "$status" = 0 ] && [ "$(tail -c 8 o/output.npy | od -An -tf4 | tr -s ' ')" = ' 9 12' ]; echo $?)" 'an operator that mixes samples has all of a tensor whose number the file leaves open'
program run "$TOP/configs/default.yaml" --model sum.onnx --input three.npy --input two.npy --fidelity bound
ok "$([ "$status" = 2 ] && grep -q 'two.npy: the tensor has 2 samples; the network mixes those of one tensor, and was read for 3' err; echo $?)" 'tensors of other numbers of samples'
program run d.yaml --input picture=synthetic:x --input depth=synthetic
ok "$([ "$status" = 2 ] && grep -q "^zynqsim: --input: 'synthetic:x' needs a seed of digits" err; echo $?)" 'a seed that is none'
program run d.yaml --timing-only
ok "$([ "$status" -le 1 ]; echo $?)" 'timing asks for none'
finish
