#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# snmpd absent, late, restarted, slow, killed, stopped for a while: no frame is lost or late for it, control goes on answering,
# and the bridge's objects are back within a ping interval after snmpd is. A stop of the service waits for nobody.
# GB_LONG=1: snmpd is stopped for a minute.
# shellcheck source=tests/snmp/lib.sh
. "$(dirname "$0")/lib.sh"

ping=2 # s
stop=20 # s that snmpd is stopped for
[ "${GB_LONG:-0}" = 0 ] || stop=60
rate=$((500 / slow))

# What the receiver counted shows the forwarding: loss, and the longest that a frame was under way.
traffic_start() { # SECONDS
	rm -f "$work/ready"
	spawn B "$tool" load-receive goose0 --idle $((2 * slow)) --timeout $(($1 * 2 + 20 * slow)) --expect $(($1 * rate)) \
		--ready "$work/ready" >"$work/load.json"
	receiver=$spawned
	wait_for 5 test -e "$work/ready" || fail "the receiver does not start"
	spawn A "$tool" load-send goose0 --rate $rate --count $(($1 * rate)) >"$work/sent.json"
	sender=$spawned
}
traffic_end() { # TEXT
	reap "$sender" || fail "$1: $(cat "$work/sent.json")"
	reap "$receiver" || fail "$1: frames are lost: $(cat "$work/load.json") $(stat A .drops) $(stat B .drops)"
	say "$1: none of $(jq .received "$work/load.json") frames lost, the slowest took $(jq .max_us "$work/load.json") us"
	worst=$(jq -s 'map(.max_us) | max' "$work/load.json" <(echo "{\"max_us\": ${worst:-0}}"))
}
answers_quickly() {
	local begin=${EPOCHREALTIME/./}
	ctl A -j status >/dev/null || fail "control does not answer while $1"
	local took=$(((${EPOCHREALTIME/./} - begin) / 1000))
	[ $took -lt $((1000 * slow)) ] || fail "control took $took ms while $1"
}
serves() { [ "$(value A gbVersion.0)" = '"1.0.0"' ] || [ "$(value A gbVersion.0)" = 1.0.0 ]; }
back() { # TEXT: within a ping interval, and what connecting and scheduling take
	wait_for $((ping + 1)) serves || fail "$1: no objects: $(ctl A -j snmp) $(tail -n 5 "$work/A.log")"
	say "$1: objects are back"
}
log_lines() { grep -c "SNMP: snmpd is $1" "$work/A.log" || true; }

topology A B
snmp_conf A
write_conf A enable_snmp=true snmp_ping_interval=$ping
write_conf B
start_bridges A B

say "absent"
agent_down A || fail "there is no snmpd, and $(ctl A -j snmp)"
! ctl A snmp >"$work/snmp.text" || fail "ctl snmp calls that good news"
grep -q 'DOWN since' "$work/snmp.text" || fail "ctl snmp: $(cat "$work/snmp.text")"
traffic_start 3
traffic_end "absent"
[ "$(log_lines .)" = 0 ] || fail "the log speaks of an snmpd that never was: $(cat "$work/A.log")"

say "late"
traffic_start 6
snmpd_start A
back "late"
traffic_end "late"

say "restarted"
traffic_start 8
snmpd_stop A
answers_quickly "snmpd is away"
wait_for 3 agent_down A || fail "nobody notices that snmpd is gone"
snmpd_start A
back "restarted"
traffic_end "restarted"
[ "$(log_lines reached) $(log_lines gone)" = "2 1" ] || fail "the log: $(grep SNMP "$work/A.log")"

# Load on the host, or a script that snmpd waits for: longer than a ping interval, and nothing is given up for it.
say "slow"
connects=$(agent_of A connects)
traffic_start 6
kill -STOP "${snmpd_of[A]}"
sleep $((ping * 2))
answers_quickly "snmpd is slow"
agent_up A || fail "an snmpd that is slow is called gone: $(ctl A -j snmp)"
kill -CONT "${snmpd_of[A]}"
serves || fail "slow: no objects: $(query A snmpget GOOSE-BRIDGE-MIB::gbVersion.0)"
[ "$(agent_of A connects)" = "$connects" ] || fail "an snmpd that was slow was connected to anew: $(ctl A -j snmp)"
traffic_end "slow"
[ "$(log_lines reached) $(log_lines gone)" = "2 1" ] || fail "the log: $(grep SNMP "$work/A.log")"

say "killed"
traffic_start 8
snmpd_stop A KILL
snmpd_start A
back "killed"
traffic_end "killed"

say "stopped for $stop s"
reached=$(log_lines reached)
gone=$(log_lines gone)
traffic_start $((stop + 4))
kill -STOP "${snmpd_of[A]}"
deadline=$((SECONDS + stop))
while [ $SECONDS -lt $deadline ]; do
	answers_quickly "snmpd is stopped"
	sleep 0.5
done
[ "$(stat A .membership.state)" = member ] || fail "membership: $(stat A .membership)"
agent_down A || fail "an snmpd that is stopped for $stop s is called up: $(ctl A -j snmp)"
kill -CONT "${snmpd_of[A]}"
back "stopped"
traffic_end "stopped"
[ "$(log_lines reached) $(log_lines gone)" = "$((reached + 1)) $((gone + 1))" ] || fail "the log: $(grep SNMP "$work/A.log")"

say "the service is stopped while snmpd is"
kill -STOP "${snmpd_of[A]}"
sleep 3 # a ping is on its way, or a new connection
begin=${EPOCHREALTIME/./}
bridge_stop A || fail "exit status $?"
took=$(((${EPOCHREALTIME/./} - begin) / 1000))
say "that took $took ms"
[ $took -lt $((2000 * slow)) ] || fail "the stop took $took ms"
kill -CONT "${snmpd_of[A]}"

say "worst forwarding gap: $worst us"
pass
