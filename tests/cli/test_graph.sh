#!/bin/sh
# Pictures of networks, and lists of what comes with the program.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1
program show --boards
ok "$([ "$status" = 0 ] && grep -q '^zedboard  *ZedBoard' out; echo $?)" 'show --boards lists them'
program show --models
ok "$([ "$status" = 0 ] && grep -qx 'squeezenet_v1.1' out; echo $?)" 'show --models lists them'
program show small.yaml --graph graph.txt
ok "$([ "$status" = 2 ] && grep -q 'a graph ends in .svg or .html' err; echo $?)" 'another ending is refused'
mkdir nothing
env PATH="$WORK/nothing" "$ZYNQSIM" show small.yaml --graph graph.svg >out 2>err
status=$?
ok "$([ "$status" != 0 ] && grep -q '^zynqsim: dot: it is not installed' err && [ ! -e graph.svg ]; echo $?)" 'without graphviz it says so'
if ! command -v dot >/dev/null; then
    skip 'graph: dot is not there'
    finish
fi
program show small.yaml --graph graph.svg
ok "$([ "$status" = 0 ] && grep -q '^<svg' graph.svg && [ "$(grep -c 'class="edge"' graph.svg)" -ge 3 ]; echo $?)" 'a picture'
program show squeezenet_v1.1 --graph model.svg
ok "$([ "$status" = 0 ] && grep -q 'fire2/squeeze1x1' model.svg; echo $?)" 'of a network without a design'
program show small.yaml --graph graph.html
ok "$([ "$status" = 0 ] && grep -q '<!DOCTYPE html>' graph.html && grep -q '</svg>' graph.html && ! grep -q '<?xml' graph.html; echo $?)" 'and a page'
finish
