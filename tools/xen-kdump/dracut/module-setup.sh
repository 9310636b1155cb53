#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154  # which dracut sets
#
# For dracut: what xen-kdump has staged in the folder XEN_KDUMP_STAGE.

# Only when asked for.
check()
{
    return 255
}

installkernel()
{
    # shellcheck disable=SC2046
    hostonly='' instmods $(cat "$XEN_KDUMP_STAGE/root/xen-kdump/modules")
}

install()
{
    local programs

    mapfile -t programs <"$XEN_KDUMP_STAGE/programs"
    inst_multiple "${programs[@]}" modprobe
    inst_libdir_file 'libgcc_s.so*'
    cp -R --preserve=mode "$XEN_KDUMP_STAGE/root/." "$initdir"
}
