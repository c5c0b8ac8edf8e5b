#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# goose-bridge-diag tgw: the time-out that it measures is the gateway's, its keepalive alone holds a membership over several of
# them, and goes silent when reports are dropped on the way. All of it beside a running bridge, which goes on as a member.
# shellcheck source=tests/net/diag.sh
. "$(dirname "$0")/diag.sh"

command -v nft >/dev/null || skip "needs nft"
timeout=2 # s
mine=224.0.1.101 # the next one after the bridges'
rate=$((20 / slow))

topology A B
on T ip link set br0 type bridge mcast_query_interval 100 mcast_query_response_interval 20 \
	mcast_membership_interval $((timeout * 100))
write_conf A
write_conf B
start_bridges A B
igmp_start quiet T portB
held() { on B grep -qi 650100E0 /proc/net/igmp; } # 224.0.1.101 as it stands there

say "time-out"
spawn A "$(program goose-bridge-diag)" -c "$work/A.conf" tgw timeout --send --rate $rate --duration 60 >"$work/sender.txt"
sender=$spawned
diag_start timeout B tgw timeout --duration 60 --silence $((2 * slow))
wait_for 3 joined B "$mine" || fail "one report makes no member: $(diag_said timeout)"
held && fail "the kernel is a member of $mine"
reported=$(date +%s%N)
forgotten() { ! joined B "$mine"; }
wait_for $((3 * timeout)) forgotten || fail "the gateway does not forget: $(on T bridge mdb show dev br0)"
measured=$((($(date +%s%N) - reported) / 1000000)) # ms
carry A B "$pcaps/goose_ndscom.pcap"
diag_ended timeout "$diag_pid" 0
diag_sums_up timeout '.outcome == "silent" and .reports == 1 and .queries > 0 and .datagrams > 0 and .lost == 0'
# The gateway's own clock against what it says: not before a membership interval, and at most a second after it.
jq -se --argjson out $timeout --argjson slow "$slow" '.[-1].served_after_report_s | . > $out - 0.5 and . < $out + $slow' \
	"$work/timeout.jsonl" >/dev/null || fail "the gateway forgot after $measured ms, but $(diag_said timeout)"

say "the keepalive alone holds it"
diag_start hold B tgw keepalive --duration $((3 * timeout + 1)) --interval 0.5 --silence $((2 * slow))
diag_ended hold "$diag_pid" 0
diag_sums_up hold '.outcome == "flowing" and .lost == 0 and .reports >= 10 and .queries > 0
	and .flowed_s > '$((5 * timeout / 2))

say "and goes silent when its reports are dropped on the way"
diag_start mute B tgw keepalive --duration 60 --interval 0.5 --silence $((2 * slow))
flowing() { [ "$(diag_tells mute '.event == "flowing"')" = 1 ]; }
wait_for 5 flowing || fail "nothing flows: $(diag_said mute)"
on T nft -f - <<-END || skip "no nftables ingress hook in this kernel"
	table netdev closed {
		chain in { type filter hook ingress device portB priority 0; policy accept;
			ip protocol igmp @th,32,32 0xE0000165 drop; }
	}
END
diag_ended mute "$diag_pid" 1
diag_sums_up mute '.outcome == "silent" and .datagrams > 0'
on T nft delete table netdev closed
kill -INT "$sender"
reap "$sender" || fail "the sender: exit $?"

say "nobody sends"
diag_start nothing B tgw timeout --duration 1
diag_ended nothing "$diag_pid" 1
diag_sums_up nothing '.outcome == "nothing" and .datagrams == 0'

say "a group that this host is a member of is refused, also in the middle"
status=0
diag B tgw timeout --group $group >/dev/null 2>"$work/refused.err" || status=$?
[ $status = 2 ] || fail "the bridge's group is not refused: exit $status"
grep -q 'member of 224.0.1.100 already' "$work/refused.err" || fail "it does not say why: $(cat "$work/refused.err")"
diag_start intruded B tgw timeout --duration 60
on B ip addr add $mine/32 dev eth0 autojoin
diag_ended intruded "$diag_pid" 1
diag_sums_up intruded '.outcome == "intruded"'

carry A B "$pcaps/goose_ndscom.pcap"
igmp_end quiet
[ "$(igmp_count quiet '.type == "leave"')" = 0 ] || fail "a LEAVE: $(cat "$work/quiet.igmp")"
[ "$(stat B .membership.state)$(stat B .membership.reregister_count)" = member0 ] || fail "the bridge: $(stat B .membership)"

say "tgw status: kernel, service, and a registry"
cat >"$work/helper" <<'END'
#!/bin/sh
# stands for goose-bridge-aws
echo '{"version": 1, "state": "'"$(cat "$(dirname "$0")/answer")"'", "detail": null, "interface_id": "eni-7", "next_s": 60}'
exec cat >/dev/null
END
chmod +x "$work/helper"
diag B -j tgw status >"$work/status.json" || fail "status: exit $?"
jq -e '.kernel.held and .kernel.interface_holds_it and .service.state == "member" and (.registry_asked | not) and
	.registry == null' "$work/status.json" >/dev/null || fail "status: $(cat "$work/status.json")"
echo "tgw_multicast_domain_id = tgw-mcast-domain-00000000000000001" >>"$work/B.conf"
for answer in member=0 absent=1 unknown=0; do
	echo "${answer%=*}" >"$work/answer"
	status=0
	GOOSE_BRIDGE_AWS=$work/helper diag B -j tgw status >"$work/status.json" || status=$?
	[ $status = "${answer#*=}" ] || fail "registry $answer: exit $status: $(cat "$work/status.json")"
	jq -e '.registry.state == "'"${answer%=*}"'" and .registry.interface_id == "eni-7"' "$work/status.json" >/dev/null ||
		fail "registry $answer: $(cat "$work/status.json")"
done
pass
