#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# GOOSE-BRIDGE-MIB is free of faults for any root (smilint, level 6), and net-snmp's tools know all its names, also on a host
# that has no modules of the IETF's.
set -euo pipefail

name=$(basename "$0" .sh)
fail() {
	echo "$name: FAIL: $*" >&2
	exit 1
}
skip() {
	echo "$name: SKIP: $*"
	exit 77
}
for need in smilint snmptranslate; do
	command -v $need >/dev/null || skip "needs $need (Debian: smitools snmp; RHEL: libsmi net-snmp-utils)"
done
template=$GB_SRCDIR/mibs/template/GOOSE-BRIDGE-MIB.txt.in
ietf=$GB_SRCDIR/tests/data/mibs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make_mib() { sh "$GB_SRCDIR/mibs/template/generate.sh" "$1" "$template" >"$work/mib/GOOSE-BRIDGE-MIB.txt"; }
# smilint's exit status says nothing.
lint() { SMIPATH=$ietf smilint -c /dev/null -l 6 -s "$1" 2>&1; }

mkdir "$work/mib" "$work/net-snmp"
for root in 1.3.6.1.4.1.8072.9999.9999.61850 1.3.6.1.4.1.55555 1.3.6.1.4.1.55555.7.9 1.3.6.1.3.77; do
	make_mib $root || fail "root $root is refused"
	said=$(lint "$work/mib/GOOSE-BRIDGE-MIB.txt")
	[ -z "$said" ] || fail "root $root: $said"
	at=$(MIBDIRS=$work/mib:$ietf snmptranslate -m GOOSE-BRIDGE-MIB -On GOOSE-BRIDGE-MIB::gbVersion.0)
	[ "$at" = .$root.1.1.1.0 ] || fail "root $root: gbVersion.0 is $at"
done
for root in 1.3.6.1.2.1.5 1.3.6.1.4.1 1.3.6.1.4.1.5x 1.3.6.1.4.1..5 1.3.6.1.4.1.8072.9999.9999 \
	1.3.6.1.4.1.8072.9999.9999.1.2 ''; do
	! make_mib "$root" 2>/dev/null || fail "the root '$root' is taken"
done
sed 's/SYNTAX      TimeStamp/SYNTAX      TimeStump/' "$template" >"$work/broken.in"
sh "$GB_SRCDIR/mibs/template/generate.sh" 1.3.6.1.4.1.55555 "$work/broken.in" >"$work/mib/GOOSE-BRIDGE-MIB.txt"
[ -n "$(lint "$work/mib/GOOSE-BRIDGE-MIB.txt")" ] || fail "smilint finds no fault in a module that has one"

# A host as Debian makes it has modules of net-snmp's alone.
cp "$ietf/NET-SNMP-MIB.txt" "$work/net-snmp"
make_mib 1.3.6.1.4.1.8072.9999.9999.61850
full=$work/mib:$ietf
bare=$work/mib:$work/net-snmp:$GB_SRCDIR/mibs/base
names() { MIBDIRS=$1 snmptranslate -m GOOSE-BRIDGE-MIB -Ts 2>&1 | grep gooseBridgeMIB | sed 's/.*gooseBridgeMIB//' | sort; }
names "$full" >"$work/full"
names "$bare" >"$work/bare"
[ "$(wc -l <"$work/full")" -gt 180 ] || fail "only $(wc -l <"$work/full") names"
cmp "$work/full" "$work/bare" || fail "names differ: $(diff "$work/full" "$work/bare" | head)"
mapfile -t objects < <(sed -n 's/^\(gb[A-Za-z0-9]*\) OBJECT-TYPE$/GOOSE-BRIDGE-MIB::\1/p' "$template")
details() { MIBDIRS=$1 snmptranslate -m GOOSE-BRIDGE-MIB -Td "${objects[@]}" 2>&1; }
details "$full" >"$work/full"
details "$bare" >"$work/bare"
grep -q 'DISPLAY-HINT' "$work/full" || fail "no display hints: $(head "$work/full")"
cmp "$work/full" "$work/bare" || fail "what is known of objects differs: $(diff "$work/full" "$work/bare" | head)"
# the commands of README, goose-bridge-snmp(8) and `goose-bridge-ctl snmp', on a path that begins as net-snmp's does
bare=+$work/mib:$work/net-snmp:$GB_SRCDIR/mibs/base
ask() { SNMPCONFPATH=$work HOME=$work snmptranslate -M "$bare" "$@" -On GOOSE-BRIDGE-MIB::gooseBridgeMIB 2>"$work/errors"; }
said=$(ask -m GOOSE-BRIDGE-MIB) || true
[ "$said" = .1.3.6.1.4.1.8072.9999.9999.61850 ] || fail "-m GOOSE-BRIDGE-MIB: $said $(cat "$work/errors")"
[ ! -s "$work/errors" ] || fail "-m GOOSE-BRIDGE-MIB is not without words: $(cat "$work/errors")"
said=$(ask -Pe -m +GOOSE-BRIDGE-MIB) || true
[ "$said" = .1.3.6.1.4.1.8072.9999.9999.61850 ] || fail "-m +GOOSE-BRIDGE-MIB: $said $(cat "$work/errors")"
echo "$name: PASS"
