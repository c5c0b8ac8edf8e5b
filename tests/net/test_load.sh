#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# 1,000 and 20,000 frames a second pass without loss, alteration or a change of order. The second is asked only of a
# build without sanitizers. Runs when no other test does.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

topology A B
write_conf A max_frame_age_ms=200
write_conf B max_frame_age_ms=200
start_bridges A B

load() { # RATE OPTION...
	local rate=$1 count=$(($1 * 3)) receiver
	shift
	rm -f "$work/ready"
	spawn B "$tool" load-receive goose0 --idle 1 --timeout $((10 * slow)) --expect $count --ready "$work/ready" \
		>"$work/load.json"
	receiver=$spawned
	wait_for 5 test -e "$work/ready" || fail "the receiver does not start"
	on A "$tool" load-send goose0 --rate "$rate" --count $count "$@" >"$work/sent.json" ||
		fail "$(cat "$work/sent.json")"
	reap "$receiver" || fail "$rate frames/s ($*): $(cat "$work/load.json") $(stat A .drops) $(stat B .drops)"
	say "$rate frames/s $*: $(cat "$work/load.json")"
}
if [ "$sanitized" = 0 ]; then
	load 1000
	load 20000
	load 20000 --vlan 100 --streams 50 --size 300
else
	load 1000
	load 2000 --vlan 100 --streams 50 --size 300
fi
pass
