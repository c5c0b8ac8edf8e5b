#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is unusual about a frame is carried as it is: tags, priorities, VIDs, lengths that are wrong, PDUs that are none.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

topology A B
write_conf A
write_conf B
start_bridges A B

# What ends right behind a tag is not among them: the kernel itself drops that on receipt.
{
	to=010ccd010001 from=020000000001 body="88b8 1000 0008 0000 0000"
	for pcp_dei in 0 1 2 4 7 8 9 e f; do
		for vid in 000 001 005 ffe fff; do echo "$to $from 8100 $pcp_dei$vid $body"; done
	done
	echo "$to $from 88a8 f005 $body"
	for outer in 8100 88a8; do
		for inner in 8100 88a8; do
			echo "$to $from $outer 9064 $inner e001 $body"
			echo "$to $from $outer 0000 $inner 0000 $body" # both are priority tags
		done
	done
	echo "$to $from 88b8 0000 0008 0000 0000"      # APPID 0
	echo "$to $from 88b8 ffff 0008 0000 0000"      # APPID FFFF
	echo "$to $from 88b8 1000 0000 0000 0000 6100" # Length 0
	echo "$to $from 88b8 1000 ffff 0000 0000 6100" # Length past the end
	echo "$to $from 88b8 1000 0009 0000 0000 6100" # Length short
	echo "$to $from 88b8 1000 0008 8000 beef"      # Reserved1 with S bit, Reserved2; empty PDU, 22 octets
	echo "$to $from 88b8 1000 000a 0000 0000 ff80" # no PDU
	echo "$to $from 88b8 1000 0010 0000 0000 6180 80ff ffff ffff" # indefinite length, overrunning field
	echo "$to $from 88b8 1000 000a 0000 0000 6100 de ad be ef 00*40" # trailer and padding beyond Length
	echo "$to $from 88b8 1000 00"                  # ends within the header
	echo "$to $from 88b8"                          # 14 octets
	echo "01a0f4112233 $from $body"                 # a device's own group address
	echo "ffffffffffff $from $body"                 # broadcast
	echo "020000000002 $from $body"                 # a single station
} >"$work/list"
make_frames unusual <"$work/list"
carry A B "$work/unusual.pcap"
carry B A "$work/unusual.pcap"

# What is not carried is counted by reason.
make_frames unwanted <<X
010ccd010001 020000000001 88b9 1000 0008 0000 0000
010ccd010001 020000000001 88ba 1000 0008 0000 0000
010ccd010001 020000000001 8100 0001 8100 0002 8100 0003 88b8 1000 0008 0000 0000
010ccd010001 020000000001 8100 0001 0800 00*30
010ccd010001 030000000001 88b8 1000 0008 0000 0000
010ccd010001 020000000001 8100 00
X
capture_start refused B goose0 --all --idle 1 --timeout 2
replay A goose0 "$work/unwanted.pcap"
expect_none refused
[ "$(stat A .drops.not_goose)" = 4 ] || fail "not_goose: $(stat A .drops.not_goose)"
[ "$(stat A .drops.group_source)" = 1 ] || fail "group_source: $(stat A .drops.group_source)"
[ "$(stat A .drops.short_frame)" = 1 ] || fail "short_frame: $(stat A .drops.short_frame)"
pass
