# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh

# word_of NAME: the value of NAME= on this kernel's command line.
word_of()
{
    tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p"
}
