# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of bench.sh, which sources this
# SPDX-License-Identifier: Apache-2.0
#
# How bench.sh measures a design that has been started.

record() { # FIGURE VALUE
	jq -nc --argjson round "$round" --arg design "$design" --arg figure "$1" --argjson value "$2" '$ARGS.named' \
		>>"$work/values"
}

measured= # what the generator said last
true_that() { jq -e "$1" >/dev/null <<<"$measured"; }
value_of() { jq -r "$1" <<<"$measured"; }
calculate() { jq -n "$@"; }

generate() { # INTERFACE ARG...: the generator, from A to B; no INTERFACE: without frames
	local path=/run/netns status=0 what=(--wakes)
	[ -z "$1" ] || what=(--from "$path/$(netns A):$1" --to "$path/$(netns B):$1")
	shift
	spawn T "$generator" "${what[@]}" "$@" >"$work/measured"
	reap "$spawned" || status=$?
	[ $status = 0 ] || fail "the load generator failed"
	measured=$(cat "$work/measured")
}

damaged=0 # frames that came altered, twice or out of order, of the design in this round
load() {  # RATE SECONDS OCTETS
	local how=()
	[ "$queue" = 0 ] || how=(--queue)
	generate "$interface" --rate "$1" --seconds "$2" --size "$3" --streams "$streams" "${how[@]}"
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

# Seconds that the machine's processors were not idle, since some time. What was taken from a virtual machine is not its own.
machine_cpu() {
	awk -v hz="$(getconf CLK_TCK)" -v now="$EPOCHREALTIME" '/^cpu / { other = ($5 + $6 + $9) / hz } /^cpu[0-9]/ { cores++ }
		END { printf "%.3f", cores * now - other }' /proc/stat
}

declare -A cpu_before cpu_used # of each bridge: ns at the start of what is measured, seconds in it
machine_before=0 machine_used=0
cpu_start() {
	local host
	cpu_before=() machine_before=$(machine_cpu)
	for host in "${!pid_of[@]}"; do cpu_before[$host]=$(cpu_ns "${pid_of[$host]}"); done
}
cpu_end() {
	local host
	cpu_used=()
	for host in "${!pid_of[@]}"; do
		cpu_used[$host]=$(calculate "($(cpu_ns "${pid_of[$host]}") - ${cpu_before[$host]}) / 1e9")
	done
	machine_used=$(calculate "$(machine_cpu) - $machine_before")
}
# Of all bridges of the design, per million frames that came; nothing where there is none.
record_bridge_cpu() { # FIGURE
	[ ${#cpu_used[@]} -gt 0 ] || return 0
	record "$1" "$(calculate "([$(IFS=, && echo "${cpu_used[*]}")] | add) / ($(value_of .received) + 1) * 1e6")"
}

# Datagrams that A's network interface has sent. A GSO super-packet is one packet to it, and stays one on its way to B's IP
# layer, where InReceives counts it once and In*Pkts as the datagrams that it stands for: what these are ahead is added. An
# engine that takes datagrams before that layer leaves nothing to add.
datagrams() {
	local sent more
	# shellcheck disable=SC2016 # awk's
	sent=$(on A awk '$1 == "eth0:" { print $11 }' /proc/net/dev)
	more=$(on B cat /proc/net/snmp /proc/net/netstat | awk '
		$1 != "Ip:" && $1 != "IpExt:" { next }
		!($1 in head) { head[$1] = split($0, name); next }
		{ for (i = 2; i <= head[$1]; i++) {
			if (name[i] == "InReceives") sum -= $i
			if (name[i] ~ /^In(NoECT|ECT1|ECT0|CE)Pkts$/) sum += $i
		} }
		END { printf "%.0f", sum }')
	echo $((sent + more))
}

memory_mb() { # PID FIELD...: the sum, in MB of 1,000,000 octets
	local pid=$1
	shift
	awk -v fields="$*" 'BEGIN { split(fields, list, " "); for (i in list) wanted[list[i] ":"] = 1 }
		$1 in wanted { sum += $2 } END { printf "%.3f", sum * 1024 / 1e6 }' "/proc/$pid/status"
}

latency() {
	local host figure
	cpu_start
	load 1000 "$latency_seconds" "$small"
	cpu_end
	for figure in p50 p99 p999; do record "latency_$figure" "$(value_of ".${figure}_us")"; done
	for host in "${!cpu_used[@]}"; do
		record "cpu_$host" "$(calculate "${cpu_used[$host]} / $latency_seconds * 100")"
	done
	load 10000 "$latency_10k_seconds" "$small"
	for figure in p50 p99 p999; do record "latency_10k_$figure" "$(value_of ".${figure}_us")"; done
}

# A rate that every design carries: here what a frame costs can be compared.
loss() {
	cpu_start
	load "$loss_rate" "$loss_seconds" "$small"
	cpu_end
	record loss_100k "$(value_of .loss_percent)"
	record_bridge_cpu bridge_cpu
	record machine_cpu "$(calculate "$machine_used / ($(value_of .received) + 1) * 1e6")"
	if true_that ".rate < $loss_rate * 0.98"; then
		progress "only $(value_of .rate) frames/s were offered, not $loss_rate"
	fi
}

flat_out() {
	local before after
	before=$(datagrams)
	cpu_start
	load max "$flat_seconds" "$small"
	cpu_end
	after=$(datagrams)
	record flat_out "$(value_of .received_rate)"
	record_bridge_cpu bridge_cpu_flat_out
	[ "$design" = veth ] ||
		record datagrams "$(calculate "($after - $before) / ($(value_of .received) + 1) * 1e6 | round")"
}

# Whether RATE passes. A loss that a moment's stall of the machine can cause is no property of the design if it does not happen
# again.
passes() { # RATE OCTETS
	load "$1" "$step_seconds" "$2"
	if true_that ".loss_percent >= $loss_free and .loss_percent < 10"; then load "$1" "$step_seconds" "$2"; fi
	true_that ".loss_percent < $loss_free"
}

# Steps up from what passes, each twice as wide as the last one, then halves what is left between that and what does not pass,
# as long as that makes a difference of two percent.
loss_free_rate() { # FIGURE OCTETS, after a load that was sent flat out
	local best=0 high try half turn wider=6
	high=$(value_of .rate)
	# What came when all was sent is a good guess, but for a design that does worse when it is offered too much.
	try=$(value_of '.received_rate | if . < 1000 then 1000 else round end')
	if true_that ".loss_percent < $loss_free"; then best=$high; fi
	for ((turn = 0; turn < steps && high - best > high / 50; turn++)); do
		if passes "$try" "$2"; then
			best=$(value_of .rate)
			# The processors have no more for the generator.
			if true_that ".rate < $try * 0.95"; then break; fi
			half=$(((best + high) / 2))
			try=$((best + best * wider / 100)) wider=$((wider * 2))
			if [ $try -gt $half ]; then try=$half; fi
		else
			high=$try
			if [ "$best" = 0 ]; then try=$((high * 85 / 100)); else try=$(((best + high) / 2)); fi
		fi
	done
	record "$1" "$best"
}

memory() {
	local host
	for host in "${!pid_of[@]}"; do
		record "private_$host" "$(memory_mb "${pid_of[$host]}" RssAnon RssShmem)"
		record "resident_$host" "$(memory_mb "${pid_of[$host]}" VmRSS)"
	done
}

measure() { # DESIGN
	design=$1 damaged=0 interface='' queue=0
	progress "round $round of $rounds: $design"
	"start_${design//-/_}"
	load 1000 0.3 "$small" # peers get to know each other
	latency
	[ -z "$interface" ] || throughput
	"stop_${design//-/_}"
}

throughput() {
	loss
	flat_out
	loss_free_rate loss_free_rate "$small"
	load max "$step_seconds" "$large"
	loss_free_rate loss_free_rate_1400 "$large"
	memory
	record damaged $damaged
}

# What the generator passes where nothing is in between: a veth pair from host to host.
# shellcheck disable=SC2034 # bench.sh shows it
measure_generator() { # $generator_rate, frames/s
	second_wire A B
	generate eth1 --rate max --seconds 1 --size "$small"
	on A ip link del eth1
	generator_rate=$(value_of .received_rate)
}
