# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Load, unload, load, exec; with payload=MIB an initrd that is that much
# bigger and cannot be compressed.

payload_mib=$(word_of payload)
if [ "${payload_mib:-0}" != 0 ]; then
    big_file "$payload_mib"
    pack
fi
must load
must kexec -u
must load
say "loaded"
enter
