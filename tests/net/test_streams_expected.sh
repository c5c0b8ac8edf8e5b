#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A stream that does not come back is missed: learned ones after a restart and after a crash, those of the configuration, and
# those that an operator asked for. Forgotten ones are not. An index stays a stream's own. A file with a bad line loses
# nothing.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

ref='TESTLD0/LLN0$GO$gcb1'
publish() { on A "$tool" publish goose0 "$ref" --ttl-ms 900 "$@" >"$work/published" || fail "publish $*"; }
# stream REF JQ-PATH
stream() { streams B | jq -r --arg ref "$1" ".streams[] | select(.gocb_ref == \$ref) | $2"; }
state_is() { [ "$(stream "$1" .state)" = "$2" ]; }
kept() { grep -qF "$1" "$work/B.streams" 2>/dev/null; }
missed() { ctl B -j events | jq -r '.events[] | select(.kind == "stream_expired") | .text' | grep -qF "$1"; }
restored() { ctl B -j events | jq -r '.events[] | select(.kind == "stream_restored") | .text' | grep -qF "$1"; }

topology A B
write_conf A
write_conf B learn_after=1
start_bridges A B

say "one that was there only for a moment is not learned"
on A "$tool" publish goose0 'SPOOF/LLN0$GO$moment' --appid 0x2000 --ttl-ms 400 --count 2 >/dev/null
say "one that was there for learn_after is"
publish --every 0.2 --count 8
wait_for 3 kept "$ref" || fail "it is not kept: $(cat "$work/B.streams")"
! kept moment || fail "the momentary one is kept: $(cat "$work/B.streams")"
index=$(stream "$ref" .index)

say "it is listed from then on, so that invented ones cannot push it out"
listed() { [ "$(stream "$ref" .listed)" = true ]; }
wait_for 3 listed || fail "$(streams B)"

say "a restart: it is expected, and missed"
bridge_stop B
bridge_start B
state_is "$ref" expected || state_is "$ref" expired || fail "$(streams B)"
wait_for 4 missed "$ref" || fail "it is not missed: $(ctl B -j events)"
[ "$(stream "$ref" '"\(.index) \(.listed) \(.state)"')" = "$index true expired" ] || fail "$(stream "$ref" .)"
[ -z "$(stream 'SPOOF/LLN0$GO$moment' .state)" ] || fail "$(streams B)"

say "a crash: the same"
kill -KILL "$(bridge_pid B)"
reap "$(bridge_pid B)" || true
bridge_start B
wait_for 4 missed "$ref" || fail "it is not missed after a crash: $(ctl B -j events)"

say "it is back: the same index"
publish --sq-num 100 --count 2
wait_for 2 restored "$ref" || fail "$(ctl B -j events)"
[ "$(stream "$ref" '"\(.index) \(.listed) \(.state)"')" = "$index true active" ] || fail "$(stream "$ref" .)"

say "asked for by an operator"
ctl B streams expect 'OTHER/LLN0$GO$asked appid=0x1234 ttl=500' >"$work/said" || fail "$(cat "$work/said")"
grep -q 'OTHER/LLN0$GO$asked is expected' "$work/said" || fail "$(cat "$work/said")"
kept 'OTHER/LLN0$GO$asked' || fail "it is not kept: $(cat "$work/B.streams")"
wait_for 3 missed 'OTHER/LLN0$GO$asked' || fail "$(ctl B -j events)"
! ctl B streams expect 'OTHER/LLN0$GO$bad vlan=5000' 2>"$work/said" || fail "vlan 5000 is taken"
grep -q vlan "$work/said" || fail "$(cat "$work/said")"

say "forgotten"
ctl B streams forget 'OTHER/LLN0$GO$asked' >/dev/null
[ -z "$(stream 'OTHER/LLN0$GO$asked' .state)" ] || fail "$(streams B)"
! kept 'OTHER/LLN0$GO$asked' || fail "it is still kept: $(cat "$work/B.streams")"
! ctl B streams forget 'OTHER/LLN0$GO$asked' 2>"$work/said" || fail "it is forgotten twice"
if command -v runuser >/dev/null; then
	! runuser -u nobody -- "$(program goose-bridge-ctl)" -s "$work/B.sock" streams forget "$ref" 2>/dev/null ||
		fail "anybody may make it forget"
fi

say "by the configuration, from a reload on, until another"
write_conf B learn_after=1 'expect_stream=CONF/LLN0$GO$one ttl=400, CONF/LLN0$GO$two ttl=400 direction=to_network'
ctl B reload >/dev/null
wait_for 3 missed 'CONF/LLN0$GO$one' || fail "$(ctl B -j events)"
wait_for 3 missed 'CONF/LLN0$GO$two' || fail "$(ctl B -j events)"
[ "$(stream 'CONF/LLN0$GO$two' .direction)" = to_network ] || fail "$(streams B)"
sleep 1.5
! kept 'CONF/LLN0$GO$one' || fail "the configuration's is kept: $(cat "$work/B.streams")"
say "a reload that says more of a stream goes on missing it"
write_conf B learn_after=1 'expect_stream=CONF/LLN0$GO$one ttl=400 appid=0x4321'
ctl B reload >/dev/null
[ "$(stream 'CONF/LLN0$GO$one' '"\(.appid) \(.listed)"')" = "$((0x4321)) true" ] || fail "$(streams B)"
silent() { state_is 'CONF/LLN0$GO$one' expired; }
wait_for 3 silent || fail "$(streams B)"
write_conf B learn_after=1
ctl B reload >/dev/null
[ -z "$(stream 'CONF/LLN0$GO$one' .state)$(stream 'CONF/LLN0$GO$two' .state)" ] || fail "$(streams B)"

say "a configuration that is wrong is told of with its line"
write_conf B.bad 'expect_stream=CONF/LLN0$GO$one, CONF/LLN0$GO$two appid=70000'
line=$(grep -n expect_stream "$work/B.bad.conf" | cut -d: -f1)
! "$(program goose-bridge)" -t -c "$work/B.bad.conf" 2>"$work/said" || fail "it is taken"
grep -q "B.bad.conf:$line: expect_stream = CONF/LLN0\$GO\$two appid=70000: " "$work/said" || fail "$(cat "$work/said")"

say "a file with a bad line"
bridge_stop B
echo 'THIS is=nonsense' >>"$work/B.streams"
bridge_start B
wait_for 4 missed "$ref" || fail "the good lines are not used: $(ctl B -j events)"
grep -q nonsense "$work/B.streams.bad" || fail "the bad line is lost"
grep -qE 'streams:[0-9]+: ' "$work/B.log" || fail "nothing is said: $(cat "$work/B.log")"
pass
