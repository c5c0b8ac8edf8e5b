#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `goose-bridge-ctl test` proves an installation without any device: it names each remote bridge that answers an echo
# request, with its round-trip time, and each that does not; goose0 of nobody is touched. With --through-goose0 numbered
# frames go through goose0 of both hosts, and come back from where `test --answer` runs.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# in the network of the host: where its goose0 is
ctl_on() {
	local host=$1
	shift
	on "$host" timeout $((20 * slow)) "$(program goose-bridge-ctl)" -s "$work/$host.sock" "$@"
}

topology A B C
for host in A B C; do write_conf $host hello_interval=1 sender_id=0x$host$host; done
start_bridges A B C
peers_of() { [ "$(stat "$1" '[.peers[] | select(.version != null)] | length')" = "$2" ]; }
wait_for 5 peers_of A 2 || fail "A does not hear both: $(stat A .peers)"

say "echo"
for host in B C; do capture_start quiet$host $host goose0 --timeout $((4 * slow)); done
ctl A test >"$work/text" || fail "test says $?: $(cat "$work/text")"
for host in B C; do
	grep -Eq "^$(address_of $host) +0{14}${host,,}${host,,} +5 of 5 +[0-9.]+ +[0-9.]+ +[0-9.]+ ms$" "$work/text" ||
		fail "$host is not named with its round-trip time: $(cat "$work/text")"
done
grep -q '^2 of 2 bridges answered' "$work/text" || fail "no verdict: $(cat "$work/text")"
ctl A -j test -n 2 >"$work/json.json" || fail "-j test says $?"
jq -e '.fine and .all_answered and .requests == 2 and ([.bridges[] | .answered] == [2, 2])
	and ([.bridges[] | .round_trip_min_ms > 0 and .round_trip_min_ms <= .round_trip_mean_ms
		and .round_trip_mean_ms <= .round_trip_max_ms and .round_trip_max_ms < 5000] | all)' \
	"$work/json.json" >/dev/null ||
	fail "JSON: $(cat "$work/json.json")"
for host in B C; do expect_none quiet$host; done
[ "$(stat B .counters.echo_requests_received)" = 7 ] || fail "B counts $(stat B .counters.echo_requests_received) requests"
[ "$(stat A .counters.echo_replies_received)" = 14 ] || fail "A counts $(stat A .counters.echo_replies_received) answers"

say "answers to questions of others, made-up ones, and double ones are none"
ask() { # COMMAND [ARGUMENT]: a line to the control socket of A
	jq -cn --arg command "$1" --arg argument "${2-}" \
		'{version: 1, command: $command} + if $argument == "" then {} else {argument: $argument} end' >"$work/request"
	on A "$tool" control-ask "$work/A.sock" "$(cat "$work/request")"
}
nonce=$(ask "echo send" | jq -r .result.nonce)
reply() { # SENDER SEQUENCE NONCE TARGET
	local hex
	hex=$(printf '4742010401300000%08x00020000%016x%016x%016x%016x%s%016x%016x%016x' 0 "$1" 1 "$2" 0 "$3" "$4" 0 0)
	on B "$tool" udp-send --group $group --port $port --interface eth0 --source-port $port --ttl 10 --hex "$hex" >/dev/null
}
reply 0xD4 0 "$nonce" 0xAA
reply 0xD4 1 "$nonce" 0xAA
reply 0xD5 0 "$nonce" 0xBB
reply 0xD6 0 00000000000000ff 0xAA
answered() { ask echo "$nonce" | jq -e ".result.answers | length == $1"; }
wait_for 3 answered 3 || fail "answers: $(ask echo "$nonce")"
ask echo "$nonce" | jq -e '[.result.answers[].sender_id[14:]] | sort == ["bb", "cc", "d4"]' >/dev/null ||
	fail "answers: $(ask echo "$nonce")"
ask echo "0123456789abcdef" | jq -e '.ok == false' >/dev/null || fail "a request that was never sent has answers"
ask echo "xyz" | jq -e '.error | test("hexadecimal")' >/dev/null || fail "a nonce may be anything"
on A "$tool" control-send "$work/A.sock" '{"version":1,"command":"echo send"}' --count 40 --rate 1000 >"$work/burst" || true
obeyed=$(jq .obeyed "$work/burst") seconds=$(jq .seconds "$work/burst")
# 16 in each second that has begun
jq -en --argjson obeyed "$obeyed" --argjson seconds "$seconds" '$obeyed > 0 and $obeyed <= 16 * ($seconds + 1)' >/dev/null ||
	fail "echo requests without a limit: $(cat "$work/burst")"
ask "echo send" | jq -e '.ok or (.error | test("too many echo requests"))' >/dev/null || fail "no limit is said"
sleep 1.1

say "only root and the service's user may ask others"
chmod 711 "$work"
mkdir -m 755 "$work/bin"
cp "$(program goose-bridge-ctl)" "$work/bin"
status=0
on A setpriv --reuid=65534 --regid=65534 --clear-groups "$work/bin/goose-bridge-ctl" -s "$work/A.sock" test \
	>"$work/text" 2>&1 || status=$?
[ $status = 1 ] || fail "as nobody test says $status: $(cat "$work/text")"
grep -q 'root and the service' "$work/text" || fail "as nobody: $(cat "$work/text")"

say "one does not answer"
kill -STOP "$(bridge_pid C)"
status=0
ctl A test -n 1 >"$work/text" || status=$?
kill -CONT "$(bridge_pid C)"
[ $status = 1 ] || fail "C does not answer, and test says $status: $(cat "$work/text")"
grep -Eq "^$(address_of C) .* 0 of 1 +last heard" "$work/text" || fail "it does not name C: $(cat "$work/text")"
grep -Eq "^$(address_of B) .* 1 of 1 .* ms$" "$work/text" || fail "it does not name B: $(cat "$work/text")"

say "through goose0"
status=0
ctl_on A test --through-goose0 -n 3 >"$work/text" || status=$?
[ $status = 1 ] || fail "nobody sends frames back, and test says $status: $(cat "$work/text")"
grep -q 'test --answer' "$work/text" || fail "it does not say what to do: $(cat "$work/text")"
spawn B "$(program goose-bridge-ctl)" -s "$work/B.sock" test --answer >"$work/answer.out" 2>&1
answering=$spawned
sleep $slow
ctl_on A test --through-goose0 -n 10 >"$work/text" || fail "test says $?: $(cat "$work/text")"
grep -Eq ' 10 of 10 frames came back, [0-9.]+ ms \(median\)' "$work/text" || fail "no frames came back: $(cat "$work/text")"
ctl_on A -j test --through-goose0 -n 10 >"$work/json.json" || fail "-j test --through-goose0: $? $(cat "$work/json.json")"
jq -e '.fine and .through_goose0.sent == 10 and .through_goose0.hosts[0].received == 10' "$work/json.json" >/dev/null ||
	fail "JSON: $(cat "$work/json.json")"
streams B | jq -e '.streams | any(.simulation and (.gocb_ref | startswith("GBBench/")))' >/dev/null ||
	fail "B saw no simulated stream: $(streams B)"
kill -INT "$answering"
reap "$answering" || fail "test --answer ends with $?"

say "legacy"
bridge_stop A
write_conf A wire_format=legacy
start_bridges A
status=0
ctl A test >"$work/text" || status=$?
[ $status = 1 ] || fail "legacy knows no echo, and test says $status"
grep -q 'sends legacy' "$work/text" || fail "it does not say why: $(cat "$work/text")"
[ "$(stat A .counters.hellos_sent)" = 0 ] || fail "native datagrams were sent"

say "an old bridge is heard by a native one"
legacy_frame() { # what a Python bridge on host C sends (goose-bridge-wire(5))
	on C "$tool" udp-send --group $group --port $port --interface eth0 --source-port $port --ttl 10 --hex \
		02000000000c0006000000000000000000000001000800000000 >/dev/null
}
bridge_stop C
legacy_frame
hears_legacy() { stat B '.peers | any(.wire_format == "legacy" and .address == "10.61.0.3")' | grep -q true; }
wait_for 5 hears_legacy || fail "B does not hear it: $(stat B .peers)"
raw=$(stat B .statistics.raw_frames)
requests=$(stat A .counters.echo_requests_received)
status=0
ctl B -j test -n 1 >"$work/json.json" 2>/dev/null || status=$?
[ $status = 1 ] || fail "it asks though an old bridge makes frames of that: $status $(cat "$work/json.json")"
jq -e '(.error | test("10.61.0.3 sends legacy.*--force")) and ([.bridges[].answered] | add == 0) and .fine == false' \
	"$work/json.json" >/dev/null || fail "JSON: $(cat "$work/json.json")"
on B "$(program goose-bridge-ctl)" -s "$work/B.sock" test --through-goose0 -n 1 >"$work/text" || true
grep -q 'nothing was sent' "$work/text" || fail "text: $(cat "$work/text")"
[ "$(stat A .counters.echo_requests_received)" = "$requests" ] || fail "an echo request was sent"
[ "$(stat B .statistics.raw_frames)" = "$raw" ] || fail "frames were sent through goose0"
status=0
ctl B test -n 1 --force >"$work/text" || status=$?
[ "$(stat A .counters.echo_requests_received)" = $((requests + 1)) ] || fail "--force does not ask: $(cat "$work/text")"

say "and is no hindrance once its host has been moved"
write_conf C hello_interval=1
start_bridges C
moved() { # it is heard in a later second than the old one
	stat B '[.peers[] | select(.address == "10.61.0.3")] | group_by(.wire_format)
		| map({(.[0].wire_format): (map(.last_seen) | max)[:19]})
		| add | .native > .legacy' | grep -q true
}
wait_for 5 moved || fail "B does not hear C: $(stat B .peers)"
ctl B test -n 1 >"$work/text" || true
if grep -q 'nothing was sent' "$work/text"; then fail "it still refuses: $(cat "$work/text")"; fi
pass
