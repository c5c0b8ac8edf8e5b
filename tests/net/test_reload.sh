#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SIGHUP under traffic loses no frame; applies what is reloadable and names what needs a restart; a bad file changes nothing;
# the log is opened again.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

topology A B
write_conf A
write_conf B
start_bridges A B

say "reloads under traffic"
rm -f "$work/ready"
spawn B "$tool" load-receive goose0 --timeout $((20 * slow)) --idle $((2 * slow)) --ready "$work/ready" >"$work/load.json"
receiver=$spawned
wait_for 5 test -e "$work/ready" || fail "the receiver does not start"
rate=$((1000 / slow))
spawn A "$tool" load-send goose0 --rate $rate --duration 4 >"$work/sent.json"
sender=$spawned
for dscp in 10 20 30 40 50 60 12 13; do
	write_conf A dscp=$dscp multicast_ttl=$dscp batch_size=$dscp
	kill -HUP "$(bridge_pid A)"
	kill -HUP "$(bridge_pid B)"
	sleep 0.4
done
reap "$sender" || fail "load-send: $(cat "$work/sent.json")"
reap "$receiver" || fail "load-receive: $(cat "$work/load.json")"
jq -e --argjson sent "$(jq .sent "$work/sent.json")" \
	'.received == $sent and .lost == 0 and .altered == 0 and .duplicates == 0 and .reordered == 0' "$work/load.json" \
	>/dev/null || fail "$(cat "$work/sent.json") but $(cat "$work/load.json")"

say "what was applied"
[ "$(stat A '.paths[0].dscp')" = 13 ] || fail "dscp is $(stat A '.paths[0].dscp')"
[ "$(stat A '.paths[0].ttl')" = 13 ] || fail "ttl is $(stat A '.paths[0].ttl')"
grep -q 'batch_size.*restart' "$work/A.log" || fail "the log does not say that batch_size needs a restart"

say "a bad file"
write_conf A dscp=99 multicast_ttl=44
ctl A reload >"$work/refused" 2>&1 && fail "reload took a bad file"
grep -q 'dscp' "$work/refused" || fail "reload does not name the key: $(cat "$work/refused")"
[ "$(stat A '.paths[0].ttl')" = 13 ] || fail "part of a bad file was applied: ttl $(stat A '.paths[0].ttl')"
[ "$(stat A .state)" = running ] || fail "the state is $(stat A .state)"
carry A B "$pcaps/goose_ndscom.pcap"

say "log rotation"
write_conf A
mv "$work/A.log" "$work/A.log.1"
ctl A reload >/dev/null || fail "reload failed"
wait_for 3 grep -q INFO "$work/A.log" || fail "the log was not opened again"

say "another wire format"
write_conf A wire_format=legacy
ctl A reload >/dev/null || fail "reload failed"
[ "$(stat A '.paths[0].wire_format')" = legacy ] || fail "wire_format is $(stat A '.paths[0].wire_format')"
pass
