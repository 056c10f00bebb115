#!/bin/sh
# What `make install` brings: programs are built against it with nothing but pkg-config. Nothing of
# the tree is built here.
# shellcheck disable=SC2046 # lists of flags are meant to be split
. tests/cli/cli.sh
unset MAKEFLAGS MFLAGS MAKELEVEL
CC=${CC:-gcc}
prefix=$WORK/usr
doc=$prefix/share/doc/zynqsim
placed() { make -s -o all BUILD="$BUILD" SAN="${SAN-}" "$@" >"$WORK/out" 2>"$WORK/err"; }
flags() { PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags --libs "$@"; }
# files DIRECTORY: what is in it, by names from there.
files() { (cd "$1" && find . ! -type d | sort); }

mkdir -p "$prefix/lib/pkgconfig"
echo >"$prefix/lib/pkgconfig/other.pc"
placed install PREFIX="$prefix"
ok $? 'install ends well'
strict="-std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I$prefix/include"
headers=$(cd include && echo zynqsim/*.h)
for header in $headers; do
    printf '#include <%s>\nextern int used;\n' "$header" >"$WORK/one.c"
    # shellcheck disable=SC2086 # a list of flags
    $CC $strict "$WORK/one.c" 2>"$WORK/err"
    ok $? "$header compiles alone"
    ok "$(grep -q "^|.*\`${header#*/}\`" docs/embedding.md; echo $?)" "and the page on embedding names it"
done
for header in $headers; do echo "#include <$header>"; done >"$WORK/all.c"
# shellcheck disable=SC2086 # a list of flags
$CC $strict "$WORK/all.c" 2>"$WORK/err"
ok $? 'all headers go together'
if command -v g++ >/dev/null; then
    { echo 'extern "C" {' && cat "$WORK/all.c" && echo '}'; } >"$WORK/all.cc"
    g++ -std=c++17 -Wall -Wextra -Werror -fsyntax-only "-I$prefix/include" "$WORK/all.cc" 2>"$WORK/err"
    ok $? 'and into C++'
else
    skip 'headers in C++: there is no g++'
fi

# ---- the manual
named=$(sed 's/\\-/-/g' "$prefix/share/man/man1/zynqsim.1" | grep -oE "$prefix/[A-Za-z0-9_./-]*[A-Za-z0-9]" | sort -u)
ok "$([ "$(echo "$named" | wc -l)" -ge 5 ] && ! grep -qE '(^|[ (])(docs|configs)/' "$prefix/share/man/man1/zynqsim.1"; echo $?)" 'the installed manual names installed files'
for file in $named; do
    ok "$([ -e "$file" ]; echo $?)" "$file, which it names, is there"
done

# ---- the recipe for a table
status=0
(cd / && PATH=$prefix/bin:$PATH "$doc/examples/sparcnet_table.sh") >"$WORK/table" 2>"$WORK/err" || status=$?
ok "$([ $status = 0 ] && [ ! -s "$WORK/err" ] && grep -q '^ZedBoard, 72 lanes .*[0-9]$' "$WORK/table"; echo $?)" 'the table of SPARCNet is made by what is installed, from anywhere'

# ---- programs on top
version=$(sed -n 's/.*ZS_VERSION "\(.*\)"/\1/p' include/zynqsim/version.h)
for package in zynqsim zynqsim-core; do
    ok "$([ "$(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --modversion $package)" = "$version" ]; echo $?)" "$package.pc has the version"
done
$CC -std=c11 -Wall -Wextra -Werror "$doc/examples/embed.c" $(flags zynqsim) -o "$WORK/embed" 2>"$WORK/err"
ok $? 'the example builds'
(cd / && "$WORK/embed") >"$WORK/embed.out" 2>"$WORK/err"
ok $? 'and runs'
# string NAME: what the string of that name is in the example.
string() { printf %b "$(sed -n "/ $1\[\]/,/;\$/s/[^\"]*\"\(.*\)\".*/\1/p" examples/embed.c | tr -d '\n')"; }
{ string design_yaml && echo 'network: {model: net.yaml}'; } >"$WORK/design.yaml"
string net_yaml >"$WORK/net.yaml"
program run "$WORK/design.yaml" --timing-only --format json
# figure NAME: the first of that name in what run printed.
figure() { sed -n 's/^ *"'"$1"'": *\([0-9.e+-]*\),*$/\1/p' "$WORK/out" | head -n 1; }
awk -v cycles="$(figure cycles)" -v seconds="$(figure seconds)" '
    { off = $4 - seconds; same = $2 == cycles && cycles > 1000 && off < 1e-9 && off > -1e-9 }
    END { print cycles, seconds; exit !same }' "$WORK/embed.out" >"$WORK/err"
ok $? 'its cycles and seconds are those of run'

# ---- what the page on embedding shows
# part LANGUAGE: its blocks of that kind.
part() { awk -v kind="$1" '/^```/ { on = $0 == "```" kind; next } on' docs/embedding.md; }
part 'c core' >"$WORK/core.c"
$CC -std=c11 -Wall -Wextra -Wpedantic -Werror "$WORK/core.c" $(flags zynqsim-core) -o "$WORK/core" 2>"$WORK/err"
ok $? "the page's program builds with the core alone"
"$WORK/core" >"$WORK/out" 2>"$WORK/err" && part 'text core' | diff - "$WORK/out" >"$WORK/err"
ok $? 'and prints what the page says'
part 'sh installed' | sed "s#/opt/zynqsim#$prefix#g; s#^cc #$CC #" >"$WORK/block.sh"
(cd "$WORK" && PKG_CONFIG_PATH=$prefix/lib/pkgconfig sh -e block.sh) >"$WORK/out" 2>"$WORK/err" &&
    part 'text installed' | diff - "$WORK/out" >"$WORK/err"
ok $? "so do the page's commands"

# ---- program, data and documents
(cd / && "$prefix/bin/zynqsim" run "$prefix/share/zynqsim/configs/default.yaml" --timing-only --fidelity bound) >"$WORK/out" 2>"$WORK/err"
ok $? 'the installed program finds its networks'
(cd "$doc" && find . -name '*.md' | while read -r page; do
    grep -ohE '\]\([^)#:]+[)#]' "$page" | sed 's/^](//; s/.$//' | while read -r link; do
        [ -e "$(dirname "$page")/$link" ] || echo "$page: $link"
    done
done) >"$WORK/err"
ok "$([ ! -s "$WORK/err" ]; echo $?)" 'every link between the documents leads somewhere'
grep -rohE '\b(docs|configs|models)/[a-z0-9/_-]*\.(md|yaml|csv)\b' "$prefix/share/man" "$prefix/include" "$prefix/share/zynqsim" |
    sort -u | while read -r name; do [ -e "$doc/$name" ] || echo "$name"; done >"$WORK/err"
ok "$([ ! -s "$WORK/err" ]; echo $?)" 'and every document that manual, headers and data name is there'
grep -rIlF "$TOP" "$prefix/include" "$prefix/lib/pkgconfig" "$prefix/share" >"$WORK/err"
ok "$([ ! -s "$WORK/err" ]; echo $?)" 'no file names the tree it was made in'

# ---- elsewhere, and away again
placed install DESTDIR="$WORK/stage" PREFIX=/opt/zynqsim
files "$prefix" | grep -v other.pc >"$WORK/want"
files "$WORK/stage/opt/zynqsim" | diff "$WORK/want" - >"$WORK/err"
ok $? 'DESTDIR and PREFIX bring the same files'
ok "$(grep -qx 'prefix=/opt/zynqsim' "$WORK/stage/opt/zynqsim/lib/pkgconfig/zynqsim.pc"; echo $?)" 'which know where they will be'
placed uninstall DESTDIR="$WORK/stage" PREFIX=/opt/zynqsim
ok "$([ -z "$(files "$WORK/stage")" ]; echo $?)" 'uninstall takes all of them away'
placed uninstall PREFIX="$prefix"
ok "$([ "$(files "$prefix")" = ./lib/pkgconfig/other.pc ]; echo $?)" 'and nothing else'
finish
