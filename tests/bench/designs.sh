# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables are for bench.sh, which sources this
# SPDX-License-Identifier: Apache-2.0
#
# What bench.sh measures. A row NAME is a line in `known` and two functions, start_NAME and stop_NAME ("-" is "_" there).
# start_NAME makes the hosts A and B carry frames, and says how:
#
#   interface   where frames go in at A and come out at B
#   interface   empty: no frames, and only latencies are measured
#   queue       1: frames have to pass the interface's queueing discipline and tc's egress hook, as a publisher sends them;
#               the generator otherwise goes past both (PACKET_QDISC_BYPASS)
#
# What start_bridge starts is asked for its CPU time and memory; of other designs it is not known.

declare -A known=(
	[veth]="no tunnel: the hosts' own interfaces, the limit of this network"
	[vxlan]="kernel VXLAN over a multicast group"
	[vxlan-queued]="the same through the queueing discipline of goose0, as frames of the row kernel go"
	[kernel]="this bridge, kernel engine: frames pass tc's egress hook, as a publisher sends them"
	[native]="this bridge, user engine, native format"
	[legacy]="this bridge, legacy format"
	[native-no-uso]="native, ethtool -K IF tx-udp-segmentation off on both hosts, as on many network cards"
	[wakes]="no frames: two threads that wait and wake the next, the floor of all that is done in processes"
	[kernel-unsupervised]="kernel, following no streams (max_streams = 0)"
	[unsupervised]="native, following no streams (max_streams = 0)"
)

start_veth() { interface=eth0; }
stop_veth() { :; }

start_wakes() { interface=; }
stop_wakes() { :; }

start_vxlan() {
	local host
	interface=goose0
	for host in A B; do
		on $host ip link add goose0 type vxlan id 61 group 239.61.0.1 dev eth0 dstport 4789
		on $host ip link set goose0 up
	done
	for host in A B; do wait_for 5 joined $host 239.61.0.1 || fail "VXLAN has not joined its group"; done
}
stop_vxlan() { remove_goose0; }
start_vxlan_queued() {
	start_vxlan
	queue=1
}
stop_vxlan_queued() { stop_vxlan; }

start_bridge() { # KEY=VALUE...
	local host
	interface=goose0
	# As built in, where the library of the tests has other values.
	for host in A B; do
		write_conf $host "$@" max_frame_age_ms=200 stats_export_interval=10 reconnect_delay=5 "${settings[@]}"
	done
	start_bridges A B
}
stop_bridge() {
	local host
	for host in A B; do bridge_stop $host || fail "the bridge of $host ended with an error"; done
	remove_goose0
}
# Without a bpffs it pins nothing, which changes nothing of how fast it is.
start_kernel() { # KEY=VALUE...
	local host
	start_bridge wire_format=native datapath=kernel "$@"
	for host in A B; do wait_for 5 carries_in_kernel $host || fail "$host: not the kernel engine carries frames"; done
	queue=1
}
stop_kernel() { stop_bridge; }
start_kernel_unsupervised() { start_kernel max_streams=0; }
stop_kernel_unsupervised() { stop_bridge; }
start_native() { start_bridge wire_format=native datapath=user; }
stop_native() { stop_bridge; }
start_unsupervised() { start_bridge wire_format=native datapath=user max_streams=0; }
stop_unsupervised() { stop_bridge; }
start_legacy() { start_bridge wire_format=legacy; }
stop_legacy() { stop_bridge; }

# Where the network interface does not cut, the kernel cuts before it, a datagram at a time.
segmentation() { # on | off
	local host
	for host in A B; do on $host ethtool -K eth0 tx-udp-segmentation "$1"; done
}
start_native_no_uso() {
	segmentation off || fail "ethtool -K eth0 tx-udp-segmentation off does not work here"
	start_bridge wire_format=native datapath=user
}
stop_native_no_uso() {
	stop_bridge
	segmentation on
}

remove_goose0() {
	local host
	for host in A B; do on $host ip link del goose0; done
}
