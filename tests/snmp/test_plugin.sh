#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# gooseBridge.so in a second snmpd gives the walk that the subagent gives in the first. Service gone, stopped, back: snmpd
# answers in bounded time, says so, and goes on with everything else. It survives reloads: with the module, with another path,
# and without it.
# GB_SNMPD_UNDER="valgrind ..." runs that snmpd under another program.
# shellcheck source=tests/snmp/lib.sh
. "$(dirname "$0")/lib.sh"

plugin=$GB_BUILDDIR/gooseBridge.so
[ -e "$plugin" ] || skip "no gooseBridge.so: snmpd cannot load what is built with sanitizers"
snmpd -H 2>&1 | grep -q '^ *dlmod ' || skip "this snmpd has no dlmod"
read -ra under <<<"${GB_SNMPD_UNDER:-}"
[ ${#under[@]} = 0 ] || slow=10
module=GOOSE-BRIDGE-MIB

# --- the second snmpd: host A, port 1161 ---

conf_plugged() {
	{
		echo "agentAddress udp:127.0.0.1:1161"
		echo "rocommunity public 127.0.0.1"
		echo "dontLogTCPWrappersConnects yes"
		printf '%s\n' "$@"
	} >"$work/plugged.conf"
}
# With the time-out of a manager's, and tried once: an answer that is late is none.
get_plugged() { on A snmpget -OqUv -v2c -c public -t "$slow" -r 0 127.0.0.1:1161 "$1"; }
walk_plugged() { on A snmpbulkwalk -OqUs -v2c -c public -t $((2 * slow)) -r 0 127.0.0.1:1161 $module::gbObjects; }
status_is() { [ "$(get_plugged $module::gbOperStatus.0)" = "$1" ]; }
absent() { get_plugged "$1" | grep -q 'No Such Instance'; }
reload_plugged() {
	local before
	before=$(grep -c 'NET-SNMP version\|Reconfiguring' "$work/plugged.log" || true)
	kill -HUP "$plugged"
	reloaded() { [ "$(grep -c 'NET-SNMP version\|Reconfiguring' "$work/plugged.log" || true)" -gt "$before" ]; }
	wait_for 5 reloaded || fail "snmpd does not reload: $(tail -n 3 "$work/plugged.log")"
}
said() { grep -c "gooseBridge: $1" "$work/plugged.log" || true; }

topology A B
snmp_conf A
snmpd_start A
quiet="multicast_interface=eth0 hello_interval=3600 igmp_keepalive_interval=3600 igmp_monitor_interval=3600"
# shellcheck disable=SC2086 # several words
write_conf A enable_snmp=true snmp_ping_interval=1 $quiet
# shellcheck disable=SC2086
write_conf B $quiet
conf_plugged "dlmod gooseBridge $plugin" "gooseBridgeSocket $work/A.sock"
spawn A "${under[@]}" snmpd -f -C -c "$work/plugged.conf" -Lf "$work/plugged.log" -I -smux -p "$work/plugged.pid" \
	>>"$work/plugged.out" 2>&1
plugged=$spawned
wait_for 20 get_plugged SNMPv2-MIB::sysUpTime.0 || fail "snmpd does not answer: $(tail -n 3 "$work/plugged.log")"

say "before the service"
status_is down || fail "there is no service, and gbOperStatus is $(get_plugged $module::gbOperStatus.0)"
get_plugged $module::gbWarningText.0 | grep -q 'No service listens' || fail "why: $(get_plugged $module::gbWarningText.0)"
[ "$(walk_plugged | wc -l)" = 7 ] || fail "there is more than gbService: $(walk_plugged)"

start_bridges A B
wait_for 5 agent_up A || fail "the agent does not reach snmpd: $(ctl A -j snmp)"
on A ip link set eth0 down # rows in gbReRegEventTable
on A ip link set eth0 up
on A ip route replace 224.0.0.0/4 dev eth0
has_joined_anew() { [ "$(events_of A reregistered)" -gt 0 ]; }
wait_for 5 has_joined_anew || fail "A does not join anew"
wait_for 5 joined A "$group" || fail "A is no member again"
carry A B "$pcaps"/*.pcap
carry B A "$pcaps/goose_ndscom.pcap"

say "the same walk"
# What differs by its nature: the times of each snmpd, and what grows by itself.
steady() { grep -v '^gb\(UpTime\|DiscontinuityTime\|PeerQuietTime\)'; }
same_walk() {
	query A snmpbulkwalk -OqUs $module::gbObjects | steady >"$work/walk.agent"
	walk_plugged | steady >"$work/walk.plugged"
	cmp -s "$work/walk.agent" "$work/walk.plugged"
}
wait_for 30 same_walk || fail "$(diff "$work/walk.agent" "$work/walk.plugged" | head -n 20)"
count=$(wc -l <"$work/walk.plugged")
for table in gbRawFrames gbPathDescr gbPeerLost gbDropCount gbMembershipState gbReRegEventReason gbStreamGoCbRef \
	gbStreamsKnown gbEventText gbNotificationsSent; do
	grep -q "^$table\." "$work/walk.plugged" || fail "no $table in the walk"
done
grep -q '^gbRawFrames.0 [1-9]' "$work/walk.plugged" || fail "nothing was counted: $(grep gbRawFrames "$work/walk.plugged")"
say "$count instances are the same"
since=$(get_plugged $module::gbDiscontinuityTime.0)
[ "$since" != "0:0:00:00.00" ] || fail "the service started after snmpd, and gbDiscontinuityTime is 0"

# --- bounded ---

# Asks for SECONDS, a sysUpTime after each value; the longest answer is in $worst (ms), seconds spent in slow ones in $blocked.
ask_for() { # SECONDS
	local deadline=$((SECONDS + $1)) begin took
	worst=0
	blocked=0
	while [ $SECONDS -lt $deadline ]; do
		for object in $module::gbOperStatus.0 SNMPv2-MIB::sysUpTime.0 $module::gbRawFrames.0; do
			begin=${EPOCHREALTIME/./}
			get_plugged "$object" >/dev/null || fail "$object is not answered in $slow s"
			took=$(((${EPOCHREALTIME/./} - begin) / 1000))
			[ $took -lt 400 ] || blocked=$((blocked + 1))
			[ $took -le $worst ] || worst=$took
		done
		sleep 0.1
	done
}

say "the service is stopped with SIGSTOP"
kill -STOP "$(bridge_pid A)"
ask_for 5
status_is running || fail "the last answer does not serve: $(walk_plugged | head)"
say "5 s: the slowest answer took $worst ms, $blocked were slow"
[ $blocked -le 3 ] || [ "$slow" != 1 ] || fail "$blocked answers in 5 s waited for a service that is silent"
[ "$(get_plugged $module::gbRawFrames.0)" = "$(sed -n 's/^gbRawFrames.0 //p' "$work/walk.plugged")" ] ||
	fail "another gbRawFrames"
wait_for 20 status_is down || fail "a service that is silent is $(get_plugged $module::gbOperStatus.0)"
absent $module::gbRawFrames.0 || fail "gbRawFrames is $(get_plugged $module::gbRawFrames.0)"
get_plugged $module::gbWarningText.0 | grep -q 'does not answer' || fail "why: $(get_plugged $module::gbWarningText.0)"
ask_for 10
say "10 s more: the slowest answer took $worst ms, $blocked were slow"
[ $blocked -le 3 ] || [ "$slow" != 1 ] || fail "$blocked answers in 10 s waited for a service that is silent"
kill -CONT "$(bridge_pid A)"
wait_for 12 status_is running || fail "the service is back, and gbOperStatus is $(get_plugged $module::gbOperStatus.0)"
wait_for 30 same_walk || fail "not the same again: $(diff "$work/walk.agent" "$work/walk.plugged" | head -n 20)"
[ "$(get_plugged $module::gbDiscontinuityTime.0)" = "$since" ] || fail "gbDiscontinuityTime has changed without a restart"

say "the service is gone"
bridge_stop A || fail "exit status $?"
ask_for 2
status_is down || fail "gbOperStatus is $(get_plugged $module::gbOperStatus.0)"
absent $module::gbRawFrames.0 || fail "gbRawFrames is $(get_plugged $module::gbRawFrames.0)"
version=$(get_plugged $module::gbVersion.0 | tr -d '"')
[ "$version" = 1.0.0 ] || fail "the last version is forgotten: $version"
say "the slowest answer took $worst ms"
[ "$worst" -lt 400 ] || [ "$slow" != 1 ] || fail "snmpd waited for a service that is gone"
start_bridges A
wait_for 5 status_is running || fail "back, and gbOperStatus is $(get_plugged $module::gbOperStatus.0)"
[ "$(get_plugged $module::gbDiscontinuityTime.0)" != "$since" ] || fail "restarted, and gbDiscontinuityTime is the same"
[ "$(said 'the service answers') $(said 'No service') $(said 'The service at .* does not answer')" = "3 2 1" ] ||
	fail "snmpd's log: $(grep gooseBridge "$work/plugged.log")"

# --- reloads ---

say "reloads"
reload_plugged
status_is running || fail "after a reload gbOperStatus is $(get_plugged $module::gbOperStatus.0)"
conf_plugged "dlmod gooseBridge $plugin" "gooseBridgeSocket $work/nobody.sock"
reload_plugged
wait_for 5 status_is down || fail "another socket, and gbOperStatus is $(get_plugged $module::gbOperStatus.0)"
get_plugged $module::gbWarningText.0 | grep -q "$work/nobody.sock" || fail "why: $(get_plugged $module::gbWarningText.0)"
conf_plugged "dlmod gooseBridge $plugin" "gooseBridgeSocket relative/path"
reload_plugged
grep -q 'gooseBridgeSocket: not an absolute path' "$work/plugged.log" ||
	fail "a wrong path is taken: $(tail -n 3 "$work/plugged.log")"
conf_plugged
reload_plugged
get_plugged $module::gbOperStatus.0 | grep -q 'No Such Object' ||
	fail "it is not unloaded: $(get_plugged $module::gbOperStatus.0)"
[ ${#under[@]} != 0 ] || ! grep -q gooseBridge.so "/proc/$plugged/maps" || fail "snmpd still has it in memory"
get_plugged SNMPv2-MIB::sysUpTime.0 >/dev/null || fail "snmpd does not answer without it"
conf_plugged "dlmod gooseBridge $plugin" "gooseBridgeSocket $work/A.sock"
for _ in 1 2 3; do reload_plugged; done
wait_for 5 status_is running || fail "loaded again, and gbOperStatus is $(get_plugged $module::gbOperStatus.0)"

kill "$plugged"
wait_for 10 gone "$plugged" || fail "snmpd does not end"
reap "$plugged" || fail "snmpd ends with status $?: $(tail -n 40 "$work/plugged.out")"
[ ${#under[@]} = 0 ] || cat "$work/plugged.out"
pass
