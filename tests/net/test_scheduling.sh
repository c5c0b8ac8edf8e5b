#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# busy_poll_us, realtime_priority and cpu_affinity: the threads that move frames have what was asked for, and no other has; what
# cannot be had is said in one line, and the bridge carries frames all the same.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

for need in chrt setpriv prlimit taskset; do
	command -v $need >/dev/null || skip "needs $need"
done
chrt -f 1 true 2>/dev/null || skip "no SCHED_FIFO here: CAP_SYS_NICE is missing, or the kernel's cgroup has no real-time share"
mapfile -t cpus < <(taskset -cp $$ | sed 's/.*: //' | tr , '\n' | awk -F - '{ for (c = $1; c <= $NF; c++) print c }')
frames="$pcaps/goose_tagged_alltypes_statechg.pcap"

# What each thread of BRIDGE has, by what it is called: policy and priority (proc_pid_stat(5), 41 and 40), and its CPUs.
threads() {
	local task name
	for task in /proc/"$(bridge_pid "$1")"/task/*; do
		name=$(cat "$task/comm")
		echo "$name $(sed 's/.*) //' "$task/stat" | awk '{ print $39, $38 }') $(
			sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "$task/status")"
	done
}
worker() { threads "$1" | awk -v name="$2" '$1 == name { print $2, $3 }'; }
cpus_of() { threads "$1" | awk -v name="$2" '$1 == name { print $4 }'; }
has() { [ "$(worker "$1" "$2")" = "$3" ]; } # BRIDGE THREAD "POLICY PRIORITY"
said() { # BRIDGE PATTERN: how often
	grep -c "$2" "$work/$1.log" || true
}
task_of() { # BRIDGE THREAD: its directory
	local task
	for task in /proc/"$(bridge_pid "$1")"/task/*; do
		[ "$(cat "$task/comm")" != "$2" ] || echo "$task"
	done
}
# CPU time of a thread in clock ticks.
ticks() { sed 's/.*) //' "$(task_of "$1" "$2")/stat" | awk '{ print $12 + $13 }'; }
# How often a thread has waited for something.
waits() { sed -n 's/^voluntary_ctxt_switches:[[:space:]]*//p' "$(task_of "$1" "$2")/status"; }
start() { # HOST KEY=VALUE...
	local host=$1
	shift
	rm -f "$work/$host.log"
	write_conf "$host" "$@"
	start_bridges "$host"
}
end() { bridge_stop "$1" || fail "the bridge of $1 ended with an error"; }
send() { on A "$tool" load-send goose0 --rate 100 --count "$1" >/dev/null || fail "load-send"; }

topology A B
start B realtime_priority=0

say "realtime_priority"
start A realtime_priority=20
for name in to-network to-goose0; do
	has A $name "1 20" || fail "$name is not SCHED_FIFO 20: $(threads A)"
done
[ "$(threads A | awk '$2 != 0' | wc -l)" = 2 ] || fail "other threads have a realtime priority, too: $(threads A)"
grep -Eq '^Max realtime timeout +500000 +10000000 ' "/proc/$(bridge_pid A)/limits" ||
	fail "RLIMIT_RTTIME: $(grep realtime "/proc/$(bridge_pid A)/limits")"
[ "$(stat A '.paths[0].realtime_priority')" = 20 ] || fail "stats do not have the priority"
carry A B "$frames"
carry B A "$frames"
if [ "$sanitized" = 0 ]; then
	grep -Eq '^VmLck:[[:space:]]*[1-9]' "/proc/$(bridge_pid A)/status" || fail "no memory is locked"
	private=$(awk '/^Rss(Anon|Shmem):/ { sum += $2 } END { print sum }' "/proc/$(bridge_pid A)/status")
	[ "$private" -lt 9765 ] || fail "$private kB of private memory with all of it locked: more than 10 MB"
fi
say "a worker that has used up RLIMIT_RTTIME loses its priority, and gets it back"
kill -XCPU "$(bridge_pid A)"
wait_for 3 has A to-network "0 0" || fail "to-network still has its priority: $(threads A)"
[ "$(said A 'without waiting once')" = 1 ] || fail "that is not said once: $(cat "$work/A.log")"
wait_for 5 has A to-network "1 20" || fail "to-network has not got its priority back: $(threads A)"
has A to-goose0 "1 20" || fail "to-goose0 has not got its priority back: $(threads A)"
end A

say "with busy_poll_us, too, it waits often enough for RLIMIT_RTTIME"
start A realtime_priority=20 busy_poll_us=100000
if [ ${#cpus[@]} -ge 2 ]; then
	before=$(ticks A to-network)
	send 200
	spun=$(($(ticks A to-network) - before)) hz=$(getconf CLK_TCK)
	[ $spun -gt $((hz / 4)) ] || fail "it has not spun: $spun ticks in 2 s"
	[ $spun -lt $((hz * 186 / 100)) ] || fail "it has never waited: $spun ticks in 2 s"
	[ "$(said A 'without waiting once')" = 0 ] || fail "it has waited too seldom: $(cat "$work/A.log")"
	has A to-network "1 20" || fail "it has lost its priority: $(threads A)"
	# The kernel itself finds one that does not.
	prlimit --pid "$(bridge_pid A)" --rttime=1000:10000000
	send 100
	[ "$(said A 'without waiting once')" -ge 1 ] || fail "an overrun is not said: $(cat "$work/A.log")"
	wait_for 5 has A to-network "1 20" || fail "to-network has not got its priority back: $(threads A)"
fi
end A

say "realtime_priority without privileges"
if prlimit --rtprio=20:20 true 2>/dev/null; then
	start A realtime_priority=20 user=nobody
	has A to-network "1 20" || fail "with user = nobody: $(threads A) $(cat "$work/A.log")"
	grep -Eq '^VmLck:[[:space:]]*[1-9]' "/proc/$(bridge_pid A)/status" || [ "$sanitized" = 1 ] ||
		fail "with user = nobody no memory is locked"
	end A
else
	say "no CAP_SYS_RESOURCE here: not tried with user = nobody"
fi
rm -f "$work/A.log"
spawn A setpriv --bounding-set -sys_nice,-sys_resource,-ipc_lock prlimit --rtprio=0:0 --memlock=65536:65536 \
	"$(program goose-bridge)" -c "$work/A.conf" >>"$work/A.out" 2>&1
pid_of[A]=$spawned
write_conf A realtime_priority=20
wait_for 10 answers A || fail "without CAP_SYS_NICE it does not run: $(tail -n 3 "$work/A.out")"
has A to-network "0 0" || fail "without CAP_SYS_NICE: $(threads A)"
[ "$(said A 'realtime_priority = 20 cannot be had.*LimitRTPRIO=20 or CAP_SYS_NICE')" = 1 ] ||
	fail "not said once, with what to do: $(cat "$work/A.log")"
[ "$(said A 'memory is not locked.*LimitMEMLOCK')" = 1 ] || fail "not said once, with what to do: $(cat "$work/A.log")"
[ "$(stat A '.paths[0].realtime_priority')" = 0 ] || fail "stats have a priority that could not be had"
wait_for 5 joined A $group || fail "bridge A has not joined"
carry A B "$frames"
end A

say "cpu_affinity"
if [ ${#cpus[@]} -ge 2 ]; then
	start A "cpu_affinity=${cpus[1]},${cpus[0]}"
	[ "$(cpus_of A to-network)" = "${cpus[1]}" ] || fail "to-network: $(threads A)"
	[ "$(cpus_of A to-goose0)" = "${cpus[0]}" ] || fail "to-goose0: $(threads A)"
	[ "$(cpus_of A goose-bridge)" != "$(cpus_of A to-network)" ] || fail "the control thread is tied, too: $(threads A)"
	[ "$(ctl A -j stats | jq -c '.paths[0].cpus')" = "[${cpus[1]},${cpus[0]}]" ] || fail "stats do not have the CPUs"
	carry A B "$frames"
	end A
fi
start A "cpu_affinity=${cpus[0]}"
[ "$(cpus_of A to-network) $(cpus_of A to-goose0)" = "${cpus[0]} ${cpus[0]}" ] || fail "a short list: $(threads A)"
end A
start A cpu_affinity=1023
[ "$(said A 'cannot run on CPU 1023: it is not there.*AllowedCPUs')" = 1 ] ||
	fail "not said once, with what to do: $(cat "$work/A.log")"
[ "$(ctl A -j stats | jq -c '.paths[0].cpus')" = "[]" ] || fail "stats have a CPU that is not there"
end A

say "busy_poll_us"
if [ ${#cpus[@]} -ge 2 ]; then
	# On a busy machine it gets little of the processor, as others come first each time it has looked. But it does not wait.
	waits_for_frames() { # how often for 100 of them
		local before
		before=$(waits A to-network)
		send 100
		echo $(($(waits A to-network) - before))
	}
	start A
	usual=$(waits_for_frames)
	end A
	[ "$usual" -ge 20 ] || fail "without busy_poll_us it waited $usual times only"
	start A busy_poll_us=100000
	before=$(ticks A to-network)
	sleep 1
	[ $(($(ticks A to-network) - before)) -lt $((hz / 5)) ] || fail "it spins, though there was no frame"
	spins() { [ $(($(waits_for_frames) * 2)) -lt "$usual" ]; }
	spins || spins || spins || fail "it does not spin, though frames come: it usually waits $usual times"
	[ "$(ticks A to-goose0)" -lt $((hz / 4)) ] || fail "the other direction spins, too"
	sleep 0.3
	before=$(ticks A to-network)
	sleep 1
	[ $(($(ticks A to-network) - before)) -lt $((hz / 5)) ] || fail "it goes on to spin when frames have ended"
	carry A B "$frames"
	carry B A "$frames"
	end A
else
	say "one CPU only: not seen spinning"
fi
rm -f "$work/A.log"
spawn A taskset -c "${cpus[0]}" "$(program goose-bridge)" -c "$work/A.conf" >>"$work/A.out" 2>&1
pid_of[A]=$spawned
wait_for 10 answers A || fail "on one CPU it does not run: $(tail -n 3 "$work/A.out")"
[ "$(stat A '.paths[0].busy_poll_us')" = 0 ] || fail "it spins on a single CPU"
end A

say "the profiles"
for profile in high-load high-reliability low-latency; do
	file=$GB_SRCDIR/conf/profiles/goose-bridge-$profile.conf
	[ "$("$(program goose-bridge)" -t -c "$file" 2>&1)" = "$file: good" ] ||
		fail "$profile: $("$(program goose-bridge)" -t -c "$file" 2>&1)"
	# What it says, and the files of this test beside it.
	settings=()
	while read -r key _ value; do settings+=("$key=$value"); done < <(
		sed -n 's/[[:space:]]#.*//; /^[a-z_]* = ./p' "$file")
	[ ${#settings[@]} -gt 10 ] || fail "$profile is not a whole configuration"
	start A "${settings[@]}" enable_snmp=false enable_tgw_monitoring=false max_frame_age_ms=5000
	carry A B "$frames"
	carry B A "$frames"
	[ $profile != low-latency ] || has A frames "1 20" || fail "$profile: $(threads A)"
	end A
done
end B
pass
