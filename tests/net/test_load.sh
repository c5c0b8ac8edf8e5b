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
# As many frames as goose0's queue holds come as fast as a processor makes them: none is lost, however long it takes.
burst() {
	local receiver
	rm -f "$work/ready"
	spawn B "$tool" load-receive goose0 --idle 2 --timeout 30 --expect 20000 --ready "$work/ready" >"$work/load.json"
	receiver=$spawned
	wait_for 5 test -e "$work/ready" || fail "the receiver does not start"
	on A "$tool" load-send goose0 --rate max --count 20000 --vlan 100 --streams 50 --size 160 >"$work/sent.json" ||
		fail "$(cat "$work/sent.json")"
	reap "$receiver" || fail "a burst: $(cat "$work/load.json") $(stat A .drops) $(stat B .drops)"
	say "a burst: $(cat "$work/sent.json") $(cat "$work/load.json")"
}
if [ "$sanitized" = 0 ]; then
	load 1000
	load 20000
	load 20000 --vlan 100 --streams 50 --size 300
else
	load 1000
	load 2000 --vlan 100 --streams 50 --size 300
fi
for bridge in A B; do bridge_stop $bridge || fail "the bridge of $bridge ended with an error"; done
for host in A B; do write_conf $host max_frame_age_ms=10000; done
start_bridges A B
[ "$sanitized" = 1 ] || burst
pass
