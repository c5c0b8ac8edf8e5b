#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A frame of 1518 octets crosses a path of 1500: in pieces, and never as an IP fragment. Also from a host with MTU 9000
# (the hop after it has 1500), and with what the Python service called its low-latency profile.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

make_large() {
	local head="010ccd010001 020000000001 8100 8005 88b8 1000 05dc 0000 0000"
	for filler in 00 55 ff; do
		echo "$head $filler*1492" # 1518 octets
		echo "$head $filler*1400"
		echo "$head $filler*20"
		echo "010ccd010001 020000000001 88a8 8005 8100 0001 88b8 1000 05d8 0000 0000 $filler*1488"
	done
}
make_large | make_frames large

topology A B
# A capture on this wire would show runs of datagrams (UDP_SEGMENT) as what they are here, one large packet.
for host in A B; do on $host ip link set eth0 gso_max_segs 1; done

run() { # BRIDGE-CONF...
	write_conf A "$@"
	write_conf B "$@"
	start_bridges A B
	capture_start wire-A T portA --all --timeout 60
	capture_start wire-B T portB --all --timeout 60
	carry A B "$work/large.pcap"
	carry B A "$work/large.pcap"
	capture_stop wire-A
	capture_stop wire-B
	"$tool" ip-check "$work/wire-A.pcap" "$work/wire-B.pcap" >"$work/wire.json"
	jq -e '.udp > 0 and .fragments == 0 and .without_df == 0 and .longest <= 1500' "$work/wire.json" >/dev/null ||
		fail "on the wire: $(cat "$work/wire.json")"
	for bridge in A B; do
		jq -e '.drops.too_large == 0 and .drops.piece_incomplete == 0' <<<"$(ctl $bridge -j stats)" >/dev/null ||
			fail "$bridge dropped pieces"
		bridge_stop $bridge
	done
}

run
run buffer_size=1024 batch_size=5 worker_threads=1 igmp_keepalive_interval=60 # the low-latency profile
run path_mtu=600

# Hosts of MTU 9000 whose path has a hop of 1500: larger packets vanish there without a word.
for host in A B; do
	on $host ip link set eth0 mtu 9000
done
run
pass
