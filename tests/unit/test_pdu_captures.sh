#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The PDU decoder finds in recorded frames, and in frames made to be difficult but right, what tshark's GOOSE dissector finds.
# What tshark found once is in tests/data/pdu/*.expected; where tshark is installed, it is asked again.
set -u
src=${GB_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
tool=${GB_BUILDDIR:-.}/tests/tools/goose-test
data=$src/tests/data/pdu
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0 files=0 frames=0

fail() {
	echo "$1" >&2
	bad=1
}

# By value, not by letter: a number can be written in more than one way.
same() { # NAME EXPECTED WHOSE
	local equal
	equal=$(jq -n --slurpfile ours "$work/$1.ours" --slurpfile theirs "$2" '$ours == $theirs')
	[ "$equal" = true ] && return
	fail "$1: not what $3"
	diff <(jq -cS . "$2") <(jq -cS . "$work/$1.ours") | cut -c -2000 >&2
}

check() { # NAME FILE.pcap
	"$tool" pdu "$2" >"$work/$1.ours" || fail "$1: the decoder finds errors"
	if [ ! -s "$data/$1.expected" ]; then
		fail "$data/$1.expected is missing: expect.sh beside it makes it"
		return
	fi
	same "$1" "$data/$1.expected" "$data/$1.expected says"
	files=$((files + 1)) frames=$((frames + $(wc -l <"$work/$1.ours")))
	command -v tshark >/dev/null || return
	"$data/expect.sh" "$2" >"$work/$1.tshark" || fail "$1: tshark cannot read it"
	same "$1" "$work/$1.tshark" "tshark finds"
}

if ! command -v jq >/dev/null; then
	echo "jq is not installed"
	exit 77
fi
for file in "$src"/tests/data/pcap/*.pcap; do
	check "$(basename "$file" .pcap)" "$file"
done
"$tool" make-pcap "$work/cases.pcap" --frames "$data/cases.frames" >"$work/made" || fail "cases.frames cannot be made"
check cases "$work/cases.pcap"

if [ $files -lt 11 ] || [ $frames -lt 85 ]; then
	fail "only $frames frames in $files files"
fi
echo "$frames frames in $files files; $(command -v tshark >/dev/null && tshark --version 2>/dev/null | head -n 1 ||
	echo "tshark is not installed: compared with what it found once")"
exit $bad
