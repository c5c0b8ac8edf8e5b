#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two paths in one service, on the same port: what is sent on goose0 arrives on goose0 alone, on goose1 on goose1 alone, octet
# for octet, also when both are sent at once, and on one network interface. What happens to one path takes no frame from the
# other. Statistics, status and igmp show both; the statistics of old are sums. leave_on_exit leaves both groups.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

other=224.0.1.101
others=("$pcaps"/goose_tagged_*.pcap)
# write_dual HOST [KEY=VALUE...]
write_dual() {
	local host=$1
	shift
	write_conf "$host" enable_dual_path=true dual_path_mode=independent backup_interface=goose1 \
		backup_multicast_ip=$other hello_interval=1 "$@"
}
joined_both() { joined "$1" "$group" && joined "$1" "$other"; }
state_is() { [ "$(stat "$1" .state)" = "$2" ]; }

topology A B
write_dual A leave_on_exit=true
write_dual B
on A "$(program goose-bridge)" -t -c "$work/A.conf" >"$work/checked" || fail "-t: $(cat "$work/checked")"
grep -q 'nothing is sent twice' "$work/checked" && grep -q "path 1: goose1 <-> $other:$port" "$work/checked" ||
	fail "what -t says of two paths: $(cat "$work/checked")"
start_bridges A B
for host in A B; do wait_for 5 joined_both $host || fail "$host is no member of both groups"; done

say "each path its own frames"
carry_apart A B 0 1
capture_start sink0 B goose0
capture_start sink1 B goose1
spawn A "$tool" replay goose1 --rate $((1000 / slow)) "${others[@]}" >/dev/null
replay A goose0 "$pcaps"/*.pcap
reap "$spawned" || fail "replay on goose1"
expect_frames sink0 "$pcaps"/*.pcap
expect_frames sink1 "${others[@]}"

say "what is said of them"
ctl A -j stats >"$work/A.stats"
jq -e --arg group $group --arg other $other '
	[.paths[] | [.id, .interface, .group, .port, .member, .membership.group]] ==
		[[0, "goose0", $group, 61850, true, $group], [1, "goose1", $other, 61850, true, $other]]
	and .service_info.interface == "goose0" and .membership.group == $group and .health.running
	and ([.paths[].counters.raw_frames] | add) == .statistics.raw_frames
	and ([.paths[].counters.goose_to_ip] | add) == .statistics.goose_to_ip
	and ([.paths[].drops.stale] | add) == .drops.stale
	and .paths[1].counters.raw_frames > 0 and .paths[0].counters.raw_frames > .paths[1].counters.raw_frames
	and .paths[0].sender_id != .paths[1].sender_id
	and ([.streams[].index] | length == (unique | length))
	and ([.streams[] | .path_id == (if .index > 1000000000 then 1 else 0 end)] | all)
	and ([.streams[].path_id] | unique) == [0, 1]' "$work/A.stats" >/dev/null || fail "stats: $(cat "$work/A.stats")"
# the kernel keeps the datagrams of one path from the socket of the other, though the port is the same
[ "$(stat B '[.paths[].drops.not_for_us] | add')" = 0 ] || fail "datagrams of one group reach the other's socket"
heard_on_both() { [ "$(stat A '[.peers[].path_id] | sort | @csv')" = 0,1 ]; }
wait_for 5 heard_on_both || fail "peers: $(stat A '.peers')"
wait_for 5 test -s "$work/A.stats.json"
[ "$(jq '.paths | length' "$work/A.stats.json")" = 2 ] || fail "stats_file has not both paths"
ctl A status >"$work/status" || fail "status: $(cat "$work/status")"
for words in "goose0 (up) <-> $group:$port" "goose1 (up) <-> $other:$port"; do
	grep -qF "$words" "$work/status" || fail "no '$words' in: $(cat "$work/status")"
done
ctl A igmp >"$work/igmp" || fail "igmp: $(cat "$work/igmp")"
for words in "group $group on eth0" "group $other on eth0"; do
	grep -qF "$words" "$work/igmp" || fail "no '$words' in: $(cat "$work/igmp")"
done
index=$(jq '[.streams[] | select(.path_id == 1)][0].index' "$work/A.stats")
[ "$(ctl A -j streams -v "$index" | jq .stream.path_id)" = 1 ] || fail "stream $index"

say "what is checked of them"
export AWS_EC2_METADATA_DISABLED=true
check_a() { # its JSON
	on A "$(program goose-bridge-security-check)" -j -c "$work/A.conf" >"$work/check.json" || [ $? = 1 ]
}
check_a
jq -e --arg group $group --arg other $other '
	def of($id): [.checks[] | select(.id == $id)];
	(of("membership") | map([.path, .result, (.text | endswith($group)), (.text | endswith($other))])) ==
		[["goose0", "pass", true, false], ["goose1", "pass", false, true]]
	and (of("goose0") | map(.text)) == ["goose0 is there and up", "goose1 is there and up"]
	and (of("igmp_version") | map(.path)) == [null] and (of("config") | length) == 1
	and (of("firewall_udp_in") | map(.path)) == ["goose0", "goose1"]
	and ([.checks[] | select(.result == "fail" and .id != "kernel_engine") | .id] == ["allow_sources"])' \
	"$work/check.json" >/dev/null ||
	fail "what is checked of two paths: $(cat "$work/check.json")"
if command -v nft >/dev/null; then
	on A nft "add table inet gb; add chain inet gb in { type filter hook input priority 0; };
		add rule inet gb in ip daddr $other udp dport $port drop"
	check_a
	jq -e '[.checks[] | select(.result == "fail" and .id != "kernel_engine") | [.id, .path]] ==
		[["allow_sources", null], ["firewall_udp_in", "goose1"]]' "$work/check.json" >/dev/null ||
		fail "what is dropped of the second path alone: $(cat "$work/check.json")"
	on A nft delete table inet gb
fi
ctl A monitor --count 1 >"$work/monitor"
[ "$(grep -c '^Group     member, querier' "$work/monitor")" = 2 ] || fail "monitor: $(cat "$work/monitor")"
ports_a() { on A "$(program goose-bridge-ctl)" -c "$work/A.conf" "$@" ports || [ $? = 1 ]; }
ports_a >"$work/ports"
[ "$(grep -c '^ .*member, querier' "$work/ports")" = 2 ] || fail "ports has no membership for each path: $(cat "$work/ports")"
[ "$(grep -c '^  in  UDP' "$work/ports")" = 1 ] || fail "ports wants more than B let in: $(cat "$work/ports")"
diag_a() { on A timeout $((20 * slow)) "$(program goose-bridge-diag)" -c "$work/A.conf" -j "$@"; }
for of in $group $other; do
	diag_a igmp status --group "$of" >"$work/diag.json" || fail "diag of $of: exit status $?: $(cat "$work/diag.json")"
	jq -e --arg group "$of" '.member and .group == $group and .service.membership.group == $group' "$work/diag.json" \
		>/dev/null || fail "diag of $of: $(cat "$work/diag.json")"
done
diag_a igmp status | jq -e --arg group $group '.group == $group' >/dev/null || fail "diag without a group"
diag_a tgw keepalive --duration 1 >"$work/diag.json" || [ $? = 1 ] || fail "diag tgw: $(cat "$work/diag.json")"
jq -se 'any(.event == "begin" and .group == "224.0.1.102")' "$work/diag.json" >/dev/null ||
	fail "a trial takes a group of the service's: $(cat "$work/diag.json")"
bridge_stop A
ports_a -j | jq -e --arg group $group --arg other $other '[.sockets.udp[].group] == [$group, $other]' >/dev/null ||
	fail "ports of a service that is down: $(ports_a)"
bridge_start A
wait_for 5 joined_both A || fail "A is no member of both groups"

say "goose1 goes, is made again, and goose0 does not notice"
# during COMMAND...: a stream of frames on goose0 of A, of which none may be missing on B.
during() {
	capture_start steady B goose0 --idle $((2 * slow)) --timeout $((12 * slow))
	spawn A "$tool" replay goose0 --rate $((40 / slow)) "$pcaps"/*.pcap >/dev/null
	local replaying=$spawned
	"$@"
	reap "$replaying" || fail "replay on goose0"
	expect_frames steady "$pcaps"/*.pcap
}
away_and_back() {
	on B ip link del goose1
	on A ip link set goose1 down
}
during away_and_back
for host in A B; do wait_for 5 state_is $host running || fail "$host: $(ctl $host status)"; done
[ "$(ctl B -j events | jq '[.events[] | select(.kind == "goose0_down") | .path] == ["goose1"]')" = true ] ||
	fail "$(ctl B -j events)"
capture_start sink1 B goose1
replay A goose1 "${others[@]}"
expect_frames sink1 "${others[@]}"

say "the second group is lost at the gateway and in the kernel"
lose() { on B ip addr del $other/32 dev eth0; }
during lose
wait_for 5 joined B $other || fail "the second group is not joined again"

say "leave_on_exit leaves both groups"
igmp_start leaving T portA
bridge_stop A || fail "A: exit $?"
left() { [ "$(igmp_count leaving ".type == \"leave\" and .group == \"$1\"")" -gt 0 ]; }
for address in $group $other; do
	wait_for 3 left $address || fail "$address is not left: $(cat "$work/leaving.igmp")"
done
igmp_end leaving
bridge_stop B

say "each on its own network interface: one that goes down takes no frame from the other"
second_wire A B
for host in A B; do
	write_dual $host primary_multicast_interface=eth0 backup_multicast_interface=eth1
	bridge_start $host
done
for host in A B; do wait_for 5 joined $host "$group" || fail "$host has not joined"; done
capture_start sink1 B goose1
replay A goose1 "${others[@]}"
expect_frames sink1 "${others[@]}"
cable() {
	on A ip link set eth1 down
	wait_for 3 state_is A degraded || fail "A is not degraded without eth1: $(ctl A -j status)"
	[ "$(stat A '.warnings[0] | startswith("goose1: ")')" = true ] || fail "$(stat A .warnings)"
	on A ip link set eth1 up
}
during cable
wait_for 5 state_is A running || fail "A stays degraded: $(ctl A -j status)"
capture_start sink1 B goose1
replay A goose1 "${others[@]}"
expect_frames sink1 "${others[@]}"
[ "$(stat A '.paths[0].drops | add')" = 0 ] || fail "drops on goose0: $(stat A '.paths[0].drops')"
pass
