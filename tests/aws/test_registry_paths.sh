#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Of two paths AWS is asked about each, in its own multicast domain, by a helper process each. A reload that takes one domain
# away ends the questions about that path alone; what AWS says of it then touches the other no more.
# shellcheck source=tests/aws/lib.sh
. "$(dirname "$0")/lib.sh"
[ -x "$GB_BUILDDIR/goose-bridge-aws" ] || skip "built without goose-bridge-aws (libcurl 7.86 and libxml2)"

one=tgw-mcast-domain-0123456789abcdef0
other=tgw-mcast-domain-0123456789abcdef1
search=SearchTransitGatewayMulticastGroups
tgw_of() { stat B ".paths[$1].membership.tgw_$2"; }
tgw_is() { [ "$(tgw_of "$1" state)" = "$2" ]; }
write_b() {
	write_conf B multicast_interface=eth0 igmp_monitor_interval=1 igmp_keepalive_interval=2 enable_tgw_monitoring=true \
		enable_dual_path=true backup_interface=goose1 backup_multicast_ip=224.0.1.101 \
		primary_tgw_multicast_domain_id=$one "$@"
}

topology A B
aws_start B
aws_export
write_b backup_tgw_multicast_domain_id=$other
aws_case $search member
start_bridges B

say "each path has an answer of its own"
for path in 0 1; do wait_for 15 tgw_is $path member || fail "path $path: $(stat B ".paths[$path].membership")"; done
[ "$(tgw_of 0 domain_id) $(tgw_of 1 domain_id)" = "$one $other" ] || fail "$(stat B .paths)"
[ "$(stat B .membership.tgw_domain_id)" = $one ] || fail "the membership of old is not the first path's"
ctl B igmp >"$work/igmp" || fail "$(cat "$work/igmp")"
for domain in $one $other; do
	grep -q "^AWS  *member in $domain" "$work/igmp" || fail "$domain: $(cat "$work/igmp")"
done

say "a reload ends the questions about one of them"
write_b
sed -i '$ a backup_tgw_multicast_domain_id =' "$work/B.conf"
ctl B reload >/dev/null || fail "reload"
wait_for 10 tgw_is 1 unknown || fail "$(stat B '.paths[1].membership')"
aws_case $search absent
wait_for 15 tgw_is 0 absent || fail "$(stat B '.paths[0].membership')"
anew() { [ "$(stat B '.paths[0].membership.reregister_count')" -gt 0 ]; }
wait_for 15 anew || fail "absent twice does not join anew: $(stat B '.paths[0].membership')"
[ "$(stat B '.paths[1].membership | "\(.state) \(.reregister_count) \(.tgw_missing_count)"')" = "member 0 0" ] ||
	fail "the other path: $(stat B '.paths[1].membership')"
aws_all_signed
pass
