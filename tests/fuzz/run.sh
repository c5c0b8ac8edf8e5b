#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the libFuzzer targets, each for SECONDS (60). In a build folder made with
#
#	../configure CC=clang --enable-fuzzers --enable-sanitizers=address,undefined && make
#
# call ../tests/fuzz/run.sh [SECONDS [TARGET...]]; TARGET is frame, tunnel, config, control, igmp, pdu, stream, registry or aws.
# What is new is collected in fuzz-found/TARGET; the corpus is only read. An input that breaks a target is left as
# fuzz-found/TARGET-crash-* (-timeout-, -oom-, -leak-), and the exit status is 1: put it into tests/fuzz/corpus/TARGET
# under a telling name, see `make check` fail, then mend the decoder.
set -u
here=$(cd "$(dirname "$0")" && pwd)
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- frame tunnel config control igmp pdu stream registry aws
bad=0

case $seconds in
'' | *[!0-9]*)
	sed -n '3,10s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
for target; do
	program=tests/fuzz/fuzz_$target
	if [ ! -x "$program" ]; then
		echo "$program is not here: see the head of $0" >&2
		exit 2
	fi
	mkdir -p "fuzz-found/$target"
	echo "--- $target, $seconds s"
	"$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="fuzz-found/$target-" "fuzz-found/$target" "$here/corpus/$target" \
		2>"fuzz-found/$target.log" || bad=1
	grep -E '^(stat::number_of_executed_units|SUMMARY|==.*ERROR|INFO: a leak)|Test unit written' \
		"fuzz-found/$target.log"
done
exit $bad
