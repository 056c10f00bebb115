#!/bin/sh
# Reads every #include of src/ and include/ against the module table of docs/ARCHITECTURE.md, and
# the undefined symbols of the core library against the list below.
# usage: BUILD=build tests/lint/layers.sh       (from the top of the checkout)
set -eu
BUILD=${BUILD:-build}
table=docs/ARCHITECTURE.md

# ---- includes: "file may-include" violations ----------------------------------------------------
bad=$(grep -rnE '^ *# *include' src include --include='*.c' --include='*.h' | awk -F: -v table="$table" '
BEGIN {
    # rows: | level | `module` (headers) | owns | may include |
    while ((getline line < table) > 0) {
        if (line !~ /^\| *[0-9] *\| *`/) continue
        split(line, cell, "|")
        modules = cell[3]; allowed = cell[5]
        gsub(/[`,]/, " ", modules); gsub(/[`,]/, " ", allowed)
        heads = ""
        if (match(modules, /\(.*\)/)) {
            heads = substr(modules, RSTART + 1, RLENGTH - 2)
            modules = substr(modules, 1, RSTART - 1)
        }
        k = split(modules, m, " "); h = split(heads, head, " ")
        for (i = 1; i <= k; i++) {
            level[m[i]] = cell[2] + 0; may[m[i]] = " " allowed " "; owner[m[i] ".h"] = m[i]
            for (j = 1; j <= h; j++) owner[head[j]] = m[i]
        }
    }
    core = " assert.h float.h fnmatch.h inttypes.h limits.h immintrin.h math.h stdarg.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h "
}
{
    file = $1; text = $0; sub(/^[^:]*:[^:]*:/, "", text)
    count++
    part = file
    if (part ~ /^src\//) { split(part, p, "/"); module = p[2] }
    else { sub(/.*\//, "", part); module = owner[part] }
    if (!(module in level)) { print file ":" $2 ": belongs to no module of " table; next }
    if (match(text, /"[^"]*"/)) {
        inc = substr(text, RSTART + 1, RLENGTH - 2)
        if (inc ~ /pb-c\.h$/) { if (level[module] < 7) print file ":" $2 ": generated code in the core"; next }
        if (inc ~ /^zynqsim\//) { base = inc; sub(/.*\//, "", base); target = owner[base] }
        else if (file !~ /^src\//) { print file ":" $2 ": a public header may not include " inc; next }
        else target = module                                     # private header of the same module
        if (target == "") { print file ":" $2 ": " inc " belongs to no module of " table; next }
        if (target == module) next
        ok = index(may[module], " " target " ") > 0
        if (may[module] ~ / all /) ok = 1
        if (match(may[module], /levels 0[^0-9]+[0-9]/))                # "levels 0-5"
            ok = ok || level[target] <= substr(may[module], RSTART + RLENGTH - 1, 1) + 0
        if (!ok) print file ":" $2 ": " module " may not include " inc
    } else if (level[module] < 7 && match(text, /<[^>]*>/)) {
        inc = substr(text, RSTART + 1, RLENGTH - 2)
        if (index(core, " " inc " ") == 0) print file ":" $2 ": the core may not include <" inc ">"
    }
}
END { print count + 0, "includes read" > "/dev/stderr" }')

# ---- symbols: what the core may ask the C library for -------------------------------------------
allowed='memcpy memset memmove memcmp memchr strlen strcmp strncmp strchr strrchr strstr strspn strcspn
strtod strtof strtol strtoul strtoll strtoull __isoc23_strtol __isoc23_strtoul __isoc23_strtoll
__isoc23_strtoull snprintf vsnprintf bsearch fnmatch __assert_fail __stack_chk_fail __udivti3 __umodti3
__divti3 __modti3 __udivmodti4 __popcountdi2 strtok_r __isoc99_sscanf __isoc23_sscanf __cpu_model __cpu_features2 __cpu_indicator_init _GLOBAL_OFFSET_TABLE_
ceil ceilf floor floorf trunc truncf round roundf rint rintf nearbyint nearbyintf lrint lrintf llrint
sqrt sqrtf exp expf log log2 log2f logf log10 pow powf fabs fabsf fmin fmax fminf fmaxf fmod ldexp
ldexpf frexp frexpf scalbn scalbnf sin cos'
own=$(nm --defined-only "$BUILD/libzynqsim.a" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u)
used=$(nm -u "$BUILD/libzynqsim.a" 2>/dev/null | awk 'NF == 2 { print $2 }' | sort -u)
# An empty library would let everything through.
[ -n "$used" ] || { echo "nm found no symbols in $BUILD/libzynqsim.a"; exit 1; }
foreign=$(echo "$used" | { echo "$own"; echo "--"; cat; } | awk -v allowed="$(echo "$allowed" | tr '\n' ' ')" '
BEGIN { n = split(allowed, a, " "); for (i = 1; i <= n; i++) ok[a[i]] = 1 }
$0 == "--" { wanted = 1; next }
!wanted { ok[$0] = 1; next }
!($0 in ok) { print "libzynqsim.a: the core may not use " $0 }')

# ---- writable globals: tables of pointers are relocated once and read-only from then on (.data.rel.ro)
mutable=$(objdump -t "$BUILD/libzynqsim.a" | awk '
NF > 3 && $(NF - 2) ~ /^\.(data|bss|tdata|tbss)$/ && $(NF - 1) !~ /^0+$/ || NF > 3 && $(NF - 2) == "*COM*" {
    print "libzynqsim.a: mutable global " $NF
}')

# ---- kinds: nothing outside src/kinds names one --------------------------------------------------
kinds=$(sed -n 's/^KIND(\([a-z0-9_]*\),.*/\1/p' src/kinds/kinds.def)
[ -n "$kinds" ] || { echo "src/kinds/kinds.def has no rows"; exit 1; }
words=$(echo "$kinds" | paste -sd '|')
upper=$(echo "$words" | tr '[:lower:]' '[:upper:]')
named=$(grep -rnE "ZS_KIND_($upper)\b|zs_kind_($words)\b|\"($words)\"|kinds/($words)/" src include \
    --include='*.c' --include='*.h' --include='*.def' | grep -v -e '^src/kinds/' -e '^src/import/reference_axi.c' -e '^src/cli/option_tables.c:[0-9]*: *{"kernels", 0, CLI_FLAG,' | # "direct" is an AXI fabric there, --kernels an option
    sed 's/$/   <- names a kind of accelerator/' || true)

for group in "$bad" "$foreign" "$mutable" "$named"; do
    [ -z "$group" ] || echo "$group"
done
n=$(printf '%s\n%s\n%s\n%s\n' "$bad" "$foreign" "$mutable" "$named" | grep -c . || true)
checks=4
failed=0
for group in "$bad" "$foreign" "$mutable" "$named"; do
    [ -z "$group" ] || failed=$((failed + 1))
done
[ "$n" = 0 ] || echo "$n breaches of the module table"
echo "$((checks - failed)) passed, $failed failed"
[ "$failed" = 0 ]
