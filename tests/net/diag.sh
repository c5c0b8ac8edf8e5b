# shellcheck shell=bash
# shellcheck disable=SC2034 # variables are for the tests that source this
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of goose-bridge-diag are written with, beside lib.sh, which this sources.
#
#   diag HOST ARG...             runs it with the configuration of bridge HOST
#   diag_start NAME HOST ARG...  the same in the background with -j; its lines go to $work/NAME.jsonl, its pid is in $diag_pid
#   diag_ended NAME PID STATUS   waits for it: that exit status
#   diag_tells NAME JQ-CONDITION  how many of its events fulfil it
#   diag_sums_up NAME JQ-CONDITION  fails unless the summary, which is its last line, fulfils it
# shellcheck source=tests/net/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

diag() {
	local host=$1
	shift
	on "$host" "$(program goose-bridge-diag)" -c "$work/$host.conf" "$@"
}

diag_pid=
diag_start() {
	local name=$1 host=$2
	shift 2
	spawn "$host" "$(program goose-bridge-diag)" -c "$work/$host.conf" -j "$@" >"$work/$name.jsonl" 2>"$work/$name.err"
	diag_pid=$spawned
	# what it says once it listens
	wait_for 5 grep -qE '"event":"(begin|joined|kernel)"' "$work/$name.jsonl" ||
		fail "$name does not start: $(cat "$work/$name.err")"
}

diag_said() { cat "$work/$1.err" "$work/$1.jsonl" 2>/dev/null; }

diag_ended() {
	local status=0
	wait_for 15 gone "$2" || fail "$1 does not end"
	reap "$2" || status=$?
	[ $status = "$3" ] || fail "$1: exit $status, not $3: $(diag_said "$1")"
}

diag_tells() { jq -s "[.[] | select(${2})] | length" "$work/$1.jsonl"; }

diag_sums_up() {
	jq -se '.[-1] | .event == "summary" and ('"$2"')' "$work/$1.jsonl" >/dev/null || fail "$1: not $2: $(diag_said "$1")"
}
