#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Nothing reaches goose0 that did not come for the group, on its interface, from an allowed source.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

topology A B C
second_wire A B
for host in A B C; do write_conf $host; done
start_bridges A B

# Good datagrams to misuse. Recorded where no bridge takes them before a socket can see them.
record_start good C eth0
replay A goose0 "$pcaps"/*.pcap
record_end good
bridge_stop A
good() { on "$1" "$tool" udp-send --port $port --file "$work/good.datagrams" "${@:2}" >/dev/null; }

capture_start check B goose0
good A --group $group --interface eth0
expect_frames check "$pcaps"/*.pcap

capture_start unicast B goose0 --timeout 2
good A --to "$(address_of B)"
good A --to "$(address_of B)" --source-port $port
expect_none unicast

# Another process on the host has joined another group.
record_start other B eth0 224.0.1.101
wait_for 5 joined B 224.0.1.101 || fail "the other group is not joined"
capture_start other-group B goose0 --timeout 2
good A --group 224.0.1.101 --interface eth0
expect_none other-group
record_end other

# The group, but on another interface, where another process has joined it.
record_start eth1 B eth1
capture_start other-interface B goose0 --timeout 2
good A --group $group --interface eth1
expect_none other-interface
record_end eth1

bridge_stop B
write_conf B allow_sources="10.61.0.3, 192.0.2.0/24"
start_bridges B
capture_start refused B goose0 --timeout 2
good A --group $group --interface eth0
expect_none refused
[ "$(stat B .drops.source_not_allowed)" -gt 0 ] || fail "source_not_allowed is not counted"
capture_start allowed B goose0
good C --group $group --interface eth0
expect_frames allowed "$pcaps"/*.pcap
pass
