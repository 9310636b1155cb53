# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts share.  Sourced, not run.  Sets:
#   top    the top of this repository
#   cache  where downloads are kept (CACHE=, default cache/ in the repository)

set -eEuo pipefail

# Never stop without a word.
trap 'echo "error: ${BASH_SOURCE[0]}:$LINENO: \"$BASH_COMMAND\" failed" >&2' ERR

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034
cache=$(realpath -m "${CACHE:-$top/cache}")

say()
{
    printf '==> %s\n' "$*"
}

warn()
{
    printf 'warning: %s\n' "$*" >&2
}

die()
{
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# retry COMMAND...: up to four times, with longer and longer pauses.
retry()
{
    local try

    for try in 1 2 3; do
        "$@" && return 0
        warn "\"$1\" failed, trying again in $((try * try * 2)) s"
        sleep $((try * try * 2))
    done
    "$@"
}

# fetch_packages FOLDER RELEASE RESOLVE WORD...: download packages to FOLDER,
# unless it was filled for the same words.  RESOLVE, a command of the caller's,
# gets the words and prints the packages' names.
fetch_packages()
{
    local folder=$1 release=$2 resolve=$3 names

    shift 3
    [ "$(cat "$folder/wanted" 2>/dev/null)" != "$*" ] || return 0

    say "downloading packages of Debian $release to ${folder##*/}"
    rm -rf "$folder.new"
    mkdir -p "$folder.new"
    retry "$top/scripts/debian-apt" "$release" apt-get update -qq
    names=$("$resolve" "$@")
    # shellcheck disable=SC2086  # a name has no spaces
    (cd "$folder.new" &&
     retry "$top/scripts/debian-apt" "$release" apt-get download -qq $names)
    echo "$*" >"$folder.new/wanted"
    rm -rf "$folder"
    mv "$folder.new" "$folder"
}

# with_libraries RELEASE PACKAGE...: their names, and those of the libraries
# that they depend on.
with_libraries()
{
    local release=$1

    shift
    printf '%s\n' "$@"
    "$top/scripts/debian-apt" "$release" \
        apt-get install --print-uris -qq "$@" |
        sed -n -e '/ libperl\| libpython\| libsystemd-/d' \
               -e 's/.* \(lib[^_ ]*\|zlib[^_ ]*\)_[^ ]*\.deb .*/\1/p'
}

# kernel_package RELEASE META: the package of the kernel that META stands for.
kernel_package()
{
    "$top/scripts/debian-apt" "$1" apt-cache depends "$2" |
        awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }'
}

# without_comments FILE: its lines without # comments and empty lines.
without_comments()
{
    sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^[[:space:]]*$/d' "$1"
}
