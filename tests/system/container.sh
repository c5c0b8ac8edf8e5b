#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Boots the machine's own systemd as process 1 of its own namespaces, over a copy of its files that is gone afterwards.
#
#   container.sh WORK OVER [COMMAND...]
#                               as root, in the network namespace that it is to have. OVER is a directory whose files are
#                               put over this machine's; WORK an empty one. WORK/init has the process id of process 1 once it is
#                               there; WORK/refused says why it cannot be. Ends with it, or ends it when told to end.
#
# With a COMMAND that is process 1, and not systemd.
# /proc/sys and /sys are read-only in there, as containers have them: nothing that boots changes this machine.
set -Eeuo pipefail

refuse() {
	echo "$*" >"$work/refused"
	exit 77
}

# --- inside: mount namespace and process ids are its own, this is process 1 ---

make_root() {
	mount --make-rprivate /
	mount -t tmpfs -o mode=755 tmpfs "$work/root" || refuse "no tmpfs may be mounted"
	mkdir "$work/root/upper" "$work/root/work" "$work/root/all"
	cp -a "$over/." "$work/root/upper/"
	mount -t overlay overlay -o "lowerdir=/,upperdir=$work/root/upper,workdir=$work/root/work" "$work/root/all" ||
		refuse "no overlay may be mounted over /"
	cd "$work/root/all"
	mount -t proc proc proc || refuse "no proc may be mounted"
	mount --bind proc/sys proc/sys
	mount -o remount,bind,ro proc/sys
	mount -t sysfs -o ro sysfs sys || refuse "no sysfs may be mounted"
	mount -t cgroup2 cgroup2 sys/fs/cgroup || refuse "no cgroup2 may be mounted"
	# as systemd does where it is not in a container; a kernel without BPF has no such place
	[ ! -d sys/fs/bpf ] || mount -t bpf -o mode=700 bpf sys/fs/bpf || refuse "no bpffs may be mounted"
	mount -t tmpfs -o mode=755 tmpfs run
	mount -t tmpfs tmpfs tmp
}

make_devices() {
	local name major minor
	mount -t tmpfs -o mode=755 tmpfs dev
	mkdir dev/net dev/pts dev/shm
	while read -r name major minor; do
		mknod -m 666 "dev/$name" c "$major" "$minor" || refuse "no device may be made"
	done <<-X
		null 1 3
		zero 1 5
		full 1 7
		random 1 8
		urandom 1 9
		tty 5 0
		net/tun 10 200
	X
	ln -s /proc/self/fd dev/fd
	ln -s /proc/self/fd/0 dev/stdin
	ln -s /proc/self/fd/1 dev/stdout
	ln -s /proc/self/fd/2 dev/stderr
	mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
	ln -s pts/ptmx dev/ptmx
	mount -t tmpfs tmpfs dev/shm
}

# Nothing is started but what everything needs.
strip_units() {
	rm -rf etc/systemd/system/*.wants \
		{usr/lib,lib}/systemd/system/{sysinit,basic,local-fs,multi-user,timers,sockets}.target.wants
	mkdir -p etc/systemd/system/sockets.target.wants
	ln -s /lib/systemd/system/systemd-journald.socket etc/systemd/system/sockets.target.wants/
	printf '[Unit]\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n' >etc/systemd/system/gb-test.target
	: >etc/fstab
	: >etc/machine-id
}

inside() {
	local command=(/lib/systemd/systemd --unit=gb-test.target --log-target=journal --show-status=no)
	make_root
	make_devices
	if [ $# -gt 0 ]; then command=("$@"); else strip_units; fi
	mkdir -p put_old
	pivot_root . put_old
	umount -l put_old
	cd /
	exec env -i container=gb-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		setpriv --bounding-set -sys_time,-sys_boot,-sys_module,-sys_rawio,-syslog "${command[@]}"
}

# --- outside: a control group of its own, and what is left of it ---

group=
init=

remove_group() {
	[ -d "$group" ] || return 0
	for _ in $(seq 50); do
		find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
		[ -d "$group" ] || return 0
		sleep 0.1
	done
	echo "container.sh: $group stays" >&2
}

end() {
	trap '' INT TERM HUP
	[ -z "$init" ] || kill -KILL "$init" 2>/dev/null || true
	# process 1 is a child of unshare's: without it all others are gone
	wait || true
	remove_group
}

outside() {
	local hierarchy=$work/cgroup child
	# the mount is seen by this process and what it starts, alone
	[ -n "${GB_CONTAINER_OWN_MOUNTS:-}" ] || GB_CONTAINER_OWN_MOUNTS=1 exec unshare -m "$0" "$work" "$over" "$@"
	mkdir "$hierarchy" "$work/root"
	mount -t cgroup2 cgroup2 "$hierarchy" || refuse "no cgroup2 may be mounted"
	group=$hierarchy/gb-test-$$
	mkdir "$group" || refuse "no control group may be made"
	trap end EXIT
	trap 'exit 143' TERM
	trap 'exit 130' INT HUP
	(
		echo "$BASHPID" >"$group/cgroup.procs"
		exec unshare -p -m -u -i -C --fork --kill-child "$0" --inside "$work" "$over" "$@"
	) &
	child=$!
	for _ in $(seq 100); do
		init=$(pgrep -P "$child" || true)
		[ -z "$init" ] || break
		kill -0 "$child" 2>/dev/null || break
		sleep 0.05
	done
	echo "$init" >"$work/init"
	wait "$child"
}

if [ "$1" = --inside ]; then
	work=$2 over=$3
	shift 3
	inside "$@"
else
	work=$1 over=$2
	shift 2
	outside "$@"
fi
