#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What tshark finds in GOOSE messages: expect.sh FILE.pcap... prints a JSON object a frame. The *.expected files here were
# made with it, by tshark 4.0.17, from the files of the same name in tests/data/pcap, and cases.expected from cases.frames:
#
#	goose-test make-pcap cases.pcap --frames cases.frames && ./expect.sh cases.pcap >cases.expected
set -u
here=$(cd "$(dirname "$0")" && pwd)
status=0

# No preferences or plug-ins of whoever calls this: they could change what is printed.
home=$(mktemp -d) || exit 1
trap 'rm -rf "$home"' EXIT
for file; do
	if HOME=$home XDG_CONFIG_HOME=$home TZ=UTC LC_ALL=C.UTF-8 \
		tshark -r "$file" -T json -x --no-duplicate-keys -J goose >"$home/found" 2>"$home/log" &&
		jq -c -f "$here/tshark.jq" "$home/found"; then
		continue
	fi
	cat "$home/log" >&2
	status=1
done
exit $status
