#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a bridge knows of the others: hellos fill the peer table and show a quiet path alive; gaps, late and double datagrams are
# counted per sender and drop nothing; echo requests are answered; a shared sender id and the other wire format are said, with
# the peer's address; own, unknown and authenticated datagrams are dropped under their names.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

frame=010ccd01000102aabbccddee88b80003000cdeadbeef00016102
# native TYPE LANE SENDER SEQUENCE BODY [VERSION [KEY]]: a datagram in hex, epoch 1, send time unknown
native() {
	printf '4742%02x%02x013000 00%08x%04x0000%016x%016x%016x%016x%s' "${6:-1}" "$1" "${7:-0}" "$2" "$3" 1 "$4" 0 "$5" |
		tr -d ' '
}
one_frame=$(printf '%04x' $((${#frame} / 2)))$frame
# inject HOST HEX...: from the host's own address, looped back to it as well
inject() {
	local host=$1 hex
	shift
	for hex in "$@"; do
		on "$host" "$tool" udp-send --group $group --port $port --interface eth0 --source-port $port --ttl 10 \
			--hex "$hex" >/dev/null || fail "udp-send"
	done
}
# peer BRIDGE SENDER-ID FIELD
peer() { stat "$1" ".peers[] | select(.sender_id == \"$2\") | .$3"; }
is() { [ "$("${@:2}")" = "$1" ]; }
event() { ctl "$1" -j events | jq -e --arg kind "$2" --arg address "$3" \
	'.events | any(.kind == $kind and .address == $address)'; }

topology A B
write_conf A hello_interval=1 sender_id=0xA1
write_conf B hello_interval=1 sender_id=0xB2
start_bridges A B

say "hello"
wait_for 4 is 1.0.0 peer A 00000000000000b2 version || fail "no hello of B: $(stat A .peers)"
[ "$(peer A 00000000000000b2 path_mtu)" = 1500 ] || fail "path_mtu: $(stat A .peers)"
[ "$(peer A 00000000000000b2 address)" = 10.61.0.2 ] || fail "address: $(stat A .peers)"
before=$(peer A 00000000000000b2 last_hello)
newer() { [[ $(peer A 00000000000000b2 last_hello) > $before ]]; }
wait_for 4 newer || fail "a quiet path looks dead"

say "sequences"
make_frames sent <<-END
	$frame
END
capture_start six A goose0
for sequence in 10 11 13 12 13 15; do inject B "$(native 0 0 0xC3 $sequence "$one_frame")"; done
expected=()
for _ in 1 2 3 4 5 6; do expected+=("$work/sent.pcap"); done
expect_frames six "${expected[@]}"
for pair in lost=2 recovered=1 reordered=1 duplicates=1 frames=6 restarts=0; do
	[ "$(peer A 00000000000000c3 "${pair%=*}")" = "${pair#*=}" ] || fail "${pair%=*}: $(stat A .peers)"
done

say "a loss at the end of a burst"
# hello: MTU 1500, 1 s, one lane, no text; lane 0 next sequence 20 of 20 frames
hello=05dc000101000000000000000000000000000000000000140000000000000014
inject B "$(native 2 1 0xC3 0 $hello)"
[ "$(peer A 00000000000000c3 lost)" = 2 ] || fail "it was called lost while it could be under way"
inject B "$(native 2 1 0xC3 1 $hello)"
wait_for 2 is 6 peer A 00000000000000c3 lost || fail "16 to 19 are lost: $(stat A .peers)"

say "echo"
record_start reply B eth0
inject B "$(native 3 0 0xC3 0 11223344556677880000000000000000)"
inject B "$(native 3 0 0xC3 1 99000000000000990000000000000001)" # for somebody else
record_end reply
od -An -v -tx1 "$work/reply.datagrams" | tr -d ' \n' >"$work/reply.hex"
grep -q '0050474201040[01]3000000000000000020000' "$work/reply.hex" || fail "no echo reply: $(cat "$work/reply.hex")"
grep -q '112233445566778800000000000000c3' "$work/reply.hex" || fail "the reply does not repeat nonce and asker"
[ "$(stat A .counters.echo_requests_received) $(stat A .counters.echo_replies_sent)" = "2 1" ] ||
	fail "echo counters: $(stat A .counters)"

say "datagrams that are none for us"
capture_start none A goose0
inject B "$(native 9 0 0xC3 16 00)" "$(native 0 0 0xC3 17 "$one_frame" 2)" "$(native 0 0 0xC3 18 "$one_frame" 1 7)"
inject A "$(native 0 0 0xA1 0 "$one_frame")"
expect_none none
[ "$(stat A '.drops | [.unknown_type, .unknown_version, .unknown_key, .own] | join(" ")')" = "1 1 1 1" ] ||
	fail "drops: $(stat A .drops)"

say "somebody with A's sender id"
capture_start conflict A goose0
inject B "$(native 0 0 0xA1 0 "$one_frame")"
expect_frames conflict "$work/sent.pcap"
[ "$(stat A .counters.sender_id_conflicts)" = 1 ] || fail "sender_id_conflicts: $(stat A .counters)"
event A sender_id_conflict 10.61.0.2 >/dev/null || fail "no event: $(ctl A -j events)"
stat A '.warnings[]' | grep -q '10\.61\.0\.2.*sender' || fail "no warning: $(stat A .warnings)"

say "the other wire format"
bridge_stop B || fail "bridge B ended with $?"
write_conf B wire_format=legacy
start_bridges B
carry B A "$pcaps/goose_simulation.pcap"
carry A B "$pcaps/goose_simulation.pcap"
event A format_mismatch 10.61.0.2 >/dev/null || fail "A raised no event: $(ctl A -j events)"
event B format_mismatch 10.61.0.1 >/dev/null || fail "B raised no event: $(ctl B -j events)"
stat A '.warnings[]' | grep -q '10\.61\.0\.2 sends legacy' || fail "A does not warn: $(stat A .warnings)"
stat B '.warnings[]' | grep -q '10\.61\.0\.1 sends native' || fail "B does not warn: $(stat B .warnings)"
grep -q 'WARNING.*10\.61\.0\.2' "$work/A.log" || fail "A's log does not name B"

say "nothing native is sent where old peers may be"
record_start silence A eth0
inject A "$(native 3 0 0xD4 0 11223344556677880000000000000000)"
capture_end silence
[ "$(stat B '.drops.echo_refused')" = 1 ] || fail "echo_refused: $(stat B .drops)"
[ "$(stat B '[.counters.echo_replies_sent, .counters.hellos_sent] | join(" ")')" = "0 0" ] ||
	fail "a bridge that speaks legacy sent a control datagram: $(stat B .counters)"
pass
