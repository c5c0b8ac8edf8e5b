#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Old protection messages are worse than none: what queues on goose0 or on the socket while the process is stopped is dropped
# as stale, all of it and nothing else; likewise what a network that takes too little leaves waiting. With the kernel engine
# nothing waits for the process.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

age=500 # ms; generous, as other tests run beside this one
frames=300
[ "$sanitized" = 0 ] || frames=100

# What is to come of frames that are sent while the process is stopped.
wants_kernel A && late=$frames || late=0
stale() { stat "$1" .drops.stale; }
# Stops BRIDGE, sends frames meanwhile and waits, 5 s in all; sets $old to how many of them came out at B after it went on.
stalled() {
	local pid
	pid=$(bridge_pid "$1")
	capture_start old B goose0 --timeout $((frames / 100 + 4))
	kill -STOP "$pid"
	on A "$tool" load-send goose0 --rate 100 --count $frames >/dev/null
	sleep 2
	kill -CONT "$pid"
	capture_end old
	old=$(jq .frames "$work/old.json")
}

topology A B
# a hello would be counted as stale, too
write_conf A max_frame_age_ms=$age hello_interval=3600
write_conf B max_frame_age_ms=$age hello_interval=3600
start_bridges A B
# ... and so would be the one with which B answers A's
greeted() { [ "$(stat B .counters.hellos_sent)" -ge 2 ] && [ "$(stat A .counters.hellos_received)" -ge 2 ]; }
wait_for 4 greeted || fail "the bridges have not greeted each other: $(stat A .counters) $(stat B .counters)"

say "the sender is stopped"
stalled A
[ "$old" = $late ] || fail "$old of $frames frames that came to goose0 meanwhile were sent"
[ "$(stale A)" = $((frames - late)) ] || fail "A counts $(stale A) stale, not $((frames - late))"
carry A B "$pcaps/goose_ndscom.pcap"

say "the receiver is stopped"
stalled B
[ "$old" = $late ] || fail "$old of $frames frames that came from the network meanwhile were delivered"
[ "$(stale B)" = $((frames - late)) ] || fail "B counts $(stale B) stale, not $((frames - late))"
carry A B "$pcaps/goose_ndscom.pcap"
[ "$(stat A .state)$(stat B .state)" = runningrunning ] || fail "A is $(stat A .state), B $(stat B .state)"

say "the network takes too little"
on A tc qdisc add dev eth0 root tbf rate 1mbit burst 3k limit 6000 2>/dev/null || skip "no tbf in this kernel"
before=$(stale A)
# offer RATE SECONDS: frames of two sizes, so that octets of one that get into another would show; $got is the receiver's
# account
offer() {
	local sender receiver
	rm -f "$work/ready"
	spawn B "$tool" load-receive goose0 --timeout $((20 * slow)) --idle $((2 * slow)) --ready "$work/ready" \
		>"$work/load.json"
	receiver=$spawned
	wait_for 5 test -e "$work/ready" || fail "the receiver does not start"
	spawn A "$tool" load-send goose0 --rate "$1" --duration "$2" --size 400 >/dev/null
	sender=$spawned
	on A "$tool" load-send goose0 --rate "$1" --duration "$2" --size 160 >/dev/null
	reap "$sender"
	reap "$receiver" || true # it says that frames were lost, which is the point here
	got=$(cat "$work/load.json")
	[ "$(jq .altered <<<"$got")" = 0 ] || fail "frames were altered: $got"
}
offer 600 2
wants_kernel A || [ $(($(stale A) - before)) -gt 0 ] || fail "what had waited too long was sent: $got $(stat A .drops)"
# so little that single frames wait for about as long as they may
on A tc qdisc change dev eth0 root tbf rate 64kbit burst 1600 limit 1200
offer 50 8
sent=$(stat A .counters.frames_to_ip)
all=$(stat A "(.drops | add) + .counters.frames_to_ip")
[ "$(stat A .statistics.raw_frames)" = "$all" ] ||
	fail "$(stat A .statistics.raw_frames) read, $sent sent, the rest is not in the drops: $(stat A .drops)"
on A tc qdisc del dev eth0 root
sleep 0.7
carry A B "$pcaps/goose_ndscom.pcap"
pass
