#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Streams are supervised on both ends while their frames pass untouched: a publisher that falls silent is told of in time, and
# so are lost messages, another confRev, a message that does not fit, a storm. A simulation is a stream of its own, and what
# cannot be decoded is carried and counted.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

ref='TESTLD0/LLN0$GO$gcb1'
ttl=700
# publish [OPTION...]: on A; what it says is in $work/published
publish() { on A "$tool" publish goose0 "$ref" --ttl-ms $ttl --appid 0x1001 "$@" >"$work/published" || fail "publish $*"; }
# stream BRIDGE JQ-PATH [SIMULATION]
stream() {
	streams "$1" | jq -r --arg ref "$ref" --argjson simulation "${3:-false}" \
		".streams[] | select(.gocb_ref == \$ref and .simulation == \$simulation) | $2"
}
state_is() { [ "$(stream "$1" .state)" = "$2" ]; }
told() { [ "$(events_of "$1" "$2")" = "$3" ]; }
event() { ctl "$1" -j events | jq -r --arg kind "$2" "[.events[] | select(.kind == \$kind)] | last | $3"; }
# ISO 8601 as ms since 1970
ms() { date -u -d "$1" +%s%3N; }

topology A B
write_conf A storm_threshold=100
write_conf B storm_threshold=100
start_bridges A B

say "a publisher"
ttl=20000
publish --every 0.1 --count 8
for bridge in A B; do
	heard() { [ "$(stream $bridge .frames)" = 8 ]; }
	wait_for 3 heard || fail "$bridge: $(streams $bridge)"
	[ "$(stream $bridge '"\(.state) \(.st_num) \(.sq_num) \(.appid) \(.lost) \(.time_allowed_to_live_ms)"')" = \
		"active 1 7 4097 0 $ttl" ] || fail "$bridge: $(stream $bridge .)"
done
[ "$(stream A .direction) $(stream B .direction)" = "to_network to_goose0" ] || fail "directions: $(stream A .) $(stream B .)"

say "it falls silent"
ttl=700
publish --sq-num 8
for bridge in A B; do
	wait_for 3 told $bridge stream_expired 1 || fail "$bridge does not tell that the stream is silent: $(streams $bridge)"
	state_is $bridge expired || fail "$bridge: $(stream $bridge .)"
	after=$(($(ms "$(event $bridge stream_expired .time)") - $(ms "$(stream $bridge .last_seen)")))
	[ $after -ge $ttl ] || fail "$bridge: told after $after ms of $ttl"
	[ $after -lt $((ttl + 1000)) ] || fail "$bridge: told after $after ms, not $ttl"
	say "$bridge: found silent after $after ms of $ttl"
	stat $bridge '.warnings[]' | grep -q '1 GOOSE stream is silent' || fail "$bridge: no warning: $(stat $bridge .warnings)"
	event $bridge stream_expired .text | grep -qF "$ref" || fail "$bridge: $(event $bridge stream_expired .text)"
done

say "it is back, and five messages are missing"
ttl=20000 # from here on nothing falls silent because the machine is slow
publish --sq-num 14 --every 0.1 --count 3
for bridge in A B; do
	wait_for 2 told $bridge stream_restored 1 ||
		fail "$bridge does not tell that the stream is back: $(ctl $bridge -j events)"
	is_back() { [ "$(stream $bridge '"\(.state) \(.sq_num) \(.lost) \(.expirations)"')" = "active 16 5 1" ]; }
	wait_for 2 is_back || fail "$bridge: $(stream $bridge .)"
done

say "another state, another confRev, and a message from before"
publish --st-num 2 --conf-rev 7
publish --st-num 5 --conf-rev 7
sleep 1.1 # for a second it could be one that came late
publish --st-num 3 --sq-num 9 --conf-rev 7 --t 1000
for bridge in A B; do
	counted() {
		[ "$(stream $bridge '"\(.st_num) \(.conf_rev) \(.conf_rev_changes) \(.replays_suspected)"')" = "5 7 1 1" ]
	}
	wait_for 2 counted || fail "$bridge: $(stream $bridge .)"
	told $bridge stream_conf_rev 1 || fail "$bridge does not tell of confRev: $(ctl $bridge -j events)"
	told $bridge stream_replay 1 || fail "$bridge does not tell of the message from before: $(ctl $bridge -j events)"
done

say "a repeated message keeps nothing alive"
ttl=700
publish --st-num 6 --conf-rev 7
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
	publish --st-num 6 --conf-rev 7
	sleep 0.1
done
for bridge in A B; do
	wait_for 2 state_is $bridge expired || fail "$bridge: $(stream $bridge .)"
	[ "$(stream $bridge .duplicates)" -ge 12 ] || fail "$bridge: $(stream $bridge .)"
done

say "a simulation beside it"
publish --simulation --ttl-ms 20000 --st-num 90 --count 3 --every 0.05
for bridge in A B; do
	simulated() { [ "$(stream $bridge '"\(.state) \(.frames)"' true)" = "test 3" ]; }
	wait_for 2 simulated || fail "$bridge: $(streams $bridge)"
	[ "$(stream $bridge .st_num)" = 6 ] || fail "$bridge: the simulation changed the real one: $(stream $bridge .)"
done

say "a storm"
publish --st-num 7 --conf-rev 7 --count 400 --every 0
for bridge in A B; do
	wait_for 2 told $bridge stream_storm 1 || fail "$bridge does not tell of the storm: $(ctl $bridge -j events)"
done

say "what cannot be decoded"
make_frames undecodable <<'F'
010ccd010005 024742000009 88b8 1005 0008 0000 0000
010ccd010005 024742000009 88b8 1005 000c 0000 0000 6102 8005
F
before=$(stat A .stream_counts.to_network.decode_errors)
carry A B "$work/undecodable.pcap"
for way in "A to_network" "B to_goose0"; do
	counts=$(stat "${way% *}" ".stream_counts.${way#* }")
	[ "$(jq .undecodable <<<"$counts")" = 2 ] && [ "$(jq .decode_errors <<<"$counts")" = $((before + 2)) ] ||
		fail "${way% *}: $counts"
done

say "one in full, and how long frames took"
ctl B -j streams -v "$(stream B .index)" | jq -e --arg ref "$ref" '.stream.gocb_ref == $ref and
	([.values[] | "\(.type)"] == ["boolean", "unsigned"]) and .values_cut == false' >/dev/null ||
	fail "$(ctl B -j streams -v "$(stream B .index)")"
ctl B streams -v "$(stream B .index)" | grep -q '^  *boolean ' || fail "$(ctl B streams -v "$(stream B .index)")"
{ ctl B streams || true; } | grep -qF "$ref" || fail "$(ctl B streams || true)"
! ctl B streams -v 'NOSUCH/LLN0$GO$x' 2>"$work/none" || fail "a stream that is not there is shown"
grep -q 'no such stream' "$work/none" || fail "$(cat "$work/none")"
[ "$(stat B .latency.to_goose0.residence.count)" = "$(stat B .statistics.ip_to_goose)" ] || fail "$(stat B .latency)"
# What the kernel engine takes from goose0 is nowhere for a time.
wants_kernel A || [ "$(stat A .latency.to_network.residence.count)" = "$(stat A .counters.frames_to_ip)" ] ||
	fail "$(stat A .latency)"
stat B '.latency.to_goose0.residence | .p50_us > 0 and .p50_us <= .p99_us and .p99_us <= .p999_us and .p999_us <= .max_us' |
	grep -q true || fail "$(stat B .latency)"
pass
