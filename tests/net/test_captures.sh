#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Recorded frames pass both ways octet for octet and in order; with the legacy format those that it can express do, and
# the others are dropped under their own reasons.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

topology A B

write_conf A
write_conf B
start_bridges A B
carry A B "$pcaps"/*.pcap
carry B A "$pcaps"/*.pcap
total=$(jq .frames "$work/A-to-B.json")
[ "$total" -ge 60 ] || fail "only $total frames were recorded"
for bridge in A B; do
	[ "$(stat $bridge .statistics.ip_to_goose)" = "$total" ] || fail "$bridge counts another ip_to_goose than $total"
	[ "$(stat $bridge '.statistics | .goose_received + .vlan_goose_received')" = "$total" ] ||
		fail "$bridge counts other GOOSE frames than $total"
done
bridge_stop A
bridge_stop B

write_conf A wire_format=legacy
write_conf B wire_format=legacy
start_bridges A B
for way in "A B" "B A"; do
	from=${way% *} to=${way#* }
	"$tool" select "$pcaps"/*.pcap "$work/expressible.pcap" >"$work/select.json"
	capture_start "legacy-$to" "$to" goose0
	replay "$from" goose0 "$pcaps"/*.pcap
	expect_frames "legacy-$to" "$work/expressible.pcap"
	dropped=$(stat "$from" '[.drops | to_entries[] | select(.key | startswith("legacy_")) | .value] | add')
	[ "$dropped" = "$(jq '.of - .frames' "$work/select.json")" ] ||
		fail "$from counts $dropped frames that legacy cannot express"
	[ "$(stat "$from" .drops.legacy_pcp)" -gt 0 ] || fail "no legacy_pcp"
	[ "$(stat "$from" .drops.legacy_destination)" -gt 0 ] || fail "no legacy_destination"
done
pass
