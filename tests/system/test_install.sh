#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make install and make uninstall into a directory: what is installed where; twice is once; what an administrator has changed is
# kept, with the new file beside it; what is uninstalled is all but what somebody wrote. No root, no network.
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"

# As somebody runs it, not as a part of make check. The directories are what quickstart gives to configure.
root=$work/root
make_it() {
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$build" DESTDIR="$root" \
		prefix=/usr/local sysconfdir=/etc localstatedir=/var \
		systemdsystemunitdir=/usr/local/lib/systemd/system sysusersdir=/usr/lib/sysusers.d sysctldir=/etc/sysctl.d \
		tmpfilesdir=/usr/lib/tmpfiles.d logrotatedir=/etc/logrotate.d logdir=/var/log mibdir=/usr/share/snmp/mibs \
		bashcompletiondir=/usr/share/bash-completion/completions "$@" >"$work/make.log" 2>&1 ||
		fail "make $*: $(tail -n 20 "$work/make.log")"
}
# Names, kinds, sizes, permissions, where links lead to.
tree() { (cd "$root" && find . -printf '%y %m %s %l %p\n' | sed 's/^d \([0-7]*\) [0-9]*/d \1 -/' | sort -k 5); }
same() { cmp -s "$root$1" "$2" || fail "$1 is not $2"; }
gone() { [ ! -e "$root$1" ] && [ ! -L "$root$1" ] || fail "$1 is there"; }
conf=/etc/goose-bridge/goose-bridge.conf
sysctl=/etc/sysctl.d/60-goose-bridge.conf
rotate=/etc/logrotate.d/goose-bridge

say "install"
make_it install
for file in $conf $sysctl $rotate /usr/lib/sysusers.d/goose-bridge.conf /usr/lib/tmpfiles.d/goose-bridge.conf \
	/usr/local/lib/systemd/system/goose-bridge.service /usr/local/lib/systemd/system/goose-bridge@.service \
	/usr/local/bin/goose-bridge /usr/local/bin/goose-bridge-ctl \
	/usr/share/bash-completion/completions/goose-bridge-ctl \
	/usr/local/share/man/man8/goose-bridge.8 /usr/local/share/doc/goose-bridge/realtime.conf.example \
	/usr/local/share/doc/goose-bridge/no-bpf.conf.example /usr/local/share/man/man7/goose-bridge-datapath.7; do
	[ -f "$root$file" ] || fail "$file is not installed"
done
same $conf "$source/conf/goose-bridge.conf"
[ "$(readlink "$root/var/log/goose-bridge.log")" = goose-bridge/goose-bridge.log ] || fail "no link to the log"
[ -d "$root/var/log/goose-bridge" ] || fail "no directory for logs"
if grep -r '@[a-z]*@' "$root/usr/local/lib/systemd" "$root$rotate"; then fail "a place in a template was not filled in"; fi
grep -q '%i.conf' "$root/usr/local/lib/systemd/system/goose-bridge@.service" || fail "goose-bridge@ reads no file of its own"
if find "$root" -perm /022 ! -type l | grep .; then fail "others may write there"; fi
cp "$root$rotate" "$work/rotate"
tree >"$work/first"

say "install again"
make_it install
tree | diff "$work/first" - || fail "a second installation is not the first"

say "what was changed is kept"
printf 'interface = goose7\n' >"$root$conf"
printf '# mine\n' >"$root$sysctl"
printf '# mine, too\n' >"$root$rotate"
printf 'interface = goose1\n' >"$root/etc/goose-bridge/bay2.conf"
make_it install
grep -q 'goose7' "$root$conf" || fail "$conf was overwritten"
grep -q 'mine' "$root$sysctl" || fail "$sysctl was overwritten"
grep -q 'mine, too' "$root$rotate" || fail "$rotate was overwritten"
same $conf.new "$source/conf/goose-bridge.conf"
same $sysctl.new "$source/conf/sysctl.d/60-goose-bridge.conf"
same $rotate.disabled "$work/rotate"
grep -q "$conf is kept; the new one is " "$work/make.log" || fail "it does not say so: $(cat "$work/make.log")"
if command -v logrotate >/dev/null && [ "$(id -u)" = 0 ]; then
	# both in one directory: logrotate reads just the one without that ending
	logrotate -d -s "$work/state" "$root/etc/logrotate.d" >"$work/logrotate" 2>&1 || fail "$(cat "$work/logrotate")"
	grep -q 'Ignoring.*goose-bridge.disabled' "$work/logrotate" || fail "logrotate takes it: $(cat "$work/logrotate")"
fi
# The new one taken over: nothing is left beside it.
cp "$root$sysctl.new" "$root$sysctl"
make_it install
gone $sysctl.new

say "uninstall"
make_it uninstall
(cd "$root" && find . ! -type d) | sort >"$work/left"
printf '.%s\n' /etc/goose-bridge/bay2.conf $conf $rotate | sort | diff - "$work/left" ||
	fail "not just what was changed is left"
[ "$(cat "$root$conf")" = "interface = goose7" ] || fail "$conf was changed"
(cd "$root" && find . -type d -name '*goose*') >"$work/left"
[ "$(cat "$work/left")" = ./etc/goose-bridge ] || fail "directories are left: $(cat "$work/left")"
grep -q "$conf was changed, and is kept" "$work/make.log" || fail "it does not say so"
rm -rf "$root"
make_it install
make_it uninstall
if find "$root" ! -type d | grep .; then fail "files are left where nothing was changed"; fi
if find "$root" -name '*goose*' | grep .; then fail "directories are left where nothing was changed"; fi

say "a log that was there before"
rm -rf "$root"
mkdir -p "$root/var/log"
echo old >"$root/var/log/goose-bridge.log"
make_it install
[ "$(cat "$root/var/log/goose-bridge/goose-bridge.log")" = old ] || fail "the old log is not in its directory"
[ "$(cat "$root/var/log/goose-bridge.log")" = old ] || fail "the link does not lead to it"
make_it uninstall
[ "$(cat "$root/var/log/goose-bridge/goose-bridge.log")" = old ] || fail "the log was removed"
grep -q 'logs in .*/var/log/goose-bridge are kept' "$work/make.log" || fail "it does not say so"
# With one in both places neither is touched.
echo other >"$root/var/log/goose-bridge.log"
make_it install
[ "$(cat "$root/var/log/goose-bridge.log" "$root/var/log/goose-bridge/goose-bridge.log")" = "other
old" ] || fail "a log was overwritten"

say "without system files"
rm -rf "$root"
make_it install systemdsystemunitdir= sysusersdir= tmpfilesdir= sysctldir= logrotatedir= logdir=
if (cd "$root" && find . -regex '.*\(systemd\|sysusers\|tmpfiles\|sysctl\|logrotate\).*' -o -path './var/*') | grep .; then
	fail "what was not wanted is installed"
fi
[ -f "$root$conf" ] || fail "$conf is not installed"
make_it uninstall systemdsystemunitdir= sysusersdir= tmpfilesdir= sysctldir= logrotatedir= logdir=
if find "$root" ! -type d | grep .; then fail "files are left"; fi
say "PASS"
