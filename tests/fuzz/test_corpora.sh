#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each fuzz target over its corpus, built like everything else here: what once broke a decoder breaks none again.
set -u
here=$(dirname "$0")
bin=${GB_BUILDDIR:-.}/tests/fuzz
bad=0

for target in frame tunnel config control igmp pdu stream registry aws; do
	if [ $target = aws ] && [ ! -e "$bin/replay_aws" ]; then
		echo "aws: this build has none"
		continue
	fi
	printf '%s: ' "$target"
	"$bin/replay_$target" "$here/corpus/$target" || {
		echo "the target $target failed"
		bad=1
	}
done
exit $bad
