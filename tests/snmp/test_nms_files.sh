#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is shipped for Zabbix and LibreNMS agrees with GOOSE-BRIDGE-MIB, for any root: every OID is an object, every enumeration
# has the same numbers and words; and with its documentation and expected results. LibreNMS's own schema is asked where it is
# there.
set -euo pipefail

name=$(basename "$0" .sh)
fail() {
	echo "$name: FAIL: $*" >&2
	exit 1
}
skip() {
	echo "$name: SKIP: $*"
	exit 77
}
command -v snmptranslate >/dev/null || skip "needs snmptranslate (Debian: snmp; RHEL: net-snmp-utils)"
python3 -c 'import yaml' 2>/dev/null || skip "needs Python's yaml (Debian: python3-yaml; RHEL: python3-pyyaml)"
export PYTHONDONTWRITEBYTECODE=1
ietf=$GB_SRCDIR/tests/data/mibs
shipped=1.3.6.1.4.1.8072.9999.9999.61850
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# LibreNMS's schemas are under the GPL and not in this project: they are used if they lie beside it, or where GB_LIBRENMS_SCHEMA
# says.
schema=()
directory=${GB_LIBRENMS_SCHEMA:-}
for beside in "$GB_SRCDIR"/../*/librenms-schema; do
	[ -n "$directory" ] || [ ! -d "$beside" ] || directory=$beside
done
partly="$name: SKIPPED in part: LibreNMS's schema is not checked:"
if [ ! -r "$directory/discovery_schema.json" ]; then
	echo "$partly set GB_LIBRENMS_SCHEMA to the directory of its discovery_schema.json"
elif ! python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
	echo "$partly no jsonschema for Python (Debian: python3-jsonschema)"
else
	schema=("$directory")
fi

# check SOURCE ROOT
check() {
	rm -rf "$work/mib"
	mkdir "$work/mib"
	sh "$GB_SRCDIR/mibs/template/generate.sh" "$2" "${3:-$GB_SRCDIR/mibs/template/GOOSE-BRIDGE-MIB.txt.in}" \
		>"$work/mib/GOOSE-BRIDGE-MIB.txt"
	MIBS='' SNMPCONFPATH=$work python3 "$GB_SRCDIR/tests/snmp/check_nms.py" "$1" "$work/mib:$ietf" "$2" "${schema[@]}" 2>&1
}
for root in $shipped 1.3.6.1.4.1.55555.7.9; do
	said=$(check "$GB_SRCDIR" "$root") || fail "root $root: $said"
done

# What snmp_exporter's generator is told to walk and look up.
exporter=$GB_SRCDIR/conf/prometheus/snmp_exporter-generator.yml
objects=$(grep -oE '\bgb[A-Z][A-Za-z]*' "$exporter" | sort -u)
[ "$(wc -w <<<"$objects")" -ge 8 ] || fail "no objects are found in $exporter"
for object in $objects; do
	grep -qE "^$object +(OBJECT-TYPE|OBJECT IDENTIFIER)" "$GB_SRCDIR/mibs/template/GOOSE-BRIDGE-MIB.txt.in" ||
		fail "$exporter names $object, which the MIB does not have"
done
if command -v prometheus-snmp-generator >/dev/null; then
	mkdir "$work/generator"
	cp "$exporter" "$work/generator/generator.yml"
	(cd "$work/generator" && MIBDIRS=$work/mib:$ietf prometheus-snmp-generator generate) >"$work/said" 2>&1 ||
		fail "snmp_exporter's generator: $(cat "$work/said")"
	# Without these the exporter reads an index wrongly.
	sed -n '/name: gbPeerLost/,/name: gbPeerReordered/p' "$work/generator/snmp.yml" >"$work/index"
	grep -q 'fixed_size: 8' "$work/index" || fail "sender ids have no length: $(cat "$work/index")"
	grep -q 'type: InetAddressMissingSize' "$work/index" || fail "addresses have a length: $(cat "$work/index")"
else
	echo "$name: SKIPPED in part: no prometheus-snmp-generator (Debian: prometheus-snmp-exporter)"
fi

# That it finds faults: each of these is one.
mkdir "$work/source"
broken() { # FILE SED-COMMAND TEXT
	rm -rf "$work/source/conf"
	mkdir -p "$work/source/conf"
	cp -r "$GB_SRCDIR/conf/zabbix" "$GB_SRCDIR/conf/librenms" "$work/source/conf/"
	chmod -R u+w "$work/source"
	sed -i "$2" "$work/source/conf/$1"
	! cmp -s "$work/source/conf/$1" "$GB_SRCDIR/conf/$1" || fail "$2 changes nothing in $1"
	! said=$(check "$work/source" $shipped) || fail "$1: nothing is said of $2"
	grep -q -e "$3" <<<"$said" || fail "$1: $2 is called $said"
}
template=zabbix/template_goose_bridge_snmp.yaml
discovery=librenms/resources/definitions/os_discovery/linux.yaml
broken $template 's/61850\.1\.1\.1\.0$/61850.1.1.99.0/' 'is no object of the MIB'
broken $template 's/newvalue: expired/newvalue: exspired/' 'value map GOOSE-BRIDGE-MIB::gbStreamState'
# shellcheck disable=SC2016 # Zabbix's macros
broken $template 's/{\$GOOSE.STREAM.EXPECTED.TIME})=1/{$GOOSE.STREAM.EXPECTED.TIMES})=1/' 'macros used and not defined'
broken $template 's/61850\.1\.8\.1\.5,/61850.1.8.1.99,/' 'is no column of the MIB'
broken zabbix/README.md 's/Stream has expired/Stream is expired/' 'readme.py'
broken $discovery 's/value: 5, \(.*\) descr: expired/value: 6, \1 descr: expired/' 'states of gbStreamState'
broken $discovery 's/61850\.1\.1\.2\./61850.1.1.3./' 'num_oid of gbOperStatus'
broken librenms/tests/data/linux_goose-bridge.json '0,/"sensor_limit": 0/s//"sensor_limit": 1/' 'sensors.py'
[ ${#schema[@]} = 0 ] || broken $discovery 's/            data:/            date:/' 'LibreNMS: schema\|KeyError'
# The MIB changes, and the files do not.
sed 's/expired(5)/silent(5)/' "$GB_SRCDIR/mibs/template/GOOSE-BRIDGE-MIB.txt.in" >"$work/changed.in"
! said=$(check "$GB_SRCDIR" $shipped "$work/changed.in") || fail "nothing is said of a MIB with other states"
grep -q 'Zabbix: value map' <<<"$said" || fail "$said"
grep -q 'LibreNMS: states of' <<<"$said" || fail "$said"
echo "$name: PASS"
