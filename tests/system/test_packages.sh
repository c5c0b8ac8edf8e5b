#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `make dist` has all that packages are made of. The .debs pass lintian and install over a copy of this machine's files; the
# service starts without systemd, carries frames, is stopped by the removal, and a purge leaves nothing. The .spec builds.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

[ -n "${GB_WITH_PACKAGES:-}" ] || skip "takes minutes: sudo ./quickstart check --with-packages"
for need in unshare nsenter pgrep setpriv make dpkg-buildpackage dh lintian xz; do
	command -v $need >/dev/null || skip "needs $need"
done
frames=$pcaps/goose_simulation.pcap
# A build of its own: nothing of the make that this runs in, and no sanitizer.
alone() { env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u CFLAGS -u LDFLAGS "$@"; }

say "the distribution"
alone make -C "$GB_BUILDDIR" dist >"$work/made" 2>&1 || fail "make dist: $(tail -n 20 "$work/made")"
mkdir "$work/deb"
mv "$GB_BUILDDIR"/goose-bridge-[0-9]*.tar.xz "$work/" || fail "no tarball"
tarball=$(echo "$work"/goose-bridge-*.tar.xz)
version=${tarball##*/goose-bridge-}
version=${version%.tar.xz}
tar -C "$work/deb" -xf "$tarball"
source=$work/deb/goose-bridge-$version

say "the .debs"
(cd "$source" && DEB_BUILD_OPTIONS="parallel=2 noautodbgsym" alone dpkg-buildpackage -us -uc -b) >"$work/made" 2>&1 ||
	fail "dpkg-buildpackage: $(tail -n 40 "$work/made")"
packages=("$work"/deb/*.deb)
[ ${#packages[@]} = 2 ] || fail "these were made: ${packages[*]}"
for package in "${packages[@]}"; do
	[ "$(dpkg-deb -f "$package" Version)" = "$version" ] || fail "$package is not version $version: debian/changelog"
done
dpkg-deb -c "$work"/deb/goose-bridge_*.deb | awk '{print $6}' >"$work/files"
for file in docs/migration.md README.md profiles/goose-bridge-high-load.conf profiles/goose-bridge-high-reliability.conf \
	profiles/goose-bridge-low-latency.conf realtime.conf.example; do
	grep -qx "./usr/share/doc/goose-bridge/$file" "$work/files" || fail "no $file in the .deb: $(cat "$work/files")"
done
lintian --allow-root "$work"/deb/*.changes >"$work/lintian" 2>&1 || fail "lintian: $(cat "$work/lintian")"
cat "$work/lintian"

topology A B
write_conf B
start_bridges B
mkdir "$work/box" "$work/over" "$work/over/root"
cp "${packages[@]}" "$work/over/root/"
# a shell takes care of processes whose parent has ended, as process 1 has to
spawn A "$(dirname "$0")/container.sh" "$work/box" "$work/over" bash -c 'while sleep 0.2; do :; done' >"$work/box.out" 2>&1
box=$spawned
booted() { [ -s "$work/box/init" ] || [ -e "$work/box/refused" ] || gone "$box"; }
wait_for 10 booted || fail "nothing starts: $(cat "$work/box.out")"
init=$(cat "$work/box/init" 2>/dev/null || true)
in_box() { nsenter -t "$init" -m -r -p -u -i -n -C -- "$@"; }
is_up() { [ -e "$work/box/refused" ] || gone "$box" || [ "$(cat "/proc/$init/comm")" = bash ]; }
wait_for 10 is_up || fail "process 1 does not start"
[ ! -e "$work/box/refused" ] || skip "no copy of this machine's files to install over: $(cat "$work/box/refused")"
sleep 0.5
# All files but what dpkg knows and remembers itself, and caches.
tree() {
	in_box find / -xdev \( -path /root -o -path /var/lib/dpkg -o -path /var/cache -o -path /var/lib/systemd \) -prune -o \
		! -path '/var/log/dpkg.log' ! -path '/etc/*-' ! -path '/etc/.pwd.lock' -printf '%y %m %u %l %p\n' | sort -k 5
	in_box cat /etc/passwd /etc/group
}

say "installed"
in_box sh -c '! getent passwd goose-bridge' || skip "goose-bridge is installed on this machine"
# what runs on this machine have left is not the package's
in_box sh -c 'rm -rf /etc/goose-bridge /etc/logrotate.d/goose-bridge /var/lib/goose-bridge /var/log/goose-bridge*'
tree >"$work/before"
in_box sh -c 'echo old >/var/log/goose-bridge.log'
in_box sh -c 'dpkg -i /root/*.deb' >"$work/dpkg" 2>&1 || fail "dpkg -i: $(cat "$work/dpkg")"
in_box goose-bridge -t || fail "the configuration that is installed is not good"
in_box goose-bridge-ctl migrate --check | grep -q 'of this service already' || fail "migrate does not know what is installed"
in_box id goose-bridge >/dev/null || fail "no user"
[ "$(in_box cat /var/log/goose-bridge.log)" = old ] || fail "the old log is gone"
in_box test -f /usr/share/snmp/mibs/GOOSE-BRIDGE-MIB.txt || fail "no MIB"
[ -z "$(in_box pgrep -x goose-bridge || true)" ] || fail "it was started before it was configured"

say "started without systemd"
in_box sed -i 's/^max_frame_age_ms = .*/max_frame_age_ms = 5000/' /etc/goose-bridge/goose-bridge.conf
in_box goose-bridge -d || fail "it does not start"
in_box goose-bridge-ctl status >"$work/status" || fail "its status is $(cat "$work/status")"
wait_for 5 joined A $group || fail "A is no member"
carry A B "$frames"
carry B A "$frames"
in_box grep -q 'The service has started' /var/log/goose-bridge.log || fail "nothing in the log"
pid=$(in_box cat /run/goose-bridge.pid)
in_box kill "$pid"
wait_for 10 in_box sh -c "! kill -0 $pid 2>/dev/null" || fail "it does not stop"

say "installed again"
in_box sh -c 'dpkg -i /root/*.deb' >"$work/dpkg" 2>&1 || fail "dpkg -i: $(cat "$work/dpkg")"
in_box grep -q '^max_frame_age_ms = 5000' /etc/goose-bridge/goose-bridge.conf || fail "the configuration was overwritten"

say "removed while it runs, and purged"
in_box goose-bridge -d || fail "it does not start"
# what the kernel engine keeps, where the kernel has a place for it
if in_box test -d /sys/fs/bpf; then
	wait_for 5 in_box sh -c 'ls /sys/fs/bpf/goose-bridge/goose0-*' || fail "the kernel engine keeps nothing"
fi
in_box dpkg -r goose-bridge >"$work/dpkg" 2>&1 || fail "dpkg -r: $(cat "$work/dpkg")"
[ -z "$(in_box pgrep -x goose-bridge || true)" ] || fail "it still runs"
in_box test ! -e /sys/fs/bpf/goose-bridge || fail "a removal leaves the kernel engine"
in_box test -f /etc/goose-bridge/goose-bridge.conf || fail "a removal takes the configuration away"
in_box test -s /var/log/goose-bridge/goose-bridge.log || fail "a removal takes the log away"
in_box dpkg -P goose-bridge goose-bridge-nms >"$work/dpkg" 2>&1 || fail "dpkg -P: $(cat "$work/dpkg")"
tree >"$work/after"
diff "$work/before" "$work/after" || fail "a purge leaves what was not there before"

say "the .spec"
spec=$source/conf/rpm/goose-bridge.spec
[ "$(sed -n 's/^Version: *//p' "$spec")" = "$version" ] || fail "the .spec is not of version $version"
if command -v rpmbuild >/dev/null; then
	# this machine's packages are not what the .spec names
	alone rpmbuild -tb --nodeps --define "_topdir $work/rpm" "$tarball" >"$work/made" 2>&1 ||
		fail "rpmbuild: $(tail -n 40 "$work/made")"
	rpm -qpl "$work"/rpm/RPMS/*/*.rpm 2>/dev/null >"$work/files"
	for file in /etc/goose-bridge/goose-bridge.conf /usr/bin/goose-bridge /usr/lib/systemd/system/goose-bridge.service \
		/usr/lib/sysusers.d/goose-bridge.conf /usr/lib/tmpfiles.d/goose-bridge.conf /var/log/goose-bridge.log \
		/usr/share/snmp/mibs/GOOSE-BRIDGE-MIB.txt \
		/usr/share/doc/goose-bridge/docs/migration.md; do
		grep -qx $file "$work/files" || fail "no $file in the packages: $(cat "$work/files")"
	done
else
	say "no rpmbuild here: the .spec was not built"
fi
pass
