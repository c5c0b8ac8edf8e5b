#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The README alone leads from two hosts with nothing to bridges that carry frames and a manager that sees them: the blocks that
# are marked are run as they stand there, in their order, on two hosts with a real systemd and a copy of this machine's files
# each. What is marked how, CONTRIBUTING.md says.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

for need in unshare nsenter pgrep setpriv systemctl systemd-sysusers make snmpd snmpwalk; do
	command -v $need >/dev/null || skip "needs $need"
done
[ -x /lib/systemd/systemd ] || skip "needs systemd"
[ -e /lib/systemd/system/snmpd.service ] || skip "needs snmpd with its unit"
grep -q '^#define HAVE_NETSNMP_AGENT' "$GB_BUILDDIR/config.h" || skip "built with --disable-snmp"
[ "$(grep -cx -e 'sysconfdir = /etc' -e 'prefix = /usr/local' "$GB_BUILDDIR/Makefile")" = 2 ] ||
	skip "built for other directories than the README's"
demo=$GB_SRCDIR/tests/net/demo.sh

# --- The blocks ---------------------------------------------------------------------

# blocks FILE: $work/blocks/NUMBER.mark and NUMBER.text, in their order. A block has four spaces in front of each line.
blocks() {
	rm -rf "$work/blocks"
	mkdir "$work/blocks"
	awk -v to="$work/blocks/" '
		/^<!-- .* -->$/ {
			name = sprintf("%s%03d", to, ++n)
			sub(/^<!-- /, "")
			sub(/ -->$/, "")
			print >(name ".mark")
			next
		}
		/^    / && name { inside = 1; print substr($0, 5) >(name ".text") }
		/^[^ ]/ && inside { name = ""; inside = 0 }' "$1"
}

# --- Two hosts ------------------------------------------------------------------------

declare -A box init
in_box() {
	local host=$1
	shift
	nsenter -t "${init[$host]}" -m -r -p -u -i -n -C -- "$@"
}
boot() {
	local host=$1
	mkdir "$work/box$host"
	spawn "$host" "$(dirname "$0")/container.sh" "$work/box$host" "$work/over" >"$work/box$host.out" 2>&1
	box[$host]=$spawned
	wait_for 10 booted "$host" || fail "nothing boots"
	init[$host]=$(cat "$work/box$host/init" 2>/dev/null || true)
	wait_for 20 is_up "$host" || skip "systemd does not get to its target here: $(tail -n 1 "$work/box$host.out")"
	[ ! -e "$work/box$host/refused" ] || skip "systemd cannot be process 1 here: $(cat "$work/box$host/refused")"
	! gone "${box[$host]}" || skip "systemd ends at once here: $(tail -n 1 "$work/box$host.out")"
	# what runs on this machine have left is not of this one
	in_box "$host" rm -rf /var/lib/goose-bridge /var/lib/snmp
	in_box "$host" systemd-sysusers /usr/lib/sysusers.d/goose-bridge.conf || fail "the user cannot be made"
	in_box "$host" systemd-tmpfiles --create goose-bridge.conf || fail "the directory of pins cannot be made"
}
booted() { [ -s "$work/box$1/init" ] || [ -e "$work/box$1/refused" ] || gone "${box[$1]}"; }
is_up() { [ -e "$work/box$1/refused" ] || gone "${box[$1]}" || in_box "$1" systemctl is-active --quiet gb-test.target; }

# What `quickstart install` does, but for packages and building, with its directories.
say "installed"
env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$GB_BUILDDIR" DESTDIR="$work/over" install \
	systemdsystemunitdir=/usr/local/lib/systemd/system sysusersdir=/usr/lib/sysusers.d sysctldir=/etc/sysctl.d \
	tmpfilesdir=/usr/lib/tmpfiles.d logrotatedir=/etc/logrotate.d logdir=/var/log \
	mibdir=/usr/share/snmp/mibs >"$work/made" 2>&1 ||
	fail "make install: $(tail -n 20 "$work/made")"
printf '#!/bin/sh\nexec "$@"\n' >"$work/over/usr/local/bin/sudo" # root already
chmod 755 "$work/over/usr/local/bin/sudo"
mkdir -p "$work/over/etc/snmp"
: >"$work/over/etc/snmp/snmpd.conf" # nothing but what the README says; snmpd is not to read this machine's
if [ "$sanitized" != 0 ]; then
	# looking for leaks takes ptrace, which the sandbox forbids
	mkdir "$work/over/usr/local/lib/systemd/system/goose-bridge.service.d"
	printf '[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n' \
		>"$work/over/usr/local/lib/systemd/system/goose-bridge.service.d/asan.conf"
fi

# The README's addresses.
topology A B
for host in A B; do
	on $host ip addr flush dev eth0
	on $host ip addr add "10.20.$(host_number $host).10/16" dev eth0
	on $host ip route add 224.0.0.0/4 dev eth0
	boot $host
done

# --- What the marks mean ----------------------------------------------------------------

ran=0
# A command that says that something is not as it should be ends the block, and the test.
run_on() {
	local host=$1 text=$2
	if ! in_box "$host" bash -e -o pipefail <"$text" >"$work/block.out" 2>&1; then
		in_box "$host" journalctl --no-pager -n 30 >"$work/journal.out" 2>&1 || true
		fail "on $host: $(cat "$text"): $(tail -n 30 "$work/block.out")"
	fi
	cat "$work/block.out" >>"$work/said.$host"
	ran=$((ran + 1))
}
place() { # > or >>, PATH, TEXT
	local host
	for host in A B; do
		if [ "$1" = append ]; then
			in_box $host sh -c "cat >>'$2'" <"$3"
		else
			in_box $host sh -c "cat >'$2'" <"$3"
		fi
		# Several tests share two processors: what waits a little is not stale here.
		[ "$2" != /etc/goose-bridge/goose-bridge.conf ] ||
			in_box $host sh -c "echo 'max_frame_age_ms = 5000' >>'$2'"
	done
}
follow() { # FILE
	local mark what text host
	blocks "$1"
	for mark in "$work"/blocks/*.mark; do
		what=$(cat "$mark")
		text=${mark%.mark}.text
		[ -s "$text" ] || fail "$1: no block behind $what"
		say "$what: $(head -n 1 "$text")"
		case $what in
		"run: demo")
			# The building is not repeated.
			grep -qx 'sudo ./quickstart demo' "$text" || fail "it is another command: $(cat "$text")"
			GB_DEMO_RESULT=$work/demo bash "$demo" >"$work/block.out" 2>&1 ||
				fail "the demonstration: $(tail -n 20 "$work/block.out")"
			grep -qE '^demo: ([0-9]+) frames sent, \1 received, 0 lost, 0 altered$' "$work/demo" ||
				fail "$(cat "$work/demo")"
			ran=$((ran + 1))
			;;
		"run: "*)
			for host in ${what#run: }; do
				run_on "$host" "$text"
			done
			;;
		"run in the background: "*)
			host=${what##* }
			in_box "$host" systemd-run --quiet --unit=gb-readme bash -e -c "$(cat "$text")" ||
				fail "on $host: $(cat "$text")"
			sleep 1
			in_box "$host" systemctl is-active --quiet gb-readme || fail "on $host it has ended: $(cat "$text")"
			ran=$((ran + 1))
			;;
		"file: "*) place write "${what#file: }" "$text" ;;
		"append: "*) place append "${what#append: }" "$text" ;;
		check)
			in_box A sh -c 'cat >/run/checked.conf' <"$text"
			in_box A goose-bridge -t -c /run/checked.conf >"$work/block.out" 2>&1 ||
				fail "$(cat "$text" "$work/block.out")"
			ran=$((ran + 1))
			;;
		*) fail "$1: nobody knows the mark $what" ;;
		esac
	done
}

follow "$GB_SRCDIR/README.md"
[ $ran -ge 8 ] || fail "only $ran blocks were run"
ran=0
follow "$GB_SRCDIR/docs/deployment.md"
[ $ran -ge 1 ] || fail "no block of deployment.md was run"

say "what a newcomer wants to see"
for host in A B; do
	grep -q 'is running' "$work/said.$host" || fail "no running bridge on $host: $(cat "$work/said.$host")"
done
grep -q '^10\.20\.2\.10 ' "$work/said.A" || fail "A hears no B: $(cat "$work/said.A")"
grep -q '^10\.20\.1\.10 ' "$work/said.B" || fail "B hears no A: $(cat "$work/said.B")"
grep -q 'GOOSE-BRIDGE-MIB::gbOperStatus\.0 = INTEGER: running(1)' "$work/said.A" || fail "a manager sees no running bridge"
[ "$(in_box B goose-bridge-ctl -j stats | jq .statistics.ip_to_goose)" -ge 20 ] || fail "hardly a frame came to goose0 of B"
in_box A systemctl is-enabled goose-bridge >/dev/null || fail "it is not started at boot"
pass
