#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The demonstration of `quickstart demo`. Its closing line goes to the file GB_DEMO_RESULT, which is shown last.
#
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

frames=()
for _ in 1 2 3 4 5 6 7 8 9 10; do frames+=("$pcaps"/*.pcap); done

cat <<'X'

Two hosts without a common Ethernet, and between them what AWS calls a transit gateway: it forwards a multicast group
to hosts that answer its IGMP queries, and nothing else. Each is a network namespace of this machine.

   host A                          gateway T                       host B
   goose0 -> goose-bridge -> eth0 ---- br0 (IGMPv2) ---- eth0 -> goose-bridge -> goose0
   recorded GOOSE frames           UDP to a group                  captured and compared, octet for octet

X
snmp=
if command -v snmpd && command -v snmptrapd && command -v snmpbulkwalk &&
	grep "define HAVE_NETSNMP_AGENT 1" "$GB_BUILDDIR/config.h"; then
	snmp=yes
	# shellcheck source=tests/snmp/lib.sh
	. "$GB_SRCDIR/tests/snmp/lib.sh"
fi >/dev/null
say "making three network namespaces"
topology A B
write_conf A
if [ -n "$snmp" ]; then
	snmp_conf A
	snmpd_start A
	write_conf A enable_snmp=true snmp_ping_interval=1
fi
write_conf B
say "starting a bridge on each host"
start_bridges A B

say "sending the frames of $(find "$pcaps" -name '*.pcap' | wc -l) recordings on goose0 of A, ten times over"
capture_start received B goose0
replay A goose0 "${frames[@]}"
capture_end received
verdict=0
"$tool" compare "${frames[@]}" -- "$work/received.pcap" --limit 3 >"$work/compare" || verdict=$?

echo
say "the GOOSE streams that came to B: what the recordings hold, by name (goose-bridge-ctl streams)"
ctl B streams || true # that some are silent by now is bad news, as nobody publishes them any more
for host in A B; do
	echo
	say "status of the bridge on $host (goose-bridge-ctl status)"
	ctl $host status || true
done
echo
printf '%-36s %6s %8s\n' "counters (goose-bridge-ctl -j stats)" A B
# Names and both hosts' values side by side.
jq -rn --argjson a "$(ctl A -j stats)" --argjson b "$(ctl B -j stats)" '
	(["raw_frames", "frames read from goose0"], ["goose_received", "  of them GOOSE without a tag"],
	 ["vlan_goose_received", "  of them GOOSE with a tag"], ["goose_to_ip", "datagrams sent"],
	 ["ip_to_goose", "frames written to goose0"], ["errors", "errors"]
	 | [.[1], $a.statistics[.[0]], $b.statistics[.[0]]]),
	["frames or datagrams dropped", ([$a.drops[]] | add), ([$b.drops[]] | add)]
	| @tsv' | while IFS=$'\t' read -r name a b; do printf '  %-32s %8s %8s\n' "$name" "$a" "$b"; done
echo
if [ -n "$snmp" ]; then
	wait_for 5 agent_up A || true
	sleep 1.1 # a snapshot serves for a second
	say "what a manager sees of A (snmpwalk GOOSE-BRIDGE-MIB::gooseBridgeMIB, without what is 0 or empty)"
	query A snmpbulkwalk -OS GOOSE-BRIDGE-MIB::gooseBridgeMIB |
		grep -v -e ': 0\( [a-z]*\)\{0,1\}$' -e 'STRING: $' -e 'gbDropName' -e gbDropDescr || verdict=1
else
	say "no snmpd on this machine (Debian: snmpd snmp snmptrapd), so no snmpwalk is shown"
fi
echo
jq -r '"demo: \(.sent) frames sent, \(.received) received, \(.lost) lost, \(.altered) altered"' "$work/compare" \
	>"${GB_DEMO_RESULT:-/dev/stdout}"
exit "$verdict"
