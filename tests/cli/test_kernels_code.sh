#!/bin/sh
# show --kernels: the OpenCL C of generated kernels, and what it computes on an OpenCL device.
. tests/cli/cli.sh
CC=${CC:-gcc}
optimise='accelerator.kernels.optimise'
grep -v softmax models/lenet5.yaml >"$WORK/lenet.yaml"
cp configs/tvm-lenet5-base.yaml configs/tvm-lenet5-optimised.yaml tests/cli/opencl_host.c "$WORK"
# A block of MobileNetV1, and a network of all operators that have kernels.
cat >"$WORK/mobile.yaml" <<'END'
name: mobile
input: {name: data, shape: [3, 32, 32]}
layers:
  - {conv: conv0, out: 16, kernel: 3, stride: 2, pad: same, batchnorm: true, relu6: true}
  - {conv: dw1, out: 16, depthwise: true, kernel: 3, pad: same, batchnorm: true, relu6: true}
  - {conv: pw1, out: 32, kernel: 1, batchnorm: true, relu6: true}
  - {conv: dw2, out: 32, depthwise: true, kernel: 3, stride: 2, pad: same, batchnorm: true, relu6: true}
  - {conv: pw2, out: 24, kernel: 1}
END
cat >"$WORK/all.yaml" <<'END'
name: all
input: {name: data, shape: [3, 19, 19]}
layers:
  - {conv: a, out: 8, kernel: 5, stride: 2, pad: 2, relu: true}
  - {pool: p1, kind: max, kernel: 2, stride: 2}
  - {conv: b, out: 8, kernel: 3, pad: 1}
  - {conv: c, out: 6, kernel: 3, pad: 2, dilation: 2, groups: 2, from: b}
  - {pool: p2, kind: avg, kernel: 3, stride: 1, pad: 1, from: b}
  - {concat: cat, from: [c, p2]}
  - {conv: d, out: 14, kernel: 1}
  - {add: s, from: [d, cat], relu: true}
  - {conv: d2, out: 14, kernel: 1, relu6: true}
  - {pool: p4, kind: max, kernel: 2, stride: 2, pad: 1}
  - {global_avgpool: g}
  - {fc: f, out: 7, relu: true}
END
cd "$WORK" || exit 1
base=tvm-lenet5-base.yaml
sed -i "s#model: lenet5#model: lenet.yaml#" $base

# ---- the text, without a compiler
program show $base --kernels
ok "$([ $status = 0 ] && [ "$(grep -c '^__kernel void' out)" = 6 ] && grep -q '^ \* launch k0_conv1 t0 w0 b0 t1$' out; echo $?)" \
    'a kernel for each layer, and a launch for each kernel'
ok "$(grep -q 'for (int rc = 0; rc < 20; rc++)' out && grep -qF 'output[(ff * 8 + yy) * 8 + xx] = output' out; echo $?)" \
    'loops have the trips that are timed, and sums are in global memory'
program show $base --kernels --set "$optimise=register_sum, local_weights"
ok "$([ $status = 0 ] && grep -qF '__local float w_l[500];' out && grep -q 'sum = sum + ' out; echo $?)" 'a filter on chip, a sum in a register'
program show $base --model mobile.yaml --kernels --set "$optimise=parameterise"
ok "$([ $status = 0 ] && [ "$(grep -c '^__kernel void' out)" = 7 ] && [ "$(grep -c '^ . launch' out)" = 8 ] && grep -q 'const int ff_n' out && grep -q ' i:16' out; echo $?)" \
    'layers that share a kernel launch it with trips of their own'
program show $base --kernels --set "$optimise=channels, autorun"
ok "$([ $status = 0 ] && grep -q '^channel float c0 __attribute__((depth(32)))' out && grep -q 'autorun' out; echo $?)" \
    'tensors between two kernels go by channels'
program show $base --model all.yaml --kernels --set "$optimise=channels"
ok "$(grep -q 'sum += TAKE(' out && ! grep -q 'int y = rv,' out; echo $?)" 'a mean of what a channel brings needs no coordinates'
program show $base --kernels -o kernels.cl
ok "$([ $status = 0 ] && [ ! -s out ] && grep -q '^__kernel' kernels.cl; echo $?)" 'into a file'
program show $base --kernels --set accelerator.precision=fp16
ok "$([ $status = 2 ] && grep -q 'written in fp32, not in fp16' err; echo $?)" 'other precisions are refused'
program show "$TOP/configs/default.yaml" --kernels
ok "$([ $status = 2 ] && grep -q 'kind tiled has no kernels' err; echo $?)" 'and kinds without kernels'

# ---- what it computes: the bits of the simulator
libraries="$TOP/$BUILD/libzynqsim_io.a $TOP/$BUILD/libzynqsim.a"
if [ ! -f /usr/include/CL/cl.h ] || ! ls /etc/OpenCL/vendors/*.icd >icds 2>/dev/null; then
    skip 'kernels on a device need pocl-opencl-icd and ocl-icd-opencl-dev (packages.txt, tag opencl)'
    finish
fi
if nm "$TOP/$BUILD/libzynqsim.a" 2>/dev/null | grep -qE '__asan_init|__gcov_init'; then
    skip 'kernels on a device: the library is instrumented'
    finish
fi
# shellcheck disable=SC2086 # lists of words
$CC -std=c11 -Wall -Wextra -Werror -I"$TOP/include" -I"$TOP/$BUILD/gen" opencl_host.c $libraries -lyaml -lcsv \
    -lprotobuf-c -ljpeg -lpng -lwebp -lz -ljansson -lexpat -lOpenCL -lm -o host 2>err
ok $? 'the host compiles'
export POCL_CACHE_DIR="$WORK/pocl"

# same MODEL DESIGN WHAT SETTING...: the kernels give the output of `run`, bit for bit.
same() {
    model=$1
    design=$2
    what=$3
    shift 3
    ./host input "$model" x.npy &&
        "$ZYNQSIM" show "$design" --model "$model" "$@" --kernels -o k.cl 2>err &&
        "$ZYNQSIM" run "$design" --model "$model" "$@" --input x.npy --out result --fidelity tile --quiet >table 2>err &&
        ./host k.cl "$model" x.npy result/output.npy >compared 2>err
    ok "$(grep -q '^[1-9][0-9]* words, 0 differ' compared; echo $?)" "$what: $(cat compared)"
    rm -rf compared result k.cl
}
factors='accelerator.unroll.oc=2 accelerator.unroll.ic=4 accelerator.unroll.ox=2 accelerator.unroll.kx=3
accelerator.kernels.tile_oc=3 accelerator.kernels.tile_oy=5 accelerator.kernels.tile_ox=3'
set --
for factor in $factors; do set -- "$@" --set "$factor"; done
same lenet.yaml $base 'LeNet-5, base'
same lenet.yaml tvm-lenet5-optimised.yaml 'LeNet-5, its optimised preset'
same mobile.yaml $base 'a block of MobileNetV1, base'
same mobile.yaml tvm-lenet5-optimised.yaml 'a block of MobileNetV1, optimised'
same mobile.yaml $base 'planes and tiles on chip, one kernel for many layers' "$@" --set "$optimise=tile, local_input, parameterise"
same all.yaml $base 'all operators, base'
same all.yaml $base 'sums and filters on chip, epilogues, unrolled loops' "$@" \
    --set "$optimise=register_sum, fuse_epilogue, unroll, local_weights"
same all.yaml $base 'planes, filters and tiles on chip' "$@" --set "$optimise=tile, local_input, local_weights, unroll"
same all.yaml $base 'channels between kernels, of tiles as well' "$@" --set "$optimise=channels, tile, autorun, queues"
same all.yaml $base 'one kernel for many layers' "$@" --set "$optimise=parameterise, register_sum, unroll, fuse_epilogue"
same all.yaml $base 'sums as trees' "$@" --set "$optimise=relaxed_float, unroll, local_input, tile"
same all.yaml $base 'sums that are split' "$@" --set "$optimise=relaxed_float, unroll, register_sum" --set accelerator.kernels.add_latency=5
finish
