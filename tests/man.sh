#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual pages are without faults, goose-bridge(8) names every counter, drop reason and event that the code has, and
# goose-bridge-security-check(8) every check.
set -u
cd "${srcdir:-.}" || exit 1
bad=0

complain() {
	echo "$1" >&2
	bad=1
}

# The words that a page ($2) has as list items under heading $1.
items_under() {
	sed -n "/^\.Ss $1\$/,/^\.S[sh] /p" "man/$2" | sed -n 's/^\.It Sy //p' | tr -d ' ' | tr ',' '\n' | sort
}

# The kinds in the X-macro list of event.h, as JSON has them.
event_names() {
	sed -n 's/^[[:space:]]*X([A-Z0-9_]*, "\([a-z0-9_]*\)", [0-9]).*/\1/p' include/goose-bridge/event.h | sort
}

# The names in the X-macro list $1 of stats.h.
names_in() {
	sed -n "/^#define $1(X)/,/[^\\\\]\$/p" include/goose-bridge/stats.h |
		sed -n 's/^[[:space:]]*X(\([a-z0-9_]*\),.*/\1/p' | sort
}

# The ids of the checks of area $1 in the X-macro list of check.h.
check_ids() {
	sed -n "s/^[[:space:]]*X([A-Z0-9_]*, \"\([a-z0-9_]*\)\", $1).*/\1/p" module/tools/check.h | sort
}

compare() { # NAMES HEADING [PAGE]
	code=$1
	file=${3:-goose-bridge.8}
	page=$(items_under "$2" "$file")
	[ -n "$code" ] || complain "no names found in the code for $2"
	for name in $code; do
		printf '%s\n' "$page" | grep -qx "$name" || complain "$file: $2 does not name $name"
	done
	for name in $page; do
		printf '%s\n' "$code" | grep -qx "$name" || complain "$file: $2 names $name, which the code does not have"
	done
}

compare "$(names_in GB_COUNTERS)" Counters
compare "$(names_in GB_DROP_REASONS)" 'Drop reasons'
compare "$(event_names)" Events
compare "$(check_ids CHECK_LOCAL)" 'Checks of this host' goose-bridge-security-check.8
compare "$(check_ids CHECK_AWS)" 'Checks in AWS' goose-bridge-security-check.8
if ! command -v mandoc >/dev/null; then
	[ $bad = 0 ] || exit 1
	echo "skipped: mandoc is not here, so the pages are not checked for faults"
	exit 77
fi
for page in man/*.[1-8]; do
	said=$(mandoc -Tlint -W warning "$page")
	[ -z "$said" ] || complain "$said"
done
exit $bad
