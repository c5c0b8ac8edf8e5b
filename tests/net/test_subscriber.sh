#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A subscriber that opens its socket and filters as libiec61850 does gets the frames: tagged, priority-tagged, untagged.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

topology A B
write_conf A
write_conf B
start_bridges A B

subscribed() { # WANTED OPTION...
	local wanted=$1 subscriber
	shift
	rm -f "$work/ready"
	spawn B "$tool" subscribe goose0 "$@" --count "$wanted" --timeout $((8 * slow)) --ready "$work/ready" \
		>"$work/got.json"
	subscriber=$spawned
	wait_for 5 test -e "$work/ready" || fail "the subscriber does not start"
	replay A goose0 "$pcaps"/*.pcap
	reap "$subscriber"
	jq -e --argjson wanted "$wanted" '.frames == $wanted and .bad_length == 0' "$work/got.json" >/dev/null ||
		fail "a subscriber ($*) of $wanted frames: $(cat "$work/got.json")"
}
# What the recordings hold: untagged, PCP 4 with VID 0 and PCP 0 with VID 4095, PCP 6 with VID 100, the trip APPID.
subscribed 12 --dst 01:0c:cd:01:00:01 --appid 0x0001
subscribed 39 --dst 01:0c:cd:01:00:01 --appid 0x1000
subscribed 6 --dst 01:0c:cd:01:00:11 --appid 0x0011
subscribed 4 --dst 01:0c:cd:01:01:ff --appid 0x8001 --all
subscribed 65
pass
