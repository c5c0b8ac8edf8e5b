#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds the tree to its house rules: a room includes only rooms on lower floors, never sideways; files stay under 600 lines, and
# lines within 128 columns; each has its licence line.
set -eu
cd "${srcdir:-.}"
bad=0

complain() {
	echo "$1" >&2
	bad=1
}

floor_of() {
	case $1 in
	base) echo 0 ;;
	goose | tunnel | config | event) echo 1 ;;
	stream | stats | netif) echo 2 ;;
	link | transport | membership | aws) echo 3 ;;
	datapath) echo 4 ;;
	report | client) echo 5 ;;
	control | snmp) echo 6 ;;
	daemon | tools) echo 7 ;;
	*) echo unknown ;;
	esac
}

# The room that a public header belongs to: its name, but for rooms with more than one concept.
room_of() {
	case $1 in
	cache | clock | file | ipv4 | log | octets | ring) echo base ;;
	igmp | igmp_socket) echo membership ;;
	pdu) echo goose ;;
	histogram | peers) echo stats ;;
	kernel_engine) echo datapath ;;
	migrate) echo config ;;
	registry) echo aws ;;
	*) echo "$1" ;;
	esac
}

check_includes() { # FILE ROOM
	for header in $(sed -n 's/^#include <goose-bridge\/\(.*\)\.h>.*/\1/p' "$1"); do
		to=$(room_of "$header")
		[ "$to" = "$2" ] && continue
		above=$(floor_of "$to")
		[ "$above" != unknown ] || complain "$1: header $header.h belongs to no room"
		[ "$above" -lt "$(floor_of "$2")" ] || complain "$1: room $2 must not include $header.h (room $to)"
	done
	if grep -n '^#include "\.\./' "$1"; then
		complain "$1: reaches into another room's folder"
	fi
}

for file in module/*/*.[ch]; do
	room=$(basename "$(dirname "$file")")
	[ "$(floor_of "$room")" != unknown ] || complain "$file: room $room has no floor"
	check_includes "$file" "$room"
	if [ "$room" != snmp ] && grep -n '^#include <net-snmp' "$file"; then
		complain "$file: net-snmp belongs to room snmp alone"
	fi
	if [ "$room" != aws ] && grep -n '^#include <\(curl\|libxml\)/' "$file"; then
		complain "$file: libcurl and libxml2 belong to room aws alone"
	fi
done
for file in include/goose-bridge/*.h; do
	check_includes "$file" "$(room_of "$(basename "$file" .h)")"
done

# The programs of the kernel engine are written against the kernel and layout.h alone, and libbpf is for whoever loads them.
if grep -n '^#include <goose-bridge/' module/*/bpf/*.[ch] /dev/null; then
	complain "what runs in the kernel cannot include what runs in a process"
fi
for file in module/*/*.[ch]; do
	[ "${file#module/datapath/}" = "$file" ] || continue
	if grep -n '^#include <bpf/' "$file"; then
		complain "$file: libbpf belongs to room datapath alone"
	fi
done

# Sources, and what builds and tests them: all of them in one go, as a process each takes a minute.
programs=$(find module/*/bpf -name '*.[ch]' ! -name '*.skel.h') # that one is made
# shellcheck disable=SC2086 # a list
set -- module/*/*.[ch] $programs include/goose-bridge/*.h tests/*/*.[ch] tests/*.sh tests/*/*.sh tests/*/*/*.sh tests/*/*.py \
	tests/*/*/*.py tests/bench/*.jq mibs/template/*.sh module/*/subdir.am module/*/*/subdir.am tests/*/*.am \
	tests/subdir.am mibs/template/subdir.am conf/subdir.am include/subdir.am Makefile.am
# A tab goes to the next multiple of 8 columns. Of a character of UTF-8 the first octet counts.
LC_ALL=C awk '
	function say(file, text) { print file ": " text; bad = 1 }
	function close_last() { if (last != "" && !licence) say(last, "no licence line"); licence = 0; last = FILENAME }
	FNR == 1 { close_last() }
	FNR <= 3 && /SPDX-License-Identifier: Apache-2.0/ { licence = 1 }
	FNR == 601 { say(FILENAME, "more than 600 lines: split it by concept") }
	length($0) > 128 || /\t/ {
		gsub(/[\200-\277]/, "")
		columns = 0
		n = split($0, part, "\t")
		for (i = 1; i <= n; i++)
			columns = i < n ? int((columns + length(part[i])) / 8 + 1) * 8 : columns + length(part[i])
		if (columns > 128)
			say(FILENAME, "line " FNR ": " columns " columns, of at most 128")
	}
	END { close_last(); exit bad }' "$@" >&2 || bad=1
exit $bad
