#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The installed service under a real systemd, in its sandbox: started, reloaded, its log rotated, restarted, killed, hung,
# stopped, and a second instance beside it; goose0 and the membership stay, no LEAVE is sent, and frames pass after each. With
# the kernel engine they pass meanwhile as well, and a stop leaves nothing of it.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

for need in unshare nsenter pgrep setpriv systemctl systemd-sysusers make; do
	command -v $need >/dev/null || skip "needs $need"
done
[ -x /lib/systemd/systemd ] || skip "needs systemd"
frames=$pcaps/goose_simulation.pcap
log=/var/log/goose-bridge/goose-bridge.log
bin=$(sed -n 's/^ExecStart=\([^ ]*\)\/goose-bridge .*/\1/p' "$GB_BUILDDIR/conf/goose-bridge.service")

say "installed"
mkdir "$work/box"
env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$GB_BUILDDIR" install DESTDIR="$work/over" \
	logdir=/var/log logrotatedir=/etc/logrotate.d systemdsystemunitdir=/etc/systemd/system >"$work/made" 2>&1 ||
	fail "make install: $(tail -n 20 "$work/made")"
conf=$(cd "$work/over" && find . -name goose-bridge.conf -path '*/goose-bridge/*')
conf=${conf#.}
[ -n "$conf" ] || fail "no configuration was installed"
sed -i 's/^reconnect_delay = .*/reconnect_delay = 1/; s/^max_frame_age_ms = .*/max_frame_age_ms = 5000/' "$work/over$conf"
printf 'interface = goose1\nmulticast_ip = 224.0.1.101\nwire_format = native\n' >"$work/over${conf%/*}/bay2.conf"
if [ "$sanitized" != 0 ]; then
	# looking for leaks takes ptrace, which the sandbox forbids
	for unit in goose-bridge goose-bridge@; do
		mkdir "$work/over/etc/systemd/system/$unit.service.d"
		printf '[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n' \
			>"$work/over/etc/systemd/system/$unit.service.d/asan.conf"
	done
fi

topology A B
write_conf B datapath=auto
write_conf B.bay2 interface=goose1 multicast_ip=224.0.1.101
start_bridges B B.bay2

spawn A "$(dirname "$0")/container.sh" "$work/box" "$work/over" >"$work/box.out" 2>&1
box=$spawned
booted() { [ -s "$work/box/init" ] || [ -e "$work/box/refused" ] || gone "$box"; }
wait_for 10 booted || fail "nothing boots"
init=$(cat "$work/box/init" 2>/dev/null || true)
in_box() { nsenter -t "$init" -m -r -p -u -i -n -C -- "$@"; }
is_up() { [ -e "$work/box/refused" ] || gone "$box" || in_box systemctl is-active --quiet gb-test.target; }
# Nothing of the service has been started so far: what hinders systemd is this machine's (a bare root, a container's rules).
wait_for 20 is_up || skip "systemd does not get to its target here: $({ in_box systemctl list-jobs 2>&1 || true; } | tail -n 1)"
[ ! -e "$work/box/refused" ] || skip "systemd cannot be process 1 here: $(cat "$work/box/refused")"
! gone "$box" || skip "systemd ends at once here: $(tail -n 1 "$work/box.out")"

property() { in_box systemctl show -P "$1" "${2:-goose-bridge}"; }
index() { on A ip -j link show dev goose0 | jq '.[0].ifindex'; }
# The process of the service as this side numbers it.
service_pid() {
	local inner
	inner=$(property MainPID)
	# a process that ends while grep looks is none that is looked for
	{ grep -ls "^NSpid:.*[[:space:]]$inner\$" /proc/[0-9]*/status || true; } | while IFS=/ read -r _ _ pid _; do
		[ "$(readlink "/proc/$pid/ns/pid")" != "$(readlink "/proc/$init/ns/pid")" ] || echo "$pid"
	done
}
both_ways() {
	wait_for 10 joined A $group || fail "A is no member"
	carry A B "$frames"
	carry B A "$frames"
}
is_held() { [[ $(on A ip addr show dev eth0) == *"$group/32"*autojoin* ]]; }
explain() {
	in_box journalctl --no-pager -n 40 >"$work/journal.out" 2>&1 || true # which is shown when a test fails
	fail "$@"
}
status_is() { [[ $(property StatusText) == $1* ]]; }

# what runs on this machine have left, such as streams that are missed, is not of this one
in_box rm -rf /var/lib/goose-bridge

# an snmpd that lets the service's user in, as snmpd.conf.example has it
with_snmp=
if command -v snmpd >/dev/null && grep -q '^#define HAVE_NETSNMP_AGENT' "$GB_BUILDDIR/config.h"; then
	with_snmp=1
	printf '%s\n' 'master agentx' 'agentXSocket /var/agentx/master' 'agentXPerms 0660 0755 root goose-bridge' \
		'agentAddress udp:127.0.0.1:1161' >"$work/snmpd.conf"
fi

say "started"
users=$(cd "$work/over" && find . -path '*/sysusers.d/goose-bridge.conf')
in_box systemd-sysusers "${users#.}" || fail "the user cannot be made"
pins=$(cd "$work/over" && find . -path '*/tmpfiles.d/goose-bridge.conf')
in_box systemd-tmpfiles --create "${pins#.}" || fail "the directory of pins cannot be made"
if [ -n "$with_snmp" ]; then
	in_box sh -c 'cat >/run/snmpd.conf' <"$work/snmpd.conf"
	in_box systemd-run --quiet --unit=gb-snmpd snmpd -f -Lo -C -c /run/snmpd.conf || fail "snmpd does not start"
fi
igmp_start wire T portA
in_box systemctl start goose-bridge || explain "it does not start"
wait_for 5 status_is "running: frames pass between goose0 and eth0" || explain "its status is $(property StatusText)"
both_ways
first=$(index)
pid=$(service_pid)
# Of a build with the kernel engine, where the kernel has a place for what it keeps.
engine=user
may=0000000000003000
box_carries_in_kernel() { [ "$(in_box "$bin/goose-bridge-ctl" -j status | jq -r '.paths[0].engine')" = kernel ]; }
if grep -q '^#define HAVE_BPF' "$GB_BUILDDIR/config.h" && in_box test -d /sys/fs/bpf/goose-bridge; then
	wait_for 5 box_carries_in_kernel || explain "the unit does not get the kernel engine"
	engine=kernel
	may=0000008000003000
fi
for line in "CapEff:	$may" "CapPrm:	$may" \
	"CapInh:	0000000000000000" "CapAmb:	0000000000000000" \
	"NoNewPrivs:	1" "Seccomp:	2"; do
	grep -qx "$line" "/proc/$pid/status" || fail "not $line: $(grep 'Cap\|NoNew\|Seccomp' "/proc/$pid/status")"
done
user=$(in_box id -u goose-bridge)
uids="Uid:	$user	$user	$user	$user"
[ "$user" != 0 ] || fail "the user goose-bridge is root"
grep -qx "$uids" "/proc/$pid/status" || fail "$(grep Uid "/proc/$pid/status")"
[ "$(on A cat /proc/sys/net/ipv4/conf/eth0/force_igmp_version)" = 2 ] ||
	fail "IGMP version 2 is not forced"
in_box test -L /var/log/goose-bridge.log || fail "no link to the log"
[ "$(in_box stat -L -c '%U:%G %a' /var/log/goose-bridge.log)" = "goose-bridge:goose-bridge 640" ] ||
	fail "the log is $(in_box stat -L -c '%U:%G %a' /var/log/goose-bridge.log)"
[ "$(in_box stat -c '%a' /run/goose-bridge/control.sock)" = 666 ] || fail "not everybody may read through the control socket"
wait_for 15 in_box test -s /var/lib/goose-bridge/stats.json || explain "no statistics"
[ "$(in_box stat -c '%a' /var/lib/goose-bridge/stats.json)" = 644 ] || fail "not everybody may read the statistics"
connected() { [ "$(in_box "$bin/goose-bridge-ctl" -j snmp 2>/dev/null | jq -r .snmp.state)" = up ]; }
[ -z "$with_snmp" ] || wait_for 15 connected || explain "snmpd is not reached: $(in_box "$bin/goose-bridge-ctl" snmp)"
# That it may not ask for the clock is the sandbox, and an open allow_sources the configuration; all else has to work.
in_box cat $log >"$work/service.log"
if grep -v 'allow_sources is open' "$work/service.log" | grep 'WARNING\|ERROR'; then fail "it complains"; fi
grep -q 'may not ask whether .* clock is synchronised' "$work/service.log" || fail "it does not say that it may not ask that"

say "reloaded"
in_box sed -i 's/^log_level = .*/log_level = DEBUG/' "$conf"
in_box systemctl reload goose-bridge || explain "it does not reload"
wait_for 3 in_box grep -q 'The configuration was read again: 1 changed' $log || explain "the reload changed nothing"
[ "$(property ActiveState)" = active ] || fail "it is $(property ActiveState)"
in_box sed -i 's/^multicast_ttl = .*/multicast_ttl = 1000/' "$conf"
in_box systemctl reload goose-bridge || true
wait_for 3 in_box grep -q 'what was in force before goes on' $log || explain "a wrong file was taken"
in_box sed -i 's/^multicast_ttl = .*/multicast_ttl = 10/' "$conf"
[ "$(property ActiveState)" = active ] || fail "it is $(property ActiveState) after a refused reload"
[ "$(service_pid)" = "$pid" ] || fail "it was restarted"

if in_box sh -c 'command -v logrotate' >/dev/null; then
	say "its log rotated"
	in_box logrotate -f /etc/logrotate.d/goose-bridge || explain "logrotate failed"
	in_box test -s $log.1 || fail "the log was not renamed: $(in_box ls -l /var/log/goose-bridge)"
	wait_for 3 in_box grep -q 'The configuration was read again' $log || explain "the log was not opened anew"
	in_box grep -q 'The configuration was read again' /var/log/goose-bridge.log || fail "the link leads elsewhere"
	[ "$(in_box stat -c '%U:%G %a' $log)" = "goose-bridge:goose-bridge 640" ] ||
		fail "the new log is $(in_box stat -c '%U %a' $log)"
	before=$(in_box stat -c %s $log.1)
	in_box systemctl reload goose-bridge
	[ "$(in_box stat -c %s $log.1)" = "$before" ] || fail "it still writes to the old log"
else
	say "no logrotate here: its log is not rotated"
fi

say "restarted"
in_box systemctl restart goose-bridge || explain "it does not restart"
[ "$(index)" = "$first" ] || fail "goose0 is another interface"
both_ways

say "killed"
pid=$(service_pid)
kill -KILL "$pid"
wait_for 5 gone "$pid"
is_held || fail "the membership went with the process"
[ "$(index)" = "$first" ] || fail "goose0 went with the process"
running_again() { [ "$(property NRestarts)" = "$1" ] && [ "$(property SubState)" = running ]; }
wait_for 10 running_again 1 || explain "it is not started again: $(property SubState)"
[ "$(index)" = "$first" ] || fail "goose0 is another interface"
both_ways

# What the kernel engine keeps, a directory for each goose0.
kept() { in_box ls /sys/fs/bpf/goose-bridge; }
is_kept() { [ "$(kept | sed 's/-[0-9]*$//' | paste -sd ' ')" = "$*" ]; }
# No frame is lost that is sent in the SECONDS in which something is done: COMMAND.
while_frames_pass() { # FROM TO SECONDS COMMAND...
	local from=$1 to=$2 seconds=$3 count=$(($3 * rate)) receiver sender
	shift 3
	rm -f "$work/ready"
	spawn "$to" "$tool" load-receive goose0 --idle 2 --timeout $((seconds + 15)) --expect $count --ready "$work/ready" \
		>"$work/load.json"
	receiver=$spawned
	wait_for 5 test -e "$work/ready" || fail "the receiver does not start"
	spawn "$from" "$tool" load-send goose0 --rate $rate --count $count >"$work/sent.json"
	sender=$spawned
	sleep 0.5
	"$@"
	! gone "$sender" || fail "all was sent before $1 was over"
	reap "$sender" || fail "$(cat "$work/sent.json")"
	reap "$receiver" || explain "$from to $to, $1: $(cat "$work/load.json")"
	say "$from to $to, $1: $(cat "$work/load.json")"
}
restarts() {
	for _ in 1 2 3; do
		in_box systemctl restart goose-bridge || explain "it does not restart"
		in_box systemctl reset-failed goose-bridge # which counts no more how often
	done
}
crash() {
	local restarts
	restarts=$(property NRestarts)
	kill -KILL "$(service_pid)"
	wait_for 10 running_again $((restarts + 1)) || explain "it is not started again: $(property SubState)"
}
if [ "$engine" = kernel ]; then
	say "restarted and killed, and frames pass"
	rate=500
	[ "$sanitized" = 0 ] || rate=50
	is_kept goose0 || fail "what is kept: $(kept)"
	for way in "A B" "B A"; do
		# shellcheck disable=SC2086 # two words
		while_frames_pass $way $((6 * slow)) restarts
		# shellcheck disable=SC2086
		while_frames_pass $way $((8 * slow)) crash
	done
	box_carries_in_kernel || fail "the kernel engine carries no more"
	is_kept goose0 || fail "what is kept: $(kept)"
else
	say "no kernel engine here: frames do not pass while it is restarted"
fi

say "hung"
in_box mkdir -p /run/systemd/system/goose-bridge.service.d
in_box sh -c 'printf "[Service]\nWatchdogSec=2\n" >/run/systemd/system/goose-bridge.service.d/watchdog.conf'
in_box systemctl daemon-reload
in_box systemctl restart goose-bridge || explain "it does not restart"
pid=$(service_pid)
sleep 3
[ "$(service_pid)" = "$pid" ] || explain "the watchdog ended a service that works"
for task in "/proc/$pid/task"/*; do
	[ "$(cat "$task/comm")" != to-network ] || thread=${task##*/}
done
restarts=$(property NRestarts)
spawn A "$tool" hold "$thread" --ready "$work/held"
wait_for 5 test -e "$work/held" || fail "its thread does not stand still"
wait_for 15 running_again $((restarts + 1)) || explain "a service that hangs is not started again: $(property Result)"
[[ $(in_box journalctl --no-pager -u goose-bridge) == *"Watchdog timeout"* ]] || explain "it was not the watchdog"
both_ways
in_box rm -r /run/systemd/system/goose-bridge.service.d
in_box systemctl daemon-reload

say "a second instance"
in_box systemctl start goose-bridge@bay2 || explain "it does not start"
wait_for 10 joined A 224.0.1.101 || explain "it is no member"
capture_start second B goose1
replay A goose1 "$frames"
expect_frames second "$frames"
carry A B "$frames"
in_box test -s /var/log/goose-bridge/goose-bridge-goose1.log ||
	fail "it has no log of its own: $(in_box ls /var/log/goose-bridge)"
in_box test -S /run/goose-bridge/control-goose1.sock ||
	fail "it has no control socket of its own: $(in_box ls /run/goose-bridge)"
[ "$engine" = user ] || is_kept goose0 goose1 || fail "what is kept: $(kept)"
in_box systemctl stop goose-bridge@bay2 || explain "it does not stop"
[ "$engine" = user ] || is_kept goose0 || fail "what is kept of both: $(kept)"
in_box test -S /run/goose-bridge/control.sock || fail "the first one's control socket went with it"
carry A B "$frames"

say "by goose-bridge-ctl"
ctl_in() { in_box "$bin/goose-bridge-ctl" "$@"; }
is_unit='.through == "systemd" and .unit == "goose-bridge.service"'
ctl_in -j stop >"$work/said" || explain "goose-bridge-ctl stop: $?"
jq -e "$is_unit" "$work/said" >/dev/null || fail "stop: $(cat "$work/said")"
[ "$(property ActiveState)" = inactive ] || fail "it is $(property ActiveState) after goose-bridge-ctl stop"
[ "$engine" = user ] || is_kept || fail "the kernel engine stays: $(kept)"
ctl_in detach >"$work/said" || explain "detach of nothing: $?"
grep -q 'nothing in the kernel' "$work/said" || fail "detach: $(cat "$work/said")"
status=0
ctl_in -j status >"$work/said" || status=$?
[ $status = 1 ] || fail "status of a service that was stopped says $status"
jq -e '.state == "down" and .systemd.active_state == "inactive" and .last.statistics' "$work/said" >/dev/null ||
	fail "status: $(cat "$work/said")"
ctl_in start >"$work/said" || explain "goose-bridge-ctl start: $? $(cat "$work/said")"
grep -q 'runs as process [0-9]*, unit goose-bridge.service' "$work/said" || fail "start: $(cat "$work/said")"
ctl_in -j restart >"$work/said" || explain "goose-bridge-ctl restart: $?"
jq -e "$is_unit and .pid == $(property MainPID)" "$work/said" >/dev/null || fail "restart: $(cat "$work/said")"
status=0
ctl_in detach >"$work/said" 2>&1 || status=$?
[ $status = 1 ] || fail "detach beside a service that runs says $status: $(cat "$work/said")"
grep -q 'goose-bridge runs, as process' "$work/said" || fail "detach: $(cat "$work/said")"
[ "$engine" = user ] || is_kept goose0 || fail "what is kept: $(kept)"
reloads() { ctl_in logs -n 1000 | grep -c 'read again'; }
reloads_are() { [ "$(reloads)" = "$1" ]; }
said_before=$(reloads) || true
ctl_in reload >/dev/null || explain "goose-bridge-ctl reload: $?"
[ "$(property ActiveState)" = active ] || fail "it is $(property ActiveState) after goose-bridge-ctl reload"
wait_for 5 reloads_are $((said_before + 1)) || fail "logs: $(ctl_in logs)"
[ "$(ctl_in logs -n 1 | wc -l)" = 1 ] || fail "logs -n 1: $(ctl_in logs -n 1)"
ctl_in logs --journal >"$work/said" || fail "logs --journal: $?"
grep -q goose-bridge "$work/said" || fail "logs --journal: $(cat "$work/said")"
ctl_in -c "${conf%/*}/bay2.conf" -j start >"$work/said" || explain "goose-bridge-ctl -c bay2.conf start: $?"
jq -e '.unit == "goose-bridge@bay2.service"' "$work/said" >/dev/null || fail "start: $(cat "$work/said")"
ctl_in -c "${conf%/*}/bay2.conf" stop >/dev/null || explain "goose-bridge-ctl -c bay2.conf stop: $?"
both_ways

say "stopped"
in_box systemctl stop goose-bridge || explain "it does not stop"
ended="$(property ActiveState) $(property Result)"
[ "$ended" = "inactive success" ] || explain "it is $ended"
[ "$(index)" = "$first" ] || fail "goose0 went with the service"
is_held || fail "the membership went with the service"
[ "$engine" = user ] || is_kept || fail "the kernel engine stays: $(kept)"
[[ $(in_box journalctl --no-pager -u goose-bridge) != *"still there"* ]] || fail "the unit cannot take it away"
for way in "A B" "B A"; do
	capture_start stopped "${way#* }" goose0 --timeout 2
	replay "${way% *}" goose0 "$frames"
	expect_none stopped
done
[ "$(in_box cat /var/lib/goose-bridge/stats.json | jq .health.running)" = false ] || fail "stats.json says that it runs"
igmp_end wire
[ "$(igmp_count wire '.type == "leave"')" = 0 ] || fail "a LEAVE was sent: $(cat "$work/wire.igmp")"
kill -TERM "$box"
wait_for 10 gone "$box" || fail "systemd does not end"
pass
