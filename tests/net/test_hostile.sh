#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Thousands of damaged datagrams, native and legacy, change nothing but counters: the service lives, its memory does not
# grow, and what reaches goose0 is GOOSE from a single station.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

topology A B
count=$((20000 / (slow * 2 - 1)))

# Seeds: datagrams of both formats, with pieces of large frames.
{
	echo "010ccd010001 020000000001 8100 8005 88b8 1000 05dc 0000 0000 55*1492"
	echo "010ccd010001 020000000001 88b8 1000 0008 0000 0000"
} | make_frames more
for format in native legacy; do
	write_conf A wire_format=$format hello_interval=1
	start_bridges A
	record_start $format B eth0
	replay A goose0 "$pcaps"/*.pcap "$work/more.pcap"
	record_end $format
	bridge_stop A
done
cat "$work/native.datagrams" "$work/legacy.datagrams" >"$work/seeds"

write_conf B max_streams=64 # damaged messages invent streams: so few that the table is full at once
start_bridges B
pid=$(bridge_pid B)
hostile() { # SEED COUNT
	on A "$tool" udp-send --group $group --port $port --interface eth0 --mutate "$work/seeds" --seed "$1" --count "$2" \
		--rate $((8000 / slow)) >/dev/null
}
hostile 1 "$count" # every bounded table is full then, and its memory touched
before=$(memory_of "$pid")
capture_start out B goose0 --all --timeout 60
hostile 2 "$count"
# Datagrams of one octet value, of every small length, and of none.
for octet in 00 47 ff; do
	for length in 0 1 2 3 4 17 18 19 40 47 48 49 1472; do
		[ $length -gt 0 ] && hex="$octet*$length" || hex=""
		on A "$tool" udp-send --group $group --port $port --interface eth0 --hex "$hex" >/dev/null
	done
done
sleep "$slow"
capture_stop out
after=$(memory_of "$pid")
"$tool" verify "$work/out.pcap" >"$work/verify.json" || fail "goose0 got what is no GOOSE: $(cat "$work/verify.json")"
kill -0 "$pid" || fail "the service ended"
dropped=$(stat B '[.drops[]] | add')
[ "$dropped" -gt $((count / 10)) ] || fail "only $dropped drops of $count damaged datagrams are counted"
# A sanitizer keeps freed memory: there is nothing to compare.
if [ "$sanitized" = 0 ]; then
	[ $((after - before)) -le 256 ] || fail "memory grew from $before to $after KiB"
fi
say "$count datagrams, $dropped dropped, memory $before -> $after KiB"

write_conf A
start_bridges A
carry A B "$pcaps"/*.pcap
pass
