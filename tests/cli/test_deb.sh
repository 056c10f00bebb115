#!/bin/sh
# The Debian package: what is in it, that it runs, and that the Dockerfile uses what there is.
. tests/cli/cli.sh
unset MAKEFLAGS MFLAGS MAKELEVEL
if command -v dpkg-deb >/dev/null; then
    mkdir "$WORK/tree"
    cp "$BUILD/zynqsim" "$BUILD"/lib*.a "$WORK/tree"
    DEB_COMPRESSION=none .ci/deb "$WORK/tree" 0.1.0 >"$WORK/out" 2>"$WORK/err"
    ok $? 'a package is made'
    deb=$(tail -n 1 "$WORK/out")
    dpkg-deb -I "$deb" >"$WORK/about" 2>"$WORK/err"
    ok "$(grep -q '^ Package: zynqsim$' "$WORK/about" && grep -q '^ Depends: .*libyaml-0-2' "$WORK/about" && grep -q '^ Depends: .*libc6' "$WORK/about"; echo $?)" 'it says what it needs'
    dpkg-deb -x "$deb" "$WORK/root" 2>"$WORK/err"
    ok $? 'it can be unpacked'
    (cd / && "$WORK/root/usr/bin/zynqsim" run "$WORK/root/usr/share/zynqsim/configs/default.yaml" --fidelity bound --timing-only --quiet >"$WORK/out" 2>"$WORK/err")
    ok $? 'the program runs from it, with its own models'
    for file in usr/lib/python3/dist-packages/zynqsim/__init__.py usr/share/man/man1/zynqsim.1.gz usr/share/bash-completion/completions/zynqsim usr/share/doc/zynqsim/copyright usr/share/doc/zynqsim/changelog.gz; do
        ok "$([ -s "$WORK/root/$file" ]; echo $?)" "$file is in it"
    done
    if [ -x /usr/bin/python3 ]; then
        (cd / && ZYNQSIM=$WORK/root/usr/bin/zynqsim PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$WORK/root/usr/lib/python3/dist-packages /usr/bin/python3 -c 'import zynqsim; print(zynqsim.version())') >"$WORK/out" 2>"$WORK/err"
        ok $? 'and the Python package runs it'
    fi
else
    skip 'the package: needs dpkg-deb'
fi
for word in .ci/packages 'make deb'; do
    ok "$(grep -q "$word" Dockerfile; echo $?)" "the Dockerfile uses $word"
done
ok "$(grep -q '^deb:' Makefile && [ -x .ci/deb ]; echo $?)" 'which there are'
finish
