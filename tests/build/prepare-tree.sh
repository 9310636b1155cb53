#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/prepare-tree and scripts/apply-patch on made-up trees of a few files:
# what they must do, and each thing that they must refuse.  Prints TAP.

set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

count=0
failures=0

# verdict NAME, with the status of the command before as the verdict
verdict()
{
    local status=$?

    count=$((count + 1))
    if [ $status -eq 0 ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        sed 's/^/# /' messages
        failures=$((failures + 1))
    fi
}

lines()
{
    printf '%s\n' "$@"
}

hash()
{
    sha256sum <"$1" | cut -d' ' -f1
}

# Two functions of 20 lines: first() from line 2 on, second() from 24 on.
functions()
{
    lines "int first(void)"
    seq -f "    a(%g);" 1 20
    lines "" "int second(void)"
    seq -f "    b(%g);" 1 20
}

# release VERSION: which Xen the stock tree is
release()
{
    lines "export XEN_VERSION       = ${1%.*}" \
          "export XEN_SUBVERSION    = ${1#*.}" \
          "export XEN_FULLVERSION   = \$(XEN_VERSION).\$(XEN_SUBVERSION)" \
          >stock/xen/Makefile
}

# A Xen 4.20 of four files, and a repository that has a patch for hook.c, a
# file in the place of old.c and a new one.
fresh()
{
    rm -rf stock repo tree*
    mkdir -p stock/xen/common repo/patches/stock repo/xen/common
    release 4.20
    functions >stock/xen/common/hook.c
    functions | tr ab cd >stock/xen/common/other.c
    lines "old" >stock/xen/common/old.c

    lines "ours" >repo/xen/common/old.c
    lines "new" >repo/xen/common/new.c
    lines "# a heading" "" "hook.patch  # why" >repo/patches/series
    make_patch hook hook.c 10 ten >repo/patches/hook.patch
    lines "$(hash stock/xen/common/old.c)  xen/common/old.c" \
          "absent  xen/common/new.c" >repo/patches/stock/4.20.sha256
    pack
}

pack()
{
    tar -cJf stock.tar.xz stock
}

# make_patch NAME FILE LINE TEXT: a patch that replaces a line
make_patch()
{
    rm -rf a b
    mkdir -p a/xen/common b/xen/common
    cp "stock/xen/common/$2" a/xen/common/
    sed "$3s/.*/$4/" "a/xen/common/$2" >"b/xen/common/$2"
    lines "$1: Replace a line" ""
    diff -up "a/xen/common/$2" "b/xen/common/$2"
}

prepare()
{
    "$top/scripts/prepare-tree" --repo repo "$@" >messages 2>&1
}

# refuses NAME WORD...: preparing fails, and the message has each of the words
refuses()
{
    local name=$1 word

    shift
    (
        prepare "${source:-stock.tar.xz}" tree && exit 1
        [ ! -e tree/xen ] || exit 1
        for word in "$@"; do
            grep -qF -- "$word" messages || exit 1
        done
    )
    verdict "$name"
}

# --- what works

fresh
prepare stock.tar.xz tree &&
    [ "$(sed -n 10p tree/xen/common/hook.c)" = ten ] &&
    [ "$(cat tree/xen/common/old.c)" = ours ] &&
    [ "$(cat tree/xen/common/new.c)" = new ] &&
    cmp tree/xen/common/other.c stock/xen/common/other.c >>messages
verdict "patches and files are applied"

prepare --stock stock.tar.xz tree2 && diff -r stock tree2 >messages
verdict "a stock tree is the source, unchanged"

prepare stock tree3 && diff -r tree tree3 >messages
verdict "a folder gives the same tree as the tarball"

touch -d '2020-01-01' tree/xen/common/*
lines "ours, edited" >repo/xen/common/old.c
prepare stock.tar.xz tree &&
    [ "$(cat tree/xen/common/old.c)" = "ours, edited" ] &&
    [ "$(find tree -name '*.c' -newermt '2021-01-01')" = tree/xen/common/old.c ]
verdict "a changed file alone is written again"

rm repo/xen/common/new.c
sed -i /new.c/d repo/patches/stock/4.20.sha256
lines "# none" >repo/patches/series
rm repo/patches/hook.patch
prepare stock.tar.xz tree && [ ! -e tree/xen/common/new.c ] &&
    cmp tree/xen/common/hook.c stock/xen/common/hook.c >>messages
verdict "what is no longer in the repository leaves the tree"

fresh
rm -r repo/xen repo/patches/*.patch repo/patches/stock
lines "# empty" >repo/patches/series
prepare stock.tar.xz tree && diff -r stock tree >messages
verdict "an empty repository gives the stock tree"

fresh
make_patch extra other.c 3 three >repo/patches/extra.patch
lines extra.patch >repo/patches/test-series
prepare stock.tar.xz tree && prepare --test stock.tar.xz tree2 &&
    ! grep -q three tree/xen/common/other.c &&
    grep -q three tree2/xen/common/other.c
verdict "test-series is applied to test trees alone"

mv repo/patches/test-series repo/patches/test-series-any
prepare --stock stock.tar.xz tree && prepare --stock --test stock.tar.xz tree2 &&
    ! grep -q three tree/xen/common/other.c &&
    grep -q three tree2/xen/common/other.c &&
    ! grep -q ten tree2/xen/common/hook.c &&
    prepare --test stock.tar.xz tree4 &&
    grep -q three tree4/xen/common/other.c &&
    grep -q ten tree4/xen/common/hook.c
verdict "test-series-any is applied to stock test trees too, and nothing else is"

touch -d 2001-01-01 tree/xen/common/*
prepare --stock --test --like tree stock.tar.xz tree5 && diff -r tree2 tree5 &&
    ! [ tree5/xen/common/hook.c -nt tree/xen/common/hook.c ] &&
    [ tree5/xen/common/other.c -nt tree/xen/common/other.c ]
verdict "a tree that begins as another: what is the same keeps its times"

mv repo/patches/test-series-any repo/patches/test-series
functions >repo/xen/common/new.c
cp repo/xen/common/new.c stock/xen/common/new.c
make_patch extra new.c 10 ten >repo/patches/extra.patch
rm stock/xen/common/new.c
sed -i '1i one more line' repo/xen/common/new.c
prepare --test stock.tar.xz tree2 &&
    [ "$(sed -n 11p tree2/xen/common/new.c)" = ten ] &&
    ! find tree2 -name '*.orig' | grep .
verdict "test-series may change a file of ours, at an offset"

sed -i "11s/.*/changed/" repo/xen/common/new.c
prepare stock.tar.xz tree && ! prepare --test stock.tar.xz tree3 &&
    grep -q "extra.patch: .* does not apply" messages
verdict "a hook that does not fit keeps a test tree from being made, and no other"

fresh
rm repo/patches/stock/4.20.sha256
prepare --record stock.tar.xz && prepare stock.tar.xz tree
verdict "recorded hashes are the right ones"

fresh
sed -i '1i one more line' stock/xen/common/hook.c
prepare stock tree && [ "$(sed -n 11p tree/xen/common/hook.c)" = ten ]
verdict "a patch may apply at an offset"

# --- versions

# The tenth line of hook.c in the tree of a version.
tenth()
{
    release "$1"
    cp repo/patches/stock/4.20.sha256 "repo/patches/stock/$1.sha256" 2>>messages
    rm -rf tree
    prepare stock tree && sed -n 10p tree/xen/common/hook.c
}

fresh
mkdir repo/patches/4.19 repo/patches/4.21
make_patch hook hook.c 10 old >repo/patches/4.19/hook.patch
make_patch hook hook.c 10 middle >repo/patches/4.21/hook.patch
[ "$(tenth 4.17)" = old ] && [ "$(tenth 4.19)" = old ] &&
    [ "$(tenth 4.20)" = middle ] && [ "$(tenth 4.21)" = middle ] &&
    [ "$(tenth 4.22)" = ten ] && [ "$(tenth 4.100)" = ten ]
verdict "the patch of the oldest version that is not older wins"

fresh
make_patch extra hook.c 20 twenty >repo/patches/extra.patch
lines "[<4.20] hook.patch" "[>=4.20] extra.patch" >repo/patches/series
[ "$(tenth 4.19)" = ten ] && [ "$(sed -n 20p tree/xen/common/hook.c)" != twenty ] &&
    [ "$(tenth 4.20)" != ten ] && [ "$(sed -n 20p tree/xen/common/hook.c)" = twenty ]
verdict "a patch may be for some versions only"

fresh
sed -i 's/^absent/unused/' repo/patches/stock/4.20.sha256
prepare stock tree && [ ! -e tree/xen/common/new.c ]
verdict "a file of ours may be unused in a version"

prepare --record stock && grep -q '^unused  xen/common/new.c' \
    repo/patches/stock/4.20.sha256
verdict "what is unused stays unused when hashes are recorded"

# --- what is refused

fresh
rm repo/patches/stock/4.20.sha256
refuses "a version without a record" 4.20 stock/4.20.sha256

fresh
lines "[4.20] hook.patch" >repo/patches/series
refuses "a condition that is none" "[4.20]"

fresh
mkdir repo/patches/4.20
cp repo/patches/hook.patch repo/patches/4.20/stray.patch
refuses "a patch of one version that is not in the series" 4.20/stray.patch

fresh
sed -i '8s/.*/changed/' stock/xen/common/hook.c
pack
refuses "fuzz" hook.patch "does not apply"

fresh
sed -n 7,13p stock/xen/common/hook.c >twice
sed -i '15r twice' stock/xen/common/hook.c
pack
refuses "lines that are there twice" hook.patch "at 7 and 16"

fresh
sed -i 's/^int first/int third/' stock/xen/common/hook.c
pack
refuses "a place in another function" hook.patch "names first" "in third"

fresh
sed -i 's/^\(@@.*@@\).*/\1/' repo/patches/hook.patch
refuses "a place in a function that the patch does not name" hook.patch "in first"

fresh
make_patch hook hook.c 10 ten | sed -e '/^[ ]    a(6)/d' -e 's/-7,7 +7,7/-8,6 +8,6/' \
    >repo/patches/hook.patch
refuses "two lines of context" hook.patch context

fresh
sed -i '10s/.*/changed/' stock/xen/common/hook.c
pack
refuses "a reject" hook.patch hook.c

fresh
sed -i '10s/.*/ten/' stock/xen/common/hook.c
pack
refuses "a patch that is applied already" hook.patch

fresh
lines "changed" >stock/xen/common/old.c
pack
refuses "a replaced file that changed" xen/common/old.c differs

fresh
rm stock/xen/common/old.c
pack
refuses "a replaced file that is gone" xen/common/old.c "not in this Xen"

fresh
lines "theirs" >stock/xen/common/new.c
pack
refuses "a new file that Xen has now" xen/common/new.c absent

fresh
lines "unrecorded" >repo/xen/common/more.c
refuses "a file without a record" xen/common/more.c

fresh
rm repo/xen/common/new.c
refuses "a record without a file" xen/common/new.c

fresh
lines "whole" >repo/xen/common/hook.c
lines "$(hash stock/xen/common/hook.c)  xen/common/hook.c" >>repo/patches/stock/4.20.sha256
refuses "a path both patched and replaced" xen/common/hook.c hook.patch

fresh
cp repo/patches/hook.patch repo/patches/stray.patch
refuses "a patch that is not in the series" stray.patch

fresh
lines gone.patch >>repo/patches/series
refuses "a series that names no file" gone.patch

fresh
lines hook.patch >>repo/patches/series
refuses "a patch that is in the series twice" hook.patch twice

fresh
lines "no diff in here" >repo/patches/hook.patch
refuses "a patch without a diff" hook.patch

fresh
source=missing.tar.xz
refuses "a source that is not there" missing.tar.xz
source=repo
refuses "a source that is no Xen" repo xen/Makefile
unset source

echo "1..$count"
[ $failures -eq 0 ]
