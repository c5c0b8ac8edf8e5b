#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# goose-bridge-benchmark between hosts that run a bridge: all that is sent arrives and is counted, native and legacy, and
# between the two; loss, copies and altered octets are found; nobody answers; an interrupt; wrong interfaces; two runs at a
# time; no alarm about its streams.
# shellcheck disable=SC2016 # jq has variables of its own
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# What is judged here is what a firewall does to datagrams, and of those of the kernel engine it sees nothing.
engine=user
command -v nft >/dev/null || skip "needs nft"
rate=$((500 / slow))

bm() {
	local host=$1
	shift
	on "$host" "$(program goose-bridge-benchmark)" -s "$work/$host.sock" "$@"
}

# Runs it on A with -j, to $work/NAME.json: exit status STATUS, and what it says fulfils CONDITION.
measure() { # NAME STATUS CONDITION ARG...
	local name=$1 wanted=$2 condition=$3 status=0
	shift 3
	bm A -j "$@" >"$work/$name.json" 2>"$work/$name.err" || status=$?
	[ $status = "$wanted" ] || fail "$name: exit $status, not $wanted: $(cat "$work/$name".{err,json})"
	holds "$name" "$condition"
}

holds() { jq -e "$2" "$work/$1.json" >/dev/null || fail "$1: not so: $2: $(cat "$work/$1.json")"; }

refused() { # STATUS WORDS HOST ARG...
	local wanted=$1 words=$2 status=0
	shift 2
	on "$1" timeout $((10 * slow)) "$(program goose-bridge-benchmark)" -s "$work/$1.sock" "${@:2}" >"$work/refused.out" \
		2>"$work/refused.err" || status=$?
	[ $status = "$wanted" ] || fail "$*: exit $status, not $wanted: $(cat "$work/refused.err")"
	grep -q -e "$words" "$work/refused.err" || fail "$*: '$words' is not in: $(cat "$work/refused.err")"
}

answering=
answer_start() { # HOST
	spawn "$1" "$(program goose-bridge-benchmark)" -j answer >"$work/answer-$1.jsonl" 2>"$work/answer-$1.err"
	answering=$spawned
	wait_for 5 grep -q '"begin"' "$work/answer-$1.jsonl" || fail "nobody answers on $1: $(cat "$work/answer-$1.err")"
}

answer_end() { # PID
	kill -INT "$1"
	wait_for 5 gone "$1" || fail "answer does not end"
	reap "$1" || fail "answer: exit $?"
}

# What adds up in every result.
sums='(.sent as $sent | all(.hosts[]; .received + .lost == $sent)) and (.fine == all(.hosts[]; .lost == 0))'

topology A B C
for host in A B; do write_conf $host; done
start_bridges A B

say "no interface, a wrong one, one that is down, too large a frame, no privilege"
refused 1 'no interface goose7' A throughput --interface goose7
refused 1 'lo is no Ethernet' A latency --interface lo
on A ip link add spare type veth peer name spare1
refused 1 'ip link set spare up' A answer --interface spare
refused 2 'at most 1514 octets' A throughput --interface eth0 --packet-size 1518
if command -v setpriv >/dev/null; then
	status=0
	on A setpriv --bounding-set -net_raw --inh-caps -net_raw "$(program goose-bridge-benchmark)" \
		2>"$work/refused.err" || status=$?
	[ $status = 1 ] || fail "without CAP_NET_RAW: exit $status"
	grep -q 'CAP_NET_RAW' "$work/refused.err" || fail "without CAP_NET_RAW: $(cat "$work/refused.err")"
	say "who may send no frames is told what passes meanwhile"
	without() {
		status=0
		on A setpriv --bounding-set -net_raw --inh-caps -net_raw "$(program goose-bridge-benchmark)" "$@" \
			>"$work/seen.out" 2>"$work/refused.err" || status=$?
		[ $status = 1 ] || fail "without CAP_NET_RAW $*: exit $status"
	}
	replay A goose0 "$pcaps/goose_simulation.pcap" # so that there is something to tell of the times
	without -j -s "$work/A.sock" throughput --duration 2 &
	watching=$!
	sleep 0.5
	replay A goose0 "$pcaps/goose_simulation.pcap"
	wait $watching || fail "it was not told"
	jq -e '.seen.frames_from_goose0 > 0 and .seen.drops == {} and .sent == 0 and .hosts == [] and (.fine | not)
		and (.seen.latency.to_network.residence.p50_us > 0) and (.left_out | length == 1) and .seconds >= 2' \
		"$work/seen.out" >/dev/null || fail "JSON: $(cat "$work/seen.out" "$work/refused.err")"
	without -s "$work/A.sock" latency --count 10
	for words in '^From goose0 ' '^To goose0 ' '^Dropped     nothing' '^Bridges ' \
		'^Left out: frames of its own.*CAP_NET_RAW'; do
		grep -q "$words" "$work/seen.out" || fail "no '$words': $(cat "$work/seen.out")"
	done
	without -j -s "$work/none" throughput
	jq -e '.seen == null and (.left_out | length == 2)' "$work/seen.out" >/dev/null || fail "JSON: $(cat "$work/seen.out")"
fi

say "nobody answers: nothing is loaded"
before=$(stat A .statistics.goose_to_ip)
refused 1 'goose-bridge-benchmark answer' A throughput --rate 1000000
[ $(($(stat A .statistics.goose_to_ip) - before)) -le 30 ] || fail "more than calls were sent"
measure nobody 1 '.hosts == [] and .sent == 0 and (.fine | not)' latency

say "native: throughput, latency, the largest frame, no tag"
answer_start B
answerer=$answering
refused 1 'somebody answers on goose0 already' B answer
measure throughput 0 "$sums"' and .sent == 2 * .rate_wanted and (.hosts | length == 1) and .hosts[0].reordered == 0 and
	.hosts[0].altered == 0 and .hosts[0].duplicates == 0 and .destination == "03:47:42:42:4d:00" and
	.bridge.wire_format == "native" and .bridge.drops == {} and .interface == "goose0"' throughput --rate $rate --duration 2
[ "$(jq -r '.hosts[0].mac' "$work/throughput.json")" = "$(on B ip -j link show goose0 | jq -r '.[0].address')" ] ||
	fail "that is not B: $(cat "$work/throughput.json")"
measure latency 0 "$sums"' and .sent == 100 and (.hosts[0] | .lost_there == 0 and .round_trip.count == 100 and
	(.round_trip | .min_ns > 0 and .min_ns <= .p50_ns and .p50_ns <= .p90_ns and .p90_ns <= .p99_ns and
	.p99_ns <= .p999_ns and .p999_ns <= .max_ns and
	([.histogram[].count] | add) == 100 and .histogram[0].from_ns <= .min_ns))' \
	latency --count 100 --rate $rate
# what clocks say of themselves decides what is measured
holds latency '.clock_synchronised as $here | .hosts[0] |
	((.one_way_there.count // 0) + (.one_way_back.count // 0) + .one_way_negative) ==
	(if $here and .clock_synchronised then 200 else 0 end)'
for size in 138 1518; do
	measure size 0 "$sums and .sent == 20" throughput --packet-size $size --rate 100 --duration 0.2
done
measure untagged 0 "$sums and .vlan_id == null" latency --vlan none --packet-size 1514 --count 10
measure vlan 0 "$sums and .vlan_id == 4094" throughput --vlan 4094 --priority 7 --appid 0x8001 --duration 0.2
bm A latency --count 20 --rate $rate >"$work/text" || fail "as text: exit $?"
for words in 'round trip' 'p99.9' '####' 'fine: all 20 frames'; do
	grep -q -e "$words" "$work/text" || fail "'$words' is not in: $(cat "$work/text")"
done
[ "$(grep -c ' 1 s  ' "$work/text")" = 0 ] || fail "progress where there is no terminal: $(cat "$work/text")"
if command -v script >/dev/null; then # which makes a terminal
	on A script -qec "$(program goose-bridge-benchmark) throughput --rate 100 --duration 2.5" /dev/null \
		</dev/null >"$work/terminal" ||
		fail "on a terminal: exit $?: $(cat "$work/terminal")"
	grep -q ' 2 s  [0-9]* sent; ' "$work/terminal" || fail "no progress on a terminal: $(cat "$work/terminal")"
fi
on A "$(program goose-bridge-ctl)" -s "$work/A.sock" -j benchmark latency --count 5 >"$work/ctl.json" || fail "ctl: exit $?"
holds ctl "$sums and .sent == 5 and .command == \"latency\" and .bridge.asked"

say "its streams are simulations, and no alarm to anybody"
for host in A B; do
	streams $host | jq '{streams: [.streams[] | select(.gocb_ref | startswith("GBBench/"))]}' >"$work/streams.json"
	holds streams '[.streams[] | select(.gocb_ref | startswith("GBBench/"))] | length > 0 and all(.simulation and
		.lost == 0 and .out_of_order == 0 and .duplicates == 0)'
	for kind in stream_expired stream_storm stream_replay; do
		[ "$(events_of $host $kind)" = 0 ] || fail "$host tells of $kind: $(ctl $host events)"
	done
done

say "loss, copies and altered octets are found, and where"
# Of the datagrams that come to HOST through its wire those with a frame of 190 octets: what is said of a run has other sizes.
tampered() { # HOST EXPRESSION
	on "$1" nft -f - <<-END || skip "no nftables ingress hook in this kernel"
		table netdev tampered {
			chain in { type filter hook ingress device eth0 priority 0; policy accept;
				udp dport $port udp length 248 $2
			}
		}
	END
}
whole() { on "$1" nft delete table netdev tampered; }

tampered B "numgen inc mod 10 == 3 drop"
measure lossy 1 "$sums and .sent == 300 and .hosts[0].lost > 20 and .hosts[0].lost < 40 and .bridge.drops == {}" \
	throughput --rate 100 --duration 3 --packet-size 190
measure lossy-there 1 "$sums and .sent == 100 and .hosts[0].lost > 5 and .hosts[0].lost == .hosts[0].lost_there" \
	latency --count 100 --rate 100 --packet-size 190
whole B
tampered A "numgen inc mod 10 == 3 drop"
measure lossy-back 1 "$sums and .sent == 100 and .hosts[0].lost > 5 and .hosts[0].lost_there == 0" \
	latency --count 100 --rate 100 --packet-size 190
whole A
# an octet of the frame's padding; a datagram's checksum is not looked at between namespaces
tampered B "numgen inc mod 10 == 3 @th,1760,8 set 0xa5"
measure altered 1 "$sums and .sent == 100 and (.hosts[0] | .altered > 5 and .lost == .altered)" \
	throughput --rate 100 --duration 1 --packet-size 190
whole B
if on T nft -f - 2>"$work/dup.err" <<-END; then
	table netdev twice {
		chain in { type filter hook ingress device portA priority 0; policy accept;
			udp dport $port dup to "portB"
		}
	}
END
	measure twice 1 \
		'.sent == 100 and (.hosts[0] | .received == 100 and .duplicates == 100 and .lost == 0) and (.fine | not)' \
		throughput --rate 100 --duration 1
	on T nft delete table netdev twice
else
	say "copies are not tried: no dup in this kernel's nftables"
fi

say "two runs at a time do not disturb each other"
spawn A "$(program goose-bridge-benchmark)" -s "$work/A.sock" -j throughput --rate $rate --duration 3 >"$work/one.json"
one=$spawned
measure two 0 "$sums and .sent == 50" latency --count 50 --rate 50
reap "$one" || fail "the other run: exit $?: $(cat "$work/one.json")"
holds one "$sums and .sent == 3 * .rate_wanted"
streams A >"$work/streams.json"
holds streams '[.streams[] | select(.gocb_ref | startswith("GBBench/LLN0$GO$s1-"))] | length > 0 and all(.lost == 0)'

say "an interrupt gives what was measured so far"
for command in "throughput --duration 60" "latency --count 6000"; do
	# shellcheck disable=SC2086
	spawn A "$(program goose-bridge-benchmark)" -s "$work/A.sock" -j $command --rate 100 >"$work/interrupted.json"
	sent=$(stat A .statistics.goose_to_ip)
	wait_for 10 eval "[ \$(stat A .statistics.goose_to_ip) -gt $((sent + 60)) ]" || fail "nothing is sent"
	kill -INT "$spawned"
	wait_for 5 gone "$spawned" || fail "it does not end"
	reap "$spawned" || fail "$command: exit $?: $(cat "$work/interrupted.json")"
	holds interrupted "$sums and .interrupted and .sent > 20 and .sent < 6000"
done

say "who answers no longer is said"
spawn A "$(program goose-bridge-benchmark)" -s "$work/A.sock" -j throughput --rate 100 --duration 3 >"$work/gone.json"
one=$spawned
# shellcheck disable=SC2317 # wait_for calls it
load_is_heard() { streams B | jq -e '[.streams[] | select(.gocb_ref == "GBBench/LLN0$GO$s0-01")][0].state == "test"'; }
wait_for 10 load_is_heard || fail "nothing is sent"
sleep 1
answer_end "$answerer"
jq -se 'last.event == "end" and ([.[] | select(.event == "run" and .command == "throughput" and .lost == 0)] | length > 2) and
	([.[] | select(.event == "run" and .command == "latency")] | length > 2)' "$work/answer-B.jsonl" >/dev/null ||
	fail "answer says: $(cat "$work/answer-B.jsonl")"
status=0
reap "$one" || status=$?
[ $status = 1 ] || fail "exit $status though nobody reports"
holds gone '(.hosts[0].reported | not) and (.hosts[0] | has("received") | not) and (.verdict | test("no longer answers"))'

say "goose0 goes away"
answer_start B
spawn A "$(program goose-bridge-benchmark)" -j throughput --rate 100 --duration 60 >"$work/away.json"
one=$spawned
sent=$(stat A .statistics.goose_to_ip)
wait_for 10 eval "[ \$(stat A .statistics.goose_to_ip) -gt $((sent + 60)) ]" || fail "nothing is sent"
bridge_stop A
on A ip link del goose0
wait_for 10 gone "$one" || fail "it does not end"
status=0
reap "$one" || status=$?
[ $status = 1 ] || fail "exit $status"
holds away '.verdict | test("goose0 (is gone|went down)")'
answer_end "$answering"

say "legacy: the one destination and priority that it carries; too large is named"
bridge_stop B
for host in A B; do write_conf $host wire_format=legacy; done
start_bridges A B
answer_start B
measure legacy 0 "$sums"' and .sent == .rate_wanted and .destination == "01:0c:cd:01:00:01" and
	.bridge.wire_format == "legacy" and .bridge.drops == {}' throughput --rate $rate --duration 1
measure legacy-latency 0 "$sums and .hosts[0].round_trip.count == 50" latency --count 50 --rate $rate
measure legacy-largest 0 "$sums" throughput --rate 100 --duration 0.2 --packet-size 1472
measure legacy-large 1 '.hosts[0].lost == .sent and .bridge.drops.too_large == .sent and (.verdict | test("too_large"))' \
	throughput --rate 100 --duration 0.2 --packet-size 1473
measure priority 1 '.hosts == []' throughput --priority 5

say "a native host and a legacy one answer a native one by the destination that both carry"
write_conf C
bridge_stop A
write_conf A
start_bridges A C
answer_start C
measure mixed 0 "$sums"' and (.hosts | length == 2) and .destination == "01:0c:cd:01:00:01"' latency --count 20 --rate 50
pass
