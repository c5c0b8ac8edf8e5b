# shellcheck shell=bash
# shellcheck disable=SC2034 # variables are for the tests that source this
# SPDX-License-Identifier: Apache-2.0
#
# What the tests that ask AWS are written with, beside tests/net/lib.sh, which this sources. standin.py, in a host's own
# namespace, stands for EC2 and the metadata service; nothing else can be reached from there.
#
#   aws_start HOST [INTERFACE...]   starts it, and sets aws_environment; each interface (default eth0) gets an id, $aws_eni that
#                                   of the first. The instance has a role, so no credentials need to be set.
#   aws_stop, aws_restart           its connections are refused meanwhile
#   aws_case ACTION NAME [delay=S] [drop] [then=OTHER:NAME]   what it answers from now on: tests/aws/answers/ACTION/NAME.xml
#   aws_variable KEY VALUE          what stands for {{KEY}} in answers
#   aws_imds PATH TEXT              what the metadata service has at /latest/PATH; without TEXT: no more
#   aws_log JQ-CONDITION            how many requests fulfil it: .service ec2 | imds | container, .action, .case, .wrong, ...
#   aws_all_signed                  fails if any request had a wrong signature, or metadata were asked for without a token
#   aws_run HOST COMMAND...         runs in the host's namespace with aws_environment alone in its environment
#   aws_export                      whatever is started from now on has aws_environment, and goose-bridge finds its helper
# shellcheck source=tests/net/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../net/lib.sh"

/usr/bin/python3 -c 'import botocore' 2>/dev/null || skip "needs python3-botocore"

aws_host=
aws_pid=
aws_eni="eni-0123456789abcdef0"
aws_port=8061
aws_region=eu-test-1
aws_role_key=ASIAROLEROLEROLEROLE
aws_role_secret='Not/a+secret/Not/a+secret/Not/a+secret/0'
aws_role_token='Not+a/token=='
aws_environment=()

# The time in S seconds, as AWS writes it.
aws_time() { date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ; }

# aws_give_role KEY SECRET TOKEN SECONDS: the role's credentials from now on, until they expire; those before hold as well.
aws_give_role() {
	local state=$work/aws
	[ -e "$state/credentials.json" ] || echo '[]' >"$state/credentials.json"
	jq --arg key "$1" --arg secret "$2" --arg token "$3" '. + [{$key, $secret, $token}]' "$state/credentials.json" \
		>"$state/new" && mv "$state/new" "$state/credentials.json"
	aws_imds meta-data/iam/security-credentials/ goose-role
	aws_imds meta-data/iam/security-credentials/goose-role "$(jq -n --arg key "$1" --arg secret "$2" --arg token "$3" \
		--arg until "$(aws_time "$4")" '{Code: "Success", Type: "AWS-HMAC", AccessKeyId: $key, SecretAccessKey: $secret,
		Token: $token, Expiration: $until}')"
}

aws_start() {
	local interface mac eni number=0
	aws_host=$1
	shift
	[ $# -gt 0 ] || set -- eth0
	mkdir -p "$work/aws/case"
	echo "$aws_region" >"$work/aws/region"
	: >"$work/aws/log"
	aws_give_role "$aws_role_key" "$aws_role_secret" "$aws_role_token" 21600
	aws_imds meta-data/placement/region "$aws_region"
	aws_imds meta-data/instance-id i-0123456789abcdef0
	for interface in "$@"; do
		eni=${aws_eni%?}$number
		mac=$(on "$aws_host" ip -j link show dev "$interface" | jq -r '.[0].address')
		aws_imds "meta-data/network/interfaces/macs/$mac/interface-id" "$eni"
		number=$((number + 1))
	done
	aws_variable eni "$aws_eni"
	aws_environment=(PATH="$PATH" HOME="$work" AWS_ENDPOINT_URL_EC2="http://127.0.0.1:$aws_port"
		AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:$aws_port")
	aws_restart
}

aws_stop() {
	kill -TERM "$aws_pid"
	reap "$aws_pid" || true
	aws_pid=
}

aws_restart() {
	rm -f "$work/aws/ready"
	spawn "$aws_host" /usr/bin/python3 "$GB_SRCDIR/tests/aws/standin.py" --listen "127.0.0.1:$aws_port" \
		--state "$work/aws" >"$work/standin.out" 2>&1
	aws_pid=$spawned
	wait_for 20 test -e "$work/aws/ready" || fail "standin.py does not start: $(cat "$work/standin.out")"
}

# Replaced as a whole: it may be read at any moment.
aws_case() {
	local action=$1
	shift
	echo "$*" >"$work/aws/new" && mv "$work/aws/new" "$work/aws/case/$action"
}

aws_variable() {
	touch "$work/aws/variables"
	{
		grep -v "^$1=" "$work/aws/variables" || true
		echo "$1=$2"
	} >"$work/aws/new" && mv "$work/aws/new" "$work/aws/variables"
}

aws_imds() {
	[ -e "$work/aws/imds.json" ] || echo '{}' >"$work/aws/imds.json"
	if [ $# -gt 1 ]; then
		jq --arg path "$1" --arg text "$2" '.[$path] = $text' "$work/aws/imds.json"
	else
		jq --arg path "$1" 'del(.[$path])' "$work/aws/imds.json"
	fi >"$work/aws/new" && mv "$work/aws/new" "$work/aws/imds.json"
}

aws_log() { jq -s "[.[] | select(${1:-true})] | length" "$work/aws/log"; }

aws_all_signed() {
	[ "$(aws_log '.wrong != null and .service == "ec2"')" = 0 ] ||
		fail "wrong signatures: $(jq -c 'select(.wrong != null)' "$work/aws/log" | head -n 3)"
	[ "$(aws_log '.token == "none"')" = 0 ] || fail "metadata asked for without a token"
}

aws_run() {
	local host=$1
	shift
	on "$host" env -i "${aws_environment[@]}" "$@"
}

aws_export() {
	local name
	for name in $(compgen -e AWS_); do unset "$name"; done
	export "${aws_environment[@]}"
	export GOOSE_BRIDGE_AWS="$GB_BUILDDIR/goose-bridge-aws"
}
