#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The change-over that docs/migration.md describes: a migrated file starts the service, which talks to an old bridge and sends
# nothing that one would not understand; with the old one gone, hosts go native one by one, and no frame is lost in between.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

topology A B C
# As shipped, but for the paths, which have to be this test's own, and the age, as several tests share the machine.
for host in A B; do
	sed -e "s|/var/log/goose-bridge.log|$work/$host.log|; s|/var/run/goose-bridge.pid|$work/$host.pid|" \
		-e "s|/var/lib/goose-bridge/stats.json|$work/$host.stats.json|" \
		"$GB_SRCDIR/tests/data/config/python-default.conf" >"$work/$host.conf"
	"$(program goose-bridge-ctl)" migrate "$work/$host.conf" >"$work/migrated" 2>&1 || fail "$(cat "$work/migrated")"
	cat >>"$work/$host.conf" <<-END
		control_socket = $work/$host.sock
		streams_file = $work/$host.streams
		enable_snmp = false
		max_frame_age_ms = 5000
	END
done
for host in A B; do bridge_start $host; done
for host in A B; do wait_for 5 joined $host $group || fail "$host has not joined"; done

# C is the old bridge: it joins the group and sees what is sent there, and sends what such a one sends.
source=02aabbccddee
rest=0003000cdeadbeef00016102
make_frames old <<-END
	010ccd010001${source}81008007${rest/0003/88b80003}
END
old_sends() {
	on C "$tool" udp-send --group $group --port $port --interface eth0 --source-port $port --ttl 10 \
		--hex "${source}00064f2a1122334400010007${rest}" >/dev/null
}
# What C records in a while in which A and B send frames and would have sent a hello: datagrams that begin with 'G' 'B'.
natives_on_the_group() {
	record_start seen C eth0
	carry A B "$pcaps/goose_simulation.pcap"
	carry B A "$pcaps/goose_simulation.pcap"
	record_end seen
	# each is recorded behind its length, of two octets
	od -An -v -tx1 "$work/seen.datagrams" | tr -d ' \n' | grep -o '0[0-9a-f]\{3\}474201' | wc -l
}

say "with an old bridge on the group"
for host in A B; do capture_start "to-$host" $host goose0; done
old_sends
for host in A B; do expect_frames "to-$host" "$work/old.pcap"; done
[ "$(natives_on_the_group)" = 0 ] || fail "an old bridge would make frames of native datagrams"
grep -q '^wire_format = legacy$' "$work/A.conf" || fail "the migrated file does not say legacy: $(cat "$work/A.conf")"

say "A goes native while B does not"
go_native() {
	sed -i 's/^wire_format = legacy$/wire_format = native/' "$work/$1.conf"
	ctl "$1" reload >/dev/null || fail "$1 does not reload"
	[ "$(stat "$1" '.paths[0].wire_format')" = native ] || fail "$1 sends $(stat "$1" '.paths[0].wire_format')"
}
go_native A
carry A B "$pcaps/goose_simulation.pcap"
carry B A "$pcaps/goose_simulation.pcap"

say "B does, too: all that legacy cannot express arrives"
go_native B
carry A B "$pcaps/goose_tagged_vid100_prio6_mac0011.pcap"
carry B A "$pcaps/goose_tagged_vid100_prio6_mac0011.pcap"
[ "$(natives_on_the_group)" -gt 0 ] || fail "no native datagram is recognised: the check above cannot fail"

say "and back, should an old bridge have to return"
sed -i 's/^wire_format = native$/wire_format = legacy/' "$work/A.conf" "$work/B.conf"
for host in A B; do ctl $host reload >/dev/null || fail "$host does not reload"; done
[ "$(natives_on_the_group)" = 0 ] || fail "native datagrams are sent still"
capture_start back A goose0
old_sends
expect_frames back "$work/old.pcap"

say "a native file is left alone"
go_native A
cp "$work/A.conf" "$work/A.native"
"$(program goose-bridge-ctl)" migrate "$work/A.conf" >"$work/migrated" 2>&1 || fail "$(cat "$work/migrated")"
cmp "$work/A.conf" "$work/A.native"
pass
