#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The units by systemd's own judgement, without running them: no mistake, and exposed at most 2.0, with the kernel engine and
# with the drop-in that does without; goose-bridge@ like goose-bridge; the other drop-ins; the user, and its directory of pins.
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
command -v systemd-analyze >/dev/null || skip "needs systemd-analyze"
version=$(systemd-analyze --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
[ "$version" -ge 250 ] || skip "systemd $version judges no unit that is not loaded: it needs 250"

# The programs that it runs have to be there.
unit() { # NAME OF-THE-BUILT-ONE
	sed "s|^ExecStart=[^ ]*/goose-bridge |ExecStart=$build/goose-bridge |
		s|^ExecStopPost=+-[^ ]*/goose-bridge-ctl |ExecStopPost=+-$build/goose-bridge-ctl |" "$build/conf/$2" >"$work/$1"
	grep -q "^ExecStart=$build/goose-bridge " "$work/$1" || fail "$2 does not start it: $(grep ExecStart "$build/conf/$2")"
	grep -q "^ExecStopPost=+-$build/goose-bridge-ctl .* detach %n \${SERVICE_RESULT}$" "$work/$1" ||
		fail "$2 leaves the kernel engine: $(grep ExecStopPost "$build/conf/$2")"
}
unit goose-bridge.service goose-bridge.service
unit goose-bridge@bay2.service goose-bridge@.service

verify() {
	SYSTEMD_UNIT_PATH="$work:/usr/lib/systemd/system:/lib/systemd/system" \
		systemd-analyze verify --man=no "$work/$1" >"$work/said" 2>&1 || fail "$1: $(cat "$work/said")"
	# units of this machine are not what is asked about
	if grep "^$work/\|goose-bridge" "$work/said"; then fail "$1 is not without fault"; fi
}

# In tenths.
exposed_at_most() { # TENTHS NAME
	systemd-analyze security --offline=true --no-pager --threshold="$1" "$work/$2" >"$work/said" 2>&1 ||
		fail "$2 is exposed too much: $(grep -v '✓' "$work/said")"
	tail -n 1 "$work/said"
}

for name in goose-bridge.service goose-bridge@bay2.service; do
	say "$name"
	verify $name
	exposed_at_most 20 $name
done
sed 's/ (%i)$//; s/%i\.conf/goose-bridge.conf/' "$work/goose-bridge@bay2.service" | diff "$work/goose-bridge.service" - ||
	fail "the units differ in more than the instance"

bpf='✗.*CAP_BPF\|bpf is allowed'
exposed_at_most 20 goose-bridge.service
[ "$(grep -c "$bpf" "$work/said")" = 2 ] || fail "it may not load programs: $(cat "$work/said")"

say "drop-ins"
mkdir "$work/goose-bridge.service.d"
cp "$source/conf/no-bpf.conf.example" "$work/goose-bridge.service.d/no-bpf.conf"
verify goose-bridge.service
exposed_at_most 20 goose-bridge.service
if grep "$bpf" "$work/said"; then fail "it may load programs"; fi
cp "$source/conf/clock.conf.example" "$work/goose-bridge.service.d/clock.conf"
verify goose-bridge.service
cp "$source/conf/realtime.conf.example" "$work/goose-bridge.service.d/realtime.conf"
verify goose-bridge.service
echo Nonsense=1 >>"$work/goose-bridge.service.d/realtime.conf"
systemd-analyze verify --man=no "$work/goose-bridge.service" 2>&1 | grep -q Nonsense || fail "the drop-in is not read at all"

if [ "$(id -u)" = 0 ] && command -v systemd-sysusers >/dev/null; then
	say "the user"
	mkdir -p "$work/root/etc"
	systemd-sysusers --root="$work/root" "$source/conf/sysusers.d/goose-bridge.conf" >"$work/said" 2>&1 ||
		fail "$(cat "$work/said")"
	grep -q '^goose-bridge:x:[0-9]*:[0-9]*:.*:/var/lib/goose-bridge:/.*nologin$' "$work/root/etc/passwd" ||
		fail "$(cat "$work/root/etc/passwd")"
	grep -q '^goose-bridge:' "$work/root/etc/group" || fail "no group"
	if command -v systemd-tmpfiles >/dev/null; then
		say "its directory of pins"
		mkdir -p "$work/root/sys/fs/bpf"
		systemd-tmpfiles --root="$work/root" --create "$source/conf/tmpfiles.d/goose-bridge.conf" >"$work/said" 2>&1 ||
			fail "$(cat "$work/said")"
		[ "$(stat -c '%u %a' "$work/root/sys/fs/bpf/goose-bridge")" = \
			"$(sed -n 's/^goose-bridge:x:\([0-9]*\):.*/\1/p' "$work/root/etc/passwd") 700" ] ||
			fail "it is $(stat -c '%u %a' "$work/root/sys/fs/bpf/goose-bridge")"
	fi
fi
say "PASS"
