# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For the tests of this folder that need neither root nor a network: where things are, a folder that goes at the end, words.
set -Eeuo pipefail
build=${GB_BUILDDIR:-$PWD}
source=${GB_SRCDIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
test=$(basename "$0" .sh)
work=$(mktemp -d "${TMPDIR:-/tmp}/gb-$test.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'echo "line $LINENO: failed: $BASH_COMMAND" >&2' ERR
say() { echo "$test: $*"; }
fail() {
	say "FAIL: $*" >&2
	exit 1
}
skip() {
	say "SKIP: $*"
	exit 77
}
