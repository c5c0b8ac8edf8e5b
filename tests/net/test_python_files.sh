#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Python service's files and peers: its configuration starts the daemon unchanged, its datagrams become frames and ours are
# what it sent, and a reader of its stats.json finds every key.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

topology A B
# As shipped, but for the paths, which have to be this test's own.
sed -e "s|/var/log/goose-bridge.log|$work/A.log|; s|/var/run/goose-bridge.pid|$work/A.pid|" \
	-e "s|/var/lib/goose-bridge/stats.json|$work/A.stats.json|" "$GB_SRCDIR/tests/data/config/python-default.conf" \
	>"$work/A.conf"
echo "control_socket = $work/A.sock" >>"$work/A.conf"
write_conf B wire_format=legacy
bridge_start A
start_bridges B
wait_for 5 joined A $group || fail "A has not joined"
[ "$(stat A '.paths[0].wire_format')" = legacy ] || fail "an old file does not mean legacy"

say "both ways"
carry A B "$pcaps/goose_simulation.pcap"
carry B A "$pcaps/goose_simulation.pcap"

say "octets on the wire"
# source MAC, microseconds, VLAN flag and VID, then all from APPID on
source=02aabbccddee
rest=0003000cdeadbeef00016102
make_frames one <<-END
	010ccd010001${source}81008064${rest/0003/88b80003}
END
record_start wire B eth0
replay A goose0 "$work/one.pcap"
record_end wire
od -An -v -tx1 "$work/wire.datagrams" | tr -d ' \n' >"$work/wire.hex"
now=$(date +%s)
[[ $(cat "$work/wire.hex") =~ ^([0-9a-f]{4})$source([0-9a-f]{16})00010064$rest$ ]] ||
	fail "on the wire: $(cat "$work/wire.hex")"
[ $((16#${BASH_REMATCH[1]})) = $((18 + ${#rest} / 2)) ] || fail "its length is 0x${BASH_REMATCH[1]}"
seconds=$((16#${BASH_REMATCH[2]} / 1000000))
[ $((now - seconds)) -lt 60 ] || fail "its time is $seconds s, now is $now"
[ $seconds -le $((now + 1)) ] || fail "its time is $seconds s, now is $now"

say "a datagram of an old peer"
make_frames tagged <<-END
	010ccd010001${source}81008007${rest/0003/88b80003}
END
make_frames plain <<-END
	010ccd010001${source}${rest/0003/88b80003}
END
capture_start old A goose0
for header in 00010007 00000000; do
	on B "$tool" udp-send --group $group --port $port --interface eth0 --source-port $port --ttl 10 \
		--hex "${source}00064f2a11223344${header}${rest}" >/dev/null
done
expect_frames old "$work/tagged.pcap" "$work/plain.pcap"

say "what it cannot express"
make_frames cannot <<-END
	010ccd010002${source}${rest/0003/88b80003}
	010ccd010001${source}8100c064${rest/0003/88b80003}
	010ccd010001${source}81009064${rest/0003/88b80003}
	010ccd010001${source}88a88064${rest/0003/88b80003}
	010ccd010001${source}8100806481008065${rest/0003/88b80003}
END
capture_start none B goose0
replay A goose0 "$work/cannot.pcap"
expect_none none
[ "$(stat A '.drops | [.legacy_destination, .legacy_pcp, .legacy_dei, .legacy_tpid, .legacy_second_tag] | join(" ")')" = \
	"1 1 1 1 1" ] || fail "drops: $(stat A .drops)"

say "with legacy_lossy its tags are rewritten as the old service did"
echo "legacy_lossy = true" >>"$work/A.conf"
ctl A reload >/dev/null || fail "reload failed"
make_frames rewritten <<-END
	010ccd010001${source}81008064${rest/0003/88b80003}
	010ccd010001${source}81008064${rest/0003/88b80003}
	010ccd010001${source}81008064${rest/0003/88b80003}
END
capture_start lossy B goose0
replay A goose0 "$work/cannot.pcap"
expect_frames lossy "$work/rewritten.pcap"

say "stats.json"
bridge_stop A || fail "bridge A ended with $?"
jq -e '(.timestamp | test("^[0-9-]{10}T[0-9:]{8}\\.[0-9]{6}$")) and
	(.service_info | has("interface") and has("multicast_address") and has("local_ip") and has("tun_ip")) and
	(.statistics | [.start_time, .goose_to_ip, .ip_to_goose, .goose_received, .vlan_goose_received, .goose_sent, .errors,
		.raw_frames, .last_error_reset, .uptime, .throughput_goose_per_sec, .throughput_multicast_per_sec] |
		all(type == "number")) and
	(.health | (.running | type == "boolean") and (.error_rate | type == "number") and
		(.consecutive_errors | type == "number"))' "$work/A.stats.json" >/dev/null ||
	fail "stats.json is not what the old one was: $(cat "$work/A.stats.json")"
pass
