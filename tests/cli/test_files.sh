#!/bin/sh
# Files: what is too large, endless or no file is refused before it costs anything; what is written
# goes through no link, and takes the place of what was there in one step.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1

# ---- reading
# limited WHAT ARGUMENT...: ends with 2 within half a GB and ten seconds
limited() {
    what=$1
    shift
    # shellcheck disable=SC3045 # dash and busybox have it
    (ulimit -v 600000 && timeout 10 "$ZYNQSIM" "$@" >out 2>err </dev/null)
    status=$?
    ok "$([ $status = 2 ] && [ ! -s out ] && [ -s err ]; echo $?)" "$what: status $status, not 2"
}
case $BUILD in
*asan* | *tsan*) skip 'a sanitizer needs more memory than the limit' ;;
*)
    truncate -s 900G huge.yaml huge.onnx huge.npy huge.jpg huge.csv huge.json huge.txt
    for huge in /dev/zero huge; do
        at() { [ $huge = huge ] && echo "huge.$1" || echo /dev/zero; }
        printf 'extends: %s\n' "$(at yaml)" >d.yaml
        limited "extends: $huge" show d.yaml
        printf 'board: %s\n' "$(at yaml)" >d.yaml
        [ $huge = huge ] && limited "board: $huge" show d.yaml
        limited "design $huge" show "$(at yaml)"
        limited "model $huge" run small.yaml --timing-only --model "$(at onnx)"
        limited "weights $huge" run small.yaml --weights "$(at onnx)"
        limited "input $huge" run small.yaml --input "$(at npy)"
        limited "picture $huge" run small.yaml --input "$(at jpg)"
        limited "labels $huge" run small.yaml --labels "$(at txt)"
        limited "patterns $huge" memory "$(at csv)"
        limited "baseline $huge" check "$(at csv)"
        limited "result $huge" report "$(at json)" -o x.html
        limited "measurements $huge" validate --against "$(at csv)"
        limited "results $huge" compare "$(at json)" "$(at json)"
        limited "shard $huge" sweep --merge m.csv "$(at csv)"
    done ;;
esac
program show /dev/null
ok "$([ $status = 0 ]; echo $?)" 'an empty device is an empty file'
mkfifo pipe pipe.json
{ timeout 20 "$ZYNQSIM" run small.yaml --timing-only --fidelity tile --quiet --trace pipe.json >out.w 2>err.w; echo $? >status.w; } &
timeout 20 "$ZYNQSIM" show pipe >out 2>err
status=$?
ok "$([ $status = 2 ] && grep -q 'pipe: is a pipe; waiting' err && grep -q 'nothing has opened it' err; echo $?)" 'a pipe that nothing writes to is told and given up'
wait
ok "$([ "$(cat status.w)" = 2 ] && grep -q 'pipe.json: is a pipe; waiting' err.w && grep -q 'nothing has opened it to read' err.w; echo $?)" 'a pipe that nothing reads is told and given up'
(sleep 2 && cat small.yaml) >pipe &
(sleep 1 && cat pipe.json) >trace.json &
timeout 20 "$ZYNQSIM" run small.yaml --timing-only --fidelity tile --quiet --trace pipe.json >out 2>err
status=$?
timeout 20 "$ZYNQSIM" show pipe >out 2>err
status=$status$?
wait
ok "$([ $status = 00 ] && grep -q 'name: "*small' out && grep -q traceEvents trace.json; echo $?)" 'one that is written to or read late is read and written'

# ---- writing
mkdir out.d
echo precious >victim
# names of temporary files as programs like to make them
sh -c 'for n in result.json layers.csv output.npy roofline.svg report.html; do
        ln -s ../victim "out.d/.$n.$$"; ln -s ../victim "out.d/$n.tmp"; ln -s ../victim "out.d/$n.$$.tmp"; done
    ln -s victim "m.csv.$$.tmp"; ln -s victim ".t.json.$$"
    exec "$0" run small.yaml --fidelity tile --quiet --out out.d --trace t.json' "$ZYNQSIM" >out 2>err
status=$?
ok "$([ $status = 0 ] && [ "$(cat victim)" = precious ] && [ -s out.d/result.json ] && [ -s t.json ]; echo $?)" 'links in the way are not followed'
rm -f out.d/*.tmp out.d/.*.json.* 2>/dev/null
if command -v strace >/dev/null 2>&1; then
    strace -f -e trace=openat,fsync,rename,unlink -o calls "$ZYNQSIM" run small.yaml --fidelity tile --quiet --timing-only --out s.d >out 2>err
    ok "$(grep 'O_CREAT' calls | grep -v -e '\.gcda' -e 'O_EXCL|O_NOFOLLOW' | grep -q . ; [ $? = 1 ] && grep -q 'fsync(' calls && grep -q 'rename(' calls; echo $?)" 'files are made with O_EXCL and O_NOFOLLOW, synced and renamed'
fi
# ---- endings in capitals
cp small.yaml SMALL.YAML
program run SMALL.YAML --fidelity tile --quiet --out up.d --trace UP.JSON.GZ
ok "$([ $status = 0 ] && gzip -dc <UP.JSON.GZ | grep -q traceEvents; echo $?)" 'a design is one in capitals too, and so is a packed timeline'
cp up.d/output.npy OUT.NPY
program run small.yaml --input OUT.NPY --quiet
ok "$([ $status = 2 ] && grep -q "^zynqsim: OUT.NPY: the tensor is .*, the network's input is" err; echo $?)" 'a tensor is no picture'
if command -v gnuplot >/dev/null; then
    program report up.d/result.json -o UP.SVG
    ok "$([ $status = 0 ] && grep -q '</svg>' UP.SVG; echo $?)" 'and a picture is drawn'
fi
rm -rf k.d
mkdir k.d
"$ZYNQSIM" run small.yaml --fidelity tile --quiet --out k.d >out 2>err
ok "$([ "$(find k.d -name '.*' -type f | wc -l)" = 0 ]; echo $?)" 'no temporary file is left'
ln -sf out.d/result.json link.json
cp out.d/result.json before.json
program run small.yaml --fidelity tile --quiet --timing-only --out out.d
ok "$([ $status = 0 ] && [ -L link.json ] && ! cmp -s before.json out.d/result.json; echo $?)" 'a file takes the place of the one that was there'
finish
