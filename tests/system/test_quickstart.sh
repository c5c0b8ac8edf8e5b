#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# quickstart configures anew when what configure would find has changed, and only then: a library that came after the first
# build is not passed over in silence, nor are the tests that need it. The project beside it is a small one that notes what is
# done to it; nothing is installed. No root, no network.
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"

tree=$work/tree
stubs=$work/stubs
mkdir -p "$tree" "$stubs" "$work/tmp"
cp "$source/quickstart" "$tree"

stub() { # FILE, its text on standard input
	{ echo '#!/bin/sh' && cat; } >"$1"
	chmod +x "$1"
}
stub "$stubs/apt-get" <<<"echo 'apt-get \$*' >>'$work/notes'"
stub "$stubs/dpkg-query" <<<"echo 'ii '"
stub "$stubs/pkg-config" <<<"cat '$work/libraries'"
stub "$tree/autogen.sh" <<<"echo autogen >>'$work/notes'"
touch "$tree/configure.ac"
stub "$tree/configure" <<END
[ "\$1" != --help ] || exit 0
echo "configure \$*" >>'$work/notes'
if grep -q ^cmocka '$work/libraries'; then without='#'; else without=; fi
echo "S[\"HAVE_CMOCKA_FALSE\"]=\"\$without\"" >config.status
mkdir -p tests
cp '$work/Makefile' .
END
{
	printf 'all:\n\techo make >>%s/notes\n' "$work"
	printf 'clean:\n\techo clean >>%s/notes\n' "$work"
	printf 'check:\n\techo ":test-result: PASS" >tests/one.trs\n'
} >"$work/Makefile"

# What was done, in one line; the command's output is in $work/output.
quickstart() {
	: >"$work/notes"
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u GB_BUILD -u GB_BUILDDIR -u GB_SRCDIR GB_CONFIGURE="${arguments:-}" \
		TMPDIR="$work/tmp" PATH="$stubs:$PATH" "$tree/quickstart" "$@" >"$work/output" 2>&1 ||
		fail "quickstart $*: $(cat "$work/output")"
	cut -d ' ' -f 1 "$work/notes" | paste -s -d ' '
}
expect() { # what, DONE EXPECTED
	[ "$2" = "$3" ] || fail "$1: '$2', not '$3': $(cat "$work/output")"
}
expect_end() { # LINE
	expect "the last line of check" "$(tail -n 1 "$work/output")" "$1"
}

say "the first time, and again with nothing changed"
printf 'libmnl  libmnl - a library\njson-c  json-c - another\n' >"$work/libraries"
expect "first" "$(quickstart check)" "configure clean make"
expect_end "1 passed, 0 failed, 1 skipped"
grep -q 'unit tests are left out: .*cmocka' "$work/output" || fail "nothing said of the unit tests: $(cat "$work/output")"
expect "again" "$(quickstart check)" "make"

say "the list in another order is the same list"
printf 'json-c  json-c - another\nlibmnl  libmnl - a library\n' >"$work/libraries"
expect "in another order" "$(quickstart check)" "make"

say "a library came"
echo 'cmocka  cmocka - tests' >>"$work/libraries"
expect "cmocka came" "$(quickstart check)" "configure clean make"
expect_end "1 passed, 0 failed, 0 skipped"
expect "again" "$(quickstart check)" "make"

say "a program that configure looks for came"
stub "$stubs/bpftool" <<<"exit 0"
expect "bpftool came" "$(quickstart check)" "configure clean make"
expect "again" "$(quickstart check)" "make"

say "other arguments"
arguments=--without-bpf
expect "arguments" "$(quickstart check)" "configure clean make"
grep -q 'configure .* --without-bpf$' "$work/notes" || fail "the argument did not arrive: $(cat "$work/notes")"
expect "again" "$(quickstart check)" "make"

say "PASS"
