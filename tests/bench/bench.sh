#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# How fast frames are carried, beside kernel VXLAN in the same rounds: `bench.sh --help` says more. Needs root.
# The exit status says whether it could measure, never what came out.
set -Eeuo pipefail

usage() {
	cat <<'X'
usage: bench.sh [--quick] [--rounds N] [--json FILE] [--set KEY=VALUE]...

Measures this bridge (native and legacy) beside kernel VXLAN over a multicast group, and a plain veth pair as the limit
of the load generator and the kernel. Two hosts, A and B, are namespaces on a Linux bridge with IGMPv2 snooping and
querier. All designs run in each round, one at a time; ratios are to VXLAN in the same round.

  --quick          one round, shorter steps: about a minute; without it 5 rounds, about ten minutes
  --rounds N       as many rounds
  --json FILE      write all values and the summary to FILE
  --set KEY=VALUE  a line of the bridges' configuration, for both; otherwise it is as built in

GB_BUILDDIR is where the programs were built (build/ beside the sources, or the current directory).
X
}

rounds=5 quick=0 json='' settings=()
want() { [ "$2" -ge 2 ] || { echo "bench: $1 needs a value" >&2 && exit 2; }; }
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=1 rounds=1 ;;
	--rounds) want "$1" $# && rounds=$2 && shift ;;
	--json) want "$1" $# && json=$2 && shift ;;
	--set) want "$1" $# && settings+=("$2") && shift ;;
	-h | --help) usage && exit 0 ;;
	*) usage >&2 && exit 2 ;;
	esac
	shift
done
[[ $rounds =~ ^[1-9][0-9]{0,2}$ ]] || { echo "bench: --rounds $rounds: 1..999 are possible" >&2 && exit 2; }
[ -z "$json" ] || : >>"$json" # better now than after ten minutes

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ -z "${GB_BUILDDIR:-}" ] || GB_BUILDDIR=$(cd "$GB_BUILDDIR" && pwd)
# Namespaces, bridges and their end are those of the network tests.
# shellcheck source=tests/net/lib.sh
. "$here/../net/lib.sh"
# An interrupted run has nothing to show but what it was asked for: no state of the bridges.
trap 'verdict=skip && exit 130' INT
trap 'verdict=skip && exit 143' TERM HUP

generator=$GB_BUILDDIR/tests/bench/bench-load
[ -x "$generator" ] || fail "no tests/bench/bench-load in $GB_BUILDDIR: run make first"

if [ $quick = 1 ]; then
	latency_seconds=3 loss_seconds=2 step_seconds=0.5 steps=6
else
	latency_seconds=5 loss_seconds=5 step_seconds=1 steps=8
fi
size=160       # octets, with the tag
loss_rate=100000
loss_free=0.1  # percent: less is loss-free

progress() { echo "  $*" >&2; }
true_that() { jq -e "$1" >/dev/null <<<"$measured"; }
value_of() { jq -r "$1" <<<"$measured"; }

# --- Designs: start_DESIGN, stop_DESIGN; $interface is where frames go in and come out --------------------------

interface=

start_veth() { interface=eth0; }
stop_veth() { :; }

start_vxlan() {
	local host
	interface=goose0
	for host in A B; do
		on $host ip link add goose0 type vxlan id 61 group 239.61.0.1 dev eth0 dstport 4789
		on $host ip link set goose0 up
	done
	for host in A B; do wait_for 5 joined $host 239.61.0.1 || fail "VXLAN has not joined its group"; done
}
stop_vxlan() { remove_goose0; }

start_bridge() {
	local host
	interface=goose0
	# As built in, where the library of the tests has other values.
	for host in A B; do
		write_conf $host wire_format="$1" max_frame_age_ms=200 stats_export_interval=10 reconnect_delay=5 "${settings[@]}"
	done
	start_bridges A B
}
stop_bridge() {
	local host
	for host in A B; do bridge_stop $host || fail "the bridge of $host ended with an error"; done
	remove_goose0
}
start_native() { start_bridge native; }
stop_native() { stop_bridge; }
start_legacy() { start_bridge legacy; }
stop_legacy() { stop_bridge; }

remove_goose0() {
	local host
	for host in A B; do on $host ip link del goose0; done
}

# --- Measuring -------------------------------------------------------------------------------------------------

round='' design=''
record() { # FIGURE VALUE
	jq -nc --argjson round "$round" --arg design "$design" --arg figure "$1" --argjson value "$2" '$ARGS.named' \
		>>"$work/values"
}

damaged=0 # frames that came altered, twice or out of order, of the design in this round
measured= # what the generator said last
load() {  # RATE SECONDS
	local path=/run/netns status=0
	spawn T "$generator" --from "$path/$(netns A):$interface" --to "$path/$(netns B):$interface" --rate "$1" \
		--seconds "$2" --size "$size" >"$work/measured"
	reap "$spawned" || status=$?
	[ $status = 0 ] || fail "the load generator failed"
	measured=$(cat "$work/measured")
	damaged=$((damaged + $(value_of '.altered + .duplicates + .reordered')))
	if true_that '.receiver_dropped > 0'; then
		progress "the generator's receiver lost $(value_of .receiver_dropped) frames: they count as lost"
	fi
}

# Nanoseconds that the process has run, of all its threads: utime + stime, finer.
cpu_ns() {
	if [ -r "/proc/$1/schedstat" ]; then
		cat "/proc/$1/task/"*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'
	else
		awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); printf "%.0f", ($12 + $13) * 1e9 / hz }' "/proc/$1/stat"
	fi
}

memory_mb() { # PID FIELD...: the sum, in MB of 1,000,000 octets
	local pid=$1
	shift
	awk -v fields="$*" 'BEGIN { split(fields, list, " "); for (i in list) wanted[list[i] ":"] = 1 }
		$1 in wanted { sum += $2 } END { printf "%.3f", sum * 1024 / 1e6 }' "/proc/$pid/status"
}

latency() {
	local host figure
	local -A before=() after=()
	for host in "${!pid_of[@]}"; do before[$host]=$(cpu_ns "${pid_of[$host]}"); done
	load 1000 "$latency_seconds"
	for host in "${!pid_of[@]}"; do after[$host]=$(cpu_ns "${pid_of[$host]}"); done
	for figure in p50 p99 p999; do record "latency_$figure" "$(value_of ".${figure}_us")"; done
	for host in "${!pid_of[@]}"; do
		record "cpu_$host" "$(jq -n "(${after[$host]} - ${before[$host]}) / 1e9 / $latency_seconds * 100")"
	done
}

loss() {
	load $loss_rate "$loss_seconds"
	record loss_100k "$(value_of .loss_percent)"
	if true_that ".rate < $loss_rate * 0.98"; then
		progress "only $(value_of .rate) frames/s were offered, not $loss_rate"
	fi
}

# Whether RATE passes; a little loss is looked at twice, as a moment's stall of the machine is no property of the design.
passes() {
	load "$1" $step_seconds
	if true_that ".loss_percent >= $loss_free and .loss_percent < 3"; then load "$1" $step_seconds; fi
	true_that ".loss_percent < $loss_free"
}

loss_free_rate() {
	local best=0 high try step
	load max $step_seconds
	record flat_out "$(value_of .received_rate)"
	high=$(value_of .rate)
	if true_that ".loss_percent < $loss_free"; then
		record loss_free_rate "$high"
		return
	fi
	# What passed flat out is a good guess, but for a design that does worse when it is offered too much.
	try=$(value_of '.received_rate | if . < 1000 then 1000 else . end')
	for ((step = 1; step < steps && try > 0; step++)); do
		if passes "$try"; then
			best=$(value_of .rate)
			# The processors have no more for the generator.
			if true_that ".rate < $try * 0.95"; then break; fi
		else
			high=$try
		fi
		if [ "$best" = 0 ]; then try=$((high * 7 / 10)); else try=$(((best + high) / 2)); fi
	done
	record loss_free_rate "$best"
}

memory() {
	local host
	for host in "${!pid_of[@]}"; do
		record "private_$host" "$(memory_mb "${pid_of[$host]}" RssAnon RssShmem)"
		record "resident_$host" "$(memory_mb "${pid_of[$host]}" VmRSS)"
	done
}

measure() { # DESIGN
	design=$1 damaged=0
	progress "round $round of $rounds: $design"
	"start_$design"
	load 1000 0.3 # peers get to know each other
	latency
	loss
	loss_free_rate
	memory
	record damaged $damaged
	"stop_$design"
}

# --- What came out ---------------------------------------------------------------------------------------------

figures='{
	"loss_free_rate": "highest rate with loss under '$loss_free' %, '$size' octets, frames/s",
	"flat_out": "received when sent flat out, '$size' octets, frames/s",
	"loss_100k": "loss at 100,000 frames/s x '$size' octets for '$loss_seconds' s, %",
	"latency_p50": "one way at 1,000 frames/s, p50, us",
	"latency_p99": "one way at 1,000 frames/s, p99, us",
	"latency_p999": "one way at 1,000 frames/s, p99.9, us",
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
		--argjson load_average "$(cut -d ' ' -f 1 /proc/loadavg)" '$ARGS.named'
}

summarise() {
	jq -s --argjson figures "$(jq -c keys_unsorted <<<"$figures")" -f "$here/summary.jq" "$work/values" >"$work/summary"
	jq -n --argjson machine "$machine" --argjson figures "$figures" --argjson rounds "$round" \
		--arg version "$("$(program goose-bridge)" -V | head -n 1)" --arg date "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
		--argjson frame_octets $size --slurpfile values "$work/values" --slurpfile summary "$work/summary" \
		'$ARGS.named | .settings = $ARGS.positional | .summary = .summary[0]' --args -- "${settings[@]}" >"$work/all"
	[ -z "$json" ] || cat "$work/all" >"$json"
}

show() {
	# Three significant digits, as far as they are there.
	jq -r 'def digits: if . == null then "-" elif . >= 100 then round elif . >= 10 then (. * 10 | round) / 10
			else (. * 100 | round) / 100 end | tostring;
		"\(.version), \(.date), rounds: \(.rounds)\(if .settings == [] then "" else ", " + (.settings | join(", ")) end)",
		"\(.machine.model), \(.machine.cores) cores, \(.machine.kernel) \(.machine.architecture)",
		(.figures as $figures | .summary | group_by(.figure | . as $f | $figures | keys_unsorted | index($f))[]
			| "", "\(.[0].figure as $f | $figures[$f])\t\("median min max ratio" | gsub(" "; "\t"))",
			(.[] | "  \(.design)\t\(.median | digits)\t\(.min | digits)\t\(.max | digits)\t\(.ratio | digits)"))' \
		"$work/all" |
		awk -F '\t' 'NF == 5 { printf "%-84s %10s %10s %10s %8s\n", $1, $2, $3, $4, $5; next } { print }'
	echo
	echo "ratio: to kernel VXLAN in the same round, the median of the rounds. The sending bridge also pays for the way to the"
	echo "other host, as namespaces on one machine share their processors with the load generator."
}

machine=$(describe_machine)
if jq -e '.load_average > .cores / 2' >/dev/null <<<"$machine"; then
	progress "this machine is busy (load $(jq .load_average <<<"$machine")): go by the ratios"
fi
topology A B
designs=(veth vxlan native legacy)
for ((round = 1; round <= rounds; round++)); do
	# Each round begins with another one: what comes first or last has no advantage.
	for ((turn = 0; turn < ${#designs[@]}; turn++)); do
		measure "${designs[(turn + round - 1) % ${#designs[@]}]}"
	done
done
round=$rounds
summarise
show
