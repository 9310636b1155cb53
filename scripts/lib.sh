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

# without_comments FILE: its lines without # comments and empty lines.
without_comments()
{
    sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^[[:space:]]*$/d' "$1"
}
