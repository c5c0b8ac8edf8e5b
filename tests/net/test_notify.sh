#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a service manager is told: ready with a sentence, each reload with its time, what is wrong when it becomes wrong, the
# watchdog as long as both workers answer and no longer, the stop; and nothing by any other process than the service itself.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

told() { grep -q "^[0-9]* $1\$" "$work/told"; }
count() { grep -c " $1\$" "$work/told" || true; }
fed_again() { [ "$(count WATCHDOG=1)" -gt "$fed" ]; }
thread_of() { # the one called NAME of process PID
	local task
	for task in "/proc/$2/task"/*; do
		[ "$(cat "$task/comm")" != "$1" ] || basename "$task"
	done
}

topology A
spawn A "$tool" notify-capture "$work/notify" --ready "$work/ready" >"$work/told"
wait_for 5 test -e "$work/ready" || fail "nobody listens"
write_conf A pid_file=/proc/gb.pid # which nobody can write: the manager knows the process
# Fed four times in this time, which is the shortest that a busy machine leaves room for.
seconds=$((4 * slow))
export NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=${seconds}000000
bridge_start A
pid=$(bridge_pid A)

say "the start"
wait_for 3 told "$pid READY=1" || fail "READY=1 did not come: $(cat "$work/told")"
told "$pid STATUS=running: .*" || fail "no sentence: $(cat "$work/told")"
! grep -q 'pid_file' "$work/A.log" || fail "it complains of the pid file: $(grep pid_file "$work/A.log")"

say "reloads"
ctl A reload >/dev/null || fail "reload failed"
wait_for 3 told "$pid RELOADING=1" || fail "RELOADING=1 did not come"
[ "$(count READY=1)" = 2 ] || fail "READY=1 came $(count READY=1) times"
# by the same clock as the time at which it came, in ms
read -r came at < <(sed -n 's/^\([0-9]*\) .* MONOTONIC_USEC=/\1 /p' "$work/told")
if [ $((came - at / 1000)) -lt -1 ] || [ $((came - at / 1000)) -gt 5000 ]; then
	fail "MONOTONIC_USEC=$at came at $came ms"
fi
echo "multicast_ip = 10.0.0.1" >>"$work/A.conf"
! ctl A reload >/dev/null 2>&1 || fail "a wrong file was taken"
[ "$(count RELOADING=1) $(count READY=1)" = "2 3" ] || fail "a refused reload does not end: $(cat "$work/told")"

say "what is wrong"
on A ip link set eth0 down
wait_for 5 told "$pid STATUS=degraded: no frames can pass: .*eth0.*" || fail "not told: $(cat "$work/told")"
on A ip link set eth0 up
running_again() { tail -n 40 "$work/told" | grep ' STATUS=' | tail -n 1 | grep -q 'STATUS=running'; }
on A ip route replace 224.0.0.0/4 dev eth0
wait_for 5 running_again || fail "it does not say that all is well again: $(cat "$work/told")"

say "the watchdog"
for name in to-network to-goose0; do
	fed=$(count WATCHDOG=1)
	wait_for $((seconds / 2 + 1)) fed_again || fail "it is not fed: $(cat "$work/told")"
	rm -f "$work/held"
	thread=$(thread_of $name "$pid")
	spawn A "$tool" hold "$thread" --ready "$work/held"
	holder=$spawned
	wait_for 5 test -e "$work/held" || fail "thread $name does not stand still"
	sleep 0.3 # what was on its way
	fed=$(count WATCHDOG=1)
	sleep $((seconds / 2))
	[ "$(count WATCHDOG=1)" = "$fed" ] || fail "it is fed though $name does nothing"
	kill -TERM "$holder"
	reap "$holder" || fail "hold ended with $?"
	wait_for $((seconds / 2 + 1)) fed_again || fail "it is not fed any more after $name went on"
done
[ "$(grep -c 'worker thread does not answer' "$work/A.log")" = 2 ] || fail "it does not say, once each, that a worker hangs"

say "the stop"
bridge_stop A || fail "bridge A ended with $?"
wait_for 3 told "$pid STOPPING=1" || fail "STOPPING=1 did not come"
[ -z "$(grep -v "^[0-9]* $pid " "$work/told" || true)" ] || fail "others spoke, too: $(cat "$work/told")"

say "another process's watchdog, and none"
export WATCHDOG_PID=1
write_conf A
bridge_start A
fed=$(count WATCHDOG=1)
sleep $((seconds / 2))
[ "$(count WATCHDOG=1)" = "$fed" ] || fail "it feeds another process's watchdog"
bridge_stop A || fail "bridge A ended with $?"
pass
