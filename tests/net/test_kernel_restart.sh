#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Frames flow with no process in their way: at 10,000 frames/s none is lost, altered or out of order while the service is
# restarted, killed, or held, on either side; the next process takes over what carries, with its counters at 0 and the epoch of
# its sequences as it was. Ctrl-C takes it away.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
need_kernel_engine

rate=$((10000 / slow))
topology A B
write_conf A
write_conf B
start_bridges A B

# Frames flow for SECONDS while COMMAND... is done; what is not there afterwards was lost.
during() { # WHAT SECONDS COMMAND...
	local what=$1 count=$(($2 * rate)) receiver sender
	shift 2
	rm -f "$work/ready"
	spawn B "$tool" load-receive goose0 --idle 2 --timeout $((60 * slow)) --expect $count --ready "$work/ready" \
		>"$work/load.json"
	receiver=$spawned
	wait_for 5 test -e "$work/ready" || fail "the receiver does not start"
	spawn A "$tool" load-send goose0 --rate $rate --count $count --vlan 100 --streams 20 --size 200 >"$work/sent.json"
	sender=$spawned
	sleep 0.5
	"$@"
	mine "$sender" || fail "$what: took longer than frames were sent: it says nothing"
	reap "$sender" || fail "$(cat "$work/sent.json")"
	reap "$receiver" || fail "$what: $(cat "$work/load.json") A: $(stat A .drops) B: $(stat B .drops)"
	say "$what: $(cat "$work/load.json")"
}

programs() { find "$bpffs/$1" -name 'to_*' | wc -l; }

restart() { # BRIDGE
	bridge_stop "$1" || fail "bridge $1 ended with $?"
	[ "$(programs "$1")" = 2 ] || fail "$1 left no programs behind"
	sleep 0.3
	start_bridges "$1"
}

crash() {
	local pid=${pid_of[$1]}
	unset "pid_of[$1]"
	kill -KILL "$pid"
	reap "$pid" 2>/dev/null || true
	sleep 0.3
	start_bridges "$1"
}

hold() {
	kill -STOP "${pid_of[$1]}"
	sleep 2
	kill -CONT "${pid_of[$1]}"
}

say "by $(grep -o 'the kernel engine carries frames (.*' "$work/A.log")"
epoch=$(stat A '.paths[0].epoch')
sent_before=$(stat A .counters.frames_to_ip)
during "nothing happens" 2 true
[ "$(stat A .counters.frames_to_ip)" = $((sent_before + 2 * rate)) ] || fail "A counts another number of frames"
for bridge in A B; do
	during "$bridge is restarted" 6 restart $bridge
	[ "$(stat $bridge '.paths[0].engine')" = kernel ] || fail "$bridge has another engine after a restart"
	during "$bridge is killed" 6 crash $bridge
	during "$bridge is held for 2 s" 5 hold $bridge
done
[ "$(stat A '.paths[0].epoch')" = "$epoch" ] || fail "A began a new epoch, though its numbers went on"
[ "$(stat B '[.peers[].restarts] | add')" = 0 ] || fail "B saw a restart of A: $(stat B .peers)"
[ "$(stat B '[.peers[].lost] | add')" = 0 ] || fail "B misses datagrams of A: $(stat B .peers)"

say "what falls to the user engine in between goes on as well"
carry A B "$pcaps"/*.pcap
carry B A "$pcaps"/*.pcap

say "Ctrl-C takes it away"
pid=$(bridge_pid A)
kill -INT "$pid"
wait_for 5 gone "$pid" || fail "A does not end"
reap "$pid" || fail "A ended with $?"
unset "pid_of[A]"
[ -z "$(ls "$bpffs/A")" ] || fail "A left pins: $(ls -R "$bpffs/A")"
pass
