#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The kernel's membership is really gone, and nothing told of it: checks find that, igmp_reregister_threshold of them in a row
# make the bridge join anew, and frames come again. The interface's own membership would hide this, so somebody has given the
# interface the group's address in another way: the bridge says so once, and how to mend it, and works all the same.
# `quickstart clean --group` takes away what a bridge leaves behind, and only that.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

checks() { stat B .membership.monitor_checks; }
state_is() { [ "$(stat B .membership.state)" = "$1" ]; }

topology A B
write_conf A
write_conf B multicast_interface=eth0 igmp_monitor_interval=1 igmp_reregister_threshold=3 igmp_keepalive_interval=60
on B ip addr add $group/32 dev eth0
start_bridges A B

say "the group's address is there, without autojoin"
grep -qF "ip addr del $group/32 dev eth0" "$work/B.log" || fail "nothing says how to mend it: $(cat "$work/B.log")"
carry A B "$pcaps/goose_ndscom.pcap"
wait_for 3 state_is member || fail "$(stat B .membership)"

say "the membership is taken away from its socket"
before=$(stat B .membership.reregister_count)
on B "$tool" leave "$(bridge_pid B)" $group eth0 >/dev/null || fail "no socket of it is a member"
wait_for 3 state_is suspect || state_is lost || fail "no check finds it: $(stat B .membership)"
back() { [ "$(stat B .membership.reregister_count)" = $((before + 1)) ] && state_is member; }
wait_for 8 back || fail "it does not join anew: $(stat B .membership)"
stat B .membership.last_reregister_reason | grep -q 'the kernel held no membership on eth0' || fail "$(stat B .membership)"
[ "$(stat B .membership.local_missing_count)" = 3 ] || fail "not after three checks: $(stat B .membership)"
for kind in membership_lost reregistered membership_restored; do
	[ "$(events_of B $kind)" = 1 ] || fail "not one $kind: $(ctl B -j events)"
done
wait_for 3 joined B $group || fail "the gateway does not know it"
carry A B "$pcaps/goose_ndscom.pcap"
[ "$(grep -cF "ip addr del $group/32 dev eth0" "$work/B.log")" = 1 ] || fail "said more than once: $(cat "$work/B.log")"

say "what is left behind is taken away on request"
bridge_stop B
on B ip addr del $group/32 dev eth0
bridge_start B
bridge_stop B
on B ip -j addr show dev eth0 |
	jq -e --arg group $group '[.[].addr_info[] | select(.local == $group)] | length == 1' >/dev/null ||
	fail "nothing is left behind: $(on B ip addr show dev eth0)"
on B ip addr add 239.1.2.3/32 dev eth0
on B env GB_BUILD="$GB_BUILDDIR" "$GB_SRCDIR/quickstart" clean --group $group >"$work/clean" || fail "$(cat "$work/clean")"
grep -q "removed the membership of $group on eth0" "$work/clean" || fail "$(cat "$work/clean")"
[ "$(on B ip -j addr show dev eth0 | jq -r '[.[].addr_info[].local] | sort | join(" ")')" = "10.61.0.2 239.1.2.3" ] ||
	fail "$(on B ip addr show dev eth0)"
gone_there() { ! joined B $group; }
wait_for 3 gone_there || fail "the gateway was not told"
pass
