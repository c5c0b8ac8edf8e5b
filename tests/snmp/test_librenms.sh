#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# snmpsim replays the data that conf/librenms has for LibreNMS's tests, and every OID of a sensor that LibreNMS finds there
# answers with the value that is expected, one that its states know.
# shellcheck source=tests/snmp/lib.sh
. "$(dirname "$0")/lib.sh"

command -v snmpsimd >/dev/null || skip "needs snmpsimd (Debian: snmpsim)"
getent passwd nobody >/dev/null || skip "needs the user nobody"
data=$GB_SRCDIR/conf/librenms/tests
expected=$data/data/linux_goose-bridge.json

add_host A
mkdir -p "$work/sim/data" "$work/sim/cache"
cp "$data/snmpsim/linux_goose-bridge.snmprec" "$work/sim/data/public.snmprec"
chmod 711 "$work"
chmod -R a+rX "$work/sim"
chown -R nobody "$work/sim/cache" "$work/sim"
# it does not run as root, and takes its cache from $TMPDIR
spawn A env TMPDIR="$work/sim/cache" HOME="$work/sim" snmpsimd --data-dir="$work/sim/data" --cache-dir="$work/sim/cache" \
	--process-user=nobody --process-group="$(id -gn nobody)" --agent-udpv4-endpoint=127.0.0.1:161 >"$work/snmpsim.log" 2>&1
wait_for 60 query A snmpget SNMPv2-MIB::sysDescr.0 || fail "snmpsim does not answer: $(tail -n 5 "$work/snmpsim.log")"

# All of them in the order of the file; -Oe: numbers, not names.
jq -r '.sensors.discovery.sensors[] | "\(.sensor_oid) \(.sensor_current)"' "$expected" >"$work/expected"
sensors=$(wc -l <"$work/expected")
[ "$sensors" -gt 50 ] || fail "only $sensors sensors"
while read -r -a oids; do
	query A snmpget -On -OQ -Oe -Ot "${oids[@]}" | sed 's/ = / /; s/ [a-z].*//'
done < <(cut -d' ' -f1 "$work/expected" | xargs -n 20) >"$work/answers"
diff "$work/expected" "$work/answers" >"$work/differences" || fail "answers differ: $(head "$work/differences")"

unknown=$(jq -c '.sensors.discovery | [.state_indexes[] | [.state_name, .state_value]] as $known |
	[.sensors[] | select(.state_name) | [.state_name, .sensor_current]] - $known' "$expected")
[ "$unknown" = '[]' ] || fail "values without a state: $unknown"
# Streams in different states are in the data, so that the states show.
jq -e '[.sensors.discovery.sensors[] | select(.state_name == "gbStreamState").sensor_current] | unique | length >= 3' \
	"$expected" >/dev/null || fail "too few states of streams in the data"
say "$sensors sensors answer"
pass
