#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What bash completes of goose-bridge-ctl: each command of its usage and each option that a command takes, and nothing else; the
# installed file is what the program prints.
set -Eeuo pipefail
GB_SRCDIR=${GB_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
bin=${GB_BUILDDIR:-$GB_SRCDIR/build}

fail() {
	echo "test_completion: FAIL: $*" >&2
	exit 1
}

# complete_line WORD...: what the last of these words is completed to
complete_line() {
	COMP_WORDS=(goose-bridge-ctl "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_goose_bridge_ctl
	echo "${COMPREPLY[*]}"
}
is() { # EXPECTED WORD...
	local expected=$1 got
	shift
	got=$(complete_line "$@")
	[ "$got" = "$expected" ] || fail "'$*' is completed to '$got', not '$expected'"
}

work=$(mktemp -d "${TMPDIR:-/tmp}/gbcomp.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$bin/goose-bridge-ctl" --completion >"$work/completion"
bash -n "$work/completion" || fail "it is no bash"
if [ -e "$bin/conf/completion/goose-bridge-ctl" ]; then
	cmp "$work/completion" "$bin/conf/completion/goose-bridge-ctl" || fail "what is installed is of another program"
fi
# shellcheck disable=SC1091
. "$work/completion"

# the first words of commands, as usage has them
commands=$("$bin/goose-bridge-ctl" -h | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\).*/\1/p' | sort -u)
[ "$(wc -w <<<"$commands")" -ge 18 ] || fail "usage has only $(wc -w <<<"$commands") commands"
for command in $commands; do is "$command" "$command"; done
got=$(complete_line "" | tr ' ' '\n' | sed '/^-/d' | sort -u)
[ "$got" = "$commands" ] || fail "commands: $got"
is "start stop status stats streams" st
is "streams" streams
is "expect" streams e
is "leave" igmp l
is "leave" -s /run/x.sock igmp l
is "--through-goose0" test --t
is "--follow" logs --f
is "" status --through
is "" test --count ""
is "" nonsense ""
touch "$work/goose.conf"
is "$work/goose.conf" -c "$work/goo"
echo "test_completion: PASS"
