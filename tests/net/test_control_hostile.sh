#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Clients of the control socket that mean no good, against the real service while frames flow: they hold connections, send
# halves, never read, flood, send garbage, come and go. Not a frame is lost, altered or late; others are answered all the
# while, and those who look after the service always find a place; memory stays bounded; and nothing is left of it.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
command -v setpriv >/dev/null || skip "needs setpriv"

topology A B
for host in A B; do write_conf $host; done
start_bridges A B
chmod 711 "$work"
pid=$(bridge_pid B)
nobody() { # UID COMMAND...
	local uid=$1
	shift
	spawn B setpriv --reuid="$uid" --regid="$uid" --clear-groups "$@"
}
rate=$((1000 / (slow * 2 - 1)))
files() { find "/proc/$pid/fd" -mindepth 1 | wc -l; }

# Streams make "stats" long, and so each answer dear.
on A "$tool" load-send goose0 --rate 2000 --count 2000 --streams 200 >/dev/null
on A "$tool" load-send goose0 --rate $rate --count 10 >/dev/null
files_before=$(files)

# hostile UID MANNER CLIENTS: for 4 s, while frames flow at RATE
hostile() {
	local uid=$1 manner=$2 clients=$3 receiver sender one=$SECONDS answered=0 slowest=0 before now
	rm -f "$work/ready"
	spawn B "$tool" load-receive goose0 --idle 2 --timeout $((20 * slow)) --expect $((rate * 5)) --ready "$work/ready" \
		>"$work/load.json"
	receiver=$spawned
	wait_for 5 test -e "$work/ready" || fail "the receiver does not start"
	cp "$tool" "$work/hostile"
	nobody "$uid" "$work/hostile" control-hostile "$work/B.sock" --manner "$manner" --clients "$clients" --seconds 4 \
		>"$work/hostile.json"
	one=$spawned
	spawn A "$tool" load-send goose0 --rate $rate --count $((rate * 5)) >"$work/sent.json"
	sender=$spawned
	while ! gone "$one"; do
		before=$(date +%s%N)
		[ "$(ctl B -j version | jq -r .version)" != "" ] || fail "$manner: the service does not answer others"
		now=$(date +%s%N)
		answered=$((answered + 1))
		[ $((now - before)) -le "$slowest" ] || slowest=$((now - before))
		sleep 0.1
	done
	reap "$one" || fail "$manner: the hostile client failed: $(cat "$work/hostile.json")"
	reap "$sender" || fail "$manner: $(cat "$work/sent.json")"
	reap "$receiver" || fail "$manner: frames were lost: $(cat "$work/load.json") $(stat B .drops)"
	[ $answered -ge 2 ] || fail "$manner: others were answered only $answered times"
	jq -e '.connections > 0' "$work/hostile.json" >/dev/null || fail "$manner: it did nothing"
	say "$manner: $(cat "$work/hostile.json"), others answered $answered times, at most $((slowest / 1000000)) ms"
}
hostile 65534 stall 40
hostile 65534 half 40
hostile 65534 unread 8
hostile 65534 flood 8
memory_before=$(memory_of "$pid")
hostile 65534 garbage 12
hostile 65534 churn 12
hostile 65534 unread 8
hostile 0 flood 8
hostile 0 stall 16

say "afterwards"
quiet() { [ "$(files)" -le "$files_before" ]; }
wait_for 5 quiet || fail "descriptors are left: $files_before, then $(files)"
# a sanitizer keeps freed memory
if [ "$sanitized" = 0 ]; then
	memory_after=$(memory_of "$pid")
	[ $((memory_after - memory_before)) -le 4096 ] || fail "memory grew from $memory_before to $memory_after KiB"
fi
[ "$(stat B '[.drops[]] | add')" = 0 ] || fail "dropped: $(stat B .drops)"
carry A B "$pcaps"/*.pcap
bridge_stop B || fail "the service ended with $?"
pass
