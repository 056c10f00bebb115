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
program run d.yaml --timing-only
ok "$([ "$status" -le 1 ]; echo $?)" 'timing asks for none'
finish
