#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A manager walks the table of 4,096 streams while frames of all of them flow: none is lost, and memory stays small.
# shellcheck source=tests/snmp/lib.sh
. "$(dirname "$0")/lib.sh"

module=GOOSE-BRIDGE-MIB
streams=$((4096 / slow))
rate=$((1000 / slow))
seconds=$((20 + streams / rate))

topology A B
snmp_conf A
snmpd_start A
write_conf A enable_snmp=true snmp_ping_interval=1
write_conf B
start_bridges A B
wait_for 5 agent_up A || fail "the agent does not reach snmpd: $(ctl A -j snmp)"

spawn B "$tool" load-receive goose0 --idle $((3 * slow)) --timeout $((seconds * 2 + 20 * slow)) --expect $((seconds * rate)) \
	--ready "$work/ready" >"$work/load.json"
receiver=$spawned
wait_for 5 test -e "$work/ready" || fail "the receiver does not start"
spawn A "$tool" load-send goose0 --rate $rate --count $((seconds * rate)) --streams $streams >"$work/sent.json"
sender=$spawned
known() { [ "$(value A gbStreamsKnown.0)" = "$streams streams" ]; }
wait_for $((seconds - 14)) known || fail "not $streams streams but $(value A gbStreamsKnown.0)"
begin=$SECONDS
query A snmpbulkwalk -Oq -Cr50 $module::gbStreamGoCbRef >"$work/walk" || fail "walk: $(tail -n 3 "$work/walk")"
query A snmpbulkwalk -Oq -Cr50 $module::gbStreamInFrames >"$work/frames" || fail "walk: $(tail -n 3 "$work/frames")"
took=$((SECONDS - begin))
kill -0 "$sender" 2>/dev/null || fail "the walk took longer ($took s) than the traffic"
# A report of so many streams needs some megabytes for a moment: what is there between reports counts.
private=$(for _ in 1 2 3 4 5 6; do memory_of "$(bridge_pid A)" && sleep 0.3; done | sort -n | head -n 1)
reap "$sender" || fail "$(cat "$work/sent.json")"
reap "$receiver" || fail "frames are lost: $(cat "$work/load.json") $(stat A .drops) $(stat B .drops)"
[ "$(sort -u "$work/walk" | wc -l)" = $streams ] || fail "a walk of $streams streams has $(wc -l <"$work/walk") rows"
[ "$(wc -l <"$work/frames")" = $streams ] || fail "a walk of $streams streams has $(wc -l <"$work/frames") rows"
slowest=$(jq .max_us "$work/load.json")
say "two columns of $streams streams walked in $took s; the slowest frame took $slowest us; private memory $private KiB"
[ "$sanitized" != 0 ] || [ "$private" -lt 12000 ] || fail "private memory is $private KiB"
pass
