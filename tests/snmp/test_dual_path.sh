#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two paths over SNMP: gbPathTable and gbMembershipTable have a row each, streams and peers say which path they are on, and a
# bridge that has one sender id on both paths is one row. The order of a walk stays strict. Notifications name the path.
# shellcheck source=tests/snmp/lib.sh
. "$(dirname "$0")/lib.sh"

other=224.0.1.101
dual=(enable_dual_path=true backup_interface=goose1 "backup_multicast_ip=$other" hello_interval=1 multicast_interface=eth0)
topology A B
snmp_conf A "trap2sink 127.0.0.1 public"
trapd_start A
snmpd_start A
write_conf A enable_snmp=true snmp_ping_interval=1 "${dual[@]}"
write_conf B sender_id=0x1234 "${dual[@]}"
start_bridges A B
wait_for 5 agent_up A || fail "the agent does not reach snmpd: $(ctl A -j snmp)"
wait_for 5 joined B $other || fail "B has not joined $other"
capture_start sink1 A goose1
replay B goose0 "$pcaps/goose_ndscom.pcap"
replay B goose1 "$pcaps/goose_tagged_vid100_prio6_mac0011.pcap"
expect_frames sink1 "$pcaps/goose_tagged_vid100_prio6_mac0011.pcap"
sleep 1.2 # a snapshot serves for a second

column() { query A snmpwalk -OQUv "GOOSE-BRIDGE-MIB::$1" | tr '\n' ' '; }
expect() { [ "$(column "$1")" = "$2 " ] || fail "$1: $(column "$1")"; }
say "a row for each path"
expect gbPathInterface 'goose0 goose1'
expect gbMembershipInterface 'eth0 eth0'
[ "$(column gbMembershipGroupAddr)" != "" ] && [ "$(column gbMembershipGroupAddr | wc -w)" -ge 2 ] ||
	fail "groups: $(column gbMembershipGroupAddr)"
query A snmpwalk -OQn GOOSE-BRIDGE-MIB::gbMembershipGroupAddr >"$work/groups"
[ "$(sed 's/.*= //' "$work/groups" | sort -u | wc -l)" = 2 ] || fail "one group for both: $(cat "$work/groups")"

say "streams and peers say which path"
[ "$(column gbStreamPathId | tr ' ' '\n' | sort -u | xargs)" = "0 1" ] || fail "streams: $(column gbStreamPathId)"
ctl A -j stats >"$work/stats"
[ "$(jq '.peers | length' "$work/stats")" = 2 ] || fail "peers of A: $(jq .peers "$work/stats")"
expect gbPeerPathId 0
[ "$(column gbPeerFrames)" = "$(jq '[.peers[].frames] | add' "$work/stats") " ] || fail "frames: $(column gbPeerFrames)"
query A snmpwalk -On GOOSE-BRIDGE-MIB::gooseBridgeMIB >/dev/null || fail "a walk out of order"
[ "$(query A snmpwalk -OQ GOOSE-BRIDGE-MIB::gbPathMember | grep -c true)" = 2 ] || fail "$(column gbPathMember)"

say "a notification of the second path names it"
on A ip addr del $other/32 dev eth0
told() { [ "$(trap_lines A gbReRegistered)" -gt 0 ]; }
wait_for 5 told || fail "no notification: $(ctl A -j events)"
grep gbReRegistered "$work/A.traps" | grep -q 'gbMembershipInterface.1' || fail "$(cat "$work/A.traps")"
[ "$(value A gbPathInterface.1)" = goose1 ] || fail "gbPathInterface.1"
listed() { [ "$(column gbReRegEventPathId | tr ' ' '\n' | sort -u | xargs)" = 1 ]; }
wait_for 5 listed || fail "gbReRegEventPathId: $(column gbReRegEventPathId)" # the notification is ahead of the snapshot
pass
