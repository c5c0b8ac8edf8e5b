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

carry_apart A B 0 1 2

# One ends; the others go on.
bridge_stop B.group
carry A B "$pcaps"/*.pcap
pass
