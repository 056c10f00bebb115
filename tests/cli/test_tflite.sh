#!/bin/sh
# TFLite models against golden outputs, where they lie beside the checkout: integers byte for byte.
. tests/cli/cli.sh
data=$TOP/../shared/data/tflite
if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    only=''
    [ "$BUILD" = build ] || only='int8 shape half_weights'
    # shellcheck disable=SC2086 # names are words
    /usr/bin/python3 tests/cli/tflite_small.py "$ZYNQSIM" configs/default.yaml $only >"$WORK/out" 2>&1
    ok $? "of small files: $(tail -n 1 "$WORK/out")"
    printf 'accelerator: {kind: linebuffer, precision: model}\n' >"$WORK/lines.yaml"
    /usr/bin/python3 tests/cli/tflite_small.py "$ZYNQSIM" "$WORK/lines.yaml" int8 uint8 >"$WORK/out" 2>&1
    ok $? "in integers: $(tail -n 1 "$WORK/out")"
fi
if [ ! -f "$data/ex_res_int8.tflite" ] || ! /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    echo "tflite: no models there, or no numpy: skipped"
    finish
fi
cd "$WORK" || exit 1
names='ex_geom_int8 ex_res_uint8 ex_res_float32 hello_world_int8 micro_speech_quantized'
[ "$BUILD" = build ] && names="$names ex_geom_uint8 ex_geom_float32 ex_res_int8 ad01_int8 kws_ref_model person_detect str_ww_ref_model"
# shellcheck disable=SC2086 # names are words
/usr/bin/python3 "$TOP/tests/cli/tflite_goldens.py" "$ZYNQSIM" "$TOP/configs/default.yaml" "$data" $names >out 2>err
for name in $names; do
    ok "$(grep -q "^$name .* pass " out; echo $?)" "$(grep "^$name " out)"
done
/usr/bin/python3 "$TOP/tests/cli/tflite_goldens.py" "$ZYNQSIM" "$TOP/configs/default.yaml" "$data" accelerator.precision=model ex_geom_int8 ex_geom_uint8 ex_res_int8 ex_res_uint8 >out 2>err
ok "$([ "$(grep -c ' pass ' out)" = 4 ]; echo $?)" "in integers on the engine: $(tail -n 1 out)"
printf 'accelerator: {kind: linebuffer, precision: model}\n' >lines.yaml
/usr/bin/python3 "$TOP/tests/cli/tflite_goldens.py" "$ZYNQSIM" lines.yaml "$data" ex_geom_int8 ex_geom_uint8 ex_res_int8 ex_res_uint8 >out 2>err
ok "$([ "$(grep -c ' pass ' out)" = 4 ]; echo $?)" "through line buffers: $(tail -n 1 out)"
/usr/bin/python3 "$TOP/tests/cli/tflite_layers.py" "$ZYNQSIM" "$TOP/configs/default.yaml" "$data" ex_res_int8 ex_geom_uint8 >out 2>err
ok "$([ "$(grep -c ' pass ' out)" = 2 ]; echo $?)" "every operator's result: $(tail -n 1 out)"
program run "$TOP/configs/default.yaml" --model "$data/ex_geom_int8.tflite" --input "$data/golden/ex_geom_int8_input.npy" --fidelity tile --set network.rounding=single --out o
ok "$([ "$status" = 0 ] && ! cmp -s o/output.npy "$data/golden/ex_geom_int8_output.npy"; echo $?)" 'another rule gives other numbers'
program run "$TOP/configs/default.yaml" --model "$data/ex_geom_int8.tflite" --fidelity tile --set accelerator.precision=int8
ok "$([ "$status" = 2 ] && grep -q 'integers of its own' err; echo $?)" 'a calibrated precision is refused'
program run "$TOP/configs/default.yaml" --model "$data/ex_geom_int8.tflite" --timing-only --set accelerator.precision=int8
ok "$([ "$status" -le 1 ]; echo $?)" 'but for timing'
head -c 3000 "$data/ex_geom_int8.tflite" >cut.tflite
program run "$TOP/configs/default.yaml" --model ./cut.tflite
ok "$([ "$status" = 2 ] && grep -q 'cut.tflite: the file is broken or cut off' err; echo $?)" 'a file that is cut off'
finish
