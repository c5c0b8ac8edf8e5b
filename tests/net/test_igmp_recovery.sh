#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What can take a membership away: the interface down and up, another address, the interface removed and back, the group's
# address deleted, the gateway's own table flushed. Each time this host is a member again within the stated time, and says so
# once, with the reason. A querier that goes and comes back is told of, and changes no state.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

stated=2 # s: joining anew waits for 1 s after the last time at most
anew() { stat B .membership.reregister_count; }
# Whether B joined anew once since $before, is a member, and the gateway knows it.
is_back() {
	[ "$(anew)" = $((before + 1)) ] && [ "$(stat B .membership.state)" = member ] && joined B "$group"
}
# back TEXT REASON: since $before
back() {
	wait_for $stated is_back || fail "$1: $(stat B .membership), gateway: $(on T bridge mdb show dev br0)"
	stat B .membership.last_reregister_reason | grep -q "$2" || fail "$1: the reason is $(stat B .membership)"
	[ "$(events_of B reregistered)" = $((before + 1)) ] || fail "$1: not one event: $(ctl B -j events)"
	carry A B "$pcaps/goose_ndscom.pcap"
	[ "$(anew)" = $((before + 1)) ] || fail "$1: joined anew once more: $(stat B .membership)"
	before=$((before + 1))
}
flushed() { ! joined B "$group"; }
querier_is() { [ "$(stat B .membership.querier_state)" = "$1" ]; }

topology A B
write_conf A
write_conf B multicast_interface=eth0 igmp_keepalive_interval=2 igmp_monitor_interval=1
start_bridges A B
wait_for 5 querier_is present || fail "no querier: $(stat B .membership)"
before=0
[ "$(anew)" = 0 ] || fail "the start counts as joining anew: $(stat B .membership)"

say "interface down and up"
on B ip link set eth0 down
sleep 0.5
[ "$(stat B .membership.state)" = joining ] || fail "the state is $(stat B .membership.state)"
on B ip link set eth0 up
back "down and up" 'eth0 is up again'

say "another address"
igmp_start address T portB
on B ip addr del 10.61.0.2/24 dev eth0
on B ip addr add 10.61.0.77/24 dev eth0
back "another address" 'the address of eth0 is 10.61.0.77 now'
igmp_end address
[ "$(igmp_count address '.source == "10.61.0.77" and .type == "report"')" -gt 0 ] || fail "no report from the new address"
[ "$(igmp_count address '.type == "leave"')" = 0 ] || fail "a LEAVE with another address: $(cat "$work/address.igmp")"

say "the interface removed and back"
queries() { stat B .membership.queries_received; }
heard=$(queries)
on B ip link del eth0
sleep 0.3
ip link add eth0 netns "$(netns B)" type veth peer name portB netns "$(netns T)"
on T ip link set portB master br0 up
on B ip link set eth0 up
on B ip addr add 10.61.0.2/24 dev eth0
back "removed and back" 'eth0 was removed and is back'
[ "$(on B cat /proc/sys/net/ipv4/conf/eth0/force_igmp_version)" = 2 ] || fail "IGMP version 2 is not forced anew"

say "the group's address deleted"
sleep 1
igmp_start deleted T portB
on B ip addr del $group/32 dev eth0
back "the group's address deleted" "the group's address was taken off eth0"
on B ip -j addr show dev eth0 | jq -e --arg group $group '[.[].addr_info[] | select(.local == $group)] | length == 1' \
	>/dev/null || fail "it is not there again"
igmp_end deleted
[ "$(igmp_count deleted '.type == "leave"')" = 0 ] || fail "a LEAVE: $(cat "$work/deleted.igmp")"

say "the gateway's table flushed"
# a report may be under way just then, and bring it back before it is looked for
flush() { on T bridge mdb del dev br0 port portB grp "$group" && flushed; }
wait_for 3 flush || fail "bridge mdb del did nothing"
wait_for 3 joined B $group || fail "the keepalive does not bring the entry back"
carry A B "$pcaps/goose_ndscom.pcap"
[ "$(anew)" = $before ] || fail "joined anew though nothing here had changed: $(stat B .membership)"

say "the querier gone and back"
rhythm() { [ $(($(queries) - heard)) -ge 5 ]; }
wait_for 15 rhythm || fail "no queries: $(stat B .membership)" # a loss is judged by the intervals observed
lost=$(events_of B querier_lost) found=$(events_of B querier_found)
on T ip link set br0 type bridge mcast_querier 0
wait_for 15 querier_is lost || fail "the querier is gone, and still $(stat B .membership.querier_state)"
stat B '.warnings[]' | grep -q 'no IGMP queries' || fail "no warning: $(stat B .warnings)"
[ "$(stat B .state)$(stat B .membership.state)" = runningmember ] || fail "the state is $(stat B .state): $(stat B .membership)"
on T ip link set br0 type bridge mcast_querier 1
wait_for 5 querier_is present || fail "the querier is back, and still $(stat B .membership.querier_state)"
sleep 1
[ "$(events_of B querier_lost)" = $((lost + 1)) ] || fail "not one event for the loss: $(ctl B -j events)"
[ "$(events_of B querier_found)" = $((found + 1)) ] || fail "not one event for its return: $(ctl B -j events)"
[ "$(anew)" = $before ] || fail "joined anew for the querier: $(stat B .membership)"
[ "$(events_of B membership_lost)" = 0 ] || fail "a loss was told: $(ctl B -j events)"
pass
