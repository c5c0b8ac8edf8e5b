#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# goose-bridge-ctl migrate with files: what it writes and where, what it keeps, what it refuses, and that goose-bridge takes the
# result. It asks no service, and needs no root.
set -Eeuo pipefail

GB_SRCDIR=${GB_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
GB_BUILDDIR=${GB_BUILDDIR:-$GB_SRCDIR/build}
data=$GB_SRCDIR/tests/data/config
daemon=$GB_BUILDDIR/goose-bridge

say() { echo "test_migrate: $*"; }
fail() {
	say "FAIL: $*" >&2
	exit 1
}

command -v jq >/dev/null || {
	say "SKIP: needs jq"
	exit 77
}
work=$(mktemp -d "${TMPDIR:-/tmp}/gb.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'say "line $LINENO: failed: $BASH_COMMAND" >&2' ERR
cd "$work"

status=0
migrate() {
	status=0
	"$GB_BUILDDIR/goose-bridge-ctl" migrate "$@" >out 2>err || status=$?
}
says() { grep -qF -- "$1" "${2:-out}" || fail "'$1' is not in: $(cat out err)"; }
good() { "$daemon" -t -c "$1" >good 2>&1 || fail "goose-bridge does not take $1: $(cat good)"; }
# What stands before the lines that were added is FILE, octet for octet.
begins_with() { cmp -n "$(wc -c <"$2")" "$1" "$2" || fail "$1 does not begin with what $2 holds"; }

say "a check writes nothing"
for file in default high-load high-reliability low-latency; do
	cp "$data/python-$file.conf" .
	migrate --check "python-$file.conf"
	[ $status = 0 ] || fail "status $status: $(cat err)"
	says "Nothing was written, as this was a check"
	says "wire_format = legacy (native in the file that is installed anew)"
	cmp "$data/python-$file.conf" "python-$file.conf"
	[ ! -e "python-$file.conf.before" ] || fail "a check has kept a file"
done

say "each of the Python service's files"
for file in default high-load high-reliability low-latency; do
	migrate "python-$file.conf"
	[ $status = 0 ] || fail "status $status: $(cat err)"
	says "$work/python-$file.conf.before"
	cmp "$data/python-$file.conf" "python-$file.conf.before" || fail "the old file is not kept as it was"
	begins_with "python-$file.conf" "$data/python-$file.conf"
	good "python-$file.conf"
	[ "$(cat good)" = "python-$file.conf: good" ] || fail "goose-bridge -t says: $(cat good)"
	grep -qx 'wire_format = legacy' "python-$file.conf"
done

say "a second time"
cp python-default.conf once
migrate python-default.conf
[ $status = 0 ] || fail "status $status"
says "is a file of this service already"
says "Nothing to change"
cmp once python-default.conf
[ ! -e python-default.conf.before.1 ] || fail "it has kept a file that did not change"

say "the dual-path file"
cp "$data/python-dual-path.conf" dual.conf
if "$daemon" -t -c dual.conf >/dev/null 2>&1; then
	migrate dual.conf
	[ $status = 0 ] || fail "status $status: $(cat err)"
	says "with two paths"
	begins_with dual.conf "$data/python-dual-path.conf"
	good dual.conf
else
	migrate dual.conf
	[ $status = 1 ] || fail "status $status"
	says "dual.conf:3: enable_dual_path = true" err
	cmp "$data/python-dual-path.conf" dual.conf
fi

say "as JSON"
cp "$data/python-low-latency.conf" json.conf
sed -i 's/^worker_threads = 1$/worker_threads = 200   # mine/' json.conf
migrate -j --check json.conf
jq -e '.ok and .check and (.written | not) and .changes == 2 and .variant == "single" and .problems == []' out >/dev/null ||
	fail "JSON: $(cat out)"
jq -e '[.keys[] | select(.what == "bounded")] == [{key: "worker_threads", what: "bounded", line: 17, was: "200", now: "64",
	installed: null, note: "Its range here is 1..64 (number)."}]' out >/dev/null || fail "JSON: $(cat out)"
jq -e '[.keys[] | select(.what == "added") | .key, .now, .installed] == ["wire_format", "legacy", "native"]' out >/dev/null ||
	fail "JSON: $(cat out)"
"$GB_BUILDDIR/goose-bridge-ctl" -j migrate json.conf | jq -e '.written and (.kept_as | endswith("json.conf.before"))' >/dev/null
grep -qx 'worker_threads = 64   # mine' json.conf || fail "not bounded, or without its comment: $(cat json.conf)"
good json.conf
migrate -j "$data/bad-values.conf"
[ $status = 1 ] || fail "status $status"
jq -e '(.ok | not) and (.problems | length > 3 and all(.line > 0 and .severity == "error")) and .keys == []' out >/dev/null ||
	fail "JSON: $(cat out)"

say "line ends, and a comment in another script"
printf '[DEFAULT]\r\n# 桥\r\ninterface = goose0   # é\r\n' >crlf.conf
cp crlf.conf crlf
migrate crlf.conf
begins_with crlf.conf crlf
[ "$(grep -c $'\r$' crlf.conf)" = "$(wc -l <crlf.conf)" ] || fail "not all lines end in CR LF: $(od -c crlf.conf | tail)"
good crlf.conf

say "another file to write to"
printf 'interface = goose0\n# mine\n' >there.conf
migrate -o there.conf "$data/python-default.conf"
[ $status = 0 ] || fail "status $status: $(cat err)"
[ "$(cat there.conf.before)" = "$(printf 'interface = goose0\n# mine')" ] || fail "what was there is not kept"
begins_with there.conf "$data/python-default.conf"
migrate -o there.conf "$data/python-default.conf"
says "Nothing to change: it is in $work/there.conf"
[ ! -e there.conf.before.1 ] || fail "it was written again"
migrate -o there.conf "$data/python-high-load.conf"
[ -e there.conf.before.1 ] || fail "the second one was not kept"
begins_with there.conf.before "$work/there.conf.before"
migrate -o new.conf "$data/python-default.conf"
good new.conf
migrate -o nowhere/new.conf "$data/python-default.conf"
[ $status = 1 ] || fail "status $status"
says "No such file or directory" err

say "links, permissions"
mkdir real
cp "$data/python-default.conf" real/g.conf
chmod 640 real/g.conf
ln -s real/g.conf link.conf
migrate link.conf
[ -L link.conf ] || fail "the link is gone"
[ "$(stat -c %a real/g.conf)" = 640 ] || fail "its permissions are $(stat -c %a real/g.conf)"
cmp real/g.conf.before "$data/python-default.conf"
says "not everybody may read it"

say "what is wrong is said with file and line, and nothing is written"
wrong() {
	cp wrong.conf wrong
	migrate wrong.conf
	[ $status = 1 ] || fail "status $status for: $(cat wrong)"
	says "$1" err
	says "Nothing was written." err
	cmp wrong wrong.conf
	[ ! -e wrong.conf.before ] || fail "a file was kept, though nothing was written"
}
printf '[DEFAULT]\ninterface = goose0\nmulticast_port = 70000\n' >wrong.conf
wrong "wrong.conf:3: multicast_port = 70000: out of range, 1..65535"
cp "$data/bad-lines.conf" wrong.conf
wrong "wrong.conf:5: a value does not go on in the next line"
printf '[server]\nlisten = 80\n' >wrong.conf
wrong "wrong.conf: has no key of the Python service"
printf '\377\376i\0n\0' >wrong.conf
wrong "wrong.conf:1:"
migrate /nonexistent/file.conf
[ $status = 1 ] || fail "status $status"
says "/nonexistent/file.conf: cannot be read: No such file or directory" err
cp "$data/warnings.conf" odd.conf
migrate odd.conf
[ $status = 0 ] || fail "status $status: $(cat err)"
says "odd.conf:2: warning: unknown key 'multicast_prot': did you mean 'multicast_port'?"
good odd.conf

say "the document has every old key, and no command that is not there"
document=$GB_SRCDIR/docs/migration.md
sed -n 's/^\([a-z_]*\) = .*/\1/p' "$data"/python-*.conf | sort -u >keys
[ "$(wc -l <keys)" -gt 30 ] || fail "too few keys were found"
while read -r key; do
	grep -q "^|.*\`$key\`" "$document" || fail "docs/migration.md does not say what becomes of $key"
done <keys
"$GB_BUILDDIR/goose-bridge-diag" --help >commands
for area in multicast igmp tgw; do
	for word in $(grep -o "\b$area [a-z]*\`" "$document" | tr -d '\`' | cut -d ' ' -f 2 | sort -u); do
		grep -q "^  $area  *$word " commands || fail "docs/migration.md names goose-bridge-diag $area $word"
	done
done

say "usage"
migrate --wrong
[ $status = 2 ] || fail "status $status"
migrate one two
[ $status = 2 ] || fail "status $status"
migrate --help
[ $status = 0 ] || fail "status $status"
says "--check"
say "PASS"
