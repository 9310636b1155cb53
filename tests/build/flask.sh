#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# FLASK's default policy, in the tree that was built: who may use kexec, and
# that the hook asks for it.  The output is TAP.

set -eu
cd "$(dirname "$0")/../.."
tree=build/tree/xen
count=0

# check WHAT FOUND EXPECTED
check()
{
    count=$((count + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        echo "# found \"$2\", expected \"$3\""
    fi
}

# Rules that allow a permission of Xen's: "SOURCE TARGET:CLASS", each once.
allowed()
{
    cat $tree/tools/flask/policy/modules/*.te \
        $tree/tools/flask/policy/modules/*.if |
    tr '\n\t' '  ' | grep -o 'allow [^;]*;' | grep -w "$1" |
    sed 's/^allow \([^ ]* [^ ]*\) .*/\1/' | sort -u
}

check "dom0 alone may use kexec" "$(allowed kexec)" "dom0_t xen_t:xen"
check "dom0 alone may use hypfs" "$(allowed hypfs_op)" "dom0_t xen_t:xen"
check "the hook asks for it" \
    "$(grep -A3 'flask_kexec(void)' $tree/xen/xsm/flask/hooks.c |
       grep -o 'XEN__[A-Z]*')" "XEN__KEXEC"
check "it is the first thing that the hypercall does" \
    "$(sed -n '/^static long kexec_op(/,/^}/p' xen/common/kexec.c |
       grep -o 'xsm_kexec(XSM_PRIV)\|copy_from_guest\|switch' | head -n 1)" \
    "xsm_kexec(XSM_PRIV)"
echo "1..$count"
