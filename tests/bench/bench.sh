#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# How fast frames are carried, beside kernel VXLAN in the same rounds: `bench.sh --help` says more. Needs root.
# The exit status says whether it could measure, never what came out.
# shellcheck disable=SC2034 # variables are for measure.sh
set -Eeuo pipefail
export LC_ALL=C # numbers with a point

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/bench/designs.sh
. "$here/designs.sh"

usage() {
	local name
	cat <<'Y'
usage: bench.sh [--quick] [--rounds N] [--designs NAME,...] [--json FILE] [--plot FILE] [--set KEY=VALUE]... [--supervision]

Measures this bridge beside kernel VXLAN over a multicast group. Two hosts, A and B, are namespaces on a Linux bridge with
IGMPv2 snooping and querier. All designs run in each round, one at a time; ratios are to VXLAN in the same round.

  --quick          one round, shorter steps: about two minutes; without it 5 rounds, about 25 minutes
  --rounds N       as many rounds
  --designs NAME,...
                   only these; known are
Y
	for name in veth vxlan vxlan-queued kernel native legacy native-no-uso wakes unsupervised kernel-unsupervised; do
		printf '                     %-19s %s\n' "$name" "${known[$name]}"
	done
	cat <<'Y'
  --json FILE      write all values and the summary to FILE
  --plot FILE      draw loss-free rates and latency as FILE (SVG; needs gnuplot)
  --set KEY=VALUE  a line of the bridges' configuration, for both; otherwise it is as built in

  --supervision    what following 1,000 GOOSE streams costs: the bridge with and without it, and ratios to without

GB_BUILDDIR is where the programs were built (build/ beside the sources, or the current directory).
Y
}

refuse() { echo "bench: $*" >&2 && exit 2; }
progress() { echo "  $*" >&2; }

rounds='' quick=0 json='' plot='' settings=()
designs=(veth vxlan kernel native legacy native-no-uso wakes) reference=vxlan streams=1
want() { [ "$2" -ge 2 ] || refuse "$1 needs a value"; }
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=1 ;;
	--rounds) want "$1" $# && rounds=$2 && shift ;;
	--designs) want "$1" $# && IFS=, read -ra designs <<<"$2" && shift ;;
	--json) want "$1" $# && json=$2 && shift ;;
	--plot) want "$1" $# && plot=$2 && shift ;;
	--set) want "$1" $# && settings+=("$2") && shift ;;
	--supervision) designs=(unsupervised native) reference=unsupervised streams=1000 ;;
	-h | --help) usage && exit 0 ;;
	*) usage >&2 && exit 2 ;;
	esac
	shift
done
if [ $quick = 1 ]; then
	latency_seconds=2 latency_10k_seconds=1.5 loss_seconds=1.5 flat_seconds=0.7 step_seconds=0.4 steps=5
	: "${rounds:=1}"
else
	latency_seconds=8 latency_10k_seconds=4 loss_seconds=3 flat_seconds=1.5 step_seconds=1 steps=7
	: "${rounds:=5}"
fi
[[ $rounds =~ ^[1-9][0-9]{0,2}$ ]] || refuse "--rounds $rounds: 1..999 are possible"
[ ${#designs[@]} -gt 0 ] || refuse "--designs: none"
for design in "${designs[@]}"; do
	[ -n "${known[${design:-none}]:-}" ] || refuse "--designs: no $design; known are ${!known[*]}"
done
if [[ " ${designs[*]} " == *" native-no-uso "* ]] && ! command -v ethtool >/dev/null; then
	progress "no native-no-uso: ethtool is not here"
	left=()
	for design in "${designs[@]}"; do [ "$design" = native-no-uso ] || left+=("$design"); done
	designs=("${left[@]}")
	[ ${#designs[@]} -gt 0 ] || refuse "nothing is left to measure"
fi
if [ -n "$plot" ] && ! command -v gnuplot >/dev/null; then
	progress "no plot: gnuplot is not here (package gnuplot-nox, or gnuplot)"
	plot=
fi
# better now than after twenty minutes
for file in "$json" "$plot"; do
	[ -z "$file" ] || { : >>"$file"; } 2>/dev/null || refuse "$file cannot be written"
done

[ -z "${GB_BUILDDIR:-}" ] || GB_BUILDDIR=$(cd "$GB_BUILDDIR" && pwd)
# Namespaces, bridges and their end are those of the network tests.
# shellcheck source=tests/net/lib.sh
. "$here/../net/lib.sh"
# An interrupted run has nothing to show but what it was asked for: no state of the bridges.
trap 'verdict=skip && exit 130' INT
trap 'verdict=skip && exit 143' TERM HUP

generator=$GB_BUILDDIR/tests/bench/bench-load
[ -x "$generator" ] || fail "no tests/bench/bench-load in $GB_BUILDDIR: run make first"

small=160 large=1400 # octets, with the tag
loss_rate=100000
loss_free=0.1 # percent: less is loss-free
round='' design='' interface='' queue=0
# shellcheck source=tests/bench/measure.sh
. "$here/measure.sh"

# --- What came out ---------------------------------------------------------------------------------------------

figures='{
	"loss_free_rate": "highest rate with loss under '$loss_free' %, '$small' octets, frames/s",
	"loss_free_rate_1400": "highest rate with loss under '$loss_free' %, 1,400 octets, frames/s",
	"flat_out": "received when sent flat out, '$small' octets, frames/s",
	"datagrams": "datagrams on the network per million frames received, flat out",
	"loss_100k": "loss at 100,000 frames/s x '$small' octets for '$loss_seconds' s, %",
	"latency_p50": "one way at 1,000 frames/s, p50, us",
	"latency_p99": "one way at 1,000 frames/s, p99, us",
	"latency_p999": "one way at 1,000 frames/s, p99.9, us",
	"latency_10k_p50": "one way at 10,000 frames/s, p50, us",
	"latency_10k_p99": "one way at 10,000 frames/s, p99, us",
	"latency_10k_p999": "one way at 10,000 frames/s, p99.9, us",
	"machine_cpu_over_veth": "CPU of the whole machine over veth in the round, at 100,000 frames/s, s per million frames",
	"bridge_cpu": "CPU of both bridges at 100,000 frames/s, s per million frames",
	"bridge_cpu_flat_out": "CPU of both bridges flat out, s per million frames received",
	"cpu_A": "CPU of the sending bridge at 1,000 frames/s, % of a core",
	"cpu_B": "CPU of the receiving bridge at 1,000 frames/s, % of a core",
	"private_A": "private memory (RssAnon + RssShmem) of the sending bridge after the load, MB",
	"private_B": "private memory of the receiving bridge, MB",
	"resident_A": "VmRSS of the sending bridge, MB",
	"resident_B": "VmRSS of the receiving bridge, MB",
	"damaged": "frames altered, doubled or out of order in all of that"
}'

describe_machine() {
	jq -n --arg kernel "$(uname -sr)" --arg architecture "$(uname -m)" --argjson cores "$(nproc)" \
		--arg model "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" \
		--argjson memory_mb "$(awk '/^MemTotal:/ { printf "%.0f", $2 * 1024 / 1e6 }' /proc/meminfo)" \
		--argjson load_average "$(cut -d ' ' -f 1 /proc/loadavg)" --argjson generator_rate "$1" '$ARGS.named'
}

summarise() {
	jq -s --arg reference $reference --argjson designs "$(jq -n '$ARGS.positional' --args -- "${designs[@]}")" \
		--argjson figures "$(jq -c keys_unsorted <<<"$figures")" -f "$here/summary.jq" "$work/values" >"$work/summary"
	jq -n --argjson machine "$machine" --argjson figures "$figures" --argjson rounds "$round" --arg reference $reference \
		--arg version "$("$(program goose-bridge)" -V | head -n 1)" --arg date "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
		--argjson frame_octets $small --slurpfile values "$work/values" --slurpfile summary "$work/summary" \
		'$ARGS.named | .settings = $ARGS.positional | .summary = .summary[0]' --args -- "${settings[@]}" >"$work/all"
	[ -z "$json" ] || cat "$work/all" >"$json"
	[ -z "$plot" ] || "$here/plot.sh" "$work/all" "$plot"
}

show() {
	jq -r -f "$here/table.jq" "$work/all" |
		awk -F '\t' 'NF == 5 { printf "%-100s %10s %10s %10s %8s\n", $1, $2, $3, $4, $5; next } { print }'
	cat <<Y

Ratio: to $reference in the same round, the median of the rounds. The sending bridge also pays for the way to the other host, as
namespaces on one machine share their processors with the load generator. A kernel's tunnel has no process whose CPU time could
be asked for: there, only that of the whole machine says what a frame costs, all of it over what veth took. Datagrams are those
that A's interface sends; a GSO super-packet counts as those it stands for, which B's IP layer says (IpExt In...Pkts). The
generator passes $generator_rate frames/s where nothing but a veth pair is in between.
Y
}

# Where the kernel engine cannot be had its rows are left out, with the reason.
drop_kernel() {
	local left=() name
	[[ " ${designs[*]} " == *" kernel"* ]] || return 0
	write_conf A wire_format=native datapath=kernel
	start_bridges A
	if ! wait_for 5 carries_in_kernel A; then
		progress "no kernel engine: $(ctl A -j status | jq -r '.warnings | join("; ")')"
		for name in "${designs[@]}"; do [[ $name == kernel* ]] || left+=("$name"); done
		designs=("${left[@]}")
		[ ${#designs[@]} -gt 0 ] || refuse "nothing is left to measure"
	fi
	bridge_stop A || fail "the bridge of A ended with an error"
	on A ip link del goose0
}

topology A B
# Whether a firewall sees what a switch forwards (br_netfilter) is a property of this machine, not of a network.
on T sh -c 'echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables' 2>/dev/null || true
drop_kernel
measure_generator
machine=$(describe_machine "$generator_rate")
if jq -e '.load_average > .cores / 2' >/dev/null <<<"$machine"; then
	progress "this machine is busy (load $(jq .load_average <<<"$machine")): go by the ratios"
fi
for ((round = 1; round <= rounds; round++)); do
	# Each round begins with another one: what comes first or last has no advantage.
	for ((turn = 0; turn < ${#designs[@]}; turn++)); do
		measure "${designs[(turn + round - 1) % ${#designs[@]}]}"
	done
done
round=$rounds
summarise
show
