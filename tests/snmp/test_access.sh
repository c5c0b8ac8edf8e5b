#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# conf/snmpd.conf.example as it is shipped, but for the place of the socket, the group and the managers' address: a bridge that
# gave up root gets to snmpd by agentXPerms; SNMPv3 with authentication and encryption, and v2c on this host, see the bridge and
# nothing that the view does not have; SNMPv3 informs arrive. The agent over TCP, too.
# shellcheck source=tests/snmp/lib.sh
. "$(dirname "$0")/lib.sh"

module=GOOSE-BRIDGE-MIB
user=nobody
people=$(id -gn $user 2>/dev/null) || skip "needs a user called $user"
chmod 1777 "$work" # the bridge makes its socket and files there as that user

topology A B
# The manager: it knows the user of the notifications by the same pass phrase.
cat >"$work/A.trapd.conf" <<X
createUser gbnotify SHA-256 "change this notification phrase" AES "change this notification phrase"
authUser log gbnotify priv
X
trapd_run A
sed -e "s|^agentXSocket .*|agentXSocket $work/agentx/master|" -e "s|root goose-bridge|root $people|" \
	-e 's|192\.0\.2\.10:162|127.0.0.1:162|' "$GB_SRCDIR/conf/snmpd.conf.example" >"$work/A.snmpd.conf"
diff "$GB_SRCDIR/conf/snmpd.conf.example" "$work/A.snmpd.conf" >"$work/adapted" || true
[ "$(grep -c '^>' "$work/adapted")" = 3 ] || fail "the example has changed: $(cat "$work/adapted")"
snmpd_start A
! grep -i -e error -e warning -e unknown "$work/A.snmpd.log" || fail "snmpd complains of the example"
write_conf A enable_snmp=true snmp_ping_interval=1 user=$user agentx_socket="$work/agentx/master"
write_conf B
start_bridges A B
[ "$(command stat -c %U "/proc/$(bridge_pid A)")" = $user ] ||
	fail "the bridge runs as $(command stat -c %U "/proc/$(bridge_pid A)")"
wait_for 5 agent_up A || fail "agentXPerms does not let $user in: $(ls -la "$work/agentx") $(ctl A -j snmp)"

say "SNMPv3"
v3() {
	local program=$1
	shift
	on A "$program" -v3 -l authPriv -u gbmonitor -a SHA-256 -A "change this authentication phrase" \
		-x AES -X "change this privacy phrase" -t $((2 * slow)) -Oqv 127.0.0.1 "$@"
}
[ "$(v3 snmpget $module::gbOperStatus.0)" = running ] || fail "SNMPv3: $(v3 snmpget $module::gbOperStatus.0 2>&1)"
v3 snmpget SNMPv2-MIB::sysUpTime.0 | grep -q : || fail "the view has no system group"
v3 snmpget .1.3.6.1.4.1.8072.1.2.1.1.4.0 2>&1 | grep -q 'No Such' || fail "the view has what it should not"
! on A snmpget -v3 -l authNoPriv -u gbmonitor -a SHA-256 -A "change this authentication phrase" -r 0 127.0.0.1 \
	$module::gbOperStatus.0 >"$work/plain" 2>&1 || ! grep -q running "$work/plain" ||
	fail "SNMPv3 without encryption is let in"

say "SNMPv2c, on this host alone"
[ "$(value A gbOperStatus.0)" = running ] || fail "v2c: $(value A gbOperStatus.0)"
! on A snmpget -v2c -c public -t 1 -r 0 10.61.0.1 $module::gbOperStatus.0 >"$work/other" 2>&1 ||
	fail "v2c from another address than 127.0.0.1: $(cat "$work/other")"

say "inform by SNMPv3"
informed() { [ "$(trap_lines A gbStarted)" -ge 1 ]; }
wait_for 5 informed || fail "no inform: $(cat "$work/A.traps" "$work/A.snmpd.log")"

say "AgentX over TCP"
bridge_stop A || fail "exit status $?"
snmpd_stop A
sed -i "s|^agentXSocket .*|agentXSocket tcp:127.0.0.1:7705|" "$work/A.snmpd.conf"
snmpd_start A
write_conf A enable_snmp=true snmp_ping_interval=1 user=$user agentx_socket=tcp:127.0.0.1:7705
start_bridges A
wait_for 5 agent_up A || fail "over TCP: $(ctl A -j snmp)"
[ "$(value A gbOperStatus.0)" = running ] || fail "over TCP: $(value A gbOperStatus.0)"
pass
