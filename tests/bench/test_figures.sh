#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What bench.sh makes of made-up measurements. Measures nothing itself, and needs no root.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v jq >/dev/null || { echo "SKIP: needs jq" && exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/gb-figures.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() { echo "FAIL: $*" >&2 && exit 1; }
expect() { # WHAT EXPECTED GOT
	[ "$2" = "$3" ] || fail "$1: '$3' where '$2' was to come"
}

# --- The summary, and what is shown of it ----------------------------------------------------------------------

value() { printf '{"round": %s, "design": "%s", "figure": "%s", "value": %s}\n' "$@"; }
{
	value 1 vxlan rate 100 && value 1 native rate 110
	value 2 vxlan rate 200 && value 2 native rate 240 # 1.2, as in round 4: not the medians' ratio
	value 3 vxlan rate 400 && value 3 native rate 100
	value 4 vxlan rate 1000 && value 4 native rate 1200
	value 1 vxlan loss 0 && value 1 native loss 0.5
	value 1 veth machine_cpu 1.5 && value 1 vxlan machine_cpu 2 && value 1 native machine_cpu 3.5
	value 2 vxlan machine_cpu 9 # no veth in that round
	value 1 native secret 7
} >"$work/values"
summary=$(jq -s --arg reference vxlan --argjson designs '["veth", "vxlan", "native"]' \
	--argjson figures '["rate", "loss", "machine_cpu_over_veth"]' -f "$here/summary.jq" "$work/values")
shown() { # FIGURE DESIGN
	jq -c --arg figure "$1" --arg design "$2" \
		'.[] | select(.figure == $figure and .design == $design) | [.median, .min, .max, .ratio]' <<<"$summary"
}
expect "a median of four, and the ratio" '[175,100,1200,1.15]' "$(shown rate native)"
expect "the reference" '[300,100,1000,1]' "$(shown rate vxlan)"
expect "a ratio to nothing" '[0.5,0.5,0.5,null]' "$(shown loss native)"
expect "over veth" '[2,2,2,4]' "$(shown machine_cpu_over_veth native)"
expect "over veth, where a round has none" '[0.5,0.5,0.5,1]' "$(shown machine_cpu_over_veth vxlan)"
expect "order, and no figure that was not asked for" \
	'rate vxlan,rate native,loss vxlan,loss native,machine_cpu_over_veth vxlan,machine_cpu_over_veth native' \
	"$(jq -r 'map("\(.figure) \(.design)") | join(",")' <<<"$summary")"

all=$(jq -n --argjson summary "$summary" '{version: "v", date: "d", rounds: 4, settings: ["a=b"], summary: $summary,
	machine: {model: "m", cores: 2, kernel: "k", architecture: "x"},
	figures: {rate: "R", loss: "L", machine_cpu_over_veth: "C"}}')
table=$(jq -r -f "$here/table.jq" <<<"$all")
grep -qxF $'  native\t175\t100\t1,200\t1.15' <<<"$table" || fail "the table: $table"
grep -qxF $'  native\t0.5\t0.5\t0.5\t-' <<<"$table" || fail "the table: $table"
expect "figures in the table, in order" "R L C" "$(sed -n 's/\tmedian\tmin\tmax\tratio//p' <<<"$table" | paste -sd ' ')"

# --- Measuring, with a network that is made up -----------------------------------------------------------------

# shellcheck source=tests/bench/measure.sh
. "$here/measure.sh"

# eth0 has sent 1,000 packets. B's IP layer was given 900 of them, which stood for 30,900 datagrams.
on() {
	case $1 in
	A) printf '%s\n' "Inter-| Receive" "  eth0: 1 2 3 4 5 6 7 8 9 1000 0" "  eth1: 1 2 3 4 5 6 7 8 9 77 0" | awk "$3" ;;
	B) printf '%s\n' "Ip: Forwarding InReceives InDelivers" "Ip: 2 900 5" "Udp: InReceives" "Udp: 5" \
		"TcpExt: InNoECTPkts" "TcpExt: 7" "IpExt: InOctets InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts" \
		"IpExt: 12345 30000 400 300 200" ;;
	esac
}
expect "datagrams of super-packets" 31000 "$(datagrams)"

# What passes up to $capacity frames/s; more is lost, and a load flat out, which offers $limit, leaves no more than $flat. The
# first $stalls loads lose 5 % besides.
progress() { :; }
record() { recorded=$2; }
loads=0
load() { # RATE SECONDS OCTETS
	local rate=$1 most=$capacity
	loads=$((loads + 1))
	if [ "$rate" = max ]; then most=$flat; fi
	if [ "$rate" = max ] || [ "$rate" -gt "$limit" ]; then rate=$limit; fi
	measured=$(jq -nc --argjson rate "$rate" --argjson most "$most" --argjson stalled $((stalls >= loads)) \
		'([$rate, $most] | min) * (1 - 0.05 * $stalled) | {rate: $rate, received_rate: .,
		loss_percent: (100 * (1 - . / $rate))}')
}
search() { # CAPACITY LIMIT STALLS [FLAT]
	capacity=$1 limit=$2 stalls=$3 flat=${4:-$1} loads=0 recorded=
	step_seconds=1 loss_free=0.1 steps=7
	load max 1 160
	loss_free_rate rate 160
}
within() { # WHAT LOW HIGH
	if [ "$recorded" -lt "$2" ] || [ "$recorded" -gt "$3" ]; then fail "$1: $recorded is not within $2..$3"; fi
}
search 500000 900000 0 && within "what passes" 490000 500500
[ $loads -le 8 ] || fail "the search took $loads loads"
search 500000 900000 0 300000 && within "more passes than flat out" 480000 500500
search 300000 900000 0 400000 && within "less passes than flat out" 290000 300300
search 2000000 900000 0 && within "all passes" 900000 900000
[ $loads = 1 ] || fail "nothing is left to search, and it took $loads loads"
search 500000 900000 2 && within "what passes, the machine having stalled" 480000 500500
search 900000 900000 2 && within "all passes, the machine having stalled" 880000 900000
search 1 900000 0 && within "nothing passes" 0 1000

# --- The plot -----------------------------------------------------------------------------------------------

command -v gnuplot >/dev/null || { echo "PASS, without the plot: gnuplot is not here" && exit 0; }
jq '.summary = [("loss_free_rate", "loss_free_rate_1400", "latency_p50", "latency_p99", "latency_p999", "latency_10k_p50",
	"latency_10k_p99", "latency_10k_p999") as $figure | ("vxlan", "native")
	| {figure: $figure, design: ., median: 20, min: 10, max: 30, ratio: (if . != "native" then null
		elif $figure == "loss_free_rate" then 1.234 else 2.345 end)}]' \
	<<<"$all" >"$work/all"
"$here/plot.sh" "$work/all" "$work/plot.svg" 2>"$work/complaints" || fail "plot.sh: $(cat "$work/complaints")"
[ ! -s "$work/complaints" ] || fail "gnuplot: $(cat "$work/complaints")"
for text in vxlan native x1.23 x2.35 "1,400 octets" "10,000 frames/s"; do
	grep -qF "$text" "$work/plot.svg" || fail "the plot does not have $text"
done
echo PASS
