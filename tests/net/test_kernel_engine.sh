#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The kernel engine follows what happens: interfaces deleted, set down, given other addresses, the format changed, another user,
# frames that only the user engine can carry between its own; its streams and peers are seen, and its counters are those of any
# engine. With datapath = user nothing of it is left.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
need_kernel_engine

topology A B
# Where nobody may write.
chmod 711 "$work"
install -d -o nobody "$work/nobody"
for file in sock stats.json streams; do ln -s "nobody/A.$file" "$work/A.$file"; done
write_conf A user=nobody control_socket="$work/nobody/A.sock" stats_file="$work/nobody/A.stats.json" \
	streams_file="$work/nobody/A.streams"
write_conf B
start_bridges A B
frames=("$pcaps"/*.pcap)

says() { [ "$(stat "$1" "$2")" = "$3" ]; }

# Both ways, and by the kernel.
carries() {
	for host in A B; do wait_for 5 carries_in_kernel $host || fail "$1: $host has the $(engine_of $host) engine"; done
	carry A B "${frames[@]}"
	carry B A "${frames[@]}"
	say "$1: carried by the kernel"
}

carries "as another user than root"
[ "$(awk '/^Uid:/{print $2}' "/proc/$(bridge_pid A)/status")" = "$(id -u nobody)" ] || fail "A is not nobody"
total=$(jq .frames "$work/A-to-B.json")
for host in A B; do
	for counter in raw_frames frames_to_ip ip_to_goose; do
		says $host .counters.$counter "$total" || fail "$host: $counter is $(stat $host .counters.$counter), not $total"
	done
	[ "$(stat $host .counters.unsupervised)" = 0 ] || fail "$host: frames were not supervised"
done
[ "$(streams A | jq '[.streams[] | select(.direction == "to_network") | .frames] | add')" = "$total" ] ||
	fail "A: other frames in the streams than $total: $(streams A)"
[ "$(streams B | jq '[.streams[] | select(.direction == "to_goose0") | .frames] | add')" = "$total" ] ||
	fail "B: other frames in the streams than $total: $(streams B)"
[ "$(streams B | jq '[.streams[] | .decode_errors] | add')" = 0 ] || fail "B: frames were not understood: $(streams B)"
peer=$(stat B '.peers[] | select(.address == "10.61.0.1")')
[ "$(jq .frames <<<"$peer")" = "$total" ] && [ "$(jq '.lost + .reordered + .duplicates' <<<"$peer")" = 0 ] ||
	fail "B counts otherwise what came of A: $peer"
[ "$(stat B '.paths[0].latency.to_goose0.residence.count')" = "$total" ] ||
	fail "B does not know how long they stayed: $(stat B '.paths[0].latency')"

say "a stream of small and large frames keeps its order"
for i in $(seq 1 300); do
	size=$((i % 10 == 0 ? 1470 : 200))
	printf '010ccd010001020000000007%04x%04x%04x%08x%0*x\n' $((0x88b8)) $((0x1001)) $((size + 8)) "$i" $((size * 2)) "$i"
done | make_frames sizes
capture_start mixed B goose0
on A "$tool" replay goose0 --rate 5000 "$work/sizes.pcap" >/dev/null
expect_frames mixed "$work/sizes.pcap"

say "goose0 is deleted"
on B ip link del goose0
wait_for 5 on B ip link show goose0
wait_for 5 says B '.paths[0].goose0_up' true || fail "B has no goose0"
carries "goose0 made anew"

say "the network interface is set down and up"
on A ip link set eth0 down
wait_for 5 says A '.paths[0].engine' user || fail "A says that the kernel carries, where nothing can be sent"
drops=$(stat A .drops.network_down)
replay A goose0 "$pcaps/goose_simulation.pcap"
[ "$(stat A .drops.network_down)" -gt "$drops" ] || fail "what cannot be sent is not counted: $(stat A .drops)"
on A ip link set eth0 up
on A ip route replace 224.0.0.0/4 dev eth0
wait_for 5 joined A $group || fail "A did not join again"
carries "set up"

say "another address, another MAC"
on A ip addr del 10.61.0.1/24 dev eth0
on A ip addr add 10.61.0.77/24 dev eth0
on A ip route replace 224.0.0.0/4 dev eth0
wait_for 5 says A '.paths[0].local_address' 10.61.0.77 || fail "A has another address than it should"
on A ip link set eth0 address 02:00:00:00:00:77
wait_for 5 joined A $group || fail "A did not join again"
carries "by another address"
[ "$(stat B '[.peers[] | select(.address == "10.61.0.77")] | length')" -ge 1 ] || fail "B did not hear it: $(stat B .peers)"

say "the format is changed and changed back"
sed -i 's/^wire_format = .*/wire_format = legacy/' "$work/A.conf"
ctl A reload >/dev/null
wait_for 5 says A '.paths[0].engine' user || fail "A sends legacy by the kernel"
carry A B "$pcaps/goose_simulation.pcap"
sed -i 's/^wire_format = .*/wire_format = native/' "$work/A.conf"
ctl A reload >/dev/null
carries "native again"

say "who is not allowed is not let in"
sed -i '$aallow_sources = 10.99.0.0/16' "$work/B.conf"
ctl B reload >/dev/null
capture_start refused B goose0 --timeout 2
replay A goose0 "$pcaps/goose_simulation.pcap"
expect_none refused
[ "$(stat B .drops.source_not_allowed)" -gt 0 ] || fail "that is not counted: $(stat B .drops)"
sed -i '$d' "$work/B.conf"
ctl B reload >/dev/null
carries "allowed again"

say "left on purpose"
ctl B igmp leave >/dev/null
capture_start left B goose0 --timeout 2
on T bridge mdb add dev br0 port portB grp $group 2>/dev/null || true # they go on coming
replay A goose0 "$pcaps/goose_simulation.pcap"
expect_none left
ctl B reload >/dev/null
wait_for 5 joined B $group || fail "B did not join again"
carries "joined again"

say "the next process may have no programs: what it was told not to let in is not let in by those of before"
bridge_stop B || fail "B ended with $?"
sed -i '$aallow_sources = 10.99.0.0/16' "$work/B.conf"
spawn B setpriv --bounding-set=-bpf,-sys_admin "$(program goose-bridge)" -c "$work/B.conf" >>"$work/B.out" 2>&1
pid_of[B]=$spawned
wait_for 10 up_or_gone B || fail "B does not answer"
wait_for 5 joined B $group || fail "B did not join"
says B '.paths[0].engine' user || fail "B has programs without permission"
grep -q 'an earlier run left was taken away' "$work/B.log" || fail "B left the programs of before"
capture_start unprivileged B goose0 --timeout 2
replay A goose0 "$pcaps/goose_simulation.pcap"
expect_none unprivileged
[ "$(stat B .drops.source_not_allowed)" -gt 0 ] || fail "that is not counted: $(stat B .drops)"
sed -i '$d' "$work/B.conf"
bridge_stop B || fail "B ended with $?"
start_bridges B
carries "with permission again"

say "without a process, and then without the engine"
bridge_stop A || fail "A ended with $?"
capture_start alone B goose0
replay A goose0 "${frames[@]}"
expect_frames alone "${frames[@]}"
sed -i 's/^datapath = .*/datapath = user/' "$work/A.conf"
start_bridges A
[ "$(engine_of A)" = user ] || fail "A has the kernel engine against its will"
grep -q 'an earlier run left was taken away' "$work/A.log" || fail "A left the programs of before"
[ -z "$(ls "$bpffs/A")" ] || fail "A left pins: $(ls -R "$bpffs/A")"
carry A B "${frames[@]}"
carry B A "${frames[@]}"
[ "$(stat B '.paths[0].engine')" = kernel ] || fail "B has another engine"

say "nobody has beaten for kernel_unattended_s"
sed -i '$akernel_unattended_s = 1' "$work/B.conf"
ctl B reload >/dev/null
sleep 1.2
carry A B "$pcaps/goose_simulation.pcap" # it beats
bridge_stop B || fail "B ended with $?"
sleep 1.2
capture_start late B goose0 --timeout 2
replay A goose0 "$pcaps/goose_simulation.pcap"
expect_none late
pass
