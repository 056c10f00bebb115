#!/bin/sh
# What bash offers for a line that is begun: it asks the program, so nothing can be missing.
. tests/cli/cli.sh
command -v bash >/dev/null || { skip 'completion: needs bash'; finish; }

# offers WORD LINE...: among what the last word of the line may become.
offers() {
    want=$1
    shift
    # shellcheck disable=SC2016 # for the other shell
    bash -c '
        . docs/zynqsim.bash-completion
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _zynqsim
        printf "%s\n" "${COMPREPLY[@]}"' bash "$ZYNQSIM" "$@" >"$WORK/offered" 2>"$WORK/err"
    ok "$(grep -qxF -- "$want" "$WORK/offered"; echo $?)" "'$*' offers $want"
}
for command in run show sweep schema memory report validate compare check explain train fifos accuracy sparsify optimise init help; do
    offers "$command" "$(printf %.2s "$command")"
done
offers fifos help f
offers --trace-limit run --tr
offers --output sweep --ou
offers --loss fifos --l
offers lenet5 run --model le
offers squeezenet_v1.1 run --set network.model = squ
offers zedboard run --set board = ze
offers zybo-7020-256k sweep --vary board =
offers images_per_second sweep --best ima
offers resources.dsp.used sweep --pareto resources.d
offers accelerator.clock= run --set accelerator.cl
offers configs/default.yaml run configs/def
offers images_per_second optimise --maximise ima
offers --simulations optimise --sim
offers pynq-z1 init --board pyn
offers lf2 run --set accelerator.fusion = l
offers none,lf2 sweep --vary accelerator.fusion = none,l
offers true run --set accelerator.pipeline =
offers stream sweep --vary accelerator.kind = str
offers cycles,images_per_second sweep --pareto cycles,ima
offers lamp sparsify x --method la
offers kernel sparsify x --structured k
offers mobilenet_v1 sparsify mob
offers accelerator.unroll.oc report --colour accelerator.unr
offers fp16 init --precision fp1
offers fp32 accuracy --reference fp
offers xy report --log x
finish
