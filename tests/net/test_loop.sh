#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A frame of A comes out once at B, once at C and never at A again; A's own datagrams, should they come back, are
# dropped.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

topology A B C
for host in A B C; do write_conf $host; done

# Recorded where no bridge takes them before a socket can see them.
start_bridges A
record_start of-A B eth0
replay A goose0 "$pcaps"/*.pcap
record_end of-A
start_bridges B C

for host in A B C; do capture_start once-$host $host goose0 --timeout 3; done
replay A goose0 "$pcaps"/*.pcap
expect_frames once-B "$pcaps"/*.pcap
expect_frames once-C "$pcaps"/*.pcap
expect_none once-A

# From A's own address, by another process that leaves IP_MULTICAST_LOOP on: A hears its own datagrams.
capture_start own A goose0 --timeout 2
again() {
	on "$1" "$tool" udp-send --group $group --port $port --interface eth0 --file "$work/of-A.datagrams" >/dev/null
}
again A
expect_none own
[ "$(stat A .drops.own)" -gt 0 ] || fail "A does not count its own datagrams"

# The same sender id from elsewhere: two hosts share an id. Nothing is lost for it, but it is told.
capture_start conflict A goose0
again C
expect_frames conflict "$pcaps"/*.pcap
[ "$(stat A '[.. | objects | .sender_id_conflicts? // empty | numbers] | add // 0')" -gt 0 ] ||
	fail "A does not count the conflict of sender ids"
pass
