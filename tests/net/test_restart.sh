#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# goose0 outlives the service: a subscriber bound to it before goes on after a stop, a crash and a start; stale pid and socket
# files stop no start; a second service on the same goose0 does not start and says why; -d, -t, Ctrl-C.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

frames=$pcaps/goose_simulation.pcap
count=4 # frames in it
# What was sent is with the subscriber before the service is ended: what is under way then is lost, and that is not the
# question.
delivered() { [ "$(stat B .statistics.ip_to_goose)" = $count ]; }
bridge=$(program goose-bridge)

topology A B
write_conf A
write_conf B
start_bridges A B

say "a subscriber that stays bound"
index=$(on B cat /sys/class/net/goose0/ifindex 2>/dev/null || on B ip -j link show dev goose0 | jq '.[0].ifindex')
capture_start all B goose0 --timeout $((40 * slow))
replay A goose0 "$frames"
wait_for 3 delivered || fail "only $(stat B .statistics.ip_to_goose) of $count frames came"
bridge_stop B || fail "bridge B ended with $?"
on B ip link show dev goose0 >/dev/null || fail "goose0 went with the service"
start_bridges B
replay A goose0 "$frames"
wait_for 3 delivered || fail "only $(stat B .statistics.ip_to_goose) of $count frames came after a restart"

say "a crash"
kill -KILL "$(bridge_pid B)"
reap "$(bridge_pid B)" 2>/dev/null || true
[ -e "$work/B.sock" ] || fail "no stale socket to test with"
[ -e "$work/B.pid" ] || fail "no stale pid file to test with"
start_bridges B
replay A goose0 "$frames"
sleep 0.5
capture_stop all
"$tool" compare "$frames" "$frames" "$frames" -- "$work/all.pcap" >"$work/compare" || fail "$(cat "$work/compare")"
now=$(on B ip -j link show dev goose0 | jq '.[0].ifindex')
[ "$index" = "$now" ] || fail "goose0 is another interface now"

say "twice on one goose0"
write_conf B.two pid_file="$work/two.pid" control_socket="$work/two.sock"
status=0
on B "$bridge" -c "$work/B.two.conf" >"$work/two.out" 2>&1 || status=$?
[ $status = 1 ] || fail "a second service took the same goose0 (exit $status)"
grep -q 'another process holds it' "$work/two.out" || fail "it does not say why: $(cat "$work/two.out")"
write_conf B.three control_socket="$work/three.sock" pid_file="$work/B.pid" interface=goose3
status=0
on B "$bridge" -c "$work/B.three.conf" >"$work/three.out" 2>&1 || status=$?
[ $status = 1 ] || fail "a second service took the same pid file (exit $status)"
grep -q "runs already as process $(bridge_pid B)" "$work/three.out" || fail "it does not say why: $(cat "$work/three.out")"
carry A B "$frames"

say "in the background"
bridge_stop B || fail "bridge B ended with $?"
on B "$bridge" -d -c "$work/B.conf" || fail "-d: exit $?"
answers B >/dev/null || fail "it returned before it answered"
pid=$(cat "$work/B.pid")
wait_for 5 joined B $group || fail "it did not join"
carry A B "$frames"
kill -INT "$pid"
wait_for 5 gone "$pid" || fail "it does not end on SIGINT"
[ ! -e "$work/B.pid" ] || fail "it left its pid file behind"
[ ! -e "$work/B.sock" ] || fail "it left its socket behind"
[ "$(jq .health.running "$work/B.stats.json")" = false ] || fail "stats.json still says that it runs"

say "checks"
on B "$bridge" -t -c "$work/B.conf" >/dev/null || fail "-t refuses a good file"
echo "multicast_ip = 10.0.0.1" >"$work/bad.conf"
status=0
on B "$bridge" -t -c "$work/bad.conf" 2>"$work/bad.out" || status=$?
[ $status = 1 ] || fail "-t takes a bad file (exit $status)"
grep -q "bad.conf:1:.*multicast" "$work/bad.out" || fail "-t does not say where: $(cat "$work/bad.out")"
pass
