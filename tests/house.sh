#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds the tree to its house rules: a room includes only rooms on lower floors, never sideways; files stay under 600 lines.
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
	clock | log | octets | ring) echo base ;;
	peers) echo stats ;;
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
done
for file in include/goose-bridge/*.h; do
	check_includes "$file" "$(room_of "$(basename "$file" .h)")"
done
for file in module/*/*.[ch] include/goose-bridge/*.h tests/*/*.[ch]; do
	[ "$(wc -l <"$file")" -le 600 ] || complain "$file: more than 600 lines: split it by concept"
	head -n 1 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || complain "$file: no licence line"
done
exit $bad
