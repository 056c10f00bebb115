#!/bin/sh
# show, schema, help, and the reference pages that are made of them.
. tests/cli/cli.sh
small_design
cd "$WORK" || exit 1

program --help
ok "$([ $status = 0 ] && grep -q 'run  *DESIGN.yaml' out && [ ! -s err ]; echo $?)" 'help lists the commands'
program --version
ok "$([ $status = 0 ] && grep -qE '^zynqsim [0-9]+\.[0-9]+\.[0-9]+, models [0-9a-f]{8}$' out; echo $?)" 'the version has three parts, and the models a digest'
for command in run show sweep schema; do
    program $command --help
    ok "$([ $status = 0 ] && grep -q "^Usage: zynqsim $command" out; echo $?)" "$command has help"
done
for option in --set --model --weights --input --labels --fidelity --timing-only --jobs --out --format --quiet; do
    "$ZYNQSIM" run --help >out
    ok "$(grep -q -- "$option" out; echo $?)" "help of run names $option"
    ok "$(sed 's/[\]-/-/g' "$TOP/docs/zynqsim.1" | grep -q -- "$option" && grep -q -- "$option" "$TOP/docs/zynqsim.bash-completion"; echo $?)" "the manual and the completion know $option"
done

for option in --vary --where --output --shard --limit --pareto --pareto-out --best --merge; do
    "$ZYNQSIM" sweep --help >out
    ok "$(grep -q -- "$option" out && sed 's/[\]-/-/g' "$TOP/docs/zynqsim.1" | grep -q -- "$option" && grep -q -- "$option" "$TOP/docs/zynqsim.bash-completion"; echo $?)" "help, manual and completion know sweep's $option"
done

# ---- the manual has a section of each command, with all of its options
sed 's/\\-/-/g; s/\\f[BRI]//g' "$TOP/docs/zynqsim.1" >manual
for command in $("$ZYNQSIM" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    grep -q "^\.B zynqsim $command$" manual && grep -qx "\.B $command" manual
    ok $? "the manual says how $command is called, and what it does"
    awk -v command="$command" '/^\.S[HS]/ { here = $0 ~ "^\\.SS Of.*[ ,]" command "([ ,]|$)" || /Of every command/ } here' manual >section
    missing=
    for option in $("$ZYNQSIM" "$command" --help | sed -n 's/^ *\(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p'); do
        grep -qE -- "$option([^a-z-]|$)" section || missing="$missing $option"
    done
    ok "$([ -z "$missing" ]; echo $?)" "the manual has all options of $command:$missing"
done

program show small.yaml
ok "$([ $status = 0 ] && grep -q 'conv1' out && grep -q 'BRAM18' out; echo $?)" 'show prints design, network and buffers'
program show small.yaml --set accelerator.tile.oc=5
ok "$([ $status = 0 ] && grep -qE 'oc: *5' out; echo $?)" 'show takes settings'
sed '/^$/,$d' out >resolved.yaml
program show small.yaml --plan
ok "$([ $status = 0 ] && [ "$(wc -l <out)" -gt 10 ]; echo $?)" 'the plan is a listing'
while IFS='|' read -r words message; do
    # shellcheck disable=SC2086 # a list of words
    program show $words
    ok "$([ $status = 2 ] && [ ! -s out ] && grep -qx -e "zynqsim: $message" err; echo $?)" "show $words: $message"
done <<'END'
small.yaml --plan --schedule|--plan: does not go with --schedule: one thing is shown at a time
small.yaml --graph g.svg --loops|--loops: does not go with --graph: one thing is shown at a time
--fields --metrics|--metrics: does not go with --fields: one thing is shown at a time
END
ok "$([ ! -e g.svg ]; echo $?)" 'nothing is written then'
program show --fields
cp out fields
program show small.yaml --fields
ok "$([ $status = 0 ] && cmp -s out fields && grep -qx 'zynqsim: small.yaml: is not read: --fields is the same for all designs' err; echo $?)" 'a design that the reference of keys does not need is noted'
program show small.yaml
cp out plain
program show small.yaml --out d
ok "$([ $status = 0 ] && cmp -s out plain && [ ! -e d ] && grep -qx 'zynqsim: --out: is for --calibrate and --kernels; nothing is written' err; echo $?)" 'and so is a place to write where nothing is written'
program schema
ok "$([ $status = 0 ] && grep -q 'json-schema.org/draft/2020-12' out; echo $?)" 'the schema names its draft'

cd "$TOP" || exit 1
ok "$(BUILD=$BUILD tests/cli/reference.sh compare >"$WORK/err" 2>&1; echo $?)" 'docs/reference is what the program prints (make docs)'

[ "$BUILD" = build ] || { skip 'commands of documents print the same, instrumented or not'; finish; }

# Every block of the documents that is marked runnable does run; what is marked printed is what the page's blocks print.
for page in README.md docs/*.md docs/models/*.md; do
    [ -r "$page" ] || continue
    awk '/^```sh runnable/ { on = 1; next } /^```/ { on = 0 } on' "$page" |
        sed "s#build/zynqsim#$ZYNQSIM#g" >"$WORK/block.sh"
    [ -s "$WORK/block.sh" ] || continue
    TMPDIR=$WORK sh -e "$WORK/block.sh" >"$WORK/out" 2>"$WORK/err" </dev/null
    ok $? "the runnable commands of $page run"
    awk '/^```text printed/ { on = 1; next } /^```/ { on = 0 } on && $0 != "…"' "$page" >"$WORK/shown"
    grep -vxFf "$WORK/out" "$WORK/shown" >"$WORK/err"
    ok "$([ ! -s "$WORK/err" ]; echo $?)" "$page shows what the program prints"
done
finish
