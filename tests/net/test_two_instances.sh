#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Several bridges on one host, with other groups or ports, share nothing and never get each other's datagrams.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

topology A B
for host in A B; do
	write_conf $host
	write_conf $host.group interface=goose1 multicast_ip=224.0.1.101
	write_conf $host.port interface=goose2 multicast_port=61851
done
start_bridges A A.group A.port B B.group B.port

for source in 0 1 2; do
	for sink in 0 1 2; do
		if [ $source = $sink ]; then
			capture_start sink$sink B goose$sink
		else
			capture_start sink$sink B goose$sink --timeout 2
		fi
		capture_start back$sink A goose$sink --timeout 2
	done
	replay A goose$source "$pcaps"/*.pcap
	expect_frames sink$source "$pcaps"/*.pcap
	for sink in 0 1 2; do
		[ $source = $sink ] || expect_none sink$sink
		expect_none back$sink
	done
done

# One ends; the others go on.
bridge_stop B.group
carry A B "$pcaps"/*.pcap
pass
