#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The network interface down and up, without an address, re-addressed, removed and back, and a host without a route when the
# bridge starts: frames are dropped under a name, said once, and pass again within one reconnect_delay without help.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

frames=$pcaps/goose_ndscom.pcap
count=4 # frames in it
state_is() { [ "$(stat A .state)" = "$1" ]; }
dropped() { stat A ".drops.$1"; }
both_ways() {
	wait_for 5 joined A $group || fail "A is not a member again after: $1"
	carry A B "$frames"
	carry B A "$frames"
}
# lost TEXT: A notices, says so, and drops what it is given under the name network_down.
lost() {
	wait_for 3 state_is degraded || fail "$1: the state is $(stat A .state)"
	local before
	before=$(dropped network_down)
	replay A goose0 "$frames"
	sleep 0.3
	[ $(($(dropped network_down) - before)) = $count ] || fail "$1: $(dropped network_down) dropped, $before before"
	[ "$(stat A '.warnings | length')" -gt 0 ] || fail "$1: status has no warning"
}
back() {
	wait_for 3 state_is running || fail "$1: the state is $(stat A .state): $(stat A .warnings)"
	both_ways "$1"
}

# an untagged frame of 1514 octets: four pieces at an MTU of 576
printf '010ccd01000102aabbccddee88b8000305dc00000000%02984d\n' 0 | make_frames large

topology A B
write_conf A reconnect_delay=2
write_conf B

say "no address and no route at the start"
on A ip addr flush dev eth0
bridge_start A
bridge_start B
lost "no address at the start"
on A ip addr add 10.61.0.1/24 dev eth0
on A ip route replace 224.0.0.0/4 dev eth0
back "address given"

say "interface down and up"
on A ip link set eth0 down
lost "interface down"
on A ip link set eth0 up
on A ip route replace 224.0.0.0/4 dev eth0
back "interface up"

say "another address"
on A ip addr del 10.61.0.1/24 dev eth0
on A ip addr add 10.61.0.77/24 dev eth0
on A ip route replace 224.0.0.0/4 dev eth0
back "another address"
[ "$(stat A .service_info.local_ip)" = 10.61.0.77 ] || fail "local_ip is $(stat A .service_info.local_ip)"

say "removed and back"
on A ip link del eth0
lost "interface removed"
ip link add eth0 netns "$(netns A)" type veth peer name portA netns "$(netns T)"
on T ip link set portA master br0 up
on A ip link set eth0 up
on A ip addr add 10.61.0.1/24 dev eth0
on A ip route add 224.0.0.0/4 dev eth0
back "interface back"

say "route moved to another interface and back"
second_wire A B
on A ip route replace 224.0.0.0/4 dev eth1
on_eth1() { [ "$(stat A '.paths[0].network_interface')" = eth1 ]; }
wait_for 3 on_eth1 || fail "the route moved, the bridge did not"
on A ip route replace 224.0.0.0/4 dev eth0
back "route moved back"

say "no route any more"
on A ip route del 224.0.0.0/4
still_used() { stat A '.warnings[]' | grep -q 'eth0 is still used, but'; }
wait_for 3 still_used || fail "no warning: $(stat A .warnings)"
state_is running || fail "the sockets still work, but the state is $(stat A .state)"
carry A B "$frames"
carry B A "$frames"
on A ip route add 224.0.0.0/4 dev eth0

say "datagrams refused for a while, of a process"
on A nft -f - <<-END
	table inet refuse {
		chain out {
			type filter hook output priority 0; policy accept;
			udp dport $port drop
		}
	}
END
if wants_kernel A; then # which is not asked
	carry A B "$frames"
else
	replay A goose0 "$frames"
	wait_for 3 state_is degraded || fail "the state is $(stat A .state)"
	[ "$(dropped send_failed)" = $count ] || fail "drops: $(stat A .drops)"
fi
on A nft delete table inet refuse
kill -HUP "$(bridge_pid A)" # a new runtime for the workers, who know of the failure
carry A B "$frames"
back "datagrams taken again"

say "an MTU that is too small"
on A ip link set eth0 mtu 100
lost "MTU 100"
stat A '.warnings[]' | grep -q 'MTU of eth0 is 100' || fail "it does not say why: $(stat A .warnings)"
on A ip link set eth0 mtu 576
back "MTU 576"
carry A B "$work/large.pcap"
on A ip link set eth0 mtu 1500

say "by name"
bridge_stop A || fail "bridge A ended with $?"
write_conf A reconnect_delay=2 multicast_interface=eth0
on A ip route del 224.0.0.0/4
start_bridges A
both_ways "multicast_interface without a route"

say "the error budget"
bridge_stop A || fail "bridge A ended with $?"
write_conf A reconnect_delay=2 multicast_interface=eth0 max_errors=3 error_reset_interval=3 health_check_interval=1
start_bridges A
on A ip link set eth0 down
wait_for 3 state_is degraded || fail "the state is $(stat A .state)"
replay A goose0 "$frames"
exceeded() { ctl A -j events | jq -e '.events | any(.kind == "degraded")'; }
wait_for 4 exceeded || fail "$count errors are within max_errors = 3: $(ctl A -j events)"
on A ip link set eth0 up
wait_for 5 joined A $group || fail "A is not a member again"
carry A B "$frames"
within() { ctl A -j events | jq -e '.events | any(.kind == "recovered")'; }
wait_for 8 within || fail "a window without errors did not end the episode"
state_is running || fail "the state is $(stat A .state): $(stat A .warnings)"
stat A .health | jq -e '.running and .consecutive_errors == 0' >/dev/null || fail "health: $(stat A .health)"

for text in 'network side is down' 'network side is up'; do
	lines=$(grep -c "$text" "$work/A.log")
	if [ "$lines" -lt 4 ] || [ "$lines" -gt 10 ]; then
		fail "'$text' stands $lines times in the log: not once per episode"
	fi
done
pass
