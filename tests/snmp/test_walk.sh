#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All objects by name; a walk in strict order in which every object of the MIB occurs; GET and GETNEXT agree with it; counters
# are those of stats.json after a replay, exactly; memory stays small.
# shellcheck source=tests/snmp/lib.sh
. "$(dirname "$0")/lib.sh"

template=$GB_SRCDIR/mibs/template/GOOSE-BRIDGE-MIB.txt.in
module=GOOSE-BRIDGE-MIB

topology A B
snmp_conf A
snmpd_start A
write_conf A enable_snmp=true snmp_ping_interval=1 multicast_interface=eth0 hello_interval=3600
write_conf B multicast_interface=eth0 hello_interval=3600
start_bridges A B
wait_for 5 agent_up A || fail "the agent does not reach snmpd: $(ctl A -j snmp)"

# one row for gbReRegEventTable
on A ip link set eth0 down
on A ip link set eth0 up
on A ip route replace 224.0.0.0/4 dev eth0
has_joined_anew() { [ "$(events_of A reregistered)" -gt 0 ]; }
wait_for 5 has_joined_anew || fail "A does not join anew"
wait_for 5 joined A "$group" || fail "A is no member again"
carry A B "$pcaps"/*.pcap
sent=$(jq .sent "$work/compare")
carry B A "$pcaps/goose_ndscom.pcap"
sleep 1.2 # a snapshot serves for a second

say "every name"
query A snmpbulkwalk -OS $module::gooseBridgeMIB >"$work/walk" || fail "walk: $(tail -n 3 "$work/walk")"
[ "$(grep -vc "^$module::gb" "$work/walk")" = 0 ] || fail "names that are none: $(grep -v "^$module::gb" "$work/walk" | head)"
sed -n 's/^\(gb[A-Za-z0-9]*\) OBJECT-TYPE$/\1/p' "$template" | while read -r object; do
	sed -n "/^$object OBJECT-TYPE/,/::=/p" "$template" | grep -q 'MAX-ACCESS  read-only' || continue
	grep -q "^$module::$object\." "$work/walk" || echo "$object"
done >"$work/absent"
[ ! -s "$work/absent" ] || fail "not in the walk: $(cat "$work/absent")"

say "order, GET, GETNEXT"
query A snmpwalk -On $module::gooseBridgeMIB | sed -n 's/^\.\([0-9.]*\) = .*/\1/p' >"$work/oids"
awk -F. '{ n = split($0, a, "."); m = split(last, b, "."); order = 0
	for (i = 1; i <= n && i <= m && !order; i++) order = a[i] - b[i]
	if (NR > 1 && (order < 0 || (!order && n <= m))) { print last " before " $0; bad = 1 } last = $0 }
	END { exit bad }' "$work/oids" >"$work/order" || fail "$(cat "$work/order")"
count=$(wc -l <"$work/oids")
[ "$count" -gt 180 ] || fail "a walk of $count instances"
tail -n +2 "$work/oids" | paste "$work/oids" - | sed '$d' >"$work/pairs"
# a request for 50 objects at a time
mapfile -t oids <"$work/oids"
for ((i = 0; i + 50 <= count; i += 50)); do
	query A snmpget -On "${oids[@]:i:50}" >"$work/got" || fail "GET: $(cat "$work/got")"
	! grep -e 'No Such' "$work/got" || fail "GET of what a walk found"
	sed -n 's/^\.\([0-9.]*\) = .*/\1/p' "$work/got" | cmp - <(printf '%s\n' "${oids[@]:i:50}") ||
		fail "GET answers something else"
	query A snmpgetnext -On "${oids[@]:i:49}" | sed -n 's/^\.\([0-9.]*\) = .*/\1/p' |
		cmp - <(printf '%s\n' "${oids[@]:i+1:49}") || fail "GETNEXT is not the next"
done
root=$(MIBDIRS=$MIBDIRS snmptranslate -On $module::gbObjects)
for none in $module::gbVersion.1 $module::gbVersion $module::gbPathInterface.1 $module::gbDropCount.0 \
	"$root.4.1.4.1" $module::gbEventText.4294967295; do
	query A snmpget "$none" | grep -q 'No Such Instance' || fail "$none is something: $(query A snmpget "$none")"
done
for none in "$root" $module::gbObjects.99.1 $module::gbPathEntry $module::gbPathEntry.99.0 "$root.1.99.0"; do
	query A snmpget "$none" | grep -q 'No Such Object' || fail "$none is something: $(query A snmpget "$none")"
done
query A snmpgetnext "$root.11.2.0" | grep -vq "^$module::gb" || fail "something is behind the last object"
! query A snmpset $module::gbVersion.0 s x >"$work/set" 2>&1 || fail "an object can be set: $(cat "$work/set")"

say "counters are those of stats.json"
sleep 1.2
ctl A -j stats >"$work/A.stats"
query A snmpbulkwalk -OqUs $module::gbObjects >"$work/values"
# Camel case: raw_frames is gbRawFrames.0, short_frame the row shortFrame.
jq -r 'def camel: gsub("_(?<c>[a-z0-9])"; .c | ascii_upcase);
	(.counters | to_entries[] | "gb\(.key[:1] | ascii_upcase)\(.key[1:] | camel).0 \(.value)"),
	(.drops | to_entries[] | "gbDropCount.\(.key | camel) \(.value)")' "$work/A.stats" | sort >"$work/expected"
[ "$(wc -l <"$work/expected")" -gt 50 ] || fail "few counters: $(cat "$work/expected")"
# Streams: what does not change by itself.
ctl A -j streams >"$work/streams" || true # that some are silent is bad news
jq -r '.streams[] | "gbStreamGoCbRef.\(.index) \(.gocb_ref)", "gbStreamInFrames.\(.index) \(.frames)",
	"gbStreamLost.\(.index) \(.lost)", "gbStreamStNum.\(.index) \(.st_num)", "gbStreamSqNum.\(.index) \(.sq_num)",
	"gbStreamDuplicates.\(.index) \(.duplicates)", "gbStreamAppId.\(.index) \(.appid)",
	"gbStreamTimeAllowedToLive.\(.index) \(.time_allowed_to_live_ms)"' "$work/streams" >"$work/streams.expected"
[ "$(wc -l <"$work/streams.expected")" -ge 32 ] || fail "few streams: $(cat "$work/streams")"
sort -o "$work/expected" "$work/expected" "$work/streams.expected"
grep -Fx -f "$work/expected" "$work/values" | sort | diff "$work/expected" - ||
	fail "not what stats.json says: $(cat "$work/values")"
[ "$(value A gbRawFrames.0)" = "$sent frames" ] || fail "$sent frames were sent, gbRawFrames is $(value A gbRawFrames.0)"
[ "$(value A gbMembershipReRegistrations.0 | cut -d' ' -f1)" -ge 1 ] || fail "no re-registration"
number=$(ctl A -j igmp | jq '.rejoins[0].number')
[ "$(value A gbReRegEventReason."$number" | tr -d '"')" = "$(ctl A -j igmp | jq -r '.rejoins[0].reason')" ] ||
	fail "the re-registration's reason: $(query A snmpwalk $module::gbReRegEventTable) $(ctl A -j igmp)"
[ "$(value A gbDiscontinuityTime.0)" = "$(value A gbDiscontinuityTime.0)" ] || fail "gbDiscontinuityTime changes"

say "names on a host without modules of the IETF's"
mkdir "$work/net-snmp"
cp "$GB_SRCDIR/tests/data/mibs/NET-SNMP-MIB.txt" "$work/net-snmp"
MIBS='' MIBDIRS='' query A snmpbulkwalk -OS "-M+$work/net-snmp:$GB_BUILDDIR/mibs:$GB_SRCDIR/mibs/base" -m$module \
	$module::gooseBridgeMIB >"$work/bare" || fail "$(cat "$work/bare")"
cmp <(cut -d= -f1 "$work/walk") <(cut -d= -f1 "$work/bare") || fail "other names: $(diff "$work/walk" "$work/bare" | head)"

ctl A snmp >"$work/snmp.text" || fail "ctl snmp: $(cat "$work/snmp.text")"
grep -q 'up since' "$work/snmp.text" || fail "ctl snmp: $(cat "$work/snmp.text")"
private=$(memory_of "$(bridge_pid A)")
say "$count instances; private memory $private KiB"
[ "$sanitized" != 0 ] || [ "$private" -lt 10000 ] || fail "private memory is $private KiB"
pass
