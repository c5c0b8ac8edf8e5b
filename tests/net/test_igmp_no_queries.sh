#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A host whose security group does not let IGMP in: it never hears a query, so it never answers one, and the gateway drops it.
# With the keepalive not one frame is lost for 20 membership time-outs; without it traffic stops. This shows both.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

command -v nft >/dev/null || skip "needs nft"
timeout=2 # s
outs=20
rate=$((100 / slow))

topology A B
on T ip link set br0 type bridge mcast_query_interval 100 mcast_query_response_interval 20 \
	mcast_membership_interval $((timeout * 100))
# the kernel repeats its own first report once: soon, so that the wait below is short
on B sh -c 'echo 200 > /proc/sys/net/ipv4/conf/eth0/igmpv2_unsolicited_report_interval'
on B nft -f - <<-END || skip "no nftables ingress hook in this kernel"
	table netdev closed {
		chain in { type filter hook ingress device eth0 priority 0; policy accept; ip protocol igmp drop; }
	}
END
forgotten() { ! joined B "$group"; }

say "without the keepalive traffic stops"
write_conf A
write_conf B enable_igmp_keepalive=false
start_bridges A
bridge_start B
wait_for $((3 * timeout)) forgotten || fail "the gateway still has B as a member: $(on T bridge mdb show dev br0)"
capture_start none B goose0 --timeout 1
replay A goose0 "$pcaps/goose_ndscom.pcap"
expect_none none
[ "$(stat B .membership.querier_state)" = never_seen ] || fail "the querier is $(stat B .membership.querier_state)"

say "with it none is lost for $outs time-outs"
write_conf B igmp_keepalive_interval=1 igmp_monitor_interval=1
ctl B reload >/dev/null || fail "reload failed"
wait_for 3 joined B $group || fail "the keepalive makes B no member"
rm -f "$work/ready"
spawn B "$tool" load-receive goose0 --timeout $((outs * timeout + 10)) --idle $((2 * slow)) --ready "$work/ready" \
	>"$work/load.json"
receiver=$spawned
wait_for 5 test -e "$work/ready" || fail "the receiver does not start"
on A "$tool" load-send goose0 --rate $rate --duration $((outs * timeout)) >"$work/sent.json" || fail "load-send"
reap "$receiver" || fail "load-receive: $(cat "$work/load.json")"
jq -e --argjson sent "$(jq .sent "$work/sent.json")" \
	'.received == $sent and .lost == 0 and .altered == 0 and .duplicates == 0 and .reordered == 0' "$work/load.json" \
	>/dev/null || fail "$(cat "$work/sent.json") but $(cat "$work/load.json")"
stat B .membership | jq -e '.state == "member" and .querier_state == "never_seen" and .queries_received == 0 and
	.reregister_count == 0 and .keepalive_count > 0' >/dev/null || fail "membership: $(stat B .membership)"
say "$(jq .received "$work/load.json") frames, none lost"
pass
