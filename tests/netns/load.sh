#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Large policies: how long it takes until they are in force, and what does not fit.
. tests/vm/lib.sh
. tests/netns/network.sh

test_100000_entries() {
	local begin took
	policy_of 100 1000
	daemon_start "" --state "$TEST_TMP/state"
	check twinctl endpoint add --file "$TEST_TMP/endpoints.json"
	begin=$EPOCHSECONDS
	check twinctl policy apply "$TEST_TMP/policy.json"
	took=$((EPOCHSECONDS - begin))
	echo "100,000 entries in both backends after $took s"
	[ "$took" -le "$(scaled 10)" ]
	twinctl --json status | jq -e '.table[] | select(.name == "rules") | .entries == 100000' >/dev/null
	twinctl --json status | jq -e '.module | .nft.generation == .generation and .bpf.generation == .generation' >/dev/null
	check twinctl classify --from 10.10.0.100 --to 10.9.0.1 --port 10999/tcp
	twinctl --json classify --from 10.10.0.100 --to 10.9.0.1 --port 10999/tcp |
		jq -e '.agree and all(.classification[]; .judgement.verdict == "allow")' >/dev/null
	twinctl --json classify --from 10.10.0.100 --to 10.9.0.1 --port 11000/tcp |
		jq -e '.agree and all(.classification[]; .judgement.verdict == "deny")' >/dev/null
	daemon_stop
}

test_what_does_not_fit() {
	local before after said
	policy_of 20 60
	daemon_start "" --state "$TEST_TMP/state" --size rules=1000
	check twinctl endpoint add --file "$TEST_TMP/endpoints.json"
	before=$(twinctl --json status | jq .module.generation)
	said=$(twinctl policy apply "$TEST_TMP/policy.json" 2>&1) && exit 1
	echo "$said"
	[[ $said == *"table rules"*1200*1000* ]]
	after=$(twinctl --json status | jq .module.generation)
	[ "$before" = "$after" ]
	twinctl --json status | jq -e '.policies == 0' >/dev/null
	daemon_stop
}

run_tests "$0" "$@"
