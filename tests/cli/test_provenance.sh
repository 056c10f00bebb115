#!/bin/sh
# What a result was made of: version, digests, settings, command; and compare, which says where they differ.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1

printf 'P6\n20 16\n255\n' >'a b.ppm'
head -c 960 /dev/zero | tr '\000' 'x' >>'a b.ppm'
program run small.yaml --set name=mine --set batch=1 --input 'a b.ppm' --format json
cp out one.json
json 'a result says who made it and of what' '
import hashlib
sha = lambda f: hashlib.sha256(open(f, "rb").read()).hexdigest()
p = d["provenance"]
assert d["version"] and len(d["models_digest"]) == 8 and d["schema_version"] == 1
assert p["model_sha256"] == sha("small_net.yaml") and p["weights_sha256"] is None
assert p["inputs"] == [{"name": "a b.ppm", "sha256": sha("a b.ppm")}]
assert p["settings"] == ["name=mine", "batch=1"]
assert p["command"] == "zynqsim run small.yaml --set name=mine --set batch=1 --input \x27a b.ppm\x27 --format json", p["command"]
assert hashlib.sha256(p["design"].encode()).hexdigest() == p["design_sha256"]
assert not [line for line in p["design"].split("\n") if line != line.rstrip()], "blanks at the end of a line"
open("back.yaml", "w").write(p["design"])'
[ -f back.yaml ] || finish # no python3: the rest needs it too
"$ZYNQSIM" run back.yaml --format json --quiet >out 2>err
json 'its design is a design that gives the same' '
one = json.load(open("one.json"))
assert d["provenance"]["design_sha256"] == one["provenance"]["design_sha256"] and d["cycles"] == one["cycles"]
assert d["outputs"] == one["outputs"]'
"$ZYNQSIM" run small.yaml --set batch=1 --input synthetic:7 --format json --quiet >out 2>err
json 'an input that is made up has a digest of null' '
assert d["provenance"]["inputs"] == [{"name": "synthetic:7", "sha256": None}], d["provenance"]["inputs"]'
mkdir other && cp small.yaml small_net.yaml other/
(cd other && "$ZYNQSIM" run small.yaml --timing-only --format json --quiet >../out 2>../err)
json 'of the same design elsewhere the digest is the same, what is not read has none' '
assert d["provenance"]["inputs"] == [] and d["provenance"]["command"].startswith("zynqsim run small.yaml --timing-only")
open("sha", "w").write(d["provenance"]["design_sha256"])'
program run other/small.yaml --timing-only --format json
json 'whatever directory it is run from' 'assert d["provenance"]["design_sha256"] == open("sha").read()'
program run small.yaml --set network.weights=small_net.yaml --format json
ok "$([ $status = 0 ] || grep -q weights err; echo $?)" 'a file of weights is named'

# ---- the page
program report one.json -o one.html
ok "$([ $status = 0 ] && grep -q 'How this was made' one.html && grep -q -- '--set name=mine' one.html && grep -q "$(sha256sum <small_net.yaml | cut -c 1-64)" one.html; echo $?)" 'the page of a result says it too'

# ---- compare
/usr/bin/python3 - <<'END'
import json
def write(name, change):
    d = json.load(open("one.json"))
    change(d)
    json.dump(d, open(name, "w"))
write("version.json", lambda d: d.update(version="0.0.9"))
write("models.json", lambda d: d.update(models_digest="00000000"))
write("model.json", lambda d: d["provenance"].update(model_sha256="0"))
write("weights.json", lambda d: d["provenance"].update(weights_sha256="0"))
write("weighed.json", lambda d: d["provenance"].update(weights_sha256="1"))
write("picture.json", lambda d: d["provenance"].update(inputs=[{"name": "b.ppm", "sha256": "0"}]))
write("other_net.json", lambda d: (d.update(network="other"), d["provenance"].update(model_sha256="0")))
write("old.json", lambda d: (d.pop("version"), d.pop("provenance")))
write("wrong.json", lambda d: d.update(version=7))
END
for other in version models; do
    program compare one.json $other.json
    ok "$([ $status = 0 ] && grep -q "^zynqsim: $other.json: is of zynqsim .*, and one.json of zynqsim .*differences may be the program" err; echo $?)" "compare warns of another $other"
done
program compare one.json model.json --format json
ok "$([ $status = 0 ] && grep -q 'model.json: is of another file of the network small than in one.json' err; echo $?)" 'and of another file of the same network'
program compare weights.json weighed.json
ok "$([ $status = 0 ] && grep -q 'weighed.json: is of other weights of the network small' err; echo $?)" 'of other weights'
program compare one.json picture.json
ok "$([ $status = 0 ] && grep -q 'picture.json: is of other inputs of the network small' err; echo $?)" 'and of other inputs'
program compare one.json other_net.json
ok "$([ $status = 0 ] && ! grep -q 'another file' err; echo $?)" 'but other networks have other files'
program compare old.json one.json
ok "$([ $status = 0 ] && grep -q '^zynqsim: old.json: does not say which program made it' err; echo $?)" 'and of a result that says nothing'
program compare old.json old.json
ok "$([ $status = 0 ] && [ ! -s err ]; echo $?)" 'two of those are alike'
program compare one.json version.json --quiet
ok "$([ $status = 0 ] && [ ! -s err ]; echo $?)" '--quiet says nothing'
program compare small.yaml one.json
ok "$([ $status = 0 ] && [ ! -s err ]; echo $?)" 'a design simulated now is of this program'
program compare one.json wrong.json
ok "$([ $status = 2 ] && grep -q 'version is no text' err; echo $?)" 'a version that is no text is refused'
finish
