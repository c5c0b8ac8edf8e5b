# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of tests/net/lib.sh, and some for the tests
#
# A private snmpd and snmptrapd in a host's namespace, beside what tests/net/lib.sh offers. Nothing of the system's is read or
# written: configuration, state and MIBs are those of the test.
#
#   snmp_conf HOST [LINE...]     writes snmpd's configuration: AgentX, community public, and LINEs
#   snmpd_start HOST, snmpd_stop HOST [SIGNAL]; its pid is in ${snmpd_of[HOST]}
#   trapd_start HOST             snmptrapd on 127.0.0.1:162; a line each, by name, goes to $work/HOST.traps
#   trapd_run HOST               likewise, with the configuration that is in $work/HOST.trapd.conf
#   query HOST PROGRAM [-OPTION...] OID...   an SNMP tool with names resolved, community public
#   value HOST OBJECT            one value, without type
#   agent_of BRIDGE KEY          what `goose-bridge-ctl snmp' says; agent_up BRIDGE, agent_down BRIDGE
#   trap_lines HOST NAME         how many notifications of this name came
if [ -z "${test_name:-}" ]; then
	# shellcheck source=tests/net/lib.sh
	. "$(dirname "${BASH_SOURCE[0]}")/../net/lib.sh"
fi

export PATH=$PATH:/usr/sbin:/sbin
grep -qs '^.define HAVE_NETSNMP_AGENT 1' "$GB_BUILDDIR/config.h" || skip "built with --disable-snmp"
for need in snmpd snmptrapd snmpwalk snmpget snmpgetnext; do
	command -v $need >/dev/null || skip "needs $need (Debian: snmpd snmp snmptrapd; RHEL: net-snmp net-snmp-utils)"
done

mkdir -p "$work/snmp"
export SNMPCONFPATH=$work/snmp SNMP_PERSISTENT_DIR=$work/snmp/state
export MIBDIRS=$GB_BUILDDIR/mibs:$GB_SRCDIR/tests/data/mibs MIBS=GOOSE-BRIDGE-MIB:SNMPv2-MIB
declare -A snmpd_of trapd_of

snmp_conf() {
	local host=$1
	shift
	{
		echo "agentAddress udp:127.0.0.1:161"
		echo "master agentx"
		echo "agentXSocket $work/$host.agentx"
		echo "rocommunity public 127.0.0.1"
		printf '%s\n' "$@"
	} >"$work/$host.snmpd.conf"
}

snmpd_start() {
	spawn "$1" snmpd -f -C -c "$work/$1.snmpd.conf" -Lf "$work/$1.snmpd.log" -I -smux -p "$work/$1.snmpd.pid" \
		>>"$work/$1.snmpd.out" 2>&1
	snmpd_of[$1]=$spawned
	wait_for 10 query "$1" snmpget SNMPv2-MIB::sysUpTime.0 ||
		fail "snmpd does not answer: $(tail -n 3 "$work/$1.snmpd.log")"
}

snmpd_stop() {
	local pid=${snmpd_of[$1]}
	kill "-${2:-TERM}" "$pid"
	wait_for 10 gone "$pid" || fail "snmpd does not end"
	reap "$pid" || true
}

trapd_start() {
	echo "disableAuthorization yes" >"$work/$1.trapd.conf"
	trapd_run "$1"
}

trapd_run() {
	spawn "$1" snmptrapd -f -C -c "$work/$1.trapd.conf" -Lf "$work/$1.traps" -p "$work/$1.trapd.pid" \
		-F '%v\n' udp:127.0.0.1:162 >>"$work/$1.trapd.out" 2>&1
	trapd_of[$1]=$spawned
	wait_for 5 on "$1" sh -c "ss -Hlun 'sport = 162' | grep -q ." || fail "snmptrapd does not start"
}

query() {
	local host=$1 program=$2 options=()
	shift 2
	while [[ ${1:-} = -* ]]; do
		options+=("$1")
		shift
	done
	on "$host" "$program" -v2c -c public -t $((2 * slow)) -r 2 "${options[@]}" 127.0.0.1 "$@"
}

value() { query "$1" snmpget -Oqv "GOOSE-BRIDGE-MIB::$2"; }

# Bad news are an answer as well.
agent_of() {
	local answer
	answer=$(ctl "$1" -j snmp || true)
	jq -r ".snmp.$2" <<<"$answer"
}
agent_up() { [ "$(agent_of "$1" state)" = up ]; }
agent_down() { [ "$(agent_of "$1" state)" = down ]; }

trap_lines() { grep -c "GOOSE-BRIDGE-MIB::$2\b" "$work/$1.traps" 2>/dev/null || true; }
