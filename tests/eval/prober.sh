#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/eval/prober.sh [NAME...]: what the prober of experiments change and switch makes of a path that
# is late, and of one that denies; in namespaces of its own.
. tests/vm/lib.sh

# run late|denied MS: what it found, as variables
run() {
	build/tests/eval/prober_run "$@" >"$TEST_TMP/found"
	cat "$TEST_TMP/found"
	# shellcheck disable=SC1091
	. "$TEST_TMP/found"
}

test_lateness_is_no_denial() {
	run late 500
	check [ "${denied:?}" = 0 ]
	check [ "${not:?}" = 0 ]
	# Of 600, or of fewer where little time is to be had.
	check [ "${late:?}" -ge 10 ]
}

# TCP sends again what was dropped, and then it passes.
test_what_is_sent_again_was_denied() {
	run denied 500
	check [ "$denied" -ge 100 ]
	check [ "${not:?}" -ge 100 ]
	# What a busy machine delays by 200 ms is late, and there is little of it.
	check [ "$((late * 10))" -le "$denied" ]
	check [ "$((denied + 100))" -lt "${connections:?}" ]
}

test_nothing_happens() {
	run late 0
	check [ "${denied:?}" = 0 ]
	check [ "${passed:?}" -ge 20 ]
}

run_tests "$0" "$@"
