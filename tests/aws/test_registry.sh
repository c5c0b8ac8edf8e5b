#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The service asks AWS, here a stand-in that checks every signature, through its helper process: each kind of answer gives the
# right tgw_state; two that say absent in a row make one re-registration, and what is not known makes none. The helper killed,
# stopped and missing is survived, frames flow meanwhile, nothing is left behind, and no LEAVE is sent.
# shellcheck source=tests/aws/lib.sh
. "$(dirname "$0")/lib.sh"
[ -x "$GB_BUILDDIR/goose-bridge-aws" ] || skip "built without goose-bridge-aws (libcurl 7.86 and libxml2)"

domain=tgw-mcast-domain-0123456789abcdef0
search=SearchTransitGatewayMulticastGroups
tgw() { stat B ".membership.tgw_$1"; }
tgw_is() { [ "$(tgw state)" = "$1" ] && tgw detail | grep -q "${2:-}"; }
state_is() { [ "$(stat B .membership.state)" = "$1" ]; }
anew() { stat B .membership.reregister_count; }
missing() { stat B .membership.tgw_missing_count; }
children_of() { grep -ls "^PPid:[[:space:]]$1\$" /proc/[0-9]*/status | cut -d/ -f3 || true; }
helper_of() {
	local pid
	for pid in $(children_of "$1"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != goose-bridge-aw ] || echo "$pid" # names are cut to 15 octets
	done
}
other_helper() { local now; now=$(helper_of "$(bridge_pid B)"); [ -n "$now" ] && [ "$now" != "$1" ]; }
asked() { aws_log '.service == "ec2"'; }
asked_since() { [ "$(asked)" -ge $(($1 + $2)) ]; }
no_zombies() {
	local pid
	for pid in $(children_of "$(bridge_pid B)"); do ! grep -qs '^State:[[:space:]]*Z' "/proc/$pid/status" || return 1; done
}
reload() {
	write_conf B multicast_interface=eth0 igmp_monitor_interval=1 igmp_keepalive_interval=2 "$@"
	ctl B reload >/dev/null || fail "reload"
}

topology A B
aws_start B
aws_export
write_conf A
write_conf B multicast_interface=eth0 igmp_monitor_interval=1 igmp_keepalive_interval=2 enable_tgw_monitoring=true \
	tgw_multicast_domain_id=$domain
aws_case $search member
igmp_start all T portB
start_bridges A B

say "member"
wait_for 15 tgw_is member "AWS has $aws_eni as a member" || fail "$(stat B .membership)"
[ "$(tgw interface_id) $(tgw domain_id)" = "$aws_eni $domain" ] || fail "$(stat B .membership)"
[ "$(tgw last_answer)" != null ] || fail "no time of the last answer"
ctl B igmp | grep -q "^AWS  *member in $domain, last answer" || fail "igmp: $(ctl B igmp)"
ctl B status | tr '\n' ' ' | grep -q 'AWS: *member' || fail "status: $(ctl B status)"

say "the helper has no rights"
pid=$(helper_of "$(bridge_pid B)")
[ -n "$pid" ] || fail "no helper"
for field in CapInh CapPrm CapEff CapBnd CapAmb; do
	grep -q "^$field:[[:space:]]*0000000000000000$" "/proc/$pid/status" || fail "$(grep Cap "/proc/$pid/status")"
done
grep -q '^NoNewPrivs:[[:space:]]*1$' "/proc/$pid/status" || fail "it may gain privileges"
for descriptor in "/proc/$pid/fd"/*; do
	case $(readlink "$descriptor") in
	*tun* | *raw* | *"$work"*sock*) fail "it has $(ls -l "/proc/$pid/fd")" ;;
	esac
done
grep -qs secret "/proc/$pid/cmdline" && fail "a secret in its arguments"

say "what is not known is said once, and counts for nothing"
known=$(anew)
unknown() { # NAME DETAIL, or "- DETAIL" with what was set before
	[ "$1" = - ] || aws_case $search "$1"
	wait_for 25 tgw_is unknown "$2" || fail "$1: $(stat B .membership)"
	state_is member || fail "$1: $(stat B .membership)"
}
unknown denied UnauthorizedOperation
before=$(asked)
wait_for 10 asked_since "$before" 3 || fail "no further questions"
[ "$(grep -c 'is not known: .*UnauthorizedOperation' "$work/B.log")" = 1 ] || fail "not said once"
ctl B igmp | grep -q 'AWS  *unknown' || fail "$(ctl B igmp)"
aws_case $search member
wait_for 5 tgw_is member || fail "$(stat B .membership)"
grep -q 'AWS answers again' "$work/B.log" || fail "its end is not said"
unknown unknown-domain 'does not exist'
unknown malformed 'not an answer'
unknown another 'not an answer'
unknown no-list 'list of members'
aws_case $search member drop
unknown - 'cannot be reached'
aws_stop
unknown - 'refused\|connect'
aws_restart
unknown throttled RequestLimitExceeded
aws_case $search member
wait_for 10 tgw_is member || fail "$(stat B .membership)" # a throttled rhythm is some seconds slow
aws_imds meta-data/iam/security-credentials/
echo '[]' >"$work/aws/credentials.json"
unknown - 'validate the provided'
unknown - 'no AWS credentials'
aws_give_role "$aws_role_key" "$aws_role_secret" "$aws_role_token" 21600
sed -i '/"wrong": "/d' "$work/aws/log"
wait_for 10 tgw_is member || fail "$(stat B .membership)"
[ "$(missing)$(anew)" = "0$known" ] || fail "counted: $(stat B .membership)"
[ "$(events_of B tgw_absent)$(events_of B tgw_member)$(events_of B membership_lost)" = 000 ] ||
	fail "events: $(ctl B -j events)"

say "pages, and an answer that takes its time while frames flow"
aws_case $search pages
before=$(aws_log '.parameters.NextToken != null')
two_pages() { [ "$(aws_log '.parameters.NextToken != null')" -gt "$before" ]; }
wait_for 5 two_pages || fail "no second page"
tgw_is member || fail "$(stat B .membership)"
aws_case $search member delay=4
before=$(asked)
wait_for 5 asked_since "$before" 1 || fail "no question"
carry A B "$pcaps/goose_untagged_alltypes_statechg.pcap"
aws_case $search member
wait_for 10 tgw_is member || fail "$(stat B .membership)"

say "absent twice in a row"
write_conf B multicast_interface=eth0 igmp_monitor_interval=3 igmp_keepalive_interval=2 enable_tgw_monitoring=true \
	tgw_multicast_domain_id=$domain
ctl B reload >/dev/null
wait_for 10 tgw_is member || fail "$(stat B .membership)"
before=$(anew)
aws_case $search someone-else
wait_for 10 tgw_is absent "$aws_eni of this host is none of them" || fail "$(stat B .membership)"
wait_for 10 state_is suspect || fail "one absent answer: $(stat B .membership)"
[ "$(anew)" = "$before" ] || fail "joined anew after one: $(stat B .membership)"
[ "$(events_of B tgw_absent)" = 1 ] || fail "$(ctl B -j events)"
stat B '.warnings[]' | grep -q 'transit gateway sends it nothing' || fail "no warning: $(stat B .warnings)"
joined_anew() { [ "$(anew)" = $((before + 1)) ]; }
wait_for 10 joined_anew || fail "not joined anew: $(stat B .membership)"
[ "$(missing)" -ge 2 ] || fail "$(stat B .membership)"
aws_case $search member
stat B .membership.last_reregister_reason | grep -q 'the registry says that this host is no member' ||
	fail "$(stat B .membership)"
wait_for 10 state_is member || fail "$(stat B .membership)"
sleep 1
[ "$(events_of B reregistered) $(events_of B membership_lost) $(events_of B membership_restored) $(events_of B tgw_member)" = \
	"$((before + 1)) 1 1 1" ] || fail "events: $(ctl B -j events)"
[ "$(anew)" = $((before + 1)) ] || fail "joined anew once more: $(stat B .membership)"

say "the helper killed, and stopped, while frames flow"
reload enable_tgw_monitoring=true tgw_multicast_domain_id=$domain
wait_for 10 tgw_is member || fail "$(stat B .membership)"
pid=$(helper_of "$(bridge_pid B)")
capture_start killed B goose0
spawn A "$tool" replay goose0 --rate $((500 / slow)) "$pcaps/goose_untagged_alltypes_statechg.pcap" >/dev/null
replaying=$spawned
kill -KILL "$pid"
reap "$replaying" || fail "replay"
expect_frames killed "$pcaps/goose_untagged_alltypes_statechg.pcap"
wait_for 5 other_helper "$pid" || fail "no other helper"
no_zombies || fail "a zombie"
wait_for 10 tgw_is member || fail "$(stat B .membership)"
state_is member || fail "$(stat B .membership)"
pid=$(helper_of "$(bridge_pid B)")
kill -STOP "$pid"
carry A B "$pcaps/goose_untagged_alltypes_statechg.pcap"
carry A B "$pcaps/goose_ndscom.pcap"
tgw_is member || fail "$(stat B .membership)"

say "off, and on again"
reload enable_tgw_monitoring=false
wait_for 5 gone "$pid" || fail "the helper that was stopped goes on"
[ "$(tgw state)$(tgw domain_id)" = offnull ] || fail "$(stat B .membership)"
no_zombies || fail "a zombie"
reload enable_tgw_monitoring=true
[ "$(tgw state)" = unknown ] || fail "$(stat B .membership)"
reload enable_tgw_monitoring=true tgw_multicast_domain_id=tgw-mcast-domain-01d79015018690cef
reload enable_tgw_monitoring=true tgw_multicast_domain_id=tgw-mcast-domain-01d79015018690cef debug=true
tgw_is unknown 'the sample' || fail "$(stat B .membership)"
[ "$(grep -c 'is the sample of the Python' "$work/B.log")" = 1 ] || fail "the sample is not said once"
[ -z "$(helper_of "$(bridge_pid B)")" ] || fail "a helper for the sample"
reload enable_tgw_monitoring=true tgw_multicast_domain_id=$domain
wait_for 10 tgw_is member || fail "$(stat B .membership)"
pid=$(helper_of "$(bridge_pid B)")
write_conf B multicast_interface=eth0 igmp_monitor_interval=1 enable_tgw_monitoring=true \
	tgw_multicast_domain_id=tgw-mcast-domain-0fedcba9876543210
ctl B reload >/dev/null
wait_for 10 other_helper "$pid" || fail "another domain, and the same helper"
gone "$pid" || fail "the helper of before goes on"
wait_for 10 tgw_is member || fail "$(stat B .membership)"
[ "$(aws_log '.parameters.TransitGatewayMulticastDomainId == "tgw-mcast-domain-0fedcba9876543210"')" -gt 0 ] || fail "not asked"

say "stop, with a helper that does not listen; and its end with a service that is killed"
pid=$(helper_of "$(bridge_pid B)")
kill -STOP "$pid"
bridge_stop B || fail "exit status $?"
wait_for 2 gone "$pid" || fail "the helper outlives the service"
bridge_start B
wait_for 10 tgw_is member || fail "$(stat B .membership)"
pid=$(helper_of "$(bridge_pid B)")
kill -KILL "$(bridge_pid B)"
reap "$(bridge_pid B)" || true
wait_for 2 gone "$pid" || fail "the helper outlives the service that was killed"

say "as another user, and without the program"
write_conf B multicast_interface=eth0 igmp_monitor_interval=1 enable_tgw_monitoring=true tgw_multicast_domain_id=$domain \
	user=nobody
chmod 777 "$work"
bridge_start B
wait_for 10 tgw_is member || fail "$(stat B .membership)"
pid=$(helper_of "$(bridge_pid B)")
[ "$(command stat -c %U "/proc/$pid")" = nobody ] || fail "the helper is $(command stat -c %U "/proc/$pid")'s"
grep -q '^CapEff:[[:space:]]*0000000000000000$' "/proc/$pid/status" || fail "$(grep Cap "/proc/$pid/status")"
bridge_stop B || fail "exit status $?"
write_conf B multicast_interface=eth0 igmp_monitor_interval=1 enable_tgw_monitoring=true tgw_multicast_domain_id=$domain
GOOSE_BRIDGE_AWS=$work/none
bridge_start B
wait_for 5 tgw_is unknown 'cannot be started .*No such file' || fail "$(stat B .membership)"
carry A B "$pcaps/goose_ndscom.pcap"
state_is member || fail "$(stat B .membership)"
bridge_stop B || fail "exit status $?"

igmp_end all
[ "$(igmp_count all '.type == "leave"')" = 0 ] || fail "a LEAVE: $(grep leave "$work/all.igmp")"

say "left on purpose: no news that it is absent"
GOOSE_BRIDGE_AWS=$GB_BUILDDIR/goose-bridge-aws
bridge_start B
wait_for 10 tgw_is member || fail "$(stat B .membership)"
aws_case $search absent
ctl B igmp leave >/dev/null || fail "igmp leave"
wait_for 10 tgw_is absent || fail "$(stat B .membership)"
sleep 2
[ "$(events_of B tgw_absent)$(missing)" = 00 ] || fail "it is news that it is absent: $(ctl B -j events)"
aws_case $search member
ctl B reload >/dev/null
wait_for 10 tgw_is member || fail "$(stat B .membership)"
wait_for 10 state_is member || fail "$(stat B .membership)"
aws_all_signed
pass
