#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# goose-bridge-ctl looks after a service that no systemd manages: start waits until frames are forwarded, whatever a crash left
# behind; stop waits for the end, and says what to do if there is none; restart and reload keep goose0. Each command is right as
# text and as JSON, also when the service is away, and for users without rights. The kernel engine stays over a restart and a
# crash, and goes with stop and with detach, unless systemd starts the service anew.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

topology A B
write_conf A
write_conf B
start_bridges B
chmod 711 "$work"
# the command on host A, by its configuration file; $status is its exit status, $work/text what it said
ctl_a() {
	status=0
	on A timeout $((30 * slow)) "$(program goose-bridge-ctl)" -c "$work/A.conf" "$@" \
		>"$work/text" 2>"$work/said" || status=$?
}
says_to() { # ctl_a|as_nobody STATUS PATTERN COMMAND...
	local who=$1 expected=$2 pattern=$3
	shift 3
	"$who" "$@"
	[ $status = "$expected" ] || fail "$who $*: exit status $status, not $expected: $(cat "$work/text" "$work/said")"
	grep -Eq "$pattern" "$work/text" "$work/said" ||
		fail "$who $* does not say '$pattern': $(cat "$work/text" "$work/said")"
}
says() { says_to ctl_a "$@"; }
is_json() { # STATUS JQ-CONDITION COMMAND...
	local expected=$1 condition=$2
	shift 2
	ctl_a -j "$@"
	[ $status = "$expected" ] || fail "-j $*: exit status $status, not $expected: $(cat "$work/text" "$work/said")"
	[ "$(wc -l <"$work/text")" = 1 ] || fail "-j $*: not one line: $(cat "$work/text")"
	jq -e "$condition" "$work/text" >/dev/null || fail "-j $*: not $condition: $(cat "$work/text")"
}
# Whoever started it waits no more: it ends with the test all the same.
adopt() {
	ctl_a -j stats
	pid=$(cat "$work/A.pid")
	! ended "$pid" || fail "its pid file has $pid, which is not there"
	started+=("$pid")
}
started=()
# shellcheck disable=SC2317 # it is reached: by the trap
end_started() {
	local status=$? pid
	trap - ERR
	set +e
	for pid in "${started[@]}"; do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != goose-bridge ] || kill -KILL "$pid"
	done
	! mountpoint -q "$work/fs" || umount -l "$work/fs"
	(exit "$status")
	clean_up
}
trap end_started EXIT
# Nobody may be there to wait for it: then its number stays, and the process is gone all the same.
ended() { [ ! -d "/proc/$1" ] || grep -q '^State:[[:space:]]*Z' "/proc/$1/status"; }
index() { on A ip -j link show dev goose0 | jq '.[0].ifindex'; }

say "a service that is away"
says 1 'does not run: no frames pass' status
says 1 'goose-bridge-ctl -c .*/A.conf start' status
is_json 1 '.state == "down" and .pid == null and (.error | length > 0) and (.to_do | length > 0)' status
for command in stats streams peers events igmp snmp version reload test; do
	says 1 'No service listens at .*; is goose-bridge running' $command
	is_json 1 '.error | startswith("No service listens at ")' $command
done
is_json 1 '.error | test("cannot read the log .*No such file")' logs
is_json 1 '.error | test("systemd does not look after")' logs --journal
is_json 1 '.error | startswith("No service listens at ")' monitor --count 1
is_json 1 '.error | startswith("No service listens at ")' streams forget x
is_json 1 '.checks | any(.id == "service" and .result == "fail")' check
says 0 'does not run' stop
is_json 0 '.action == "stop" and .pid == null' stop
says 1 'NO ANSWER' ports
is_json 1 '.sockets.control.answers == false and (.sockets.udp[0].open == false) and (.left_out | length == 1)' ports
says 1 'cannot read the log .*No such file' logs

say "started, with what a crash left behind"
echo 1 >"$work/A.pid"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$work/A.sock" 2>/dev/null || true
says 0 '^goose-bridge 1[0-9.]* runs as process [0-9]+$' start
adopt
is_json 0 '.state == "running"' status
wait_for 5 joined A $group || fail "A is no member"
carry A B "$pcaps/goose_simulation.pcap"
first=$pid
says 0 "runs already, as process $first" start
grep -q '^It is running' "$work/text" || fail "a second start does not say how it is: $(cat "$work/text")"
is_json 0 ".action == \"start\" and .state == \"running\" and .pid == $first and .through == \"directly\" and .unit == null" \
	start
goose0=$(index)

say "each command"
says 0 'goose-bridge 1[0-9.]* is running' status
[ "$(wc -l <"$work/text")" -le 23 ] || fail "status has $(wc -l <"$work/text") lines"
[ "$(wc -L <"$work/text")" -le 80 ] || fail "status has $(wc -L <"$work/text") columns"
is_json 0 '.drops | has("stale")' stats
says 0 'goose_received' stats
says 0 'gocbRef|GOCBREF|STREAM|No stream|INDEX' streams
is_json 0 '.streams | type == "array"' streams
says 0 'ADDRESS' peers
is_json 0 '.peers | length == 1' peers
says 0 'service has started' events
is_json 0 '.events | length > 0' events
says 0 '^State ' igmp
is_json 0 '.membership.state' igmp
is_json 0 '.snmp.state == "off"' snmp
says 0 'off' snmp
says 0 'GOOSE from goose0|frames/s from goose0' monitor --count 1
says 1 'allow_sources is open' check
is_json 1 '.checks | any(.id == "allow_sources" and .result == "fail")' check
is_json 1 '.hosts == [] and .sent == 0 and (.verdict | length > 0)' benchmark latency --count 1
is_json 0 '.detail | length > 0' streams expect 'IED1/LLN0$GO$gcb01'
says 0 'IED1/LLN0' streams
is_json 0 '.detail | length > 0' streams forget 'IED1/LLN0$GO$gcb01'
says 1 'refuses|no ' streams forget 'IED1/LLN0$GO$gcb01'
is_json 0 'type == "object"' igmp leave
is_json 1 '.left' igmp
says 1 'left on purpose' igmp
is_json 0 '.reloaded' reload
wait_for 5 joined A $group || fail "A has not joined again"
is_json 0 '.version and .ctl' version
is_json 0 '.statistics and (.streams | type == "array")' monitor --count 1
is_json 0 '.text | length > 0' logs -n 1
ctl_a -j logs
jq -es 'all(.time and .level and .text) and any(.level == "INFO" and .text == "The service has started: '"$(
	"$(program goose-bridge)" -V | grep -o '[0-9.]*$')"'.")' "$work/text" >/dev/null || fail "-j logs: $(cat "$work/text")"
says 0 'service +1' version
says 0 "^UDP +$group:$port on eth0, open; [0-9]+ octets wait, 0 datagrams dropped" ports
says 0 "^  in  UDP $port +from $(address_of B)/32 +frames" ports
is_json 0 '.sockets.igmp.open and .sockets.control.answers and .sockets.udp[0].open and .sockets.metrics.open == null' ports
is_json 0 '[.rules[] | "\(.direction) \(.protocol) \(.port) \(.address)"] == ["in udp 61850 10.61.0.2/32",
	"in igmp null 0.0.0.0/32", "out udp 61850 224.0.1.100/32", "out igmp null 224.0.1.100/32",
	"out igmp null 224.0.0.2/32"]' ports
says 0 'The service has started' logs
says 0 'INFO|WARNING' logs -n 1
[ "$(wc -l <"$work/text")" = 1 ] || fail "logs -n 1 prints $(wc -l <"$work/text") lines"
is_json 0 '.bridges | length == 1' test -n 1
says 0 '1 of 1' test -n 1
says 2 'takes no --follow' status -f
says 2 'there is no command nonsense' nonsense
says 2 'takes a number' test -n 0
says 2 'takes a number' logs -n x
says 1 'systemd does not look after' logs --journal

say "reloaded"
says 0 'The configuration was read again' reload
is_json 0 '.reloaded' reload
echo "multicast_ttl = 1000" >>"$work/A.conf"
"$(program goose-bridge-ctl)" -s "$work/A.sock" reload >"$work/text" 2>&1 && fail "a wrong file was taken"
grep -q multicast_ttl "$work/text" || fail "it does not say what is wrong: $(cat "$work/text")"

say "a file that is wrong ends nothing"
says 1 'A.conf:[0-9]+: .*multicast_ttl' restart
is_json 1 '.error | test("A.conf:[0-9]+: .*multicast_ttl")' restart
! ended "$first" || fail "the service was ended for a file that is wrong"
sed -i '$d' "$work/A.conf"

say "restarted"
says 0 'runs as process' restart
adopt
[ "$pid" != "$first" ] || fail "it is the same process"
ended "$first" || fail "the first one is there"
[ "$(index)" = "$goose0" ] || fail "goose0 is another interface"
carry A B "$pcaps/goose_simulation.pcap"

say "without rights"
mkdir -m 755 "$work/bin"
cp "$(program goose-bridge-ctl)" "$(program goose-bridge-monitor)" "$(program goose-bridge-benchmark)" "$work/bin"
chmod 644 "$work/A.conf"
as_nobody() {
	status=0
	on A setpriv --reuid=65534 --regid=65534 --clear-groups timeout $((20 * slow)) "$work/bin/goose-bridge-ctl" \
		-c "$work/A.conf" "$@" >"$work/text" 2>"$work/said" || status=$?
}
nobody_gets() { says_to as_nobody "$@"; }
nobody_gets 0 'is running' status
nobody_gets 0 'open; ' ports
nobody_gets 0 'is running' monitor --plain --count 1
nobody_gets 1 'root' stop
as_nobody -j stop
jq -e '.error | test("root")' "$work/text" >/dev/null || fail "-j stop as nobody: $(cat "$work/text" "$work/said")"
nobody_gets 1 'root' restart
nobody_gets 1 'root and the service' reload
nobody_gets 1 'root and the service' test
nobody_gets 1 'root|CAP_NET_RAW' benchmark throughput --duration 1
grep -q '^From goose0 ' "$work/text" || fail "nobody is not told what passes: $(cat "$work/text")"
! ended "$pid" || fail "nobody has ended it"

say "one that hangs, and one that is killed"
kill -STOP "$pid"
says 1 'runs as process|does not answer' status
kill -CONT "$pid"
kill -KILL "$pid"
wait_for 5 ended "$pid"
says 1 'does not run' status
grep -q '^Last .* ago: [1-9][0-9]* GOOSE from goose0' "$work/text" || fail "what it did last is not said: $(cat "$work/text")"
is_json 1 '.last.statistics.goose_received + .last.statistics.vlan_goose_received > 0' status
rm "$work/A.stats.json"
says 1 '^Left out +what it did last' status

say "stopped"
says 0 'runs as process' start
adopt
# by the pid file alone
mv "$work/A.sock" "$work/A.away"
says 1 "runs as process $pid, but does not" status
says 0 'was told to' reload
says 0 'has ended; goose0 and the membership stay' stop
ended "$pid" || fail "it is there"
[ "$(index)" = "$goose0" ] || fail "goose0 is another interface"
says 0 'runs as process' start
adopt
rm "$work/A.pid"
is_json 0 '.action == "stop"' stop
ended "$pid" || fail "it is there though its control socket tells who it is"
says 0 'has left nothing in the kernel' detach
says 2 'detach takes nothing, or' detach one.service

mkdir "$work/fs"
if ! grep -q '^#define HAVE_BPF' "$GB_BUILDDIR/config.h" || ! mount -t bpf bpf "$work/fs" 2>"$work/said"; then
	say "no kernel engine in this build or kernel: not tried with it"
	pass
	exit
fi
say "with the kernel engine"
sed -i '/^datapath\|^bpf_dir/d' "$work/A.conf"
printf '%s\n' "datapath = kernel" "bpf_dir = $work/fs/goose-bridge" >>"$work/A.conf"
kept() { find "$work/fs/goose-bridge" -name 'goose0-*' | grep -q .; }
kill_it() {
	kill -KILL "$pid"
	wait_for 5 ended "$pid"
	kept || fail "nothing is left of it"
}
carries() { ctl A -j status | jq -e '.paths[0].engine == "kernel"'; }
start_it() {
	says 0 'runs as process' start
	adopt
	wait_for 5 carries || fail "the kernel engine does not carry: $(ctl A -j status)"
	kept || fail "it keeps nothing: $(find "$work/fs")"
}
start_it
says 0 'runs as process' restart
adopt
wait_for 5 carries || fail "the kernel engine does not carry: $(ctl A -j status)"
carry A B "$pcaps/goose_simulation.pcap"
says 1 'needs what it has in the kernel' detach
says 0 'has ended; goose0 and the membership stay$' stop
! kept || fail "a stop leaves it"
start_it
kill_it
says 0 'does not run; what it had left in the kernel was taken away' stop
! kept || fail "a stop leaves what was left"
start_it
kill_it
says 0 'what goose-bridge had left in the kernel was taken away' detach
! kept || fail "detach leaves it"

say "and a systemd that is made up"
mkdir -m 755 "$work/systemd"
printf '#!/bin/sh\n[ "$1 $6" != "list-jobs gb.service" ] || cat "%s/jobs"\n' "$work" >"$work/systemd/systemctl"
chmod 755 "$work/systemd/systemctl"
PATH=$work/systemd:$PATH
start_it
kill_it
while read -r result job; do
	echo "$job" >"$work/jobs"
	says 0 'goes on until it is started anew' detach gb.service "$result"
	kept || fail "$result, $job: it is gone"
done <<'END'
success 17 gb.service restart running
success 17 gb.service start waiting
exit-code 17 gb.service start running
signal
watchdog
END
while read -r result job; do
	echo "$job" >"$work/jobs"
	says 0 'was taken away' detach gb.service "$result"
	! kept || fail "$result, $job: it is there"
	start_it
	kill_it
done <<'END'
success
success 17 gb.service stop running
timeout 17 gb.service stop running
END
says 0 'was taken away' stop
pass
