#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Membership reports on the wire: a burst at the start, then one every igmp_keepalive_interval, well-formed; and no LEAVE during
# reload, restart, stop and start, and SIGKILL. Only leave_on_exit and `goose-bridge-ctl igmp leave` send one. The membership
# stays with the interface, and is listed.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

report='.type == "report" and .version == 2'
# Whether B's interface has the group's address.
holds() {
	on B ip -j addr show dev eth0 |
		jq -e --arg group $group '[.[].addr_info[] | select(.local == $group)] | length == 1'
}
no_leave() { [ "$(igmp_count "$1" '.type == "leave"')" = 0 ] || fail "a LEAVE during $2: $(cat "$work/$1.igmp")"; }
a_leave() { [ "$(igmp_count "$1" '.type == "leave" and .ttl == 1 and .router_alert')" -gt 0 ] || fail "no LEAVE: $2"; }
left() { ! joined B "$group"; }

topology A B
write_conf A
write_conf B igmp_keepalive_interval=1 igmp_monitor_interval=1
start_bridges A

say "reports at the start and every second"
igmp_start start T portB --pcap "$work/start-igmp.pcap"
start_bridges B
[ "$(on B cat /proc/sys/net/ipv4/conf/eth0/force_igmp_version)" = 2 ] || fail "IGMP version 2 is not forced"
before=$(stat B .membership.keepalive_count)
sleep 6
after=$(stat B .membership.keepalive_count)
sent=$(stat B .membership.reports_sent)
igmp_end start
no_leave start "the start"
if [ $((after - before)) -lt 5 ] || [ $((after - before)) -gt $((6 + slow)) ]; then
	fail "$((after - before)) keepalives in 6 s"
fi
[ "$(igmp_count start "$report")" -ge "$sent" ] ||
	fail "$sent reports sent, $(igmp_count start "$report") on the wire: $(cat "$work/start.igmp")"
[ "$sent" -ge $((after + 2)) ] || fail "no burst at the start: $sent reports, $after of them keepalives"
bad=$(igmp_count start "($report and .ttl == 1 and .router_alert and .checksum_ok and .ip_checksum_ok and .length == 8 and
	.group == \"$group\" and .destination == \"$group\" and .source == \"$(address_of B)\") | not")
[ "$bad" = 0 ] || fail "$bad reports are not as they should be: $(cat "$work/start.igmp")"
if command -v tshark >/dev/null; then
	tshark -n -r "$work/start-igmp.pcap" \
		-Y 'igmp.type != 0x16 || igmp.checksum.status != 1 || _ws.malformed || _ws.expert' \
		>"$work/tshark.out" 2>/dev/null
	[ ! -s "$work/tshark.out" ] || fail "tshark objects: $(cat "$work/tshark.out")"
	seen=$(tshark -n -r "$work/start-igmp.pcap" -Y "igmp.type == 0x16 && igmp.maddr == $group && ip.opt.ra" 2>/dev/null |
		wc -l)
	[ "$seen" -ge "$sent" ] || fail "tshark sees $seen reports of $sent"
fi
stat B .membership | jq -e '.state == "member" and .querier_state == "present" and .querier == "0.0.0.0" and
	.queries_received > 0 and .last_query != null and .last_report != null and .reregister_count == 0 and
	.monitor_checks > 0 and .local_missing_count == 0 and .last_reregister_reason == null' >/dev/null ||
	fail "membership: $(stat B .membership)"
ctl B igmp >"$work/igmp.txt" || fail "goose-bridge-ctl igmp: exit $?"
grep -q "ip addr del $group/32 dev eth0" "$work/igmp.txt" || fail "what stays is not listed: $(cat "$work/igmp.txt")"
[ "$(on B ip -j route get $group | jq -r '.[0].dev')" = eth0 ] || fail "the route that the address made is still there"

say "no LEAVE: reload, restart, SIGKILL"
igmp_start stays T portB
ctl B reload >/dev/null || fail "reload failed"
sleep 0.5
bridge_stop B || fail "bridge B ended with $?"
holds >/dev/null || fail "the membership went with the service"
sleep 1
joined B $group || fail "the gateway forgot B while it was stopped"
start_bridges B
carry A B "$pcaps/goose_ndscom.pcap"
kill -KILL "$(bridge_pid B)"
reap "$(bridge_pid B)" 2>/dev/null || true
holds >/dev/null || fail "the membership went with the crash"
sleep 3 # the interface answers queries by itself
joined B $group || fail "the gateway forgot B after the crash"
start_bridges B
carry A B "$pcaps/goose_ndscom.pcap"
igmp_end stays
no_leave stays "reload, restart and SIGKILL"
[ "$(stat B .membership.reregister_count)" = 0 ] || fail "a start counts as joining anew"

say "igmp leave, and back with a reload"
igmp_start leave T portB
ctl B igmp leave >/dev/null || fail "igmp leave: exit $?"
wait_for 3 left || fail "the gateway still has B as a member"
holds >/dev/null && fail "the group's address is still there"
status=0
ctl B -j igmp >"$work/igmp.answer" || status=$?
[ $status = 1 ] || fail "igmp is good news though the group was left"
jq -e '.left and .membership.state == "lost" and (.interface_groups | length == 0)' "$work/igmp.answer" >/dev/null ||
	fail "igmp: $(cat "$work/igmp.answer")"
status=0
ctl B status >"$work/status.txt" || status=$?
[ $status = 1 ] || fail "status is good news though the group was left"
sent=$(stat B .membership.reports_sent)
sleep 1.5
[ "$(stat B .membership.reports_sent)" = "$sent" ] || fail "reports go on after the group was left"
igmp_end leave
a_leave leave "igmp leave"
ctl B reload >/dev/null || fail "reload failed"
wait_for 3 joined B $group || fail "a reload does not join again"
carry A B "$pcaps/goose_ndscom.pcap"
[ "$(events_of B membership_lost)$(events_of B membership_restored)" = 11 ] || fail "events: $(ctl B -j events)"

say "leave_on_exit"
write_conf B leave_on_exit=true igmp_keepalive_interval=1
ctl B reload >/dev/null || fail "reload failed"
igmp_start exit T portB
bridge_stop B || fail "bridge B ended with $?"
wait_for 3 left || fail "the gateway still has B as a member"
sleep 0.2
igmp_end exit
a_leave exit "leave_on_exit"
holds >/dev/null && fail "the group's address is still there"

say "without CAP_NET_RAW, and without the keepalive"
if command -v setpriv >/dev/null; then
	write_conf B
	spawn B setpriv --bounding-set=-net_raw --inh-caps=-net_raw "$(program goose-bridge)" -c "$work/B.conf" \
		>>"$work/B.out" 2>&1
	pid_of[B]=$spawned
	wait_for 10 answers B || fail "it does not start without CAP_NET_RAW"
	wait_for 5 joined B $group || fail "it did not join without CAP_NET_RAW"
	carry A B "$pcaps/goose_ndscom.pcap"
	[ "$(grep -c 'cannot open a raw socket' "$work/B.log")" = 1 ] || fail "it does not say once that it cannot send reports"
	bridge_stop B || fail "bridge B ended with $?"
fi
write_conf B enable_igmp_keepalive=false igmp_keepalive_interval=1
start_bridges B
sleep 1.5
[ "$(stat B .membership.reports_sent)" = 0 ] || fail "reports are sent with enable_igmp_keepalive = false"
[ "$(stat B .membership.state)" = member ] || fail "the state is $(stat B .membership.state)"
pass
