#!/bin/sh
# What the program says to slips of the keyboard, and how it ends when it is interrupted.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1

# says PATTERN ARGUMENT...: refused with status 2 and one line that has the pattern.
says() {
    pattern=$1
    shift
    program "$@"
    ok "$([ "$status" = 2 ] && [ "$(wc -l <err)" = 1 ] && grep -qF -- "$pattern" err; echo $?)" "$*: says $pattern"
}
set_to() { says "$1" run small.yaml --set "$2"; }

# ---- more time than the clocks of the memory can count
printf 'name: long\ninput: [3, 4000, 4000]\nlayers:\n  - {conv: c, out: 8, kernel: 255}\n  - {pool: p, kind: max, kernel: 3000, stride: 1}\n' >long.yaml
says 'later than fidelity burst can go on' run small.yaml --set accelerator.kind=kernels --set accelerator.fusion=none --set accelerator.kernels.optimise=[] --model long.yaml --timing-only

# ---- nearest words, whatever letters are capital
set_to "did you mean 'int8'?" accelerator.precision=INT8
set_to "did you mean 'lf2'?" accelerator.fusion=LF2
set_to "did you mean 'hp0'?" accelerator.ports.input=HP0
set_to "did you mean 'true'?" accelerator.double_buffer.input=True
set_to "did you mean 'accelerator.clock'?" Accelerator.Clock=1e8
set_to "did you mean 'zybo-z7-20'?" board=ZYBO-Z7-20
set_to "unknown board 'qqqqqq'; \`show --boards\` lists them" board=qqqqqq
set_to 'did you mean MHz?' 'accelerator.clock=100 Mhz'
set_to 'did you mean MHz?' 'accelerator.clock=100M'
set_to 'did you mean kB or KiB?' 'board.memory.bytes=64 KB'
says 'did you mean json?' run small.yaml --format JSON
says 'did you mean tile?' run small.yaml --fidelity Tile
says 'did you mean run?' RUN small.yaml
says 'did you mean run?' rnu small.yaml
says 'did you mean --version?' --Version
says 'no such option without a command, which comes first' --best fps
printf 'name: n\ninput: {name: data, shape: [3, 8, 8]}\nlayers:\n  - {name: c, op: conv, out: 8, kernel: 3}\n' >kind.yaml
says "unknown kind of layer 'name': a layer begins with its kind and name, such as {conv: conv1" run small.yaml --model kind.yaml
mkdir models && cp small_net.yaml models/
says 'did you mean small_net?' run small.yaml --model SMALL_NET
sed 's/pad: 1}/pad: SAME}/' small_net.yaml >models/padded.yaml
says "did you mean 'same'?" run small.yaml --model models/padded.yaml
sed 's/ceil: true/ceil: True/' small_net.yaml >models/truth.yaml
says "did you mean 'true'?" run small.yaml --model models/truth.yaml

# ---- numbers without their unit
set_to '142 is below the minimum 1 MHz, did you mean 142 MHz?' accelerator.clock=142
set_to 'did you mean 142.5 MHz' accelerator.clock=142.5
set_to '9000 GHz is above the maximum' 'accelerator.clock=9000 GHz'
printf 'accelerator: {clock: 142}\n' >clock.yaml
says 'clock.yaml:1:22: accelerator.clock: 142 is below the minimum 1 MHz, did you mean 142 MHz?' run clock.yaml
says 'did you mean 142 MHz?' sweep small.yaml --vary accelerator.clock=142

# ---- groups of keys
set_to '{oc: 16, ic: 8} in a file, accelerator.unroll.oc=16 with --set' 'accelerator.unroll=[16, 8]'
printf 'accelerator:\n  tile: [16, 8]\n' >tile.yaml
says 'tile.yaml:2:9: accelerator.tile: a list of 2, but it takes keys below it: {oc: 16, ic: 8} in a file' run tile.yaml
printf 'accelerator:\n  unroll: 16\n' >unroll.yaml
says '{oc: 16} in a file' run unroll.yaml

set_to "'{oc: 8', but it takes keys below it: oc, ic, oy, ox" 'accelerator.tile={oc: 8'
set_to "'resnet', but it takes keys below it: " network=resnet

# ---- keys that are near to none: those beside them
set_to 'swap.xyzzy: unknown key; known there: by, cut, bytes, ' swap.xyzzy=1
set_to 'board.axi.xyzzy: unknown key; known there: hp, hp0, hp1, hp2, hp3, acp, gp' board.axi.xyzzy=1
set_to "swap.bye: unknown key, did you mean 'swap.by'?" swap.bye=1
set_to "did you mean 'output_stationary'?" accelerator.loop_order=Output
printf 'pipeline: {xyzzy: 1}\n' >unknown.yaml
says 'unknown.yaml:1:12: pipeline.xyzzy: unknown key; known there: ' run unknown.yaml

# ---- numbers that are no decimal ones
set_to "batch: '010' is not a number: write it without the 0 in front" batch=010
set_to "batch: '+08' is not a number: write it without" batch=+08

# ---- a setting in two words, or as a file has it
says "did you mean 'batch=4'?" run small.yaml --set 'batch: 4'
says "did you mean --set 'accelerator.clock=100 MHz'?" run small.yaml --set accelerator.clock '100 MHz'
says 'did you mean --set batch=2?' run small.yaml --set=batch 2
says 'did you mean --vary batch=1,2?' sweep small.yaml --vary batch 1,2
says 'is not of the form KEY=VALUE' run small.yaml --set batch --quiet

# ---- what is empty is named
set_to 'network.weights: is empty' network.weights=
set_to 'network.model: is empty' network.model=
says '--model: the value is empty' run small.yaml --model ''
says '--input: the value is empty' run small.yaml --input=
says "'': cannot be opened" run ''

# ---- figures, groups
says 'zynqsim show --metrics lists the figures' sweep small.yaml --vary batch=1,2 --best fps
says 'zynqsim show --metrics lists the figures' sweep small.yaml --vary batch=1,2 --pareto fps,cycles
says 'zynqsim show --metrics lists the figures' sweep small.yaml --vary batch=1,2 --where 'fps > 3'
printf 'network: {model: small_net.yaml}\naccelerator:\n  fusion:\n    - [conv1, pool1]\n    - [conv4]\n' >group.yaml
says 'group.yaml:5:7: accelerator.fusion: network small has no layer "conv4"' run group.yaml
printf 'network: {model: small_net.yaml}\naccelerator:\n  fusion:\n    - [conv1, pool1]\n    - [conv1]\n' >twice.yaml
says "twice.yaml:5:7: accelerator.fusion: layer 'conv1' is listed twice" run twice.yaml

# ---- help and version
"$ZYNQSIM" run --help >want
program help run
ok "$([ $status = 0 ] && cmp -s want out; echo $?)" 'help COMMAND is COMMAND --help'
"$ZYNQSIM" --help >want
program help
ok "$([ $status = 0 ] && cmp -s want out; echo $?)" 'help is --help'
says 'there is no such command' help xyzzy
says 'version: there is no such command, did you mean --version' version
"$ZYNQSIM" --version >want
program -V
ok "$([ $status = 0 ] && cmp -s want out; echo $?)" '-V is --version'

# ---- names are no commands to a terminal
for code in '\033[31m' '\302\23331m'; do # ESC [ and its one-character form
    program run "$(printf 'a%bb.yaml' "$code")"
    ok "$([ $status = 2 ] && grep -q '^zynqsim: a?.*31mb.yaml: cannot be opened' err; echo $?)" 'control characters of a name are question marks'
done

# ---- shapes and pictures that are probably not what was meant
printf 'name: wide\ninput: {shape: [16, 16, 3]}\nlayers:\n  - {conv: c1, out: 4, kernel: 3, pad: 1}\n' >wide.yaml
program run small.yaml --model wide.yaml --timing-only --format json
ok "$(grep -q 'shape .16, 16, 3. of input .* is taken as 16 channels of 16 x 3; of a picture with 3 channels it is .3, 16, 16.' out; echo $?)" 'a shape with the channels last is noted'
ok "$([ "$(sed -n '/"notes"/,/]/p' out | grep -c 'channels')" = 1 ]; echo $?)" 'once'
printf 'P6 2 2 255 ............' >two.ppm
program run small.yaml --input two.ppm --input two.ppm --format json --quiet
ok "$([ "$(grep -c 'default preprocessing' out)" = 1 ]; echo $?)" 'the default preprocessing of pictures is noted, once'
program run small.yaml --input two.ppm --set network.preprocess.order=bgr --format json
ok "$([ $status = 0 ] && ! grep -q 'default preprocessing' out; echo $?)" 'but not when it was asked for'
program run small.yaml --input two.ppm --set network.preprocess.mean=104,117,123 --format json
ok "$([ $status = 0 ] && ! grep -q 'default preprocessing' out; echo $?)" 'nor when the means were'

# ---- the reader goes away
{ "$ZYNQSIM" run small.yaml --timing-only 2>err; echo $? >pipe; } | true
ok "$([ "$(cat pipe)" = 141 ] && [ ! -s err ]; echo $?)" 'run | true ends without a word'
{ "$ZYNQSIM" show --fields 2>err; echo $? >pipe; } | head -n 1 >/dev/null
ok "$([ ! -s err ]; echo $?)" 'show | head says nothing'

# ---- Ctrl-C
if [ -x /usr/bin/python3 ]; then
    /usr/bin/python3 - "$ZYNQSIM" >status 2>/dev/null <<'END'
import os, signal, subprocess, sys, time
rows = open("rows.csv", "w").close()
p = subprocess.Popen([sys.argv[1], "sweep", "small.yaml", "--vary", "accelerator.clock=50000000:50006000:2",
                      "-o", "rows.csv", "--jobs", "1"], stdout=subprocess.DEVNULL, stderr=open("err", "w"),
                     preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
for _ in range(500):
    if os.path.getsize("rows.csv") > 2000:
        break
    time.sleep(0.01)
p.send_signal(signal.SIGINT)
print(p.wait())
END
    ok "$([ "$(cat status)" = 130 ] && grep -q 'the same command goes on with the rest' err && [ "$(tail -c 1 rows.csv)" = '' ]; echo $?)" 'Ctrl-C ends with 130 and whole rows'
else
    skip 'Ctrl-C: needs python3 to send it'
fi
finish
