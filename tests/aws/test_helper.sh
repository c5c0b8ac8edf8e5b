#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# goose-bridge-aws against a stand-in that checks every signature: each kind of answer, and of none, gives the right state;
# credentials come from every source there is, and are fetched anew before they expire; secrets are shown nowhere.
# shellcheck source=tests/aws/lib.sh
. "$(dirname "$0")/lib.sh"
[ -x "$GB_BUILDDIR/goose-bridge-aws" ] || skip "built without goose-bridge-aws (libcurl 7.86 and libxml2)"

domain=tgw-mcast-domain-0123456789abcdef0
search=SearchTransitGatewayMulticastGroups
helper=$(program goose-bridge-aws)
extra=() # further environment

# Asks once; the line is in $work/line.
ask() {
	status=0
	aws_run A "${extra[@]}" "$helper" --domain $domain --group $group --interface eth0 --once >"$work/line" \
		2>"$work/helper.err" || status=$?
	! grep -q -e "$aws_role_secret" -e "$aws_role_token" -e SECRET/ -e TOKEN/ -e 'TOKEN of' \
		"$work/line" "$work/helper.err" ||
		fail "a secret is shown: $(cat "$work/line" "$work/helper.err")"
}
# expect STATE RESULT [JQ-CONDITION]: what the last line says
expect() {
	jq -e --arg state "$1" --arg result "$2" \
		"(.version == 1) and .state == \$state and .result == \$result and (${3:-true})" \
		"$work/line" >/dev/null || fail "$1, $2, ${3:-true} wanted, not $(cat "$work/line" "$work/helper.err")"
	[ "$status" = "$([ "$1" = member ] && echo 0 || echo 1)" ] || fail "exit status $status with $1"
}
# answer NAME STATE RESULT [JQ-CONDITION]
answer() {
	aws_case $search "${@:1:1}"
	ask
	expect "${@:2}"
}

add_host A
on A ip link add eth0 type veth peer name far0
on A ip link set eth0 up
aws_start A

say "answers"
answer member member ok ".interface_id == \"$aws_eni\""
[ "$(jq -r 'select(.service == "ec2").parameters | .["Filter.1.Name"] + " " + .["Filter.1.Value.1"] + " " +
	.TransitGatewayMulticastDomainId' "$work/aws/log")" = "group-ip-address $group $domain" ] ||
	fail "another question: $(cat "$work/aws/log")"
answer absent absent ok '.detail | test("0 members")'
answer someone-else absent ok '.detail | test("2 members")'
answer pages member ok
[ "$(aws_log '.parameters.NextToken == "page2+/=&"')" = 1 ] || fail "the second page was not asked for: $(cat "$work/aws/log")"
answer throttled unknown throttled
answer denied unknown denied '.detail | test("UnauthorizedOperation")'
answer unknown-domain unknown not_found '.detail | test("does not exist")'
answer expired unknown denied
answer broken unknown unreachable
answer malformed unknown malformed
answer no-list unknown malformed
answer another unknown malformed
aws_case $search member drop
ask
expect unknown unreachable
aws_case $search member delay=20
began=$SECONDS
ask
expect unknown unreachable
[ $((SECONDS - began)) -lt 16 ] || fail "it waits for $((SECONDS - began)) s for a slow answer"
aws_case $search member
aws_stop
ask
expect unknown unreachable
aws_restart

say "the wrong interface"
on A ip link add eth1 type veth peer name far1
aws_run A "$helper" --domain $domain --group $group --interface eth1 --once >"$work/line" && fail "eth1 is a member"
status=1
expect unknown not_found
aws_run A "$helper" --domain $domain --group $group --interface eth9 --once >"$work/line" && fail "eth9 is a member"
expect unknown failed '.detail | test("eth9")'

say "usage"
for arguments in "" "--domain x --group $group" "--domain UPPER --group $group --interface eth0" \
	"--domain x --group 10.0.0.1 --interface eth0" "--domain x --group $group --interface eth0 --interval 0" \
	"--domain x --group $group --interface eth0 more"; do
	# shellcheck disable=SC2086 # words
	status=0 && "$helper" $arguments >"$work/usage" 2>&1 </dev/null || status=$?
	[ $status = 2 ] || fail "'$arguments' gives $status: $(cat "$work/usage")"
done

say "credentials from the environment"
jq '. + [{key: "AKIAENVIRONMENT", secret: "SECRET/env", token: null},
	{key: "AKIAFILE", secret: "SECRET/file", token: "TOKEN/file"},
	{key: "ASIACONTAINER", secret: "SECRET/container", token: "TOKEN/container"}]' "$work/aws/credentials.json" >"$work/new"
mv "$work/new" "$work/aws/credentials.json"
asked_role() { aws_log '.path == "/latest/meta-data/iam/security-credentials/goose-role"'; }
roles=$(asked_role)
# without VARIABLE...: credentials hold, and the role was not asked
without_role() {
	extra=("$@")
	ask
	expect member ok
	[ "$(asked_role)" = "$roles" ] || fail "the role was asked with $*"
}
without_role AWS_ACCESS_KEY_ID=AKIAENVIRONMENT AWS_SECRET_ACCESS_KEY=SECRET/env
without_role AWS_ACCESS_KEY_ID=AKIAFILE AWS_SECRET_ACCESS_KEY=SECRET/file AWS_SESSION_TOKEN=TOKEN/file
extra=(AWS_ACCESS_KEY_ID=AKIAENVIRONMENT AWS_SECRET_ACCESS_KEY=SECRET/wrong)
ask
expect unknown denied
extra=(AWS_ACCESS_KEY_ID=AKIAFILE AWS_SECRET_ACCESS_KEY=SECRET/file AWS_SESSION_TOKEN=TOKEN/wrong)
ask
expect unknown denied
extra=(AWS_ACCESS_KEY_ID=AKIAFILE)
ask
expect unknown no_credentials
wrong_wanted=$(aws_log '.wrong != null')
[ "$wrong_wanted" = 2 ] || fail "not two wrong signatures: $(jq -c 'select(.wrong != null)' "$work/aws/log")"
sed -i '/"wrong": "/d' "$work/aws/log"

say "from files"
mkdir -p "$work/.aws"
printf '[default]\naws_access_key_id = AKIAENVIRONMENT\naws_secret_access_key = SECRET/env\n\n[ other ]\n' \
	>"$work/.aws/credentials"
printf 'aws_access_key_id=AKIAFILE\naws_secret_access_key=SECRET/file\naws_session_token=TOKEN/file\n' \
	>>"$work/.aws/credentials"
without_role
without_role AWS_PROFILE=other
extra=(AWS_PROFILE=none)
ask
expect unknown no_credentials '.detail | test("profile none")'
mv "$work/.aws/credentials" "$work/elsewhere"
without_role AWS_SHARED_CREDENTIALS_FILE="$work/elsewhere"

say "from a container"
jq -n --arg until "$(aws_time 3600)" '{authorization: "Basic TOKEN of the container", body: {AccessKeyId: "ASIACONTAINER",
	SecretAccessKey: "SECRET/container", Token: "TOKEN/container", Expiration: $until}}' >"$work/aws/container.json"
uri=http://127.0.0.1:$aws_port/container
without_role AWS_CONTAINER_CREDENTIALS_FULL_URI="$uri" "AWS_CONTAINER_AUTHORIZATION_TOKEN=Basic TOKEN of the container"
echo "Basic TOKEN of the container" >"$work/token"
without_role AWS_CONTAINER_CREDENTIALS_FULL_URI="$uri" AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="$work/token"
extra=(AWS_CONTAINER_CREDENTIALS_FULL_URI="$uri")
ask
expect unknown no_credentials
extra=(AWS_CONTAINER_CREDENTIALS_FULL_URI="http://10.1.2.3/container" AWS_CONTAINER_AUTHORIZATION_TOKEN=TOKEN)
ask
expect unknown no_credentials '.detail | test("not a place")'
extra=()

say "region, endpoint, metadata"
[ "$(aws_log '.path == "/latest/meta-data/placement/region"')" -gt 0 ] || fail "the region was not asked for"
before=$(aws_log '.path == "/latest/meta-data/placement/region"')
extra=("AWS_REGION=$aws_region" AWS_DEFAULT_REGION=nowhere-1)
ask
expect member ok
extra=("AWS_DEFAULT_REGION=$aws_region" AWS_ENDPOINT_URL=http://127.0.0.1:1)
ask
expect member ok
[ "$(aws_log '.path == "/latest/meta-data/placement/region"')" = "$before" ] || fail "the region was asked for though it is set"
extra=(AWS_REGION=Nowhere)
ask
expect unknown failed '.detail | test("AWS_REGION")'
extra=(AWS_ENDPOINT_URL_EC2=ftp://127.0.0.1)
ask
expect unknown failed '.detail | test("AWS_ENDPOINT_URL_EC2")'
extra=(AWS_EC2_METADATA_DISABLED=true "AWS_REGION=$aws_region")
ask
expect unknown unreachable '.detail | test("AWS_EC2_METADATA_DISABLED")'
extra=()
echo no-token >"$work/aws/imds-mode"
ask
expect unknown denied
echo drop >"$work/aws/imds-mode"
ask
expect unknown unreachable
echo ok >"$work/aws/imds-mode"
aws_imds meta-data/placement/region
ask
expect unknown no_region
aws_imds meta-data/placement/region "$aws_region"
aws_imds meta-data/iam/security-credentials/
ask
expect unknown no_credentials

say "at intervals: fresh credentials before they expire, and a slower rhythm when throttled"
start_helper() { # the helper goes on as long as descriptor 8 is open
	mkfifo "$work/in"
	exec 8<>"$work/in"
	: >"$work/lines"
	# shellcheck disable=SC2016 # what is started in the background gets /dev/null unless it sees to that itself
	spawn A env -i "${aws_environment[@]}" sh -c 'exec "$@" <"$0"' "$work/in" "$helper" --domain $domain --group $group \
		--interface eth0 --interval 1 >"$work/lines" 8>&-
	started=$spawned
}
signed_with() { [ "$(aws_log ".key == \"$1\"")" -ge "$2" ]; }
aws_give_role ASIASOON SECRET/soon TOKEN/soon 200 # 300 s before their end others are asked for
before=$(asked_role)
start_helper
wait_for 5 signed_with ASIASOON 3 || fail "too few questions: $(cat "$work/lines")"
[ $(($(asked_role) - before)) -ge 3 ] || fail "no other credentials were asked for"
aws_give_role ASIANEXT SECRET/next TOKEN/next 7200
wait_for 5 signed_with ASIANEXT 1 || fail "the old credentials go on: $(tail -n 3 "$work/aws/log")"
before=$(asked_role)
wait_for 10 signed_with ASIANEXT 4 || fail "too few questions: $(cat "$work/lines")"
[ "$(asked_role)" = "$before" ] || fail "the role was asked though its credentials hold"
jq -se 'all(.state == "member" and .next_s == 1)' "$work/lines" >/dev/null || fail "$(cat "$work/lines")"
aws_case $search throttled
throttled() { [ "$(jq -s '[.[] | select(.result == "throttled")] | length' "$work/lines")" -ge 3 ]; }
wait_for 20 throttled || fail "$(cat "$work/lines")"
jq -se '[.[] | select(.result == "throttled").next_s] | .[0] <= 2 and .[2] >= 4 and .[2] <= 8' "$work/lines" >/dev/null ||
	fail "the rhythm when throttled: $(cat "$work/lines")"
exec 8>&-
wait_for 12 gone "$started" || fail "it does not end with its standard input"
reap "$started" || fail "it ends with status $?"
aws_all_signed
pass
