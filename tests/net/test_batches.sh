#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Frames that wait at the same time go together: many in a system call, several in a datagram, datagrams in runs. Nothing of
# that changes a frame or the order, and with each of it off the same comes out. A frame that is alone goes alone.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# Sizes that fill datagrams differently, and some that go in pieces.
for i in $(seq 100 160); do
	head="010ccd010001 020000000001 8100 8005 88b8 1000 0000 0000 0000 000$i"
	echo "$head 01 11*$((20 + i * 37 % 120))"
	echo "$head 02 00*100"
	[ $((i % 9)) != 0 ] || echo "$head 03 55*1490"
	[ $((i % 11)) != 0 ] || echo "$head 04 aa*1100"
done | make_frames many
count=$(wc -l <"$work/many.hex")

# backlog: all frames wait on A's goose0 at the same time, and come out of B's; $frames and $datagrams are what it took.
backlog() {
	local pid before_frames before_datagrams
	pid=$(bridge_pid A)
	before_frames=$(stat A .counters.frames_to_ip) before_datagrams=$(stat A .counters.goose_to_ip)
	capture_start all B goose0 --idle $((slow * 2)) --timeout $((10 * slow))
	kill -STOP "$pid"
	replay A goose0 "$work/many.pcap"
	kill -CONT "$pid"
	expect_frames all "$work/many.pcap"
	frames=$(($(stat A .counters.frames_to_ip) - before_frames))
	datagrams=$(($(stat A .counters.goose_to_ip) - before_datagrams))
	[ $frames = "$count" ] || fail "$frames frames were sent, not $count"
}

run() { # BRIDGE-CONF...
	say "$*"
	write_conf A max_frame_age_ms=60000 "$@"
	write_conf B max_frame_age_ms=60000 "$@"
	start_bridges A B
	backlog
	for bridge in A B; do
		jq -e '[.drops[]] | add == 0' <<<"$(ctl $bridge -j stats)" >/dev/null || fail "drops: $(stat $bridge .drops)"
	done
}
ended() {
	bridge_stop A && bridge_stop B || fail "a bridge ended with an error"
}

topology A B
run udp_offload=true io_uring=true
jq -e '.paths[0] | .udp_segment and .udp_gro' <<<"$(ctl A -j stats)" >/dev/null ||
	skip "no UDP_SEGMENT or UDP_GRO in this kernel"
[ $datagrams -lt $((count * 2 / 3)) ] || fail "$frames frames that waited together took $datagrams datagrams"

# alone: nothing is packed where nothing waits
before=$(stat A .counters.goose_to_ip)
on A "$tool" load-send goose0 --rate 20 --count 20 >/dev/null
sleep 1
[ $(($(stat A .counters.goose_to_ip) - before)) = 20 ] || fail "20 frames far apart were not 20 datagrams"

# one by one, from a reload on
sed -i 's/^max_frames_per_datagram.*//' "$work/A.conf"
echo "max_frames_per_datagram = 1" >>"$work/A.conf"
ctl A reload >/dev/null || fail "reload: $?"
backlog
[ "$datagrams" -ge "$count" ] || fail "$frames frames took $datagrams datagrams, with max_frames_per_datagram = 1"
ended

run udp_offload=false io_uring=true
jq -e '.paths[0] | (.udp_segment or .udp_gro) | not' <<<"$(ctl A -j stats)" >/dev/null ||
	fail "udp_offload = false is not heeded"
ended
run udp_offload=true io_uring=false
ended
run udp_offload=false io_uring=false worker_threads=1 batch_size=1
ended
# an interface that cannot cut runs into datagrams: the kernel does
on A ip link set eth0 gso_max_segs 1
on B ip link set eth0 gso_max_segs 1
run udp_offload=true io_uring=true
pass
