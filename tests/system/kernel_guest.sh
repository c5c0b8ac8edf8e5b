#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What test_kernel_61.sh has a kernel boot: process 1, and what that starts, the test. All that there is in there is the
# initramfs that the former has made. The last line on the console is the test's exit status.
set -o pipefail
export PATH=/usr/bin LC_ALL=C

boot() {
	local status=0
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs dev /dev
	mount -t tmpfs tmpfs /tmp
	mount -t tmpfs tmpfs /run
	mount -t bpf bpf /sys/fs/bpf
	ln -s /proc/self/fd /dev/fd
	modprobe tun # the others come when they are asked for, as on any host
	GB_BUILDDIR=/usr/bin GB_SRCDIR=/gb GB_ENGINE=kernel bash /gb/tests/system/kernel_guest.sh 2>&1 | cat || status=$?
	echo "guest: ended with $status"
	echo b >/proc/sysrq-trigger # -no-reboot: the end of qemu
	sleep 60
}
if [ $$ = 1 ]; then
	boot
	exit
fi

# shellcheck source=tests/net/lib.sh
. /gb/tests/net/lib.sh
slow=5 # each instruction is emulated
by=clsact
say "Linux $(uname -r)"

say "the programs, packet for packet"
status=0
test_kernel_programs >"$work/programs.out" 2>&1 || status=$?
grep -aE '^\[  (PASSED|FAILED|ERROR)|LINE  ' "$work/programs.out" || true
[ $status = 0 ] || fail "they ended with $status"

filters() { # HOST
	local interface
	for interface in eth0 goose0; do
		on "$1" tc filter show dev $interface ingress
		on "$1" tc filter show dev $interface egress
	done 2>/dev/null
}

say "two bridges"
topology A B
write_conf A
write_conf B
start_bridges A B
for bridge in A B; do
	grep "the kernel engine carries frames (by $by)" "$work/$bridge.log" ||
		fail "$bridge does not say so: $(cat "$work/$bridge.log")"
	[ "$(filters $bridge | grep -c gb_to_)" = 2 ] || fail "$bridge has other filters: $(filters $bridge)"
done
carry A B "$pcaps"/*.pcap
carry B A "$pcaps"/*.pcap
for bridge in A B; do
	[ "$(stat $bridge '[.drops[]] | add')" = 0 ] || fail "$bridge drops frames: $(stat $bridge .drops)"
	sent=$(stat $bridge .counters.frames_to_ip)
	[ "$sent" = "$(jq .frames "$work/A-to-B.json")" ] || fail "$bridge counts $sent frames"
done

# Frames flow from A to B while COMMAND... is done, however long that takes.
during() { # WHAT COMMAND...
	local what=$1 receiver sender sent
	shift
	rm -f "$work/ready"
	spawn B "$tool" load-receive goose0 --ready "$work/ready" >"$work/received.json"
	receiver=$spawned
	wait_for 5 test -e "$work/ready" || fail "the receiver does not start"
	spawn A "$tool" load-send goose0 --rate 100 --duration 1000 --vlan 100 --streams 5 --size 200 >"$work/sent.json"
	sender=$spawned
	sleep 1
	"$@"
	sleep 1
	kill -TERM "$sender"
	reap "$sender" || true # that it was told to end is what it says by its status
	sleep 1
	sent=$(jq .sent "$work/sent.json")
	kill -TERM "$receiver"
	reap "$receiver" || fail "$what: $(cat "$work/received.json")"
	[ "$(jq .received "$work/received.json")" = "$sent" ] || fail "$what: $sent sent, and $(cat "$work/received.json")"
	say "$what: $sent sent, all received"
}

restart() { # BRIDGE
	bridge_stop "$1" || fail "bridge $1 ended with $?"
	[ "$(filters "$1" | grep -c gb_to_)" = 2 ] || fail "$1 left no filters behind"
	start_bridges "$1"
	grep "by $by, taken over" "$work/$1.log" || fail "$1 did not take over: $(cat "$work/$1.log")"
}

crash() { # BRIDGE
	local pid=${pid_of[$1]}
	unset "pid_of[$1]"
	kill -KILL "$pid"
	reap "$pid" 2>/dev/null || true
	start_bridges "$1"
}

epoch=$(stat A '.paths[0].epoch')
for bridge in A B; do
	during "$bridge is restarted" restart $bridge
	during "$bridge is killed" crash $bridge
done
[ "$(stat A '.paths[0].epoch')" = "$epoch" ] || fail "A began a new epoch, though its numbers went on"
[ "$(stat B '[.peers[] | .restarts + .lost + .reordered + .duplicates] | add')" = 0 ] ||
	fail "B saw A's restart: $(stat B .peers)"

say "stopped for good"
for bridge in A B; do
	pid=$(bridge_pid $bridge)
	on $bridge "$(program goose-bridge-ctl)" -c "$work/$bridge.conf" stop || fail "$bridge is not stopped"
	wait_for 5 gone "$pid" || fail "$bridge does not end"
	reap "$pid" || fail "$bridge ended with $?"
	unset "pid_of[$bridge]"
	[ -z "$(filters $bridge)" ] || fail "$bridge left filters: $(filters $bridge)"
	[ -z "$(ls "$bpffs/$bridge")" ] || fail "$bridge left pins: $(ls -R "$bpffs/$bridge")"
done
pass
