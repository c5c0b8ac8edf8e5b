#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# goose-bridge-security-check in AWS, here a stand-in that checks every signature: all well, each condition that can fail, what
# may not be asked, and --fix.
# shellcheck source=tests/aws/lib.sh
. "$(dirname "$0")/lib.sh"
[ -x "$GB_BUILDDIR/goose-bridge-aws" ] || skip "built without the AWS part (libcurl 7.86 and libxml2)"

domain=tgw-mcast-domain-0123456789abcdef0
search=SearchTransitGatewayMulticastGroups

# check [ARG...]: its JSON goes to $work/check.json; its exit status.
check() {
	local status=0
	aws_run A "$(program goose-bridge-security-check)" -j -c "$work/A.conf" "$@" \
		>"$work/check.json" 2>"$work/check.err" </dev/null || status=$?
	jq -e '.checks | length > 10' "$work/check.json" >/dev/null ||
		fail "no JSON: $(cat "$work/check.json" "$work/check.err")"
	return $status
}
of() { jq -r --arg id "$1" ".checks[] | select(.id == \$id).$2" "$work/check.json"; }
those() { jq -r "[.checks[] | select(.result == \"$1\").id] | join(\" \")" "$work/check.json"; }
# broken ACTION CASE ID...: with this answer exactly these fail, each with a command; and nothing else is unknown than before.
broken() {
	local action=$1 name=$2 status=0 id
	shift 2
	say "$action: $name"
	aws_case "$action" "$name"
	check || status=$?
	[ $status = 1 ] || fail "$action $name: exit status $status"
	[ "$(those fail)" = "$*" ] || fail "$action $name: these fail: $(those fail): $(cat "$work/check.json")"
	for id in "$@"; do
		of "$id" fix | grep -qE '^(aws ec2 [a-z-]+ --region eu-test-1 |goose-bridge)' ||
			fail "$id: the command is $(of "$id" fix)"
	done
	aws_case "$action" "${usual[$action]:-default}"
}
# unknown ACTION CASE TEXT ID...: these are unknown, for the reason TEXT, which is no bad news.
unknown() {
	local action=$1 name=$2 text=$3 id
	shift 3
	say "$action: $name"
	aws_case "$action" "$name"
	check || fail "$action $name: something fails: $(those fail)"
	[ "$(those unknown)" = "$*" ] || fail "$action $name: these are unknown: $(those unknown)"
	for id in "$@"; do of "$id" text | grep -q "$text" || fail "$id: $(of "$id" text)"; done
	aws_case "$action" "${usual[$action]:-default}"
}
declare -A usual=([$search]=member)

topology A B
aws_start A
aws_imds meta-data/instance-type c6i.large
aws_case $search member
write_conf A multicast_interface=eth0 hello_interval=1 allow_sources=10.61.0.2,10.61.0.3 tgw_multicast_domain_id=$domain
write_conf B hello_interval=1
start_bridges A B

say "all is well"
check || fail "something fails: $(cat "$work/check.json")"
[ "$(jq -c '[.failed, .unknown, .aws, .note]' "$work/check.json")" = '[0,0,true,null]' ] || fail "$(cat "$work/check.json")"
[ "$(jq '[.checks[] | select(.area == "aws")] | length' "$work/check.json")" = 17 ] || fail "$(cat "$work/check.json")"
aws_case $search pages
check || fail "own interface on the second page: $(of registered_member text)"
aws_case $search member

say "two paths"
second=tgw-mcast-domain-0fedcba9876543210
cp "$work/A.conf" "$work/A.one.conf"
printf '%s\n' enable_dual_path=true backup_interface=goose1 backup_multicast_ip=224.0.1.101 \
	backup_tgw_multicast_domain_id=$second >>"$work/A.conf"
: >"$work/aws/log"
check || true # the service has one path, and the rules let one group pass
for action in $search DescribeTransitGatewayMulticastDomains; do
	for id in $domain $second; do
		[ "$(aws_log ".action == \"$action\" and (tostring | contains(\"$id\"))")" = 1 ] ||
			fail "$action is not asked once about $id: $(cat "$work/aws/log")"
	done
done
jq -e '[.checks[] | select(.id == "registered_member") | [.path, .result]] == [["goose0", "pass"], ["goose1", "pass"]]
	and [.checks[] | select(.id == "instance_type") | .path] == [null]
	and ([.checks[] | select(.result == "fail") | .path] | unique == ["goose1"])' "$work/check.json" >/dev/null ||
	fail "two paths: $(cat "$work/check.json")"
mv "$work/A.one.conf" "$work/A.conf"
check || fail "something fails: $(those fail)"

groups=DescribeSecurityGroups
broken $groups no-igmp-in security_group_igmp_in
broken $groups no-udp-in security_group_udp_in
broken $groups no-igmp-out security_group_igmp_out
broken $groups no-udp-out security_group_udp_out
broken $groups port-only security_group_igmp_in security_group_igmp_out
unknown $groups reference 'group or a prefix list' security_group_igmp_in security_group_udp_in
acl=DescribeNetworkAcls
broken $acl no-igmp-in network_acl_igmp_in
broken $acl no-udp-in network_acl_udp_in
broken $acl no-igmp-out network_acl_igmp_out
broken $acl no-udp-out network_acl_udp_out
broken DescribeInstanceTypes xen instance_type source_dest_check
broken DescribeTransitGatewayMulticastDomains deleting multicast_domain
broken DescribeTransitGatewayMulticastDomains no-igmp igmpv2_support
broken DescribeTransitGatewayMulticastDomains static-sources static_sources
say "an unknown domain"
aws_case DescribeTransitGatewayMulticastDomains unknown
! check || fail "an unknown domain: exit status 0"
[ "$(those fail)" = multicast_domain ] || fail "an unknown domain: $(those fail)"
aws_case DescribeTransitGatewayMulticastDomains default
broken GetTransitGatewayMulticastDomainAssociations other-subnet subnet_association
broken GetTransitGatewayMulticastDomainAssociations pending subnet_association
broken $search absent registered_member
broken $search someone-else registered_member
broken $search full member_quota

say "what the role may not ask is unknown, and the permission is named"
unknown DescribeNetworkInterfaces denied ec2:DescribeNetworkInterfaces aws_interface source_dest_check \
	security_group_igmp_in security_group_udp_in security_group_igmp_out security_group_udp_out \
	network_acl_igmp_in network_acl_udp_in network_acl_igmp_out network_acl_udp_out subnet_association
unknown $groups denied ec2:$groups security_group_igmp_in security_group_udp_in security_group_igmp_out security_group_udp_out
unknown $acl denied ec2:$acl network_acl_igmp_in network_acl_udp_in network_acl_igmp_out network_acl_udp_out
unknown DescribeInstanceTypes denied ec2:DescribeInstanceTypes instance_type source_dest_check
unknown DescribeTransitGatewayMulticastDomains denied ec2:DescribeTransitGatewayMulticastDomains \
	multicast_domain igmpv2_support static_sources
unknown GetTransitGatewayMulticastDomainAssociations denied ec2:GetTransitGatewayMulticastDomainAssociations subnet_association
unknown $search denied ec2:$search registered_member member_quota
unknown $search throttled "" registered_member member_quota
unknown $search malformed "" registered_member member_quota

say "--fix"
writes() { aws_log '.action // "" | test("^(Authorize|Modify|Create|Delete|Replace)")'; }
aws_case $groups no-udp-in
aws_case AuthorizeSecurityGroupIngress default then=$groups:default
! check --fix || fail "--fix without a terminal: exit status 0"
[ "$(writes)" = 0 ] || fail "--fix without a terminal changed something"
grep -q '^Nothing was changed' "$work/check.err" || fail "it says: $(cat "$work/check.err")"
check --fix --yes || fail "not mended: $(cat "$work/check.json" "$work/check.err")"
[ "$(writes)" = 1 ] || fail "$(writes) changes"
jq -se 'any(.action == "AuthorizeSecurityGroupIngress" and (.parameters | del(.Action, .Version)) == {
	GroupId: "sg-0aaaaaaaaaaaaaaa1", "IpPermissions.1.IpProtocol": "udp", "IpPermissions.1.FromPort": "61850",
	"IpPermissions.1.ToPort": "61850", "IpPermissions.1.IpRanges.1.CidrIp": "10.61.0.2/32",
	"IpPermissions.1.IpRanges.2.CidrIp": "10.61.0.3/32"})' "$work/aws/log" >/dev/null ||
	fail "$(grep Authorize "$work/aws/log")"
grep -q '^done: AuthorizeSecurityGroupIngress' "$work/check.err" || fail "it does not say what it did: $(cat "$work/check.err")"

aws_case $groups no-igmp-out
aws_case AuthorizeSecurityGroupEgress denied
! check --fix --yes || fail "denied: exit status 0"
grep -q 'not done: .*ec2:AuthorizeSecurityGroupEgress' "$work/check.err" || fail "denied: $(cat "$work/check.err")"
aws_case $groups default

aws_case DescribeInstanceTypes xen
aws_case ModifyNetworkInterfaceAttribute default then=DescribeNetworkInterfaces:unchecked
before=$(writes)
! check --fix --yes || fail "the instance's type is nothing to be mended"
[ "$(those fail)" = instance_type ] || fail "the source/destination check: $(those fail)"
jq -se 'any(.action == "ModifyNetworkInterfaceAttribute" and .parameters["SourceDestCheck.Value"] == "false")' "$work/aws/log" \
	>/dev/null || fail "$(tail -n 5 "$work/aws/log")"
[ "$(writes)" = $((before + 1)) ] || fail "$(writes) changes"
aws_case DescribeInstanceTypes default
aws_case DescribeNetworkInterfaces default

say "network ACLs are left alone, and so is what is guessed"
before=$(writes)
aws_case $acl no-igmp-in
! check --fix --yes || fail "a network ACL: exit status 0"
aws_case $acl default
write_conf A multicast_interface=eth0 tgw_multicast_domain_id=$domain
aws_case $groups no-udp-in
bridge_stop A
! check --fix --yes || fail "a guess: exit status 0"
of security_group_udp_in text | grep -q "10.61.0.0/16.*the VPC's range" || fail "$(of security_group_udp_in text)"
[ "$(writes)" = "$before" ] || fail "$(writes) changes, $before before"
aws_case $groups default
write_conf A multicast_interface=eth0 hello_interval=1 allow_sources=10.61.0.2,10.61.0.3 tgw_multicast_domain_id=$domain
bridge_start A

say "without the metadata service"
aws_role=("${aws_environment[@]}")
aws_environment+=(AWS_EC2_METADATA_DISABLED=true AWS_REGION="$aws_region" AWS_ACCESS_KEY_ID="$aws_role_key"
	AWS_SECRET_ACCESS_KEY="$aws_role_secret" AWS_SESSION_TOKEN="$aws_role_token")
check || fail "something fails: $(those fail): $(cat "$work/check.json")"
[ "$(those unknown)" = "" ] || fail "unknown: $(those unknown)"
mac=$(on A ip -j link show dev eth0 | jq -r '.[0].address')
[ "$(aws_log ".action == \"DescribeNetworkInterfaces\" and .parameters[\"Filter.1.Value.1\"] == \"$mac\"")" = 1 ] ||
	fail "the interface was not asked for by its address"
[ "$(aws_log '.action == "DescribeInstances"')" = 1 ] || fail "the instance was not asked for"
aws_all_signed

say "without credentials"
aws_environment=("${aws_role[@]}")
aws_imds meta-data/iam/security-credentials/
check || fail "something fails: $(those fail)"
[ "$(jq '[.checks[] | select(.area == "aws" and .result == "unknown")] | length' "$work/check.json")" = 17 ] ||
	fail "not all unknown: $(cat "$work/check.json")"
of multicast_domain text | grep -q 'no credentials.*ec2:DescribeTransitGatewayMulticastDomains' ||
	fail "$(of multicast_domain text)"

say "AWS out of reach"
aws_environment+=(AWS_REGION="$aws_region" AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=y)
aws_stop
check || fail "something fails: $(those fail)"
[ "$(jq '[.checks[] | select(.area == "aws" and .result == "unknown")] | length' "$work/check.json")" = 17 ] ||
	fail "not all unknown: $(cat "$work/check.json")"

say "off AWS"
aws_environment=(PATH="$PATH" AWS_EC2_METADATA_DISABLED=true)
sed -i '/^tgw_multicast_domain_id/d' "$work/A.conf"
check || fail "something fails: $(those fail)"
[ "$(jq -c '[.aws, (.note | contains("not in AWS"))]' "$work/check.json")" = '[false,true]' ] ||
	fail "$(cat "$work/check.json")"
[ "$(jq '[.checks[] | select(.area == "aws")] | length' "$work/check.json")" = 0 ] || fail "$(cat "$work/check.json")"
check --domain $domain || fail "something fails: $(those fail)"
[ "$(jq .aws "$work/check.json")" = true ] || fail "a domain says that it is AWS: $(cat "$work/check.json")"
pass
