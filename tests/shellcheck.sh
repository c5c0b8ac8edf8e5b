#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every script passes shellcheck. One at a time: of several, it follows what they source in the first one only.
set -euo pipefail
cd "${GB_SRCDIR:-$(dirname "$0")/..}"

command -v shellcheck >/dev/null || {
	echo "shellcheck: SKIP: needs shellcheck"
	exit 77
}
# It takes a minute of processor time, and the scripts are those of the other build.
[ "${GB_SANITIZED:-0}" = 0 ] || {
	echo "shellcheck: SKIP: done by the build without sanitizers"
	exit 77
}

# What somebody wrote, not what was generated or built here.
scripts() {
	find . \( -name '.git' -o -name 'build*' -o -name 'autom4te.cache' -o -name 'configure*' -o -name 'debian' \) \
		-prune -o -type f -print | while read -r file; do
		case $(head -c 20 "$file" | head -n 1 | tr -d '\0') in '#!'*sh) echo "${file#./}" ;; esac
	done
}

list=$(scripts)
for known in quickstart .ci/run tests/house.sh tests/net/test_frames.sh; do
	grep -Fxq "$known" <<<"$list" || [ ! -e "$known" ] || { echo "shellcheck: FAIL: $known is not looked at" && exit 1; }
done
xargs -n 1 -P "$(nproc)" nice shellcheck -x -S warning <<<"$list" || { echo "shellcheck: FAIL" && exit 1; }
echo "shellcheck: $(wc -l <<<"$list") scripts"
