#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/prepare-tree on made-up trees of a few files: what it must do, and
# each thing that it must refuse.  Prints TAP.

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

# A Xen of four files, and a repository that has a patch for hook.c, a file
# in the place of old.c and a new one.
fresh()
{
    rm -rf stock repo tree*
    mkdir -p stock/xen/common repo/patches repo/xen/common
    lines all: >stock/xen/Makefile
    seq 1 20 >stock/xen/common/hook.c
    seq 101 120 >stock/xen/common/other.c
    lines "old" >stock/xen/common/old.c

    lines "ours" >repo/xen/common/old.c
    lines "new" >repo/xen/common/new.c
    lines "# a heading" "" "hook.patch  # why" >repo/patches/series
    make_patch hook hook.c 10 ten >repo/patches/hook.patch
    lines "$(hash stock/xen/common/old.c)  xen/common/old.c" \
          "absent  xen/common/new.c" >repo/patches/stock.sha256
    pin
}

# Pack the stock tree, and name it as the base.
pin()
{
    tar -cJf stock.tar.xz stock
    lines "version 1" "sha256  $(hash stock.tar.xz)" >repo/patches/base
}

# make_patch NAME FILE LINE TEXT: a patch that replaces a line
make_patch()
{
    rm -rf a b
    mkdir -p a/xen/common b/xen/common
    cp "stock/xen/common/$2" a/xen/common/
    sed "$3s/.*/$4/" "a/xen/common/$2" >"b/xen/common/$2"
    lines "$1: Replace a line" ""
    diff -u "a/xen/common/$2" "b/xen/common/$2"
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
sed -i /new.c/d repo/patches/stock.sha256
lines "# none" >repo/patches/series
rm repo/patches/hook.patch
prepare stock.tar.xz tree && [ ! -e tree/xen/common/new.c ] &&
    cmp tree/xen/common/hook.c stock/xen/common/hook.c >>messages
verdict "what is no longer in the repository leaves the tree"

fresh
rm -r repo/xen repo/patches/*.patch repo/patches/stock.sha256
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
seq 1 20 >repo/xen/common/new.c
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
    grep -q "extra.patch: does not apply" messages
verdict "a hook that does not fit keeps a test tree from being made, and no other"

fresh
rm repo/patches/stock.sha256
prepare --record stock.tar.xz && prepare stock.tar.xz tree
verdict "recorded hashes are the right ones"

fresh
sed -i '1i one more line' stock/xen/common/hook.c
prepare stock tree && [ ! -e tree/xen/common/hook.c.orig ] &&
    [ "$(sed -n 11p tree/xen/common/hook.c)" = ten ]
verdict "another base: a patch may apply at an offset"

# --- what is refused

fresh
sed -i '1i one more line' stock/xen/common/hook.c
pin
refuses "the pinned base: an offset" hook.patch "not exactly"

fresh
sed -i '8s/.*/changed/' stock/xen/common/hook.c
pin
refuses "fuzz" hook.patch "does not apply"

source=stock
refuses "fuzz, on another base" hook.patch "does not apply"
unset source

fresh
sed -i '10s/.*/changed/' stock/xen/common/hook.c
pin
refuses "a reject" hook.patch hook.c

fresh
sed -i '10s/.*/ten/' stock/xen/common/hook.c
pin
refuses "a patch that is applied already" hook.patch

fresh
lines "rejected" >stock/xen/common/old.c.rej
pin
refuses "a leftover .rej" hook.patch old.c.rej

fresh
lines "changed" >stock/xen/common/old.c
pin
refuses "a replaced file that changed" xen/common/old.c differs

fresh
rm stock/xen/common/old.c
pin
refuses "a replaced file that is gone" xen/common/old.c "not in this Xen"

fresh
lines "theirs" >stock/xen/common/new.c
pin
refuses "a new file that Xen has now" xen/common/new.c absent

fresh
lines "unrecorded" >repo/xen/common/more.c
refuses "a file without a record" xen/common/more.c

fresh
rm repo/xen/common/new.c
refuses "a record without a file" xen/common/new.c

fresh
lines "whole" >repo/xen/common/hook.c
lines "$(hash stock/xen/common/hook.c)  xen/common/hook.c" >>repo/patches/stock.sha256
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
