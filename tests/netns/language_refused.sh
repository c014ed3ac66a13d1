#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: --smp 2
#
# What is refused while the daemon runs: documents that are wrong, and what would overflow a table. A sentence, and
# what was in force goes on, in tables and for packets. In a guest: tests/vm/run --smp 2 -- bash
# tests/netns/language_refused.sh [NAME...]
# shellcheck disable=SC2317 # run_tests calls the tests
set -eu
. tests/vm/lib.sh
. tests/netns/pods.sh

complain() {
	printf 'at %s:%s: %s\n' "${BASH_SOURCE[2]##*/}" "${BASH_LINENO[1]}" "$*"
	exit 1
}

# All that was asked and that is in force: the same after a refusal as before.
printf '%s\n' 'policy list' 'endpoint list' status >"$session_tmp/all"
settled() { in_force=$(twinctl --json batch "$session_tmp/all"); }
memory_of() { awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/$1/status"; } # MiB, at most so far

# refused PATTERN COMMAND...: within bounded time and memory a line that the extended regular expression matches,
# exit status 1, nothing on standard output; and nothing has changed.
refused() {
	local pattern=$1 status=0 sentence
	shift
	sentence=$(ulimit -v 1000000 && timeout "$(scaled 30)" "$@" 2>&1 >"$TEST_TMP/stdout") || status=$?
	echo "$sentence"
	[ "$status" = 1 ] || complain "exit status $status"
	[ ! -s "$TEST_TMP/stdout" ] || complain "said on standard output: $(<"$TEST_TMP/stdout")"
	[[ $sentence != *$'\n'* ]] || complain "more than a line"
	[[ $sentence =~ $pattern ]] || complain "expected: $pattern"
	[ "$(twinctl --json batch "$session_tmp/all")" = "$in_force" ] || complain "it has changed something"
}

# What the kernel holds in both backends.
tables() {
	nft -n list table inet twinpath | sed 's/counter packets.*comment/comment/'
	python3 tests/netns/same_tables.py "/sys/fs/bpf/twinpath/$(stat -Lc %i /proc/self/ns/net)"
}

# A good rule before the bad one: half a document must not be applied.
document() { # NAME, and the rule on standard input
	{
		echo '- {endpointSelector: {matchLabels: {app: web}}, ingress: [{}]}'
		cat
	} >"$TEST_TMP/$1.yaml"
}

mistakes() {
	document misspelt <<-END
		- endpointSelector: {matchLabels: {app: web}}
		  ingres: [{}]
	END
	refused 'misspelt.yaml:3:3: .*"ingres"' twinctl policy apply "$TEST_TMP/misspelt.yaml"
	document reversed <<-END
		- endpointSelector: {matchLabels: {app: web}}
		  ingress: [{toPorts: [{ports: [{port: "90", endPort: 80}]}]}]
	END
	refused 'reversed.yaml:3:[0-9]+: .*90.*80' twinctl policy apply "$TEST_TMP/reversed.yaml"
	document prefix <<-END
		- endpointSelector: {matchLabels: {app: web}}
		  ingress: [{fromCIDR: [10.9.0.0/33]}]
	END
	refused 'prefix.yaml:3:[0-9]+: .*10\.9\.0\.0/33' twinctl policy apply "$TEST_TMP/prefix.yaml"
	document selector <<-END
		- endpointSelector: [app, web]
		  ingress: [{}]
	END
	refused 'selector.yaml:2:[0-9]+: ' twinctl policy apply "$TEST_TMP/selector.yaml"
	# A second file that is good is not applied either.
	document good </dev/null
	refused 'prefix.yaml:3:' twinctl policy apply "$TEST_TMP/good.yaml" "$TEST_TMP/prefix.yaml"
	pod_document web shop '{app: other}' >"$TEST_TMP/pods.yaml"
	pod_document api shop '{app: [a list]}' >>"$TEST_TMP/pods.yaml"
	refused 'pods.yaml:[0-9]+:[0-9]+: ' twinctl endpoint add --file "$TEST_TMP/pods.yaml"
}

# What is too much or no text at all, above and below the size that is read.
attacks() {
	local name last=a
	head -c 100000000 /dev/zero | tr '\0' '[' >"$TEST_TMP/nested100.yaml"
	head -c 60000000 "$TEST_TMP/nested100.yaml" >"$TEST_TMP/nested60.yaml"
	{
		echo 'a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]'
		for name in b c d e f g h i; do
			printf '%s: &%s [*%s, *%s, *%s, *%s, *%s, *%s, *%s, *%s, *%s]\n' $name $name $last{,,,,,,,,}
			last=$name
		done
	} >"$TEST_TMP/bomb.yaml"
	head -c 1000000 /dev/urandom | tr -d '\0' >"$TEST_TMP/noise.yaml"
	printf 'endpointSelector: {}\0' >"$TEST_TMP/zero.yaml"
	refused 'nested60.yaml:1:[0-9]+: .*nested deeper' twinctl policy apply "$TEST_TMP/nested60.yaml"
	refused 'nested100.yaml: longer than' twinctl policy apply "$TEST_TMP/nested100.yaml"
	refused 'bomb.yaml:1:[0-9]+: an anchor is not supported' twinctl policy apply "$TEST_TMP/bomb.yaml"
	refused 'noise.yaml:1:[0-9]+: ' twinctl policy apply "$TEST_TMP/noise.yaml"
	refused 'zero.yaml: byte 21 is NUL' twinctl policy apply "$TEST_TMP/zero.yaml"
	for name in nested60 nested100 bomb noise; do
		refused "$name.yaml:" twinctl endpoint add --file "$TEST_TMP/$name.yaml"
	done
}

some() {
	policies some <<-END
		- endpointSelector: {matchLabels: {app: web}}
		  ingress: [{fromEndpoints: [{matchLabels: {app: api}}]}]
	END
}
some_holds() {
	asks <<-END
		api web 80/tcp pass
		db web 80/tcp deny
	END
}

test_wrong_documents_change_nothing() {
	fresh_pods
	some
	tables >"$TEST_TMP/before"
	settled
	mistakes
	attacks
	# The largest document twice, and what a daemon needs.
	check test "$(memory_of "$daemon_pid")" -lt 200
	tables >"$TEST_TMP/after"
	check cmp "$TEST_TMP/before" "$TEST_TMP/after"
	both_backends some_holds
}

# says_full TABLE ENTRIES: as a person reads it in status.
says_full() {
	local status pattern=$'\n'"$1 +$2 +$2 +100.0%"
	status=$(twinctl status)
	[[ $status =~ $pattern ]] || complain "table $1 is not full of $2: $status"
}
entries_of() { # TABLE
	twinctl --json status | jq --arg table "$1" '.table[] | select(.name == $table) | .entries'
}

endpoints_of() { # NUMBER FAMILY: as many more
	local prefix=10.1.7. i
	[ "$2" = 4 ] || prefix=fd01::7:
	for ((i = 1; i <= $1; i++)); do
		printf -- '- {name: more%d, labels: {app: more}, addresses: ["%s%d"]}\n' "$i" "$prefix" "$i"
	done
}
prefixes_of() { # NUMBER FAMILY
	local i list=''
	for ((i = 0; i < $1; i++)); do
		if [ "$2" = 4 ]; then list+="10.77.$i.0/24, "; else list+="\"fd77:$i::/32\", "; fi
	done
	echo "- {endpointSelector: {matchLabels: {app: db}}, ingress: [{fromCIDR: [${list%, }]}]}"
}
rules_of() { # NUMBER
	local i list=''
	for ((i = 0; i < $1; i++)); do list+="{port: \"$((2000 + 2 * i))\", protocol: TCP}, "; done
	echo "- {endpointSelector: {matchLabels: {app: db}}, ingress: [{toPorts: [{ports: [${list%, }]}]}]}"
}

overflow_hosts() { # FAMILY
	local free=$((16 - $(entries_of "host$1")))
	endpoints_of $((free + 1)) "$1" >"$TEST_TMP/endpoints.yaml"
	settled
	refused "table host$1 needs 17 entries and has room for 16" twinctl endpoint add --file "$TEST_TMP/endpoints.yaml"
	endpoints_of "$free" "$1" >"$TEST_TMP/endpoints.yaml"
	must twinctl endpoint add --file "$TEST_TMP/endpoints.yaml"
	says_full "host$1" 16
	settled
	refused "table host$1 needs 17 entries and has room for 16" twinctl endpoint add one --address "$2"
	# shellcheck disable=SC2046 # names of our own
	must twinctl endpoint delete $(seq -f 'more%.0f' "$free")
}

overflow_prefixes() { # FAMILY
	prefixes_of 9 "$1" >"$TEST_TMP/prefixes.yaml"
	settled
	refused "table prefix$1 needs 9 entries and has room for 8" twinctl policy apply "$TEST_TMP/prefixes.yaml"
	prefixes_of 8 "$1" >"$TEST_TMP/prefixes.yaml"
	must twinctl policy apply "$TEST_TMP/prefixes.yaml"
	says_full "prefix$1" 8
	must twinctl policy delete prefixes
}

overflow_rules() {
	local free=$((60 - $(entries_of rules)))
	rules_of $((free + 1)) >"$TEST_TMP/rules.yaml"
	settled
	refused "table rules needs (at least )?61 entries and has room for 60" twinctl policy apply "$TEST_TMP/rules.yaml"
	rules_of "$free" >"$TEST_TMP/rules.yaml"
	must twinctl policy apply "$TEST_TMP/rules.yaml"
	says_full rules 60
	must twinctl policy delete rules
}

# The daemon of this file has room for 16 hosts and 8 prefixes of each family, and for 60 rules.
test_what_would_overflow_a_table() {
	fresh_pods
	some
	overflow_hosts 4 10.1.8.1
	overflow_hosts 6 fd01::8:1
	overflow_prefixes 4
	overflow_prefixes 6
	overflow_rules
	check tables
	both_backends some_holds
}

session_start pods_network --size host=16 --size prefix=8 --size rules=60
run_tests "$0" "$@"
