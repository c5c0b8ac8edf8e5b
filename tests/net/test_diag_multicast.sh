#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# goose-bridge-diag multicast between two hosts that run a bridge: what is lost, also at the end, is counted; both hear each
# other; an interrupt gives the summary. The bridge is not disturbed: no LEAVE, its frames flow, and what it hears on its own
# port it drops and counts. Who would be the only member of a group is refused.
# shellcheck source=tests/net/diag.sh
. "$(dirname "$0")/diag.sh"

# What is judged here is what a firewall does to datagrams, and of those of the kernel engine it sees nothing.
engine=user
command -v nft >/dev/null || skip "needs nft"
rate=$((50 / slow))

# Drops each fourth datagram that comes in for PORT on eth0 of B, from number $1 on.
lossy() {
	on B nft -f - <<-END || skip "no nftables ingress hook in this kernel"
		table netdev lossy {
			chain in { type filter hook ingress device eth0 priority 0; policy accept;
				udp dport 61849 numgen inc mod 4 == $1 drop; }
		}
	END
}
whole() { on B nft delete table netdev lossy; }

topology A B
write_conf A
write_conf B
start_bridges A B
igmp_start quiet T portB

say "all that is sent arrives, and is counted"
diag_start all B multicast recv --count 20
diag A -j multicast send --count 20 --rate $rate >"$work/send.jsonl" || fail "send: exit $?"
diag_ended all "$diag_pid" 0
diag_sums_up all '.received == 20 and .lost == 0 and (.sources | length == 1) and .sources[0].address == "10.61.0.1" and
	.sources[0].ttl == 10 and .sources[0].reordered == 0 and .sources[0].duplicates == 0 and (.sources[0].this_host | not)'
diag_sums_up send '.sent == 20 and .refused == 0'

say "loss is counted, at the end too"
for from in 1 3; do # with 3 the last of 20 is lost
	lossy $from
	diag_start loss B multicast recv --duration 60
	diag A multicast send --count 20 --rate $rate >/dev/null || fail "send: exit $?"
	sleep 0.3
	kill -TERM "$diag_pid"
	diag_ended loss "$diag_pid" 1
	diag_sums_up loss '.received == 15 and .lost == 5 and .sources[0].total == 20 and (.fine | not)'
	whole
done

say "both, at the same time, while frames flow"
diag_start both-a A multicast both --rate $rate --duration 60
pid_a=$diag_pid
diag_start both-b B multicast both --rate $rate --duration 60
carry A B "$pcaps/goose_ndscom.pcap"
kill -INT "$pid_a" "$diag_pid"
diag_ended both-a "$pid_a" 0
diag_ended both-b "$diag_pid" 0
diag_sums_up both-a '.received > 5 and .lost == 0 and .sent > 5 and ([.sources[] | select(.this_host)] | length == 1)'
diag_sums_up both-b '.received > 5 and .lost == 0 and .sent > 5 and ([.sources[] | select(.this_host | not)] | length == 1)'

say "nobody else"
status=0
diag B -j multicast both --duration 1 >"$work/alone.jsonl" || status=$?
[ $status = 1 ] || fail "both without another: exit $status"
diag_sums_up alone '.received == 0 and .sent > 0 and (.fine | not)'

say "an interrupt gives the summary, SIGTERM too"
for signal in INT TERM; do
	diag_start stop B multicast recv --duration 60
	diag A multicast send --count 3 --rate $rate >/dev/null
	kill -$signal "$diag_pid"
	diag_ended stop "$diag_pid" 0
	diag_sums_up stop '.interrupted and .received == 3'
done

say "on the bridge's port the bridge drops and counts them"
before=$(stat B .drops.malformed)
capture_start none B goose0 --timeout $((2 * slow))
diag A multicast send --port $port --count 10 --rate $rate >"$work/port.txt" || fail "send: exit $?"
grep -q "bridges' port" "$work/port.txt" || fail "it does not say that it is the bridges' port: $(cat "$work/port.txt")"
expect_none none
[ "$(stat B .drops.malformed)" = $((before + 13)) ] || fail "$(stat B .drops.malformed) malformed after $before, 10 and 3 more"
igmp_end quiet
[ "$(igmp_count quiet '.type == "leave"')" = 0 ] || fail "a LEAVE: $(cat "$work/quiet.igmp")"

say "the only member is refused, unless it is told to leave"
status=0
diag B multicast recv --group 224.0.1.200 >/dev/null 2>"$work/only.err" || status=$?
[ $status = 2 ] || fail "the only member: exit $status"
grep -q -e --leave "$work/only.err" || fail "it does not say what to do: $(cat "$work/only.err")"
igmp_start leave T portB
status=0
diag B multicast recv --group 224.0.1.200 --leave --duration 1 >/dev/null || status=$?
[ $status = 1 ] || fail "nothing received: exit $status"
sleep 0.3
igmp_end leave
[ "$(igmp_count leave '.type == "leave" and .group == "224.0.1.200"')" -gt 0 ] || fail "no LEAVE: $(cat "$work/leave.igmp")"

say "if the bridge leaves meanwhile, the interface stays a member"
igmp_start stays T portB
diag_start last B multicast recv --duration 60
kill -KILL "$(bridge_pid B)"
reap "$(bridge_pid B)" 2>/dev/null || true
on B ip addr del $group/32 dev eth0
kill -INT "$diag_pid"
diag_ended last "$diag_pid" 1
jq -se 'any(.event == "end_of_membership" and .what == "interface_holds_it")' "$work/last.jsonl" >/dev/null ||
	fail "it does not say what it did: $(cat "$work/last.jsonl")"
on B ip -j addr show dev eth0 | jq -e --arg group $group '[.[].addr_info[] | select(.local == $group)] | length == 1' \
	>/dev/null || fail "the interface is no member"
[ "$(on B ip -j route get $group | jq -r '.[0].dev')" = eth0 ] || fail "the route that the address made is still there"
sleep 0.3
igmp_end stays
[ "$(igmp_count stays '.type == "leave"')" = 0 ] || fail "a LEAVE: $(cat "$work/stays.igmp")"
pass
