#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# goose-bridge-diag igmp: what watch and join say was on the wire is what was there, by an independent capture; queries that are
# not answered, a LEAVE and a membership that is missing are bad news; status has what the kernel has. The bridge is not
# disturbed.
# shellcheck source=tests/net/diag.sh
. "$(dirname "$0")/diag.sh"

command -v nft >/dev/null || skip "needs nft"
other=224.0.1.200 # nobody is a member
own_reports='.type == "report" and .source == "10.61.0.2"'

# The kernel engine takes datagrams before another process on the host could get them, which is what this one listens for.
engine=user
topology A B
on T ip link set br0 type bridge mcast_query_interval 100 mcast_query_response_interval 20
write_conf A
write_conf B
start_bridges A B

say "watch: the life of a membership"
igmp_start queries B eth0
igmp_start reports T portB
diag_start watch B igmp watch --duration $((4 * slow)) --interval 1
diag_ended watch "$diag_pid" 0
igmp_end queries
igmp_end reports
# The captures began earlier and ended later; what they have more is at the edges.
near() { # WHAT COUNT CAPTURED
	if [ "$2" -lt 1 ] || [ "$2" -gt "$3" ] || [ $(($3 - $2)) -gt 2 ]; then
		fail "watch has $2 $1, the wire $3: $(diag_said watch) $(cat "$work"/*.igmp)"
	fi
}
near queries "$(diag_tells watch '.event == "query" and .source == "0.0.0.0" and .version == 2')" \
	"$(igmp_count queries '.type == "query" and .group == "0.0.0.0"')"
near reports "$(diag_tells watch '.event == "report" and .this_host and .group == "'$group'"')" \
	"$(igmp_count reports "$own_reports and .group == \"$group\"")"
diag_sums_up watch '.querier == "0.0.0.0" and .query_interval_s > 0.8 and .query_interval_s < 1.6 and .missing == 0 and
	.answered > 0 and .held and .own_leaves == 0 and .malformed == 0'
[ "$(diag_tells watch '.event == "check"')" -ge $((3 * slow)) ] || fail "no check each second: $(diag_said watch)"
[ "$(diag_tells watch '.event == "service" and .membership.state == "member"')" -ge 1 ] ||
	fail "the service: $(diag_said watch)"
[ "$(diag_tells watch '.event == "kernel"')" = 1 ] || fail "the membership changed: $(diag_said watch)"

say "status"
diag B -j igmp status >"$work/status.json" || fail "status: exit $?"
jq -e --arg group $group '.member and .service.membership.state == "member" and (.interfaces[] | select(.name == "eth0") |
	.force_igmp_version == 2 and .igmp_version == 2 and
	(.groups[] | select(.group == $group) | .interface_holds_it and .users == 2))' "$work/status.json" >/dev/null ||
	fail "status: $(cat "$work/status.json")"
status=0
diag B igmp status --group $other >"$work/status.txt" || status=$?
[ $status = 1 ] || fail "no member is no bad news: exit $status"
grep -q "$group .*the interface itself among them" "$work/status.txt" || fail "status: $(cat "$work/status.txt")"

say "join: with the bridge a member, the end sends no LEAVE"
igmp_start quiet T portB
diag_start same B igmp join --port $port --duration 60
carry A B "$pcaps/goose_ndscom.pcap"
kill -TERM "$diag_pid"
diag_ended same "$diag_pid" 0
[ "$(diag_tells same '.event == "joined" and .others_on_this_host == 2')" = 1 ] || fail "join: $(diag_said same)"
diag_sums_up same '.own_leaves == 0 and .missing == 0 and .foreign > 0'
sleep 0.3
igmp_end quiet
[ "$(igmp_count quiet '.type == "leave"')" = 0 ] || fail "a LEAVE: $(cat "$work/quiet.igmp")"

say "join: another group is reported, and left only when told so"
status=0
diag B igmp join --group $other >/dev/null 2>"$work/refused.err" || status=$?
[ $status = 2 ] || fail "the only member is not refused: exit $status"
igmp_start other T portB
diag_start other B igmp join --group $other --leave --count 3
joined B $other || wait_for 2 joined B $other || fail "the gateway does not know B as a member of $other"
diag A multicast send --group $other --count 3 --rate $((50 / slow)) >/dev/null || fail "send: exit $?"
diag_ended other "$diag_pid" 0
sleep 0.3
igmp_end other
[ "$(diag_tells other '.event == "report" and .this_host and .group == "'$other'"')" -gt 0 ] || fail "join: $(diag_said other)"
diag_sums_up other '.own_reports > 0 and .received == 3 and .missing == 0 and .own_leaves > 0'
[ "$(igmp_count other "$own_reports and .group == \"$other\"")" -gt 0 ] || fail "no report: $(cat "$work/other.igmp")"
[ "$(igmp_count other '.type == "leave" and .group == "'$other'"')" -gt 0 ] || fail "no LEAVE: $(cat "$work/other.igmp")"

say "watch: queries that are not answered"
on B sh -c 'nft add table ip mute; nft add chain ip mute out "{ type filter hook output priority 0; }"
	nft add rule ip mute out ip protocol igmp drop'
diag_start mute B igmp watch --duration 60 --interval 10
unanswered() { [ "$(diag_tells mute '.event == "missing"')" -ge 1 ]; }
wait_for 5 unanswered || fail "it does not see that answers are missing: $(diag_said mute)"
kill -TERM "$diag_pid"
diag_ended mute "$diag_pid" 1
diag_sums_up mute '.missing > 0 and .answered == 0 and .own_reports == 0 and .held'
on B nft delete table ip mute

say "watch: the group is left"
diag_start left B igmp watch --duration 60 --interval 10
ctl B igmp leave >/dev/null || fail "igmp leave: exit $?"
lost() { [ "$(diag_tells left '.event == "kernel" and (.held | not)')" = 1 ]; }
wait_for 3 lost || fail "it does not see that the kernel lost the group: $(diag_said left)"
kill -TERM "$diag_pid"
diag_ended left "$diag_pid" 1
diag_sums_up left '.interrupted and .own_leaves > 0 and (.held | not)'
status=0
diag B -j igmp watch --duration 0.3 >"$work/none.jsonl" || status=$?
[ $status = 1 ] || fail "no membership is no bad news: exit $status"

say "without CAP_NET_RAW"
if command -v setpriv >/dev/null; then
	status=0
	on B setpriv --bounding-set=-net_raw --inh-caps=-net_raw "$(program goose-bridge-diag)" -c "$work/B.conf" igmp watch \
		>/dev/null 2>"$work/raw.err" || status=$?
	[ $status = 1 ] || fail "exit $status"
	grep -q CAP_NET_RAW "$work/raw.err" || fail "it does not say what it needs: $(cat "$work/raw.err")"
fi
pass
