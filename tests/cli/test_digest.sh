#!/bin/sh
# The digest of the models: what changes it and what does not. Nothing is compiled here.
. tests/cli/cli.sh
mkdir "$WORK/tree"
cp -R Makefile src include "$WORK/tree" # as a tarball has them, without version control
cd "$WORK/tree" || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
BUILD=b

# digest [VARIABLE=VALUE...]: of the tree as it is; the file stays when it is the same.
digest() {
    make -s BUILD=$BUILD "$@" "$BUILD/gen/models_digest.h" >../out 2>../err
    sed -n 's/^#define MODELS_DIGEST "\([0-9a-f]*\)"$/\1/p' "$BUILD/gen/models_digest.h"
}

first=$(digest)
ok "$([ "$(printf %s "$first" | wc -c)" = 8 ]; echo $?)" 'a tree without version control has a digest'
ok "$([ "$("$ZYNQSIM" --version)" = "zynqsim $(sed -n 's/.*ZS_VERSION "\(.*\)"/\1/p' include/zynqsim/version.h), models $first" ]; echo $?)" 'and the program built of it prints that'
same() { ok "$([ "$(digest)" = "$first" ]; echo $?)" "the digest stays after $1"; }
BUILD=deep/er/b
same 'building in another directory'
BUILD=b
ok "$([ "$(digest CC=clang OPT=-O0 SAN=-g)" = "$first" ]; echo $?)" 'compiler and flags do not matter'
mkdir ../moved && cp -R Makefile src include ../moved
ok "$(cd ../moved && [ "$(digest)" = "$first" ]; echo $?)" 'nor does where the tree lies'
find src include -exec touch {} +
same 'touching every file'
mkdir -p .git && echo 'ref: refs/heads/x' >.git/HEAD
same 'a commit'
echo '/* another page */' >>src/report/page.c
same 'an edit of a report'
echo '/* another word */' >>src/cli/main.c
same 'an edit of the program around'
echo draft >src/sim/engine.c~
same 'a copy that an editor leaves'
touch -d 2001-01-01 $BUILD/gen/models_digest.h
digest >../out
ok "$([ -n "$(find $BUILD/gen/models_digest.h ! -newermt 2001-01-02)" ]; echo $?)" 'the header is written only when it changes'

for part in base des design net num hw plan bound sim study import; do
    for file in "src/$part"/*.c; do break; done
    cp "$file" ../kept
    echo '/* moved */' >>"$file"
    ok "$([ "$(digest)" != "$first" ]; echo $?)" "an edit of $file changes it"
    cp ../kept "$file"
done
for file in src/design/fields.def include/zynqsim/operators.def include/zynqsim/dtypes.def src/hw/dram_priv.h include/zynqsim/sim.h include/zynqsim/version.h src/import/onnx.proto; do
    cp "$file" ../kept
    sed '$d' ../kept >"$file"
    ok "$([ "$(digest)" != "$first" ]; echo $?)" "so does one of $file"
    cp ../kept "$file"
done
mv src/hw/dram_schedule.c ../kept
ok "$([ "$(digest)" != "$first" ]; echo $?)" 'so does a file that is gone'
mv ../kept src/hw/dram_schedule.c
echo >src/plan/newcomer.c
ok "$([ "$(digest)" != "$first" ]; echo $?)" 'and one that is new'
rm src/plan/newcomer.c
same 'undoing all that'
finish
