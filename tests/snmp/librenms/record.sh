#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: record.sh DIRECTORY (root, after make check TESTS=): makes the data of conf/librenms anew. A bridge runs, with a peer
# and streams in several states; what snmpd says of it becomes DIRECTORY/snmpsim/linux_goose-bridge.snmprec, and what
# LibreNMS makes of that DIRECTORY/data/linux_goose-bridge.json. The system group is that of no real host.
directory=$(readlink -f "${1:?usage: record.sh DIRECTORY}")
# shellcheck source=tests/snmp/lib.sh
. "$(dirname "$0")/../lib.sh"
export PYTHONDONTWRITEBYTECODE=1
here=$GB_SRCDIR/tests/snmp/librenms
[ "$(sed -n 's/.*Made from the template for the root \([0-9.]*\);.*/\1/p' "$GB_BUILDDIR/mibs/GOOSE-BRIDGE-MIB.txt")" = \
	1.3.6.1.4.1.8072.9999.9999.61850 ] || fail "configure without --with-mib-root for this"

publish() { on "$1" "$tool" publish goose0 "$2" "${@:3}" >/dev/null || fail "publish $*"; }
# shellcheck disable=SC2016 # references of control blocks
{
	active='IED1LD0/LLN0$GO$gcbTrip'
	far='IED2LD0/LLN0$GO$gcbBlock'
	test='IED3LD0/LLN0$GO$gcbTest'
	gone='IED4LD0/LLN0$GO$gcbOld'
}

topology A B
snmp_conf A
snmpd_start A
write_conf A enable_snmp=true hello_interval=1
write_conf B hello_interval=1
start_bridges A B
wait_for 5 agent_up A || fail "the agent does not reach snmpd"
publish A "$gone" --ttl-ms 500 --count 3
publish A "$active" --ttl-ms 60000 --count 5 --appid 0x8001 --vlan 100
publish B "$far" --ttl-ms 60000 --count 4 --appid 0x1002
publish A "$test" --ttl-ms 60000 --count 2 --appid 0x1003 --simulation
# shellcheck disable=SC2317 # called by wait_for
expired() { streams A | jq -e '.streams | map(select(.state == "expired")) | length == 1' >/dev/null; }
wait_for 10 expired || fail "no stream has expired: $(streams A)"
sleep 1.1 # what snmpd says may be a second old

{
	cat <<-'X'
		.1.3.6.1.2.1.1.1.0 = STRING: Linux bridge-a 6.1.0-18-amd64 #1 SMP Debian 6.1.76-1 (2024-02-01) x86_64
		.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.8072.3.2.10
		.1.3.6.1.2.1.1.3.0 = Timeticks: (1234567) 3:25:45.67
		.1.3.6.1.2.1.1.4.0 = STRING: <private>
		.1.3.6.1.2.1.1.5.0 = STRING: <private>
		.1.3.6.1.2.1.1.6.0 = STRING: <private>
	X
	MIBS='' query A snmpwalk -On -Oe -Ox -Ih .1.3.6.1.4.1.8072.9999.9999.61850
} | python3 "$here/snmprec.py" >"$work/walk.snmprec"
[ "$(grep -c '^1.3.6.1.4.1.8072.9999.9999.61850.' "$work/walk.snmprec")" -gt 300 ] ||
	fail "few objects: $(head "$work/walk.snmprec")"
mkdir -p "$directory/snmpsim" "$directory/data"
cp "$work/walk.snmprec" "$directory/snmpsim/linux_goose-bridge.snmprec"
python3 "$here/sensors.py" "$GB_SRCDIR/conf/librenms/resources/definitions/os_discovery/linux.yaml" \
	"$directory/snmpsim/linux_goose-bridge.snmprec" "$GB_BUILDDIR/mibs:$GB_SRCDIR/tests/data/mibs" >"$work/sensors.json"
cp "$work/sensors.json" "$directory/data/linux_goose-bridge.json"
say "wrote $directory/snmpsim/linux_goose-bridge.snmprec and $directory/data/linux_goose-bridge.json"
exit 0
