#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Notifications arrive at a manager, as trap and as inform, by name and with their objects, and lead to their row of
# gbEventTable; too many are suppressed and counted, and cost nobody a frame, also while the manager is stopped.
# shellcheck source=tests/snmp/lib.sh
. "$(dirname "$0")/lib.sh"

module=GOOSE-BRIDGE-MIB
topology A B
trapd_start A
snmp_conf A "trap2sink 127.0.0.1:162 public" "informsink 127.0.0.1:162 public"
snmpd_start A
late='LATELD0/LLN0$GO$gcb1'
write_conf A enable_snmp=true snmp_ping_interval=1 "expect_stream=$late ttl=400"
write_conf B
start_bridges A B
wait_for 5 agent_up A || fail "the agent does not reach snmpd: $(ctl A -j snmp)"

# Each comes twice: trap and inform.
came() { [ "$(trap_lines A "$1")" -ge $((2 * $2)) ]; }
must_come() { wait_for 5 came "$1" "$2" || fail "$1 did not come $2 times both ways: $(cat "$work/A.traps")"; }
# What the latest notification of NAME bears of OBJECT.
borne() { grep "$module::$1\b" "$work/A.traps" | tail -n 1 | tr '\t' '\n' | sed -n "s/^$module::$2\.[0-9]* = //p"; }

say "started, although the event is older than the connection"
must_come gbStarted 1
borne gbStarted gbVersion | grep -q '1.0.0' || fail "no version: $(cat "$work/A.traps")"
must_come gbQuerierFound 1
borne gbQuerierFound gbMembershipQuerierState | grep -q 'present(2)' || fail "querier state: $(cat "$work/A.traps")"

say "joined anew"
on A ip link set eth0 down
on A ip link set eth0 up
on A ip route replace 224.0.0.0/4 dev eth0
must_come gbReRegistered 1
borne gbReRegistered gbMembershipLastReRegReason | grep -q 'eth0 is up again' || fail "reason: $(cat "$work/A.traps")"
borne gbReRegistered gbMembershipInterface | grep -q 'eth0' || fail "interface: $(cat "$work/A.traps")"
borne gbReRegistered gbMembershipGroupAddr | grep -q 'E0 00 01 64' || fail "group: $(cat "$work/A.traps")"
number=$(grep "$module::gbReRegistered" "$work/A.traps" | tail -n 1 | grep -o 'gbEventText\.[0-9]*' | head -n 1 | cut -d. -f2)
sleep 1.1
[ "$(value A gbEventKind."$number" | tr -d '"')" = reregistered ] || fail "event $number is no re-registration"
value A gbEventText."$number" | grep -q 'eth0 is up again' || fail "event $number: $(value A gbEventText."$number")"
value A gbReRegEventReason."$number" | grep -q 'eth0 is up again' || fail "re-registration $number"

publish_one() { on B "$tool" publish goose0 "$@" >"$work/published" || fail "publish $*"; }
index_of() { grep "$module::$1" "$work/A.traps" | tail -n 1 | grep -o 'gbStreamState\.[0-9]*' | head -n 1 | cut -d. -f2; }

say "a stream that is expected is not heard, and then it is"
must_come gbStreamExpired 1
borne gbStreamExpired gbStreamGoCbRef | grep -qF "$late" || fail "gocbRef: $(cat "$work/A.traps")"
publish_one "$late" --ttl-ms 600000 --appid 0x1002
must_come gbStreamRestored 1
borne gbStreamRestored gbStreamState | grep -q 'new(2)' || fail "state: $(cat "$work/A.traps")"
sleep 1.1
[ "$(value A gbStreamState."$(index_of gbStreamRestored)")" = new ] ||
	fail "its row: $(query A snmpwalk $module::gbStreamState)"

say "a stream falls silent, and is back"
ref='TESTLD0/LLN0$GO$gcb1'
publish() { publish_one "$ref" --ttl-ms 700 --appid 0x1001 "$@"; }
publish --every 0.1 --count 5
must_come gbStreamExpired 2
borne gbStreamExpired gbStreamGoCbRef | grep -qF "$ref" || fail "gocbRef: $(cat "$work/A.traps")"
borne gbStreamExpired gbStreamState | grep -q 'expired(5)' || fail "state: $(cat "$work/A.traps")"
borne gbStreamExpired gbStreamAppId | grep -q '4097' || fail "APPID: $(cat "$work/A.traps")"
index=$(index_of gbStreamExpired)
sleep 1.1
[ "$(value A gbStreamExpirations."$index")" = "1 expirations" ] || fail "row $index: $(value A gbStreamExpirations."$index")"
value A gbStreamGoCbRef."$index" | grep -qF "$ref" || fail "row $index is $(value A gbStreamGoCbRef."$index")"
# Somebody has to do something about it, but not about the bridge.
[ "$(value A gbOperStatus.0) $(value A gbWarnings.0)" = "running 1 warnings" ] ||
	fail "a silent stream: $(value A gbOperStatus.0), $(value A gbWarnings.0)"
value A gbWarningText.0 | grep -q '1 GOOSE stream is silent' || fail "the warning: $(value A gbWarningText.0)"
ctl A status >"$work/status" || fail "a silent stream makes status bad news: $(cat "$work/status")"
head -n 1 "$work/status" | grep -q 'is running' || fail "$(cat "$work/status")"
grep -q '1 GOOSE stream is silent' "$work/status" || fail "$(cat "$work/status")"
publish --sq-num 5 --ttl-ms 600000
must_come gbStreamRestored 2
borne gbStreamRestored gbStreamState | grep -q 'active(3)' || fail "state: $(cat "$work/A.traps")"

say "200 events a second, and the manager stopped"
kill -STOP "${trapd_of[A]}"
sent_before=$(agent_of A notifications_sent)
rm -f "$work/ready"
spawn B "$tool" load-receive goose0 --idle $((2 * slow)) --timeout $((30 * slow)) --expect $((1500 / slow)) \
	--ready "$work/ready" >"$work/load.json"
receiver=$spawned
wait_for 5 test -e "$work/ready" || fail "the receiver does not start"
spawn A "$tool" load-send goose0 --rate $((500 / slow)) --count $((1500 / slow)) >"$work/sent.json"
sender=$spawned
events=400
# The control socket is asked over one connection, as a program would.
"$tool" control-send "$work/A.sock" --count $events --rate 200 '{"version":1,"command":"igmp leave"}' >"$work/control.json" ||
	fail "$(cat "$work/control.json")"
reap "$sender" || fail "$(cat "$work/sent.json")"
reap "$receiver" || fail "frames are lost: $(cat "$work/load.json") $(stat A .drops) $(stat B .drops)"
jq -e ".seconds < $((4 * slow))" "$work/control.json" >/dev/null ||
	fail "that were no 200 a second: $(cat "$work/control.json")"
say "$events events in $(jq .seconds "$work/control.json") s; the slowest frame took $(jq .max_us "$work/load.json") us"
[ "$(events_of A membership_lost)" -gt 200 ] || fail "few events: $(events_of A membership_lost)"
[ "$(events_of A started)" = 1 ] || fail "many events have driven out the only one of its kind"
all_accounted() {
	[ $(($(agent_of A notifications_sent) - sent_before + $(agent_of A notifications_suppressed))) = "$events" ]
}
wait_for 5 all_accounted || fail "sent and suppressed are not $events together: $(ctl A -j snmp)"
[ "$(agent_of A notifications_sent)" = $((sent_before + 10)) ] || fail "not 10 of them were sent: $(ctl A -j snmp)"
kill -CONT "${trapd_of[A]}"
must_come gbMembershipLost 10
borne gbMembershipLost gbMembershipState | grep -q 'lost(4)' || fail "state: $(cat "$work/A.traps")"
sleep 1.1
[ "$(value A gbNotificationsSuppressed.0)" = "$((events - 10)) notifications" ] ||
	fail "gbNotificationsSuppressed is $(value A gbNotificationsSuppressed.0)"

say "stopping"
bridge_stop A || fail "exit status $?"
must_come gbStopping 1
pass
