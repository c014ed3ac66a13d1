#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: --smp 2
#
# The policy language while it changes: labels and policies under load, the default of endpoints that no policy
# selects, the audit of one endpoint, and what events say. In a guest: tests/vm/run --smp 2 -- bash
# tests/netns/language_change.sh [NAME...]. CHANGES=N says how often policies and labels change back and forth, half
# of them under each backend.
# shellcheck disable=SC2317 # run_tests calls the tests
set -eu
. tests/vm/lib.sh
. tests/netns/traffic.sh
. tests/netns/pods.sh

changes=${CHANGES:-16}
[ "${CHECK_ALL:-}" != yes ] || changes=${CHANGES:-50}

# What passes at times only: it must have been both.
sometimes() { # NAME FROM TO OPTION...
	local kind=sometimes
	flow "$@" --deadline 500
}
was_both() { jq -e '.received > 0 and .lost > 0' "$1" || { cat "$1" && false; }; }

# load_ends: what always passes lost nothing, what never does has not passed, and there was something to tell.
load_ends() {
	local file
	flows_end
	kill "${servers[@]}"
	wait "${servers[@]}" 2>/dev/null || true
	servers=()
	for file in "$TEST_TMP"/*.sometimes; do
		check was_both "$file"
	done
	rm -f "$TEST_TMP"/*.flow "$TEST_TMP"/*.sometimes
}
flows_begin() { wait_until 10 eval '[ "$(conntrack -L 2>/dev/null | grep -c ESTABLISHED)" -ge 1 ]'; }

# load_begins NAME/PORT...: echoes there.
servers=()
load_begins() {
	local server
	for server; do
		nsenter --net="/run/netns/${server%/*}" -- traffic server --address :: --port "${server#*/}" >/dev/null 2>&1 &
		servers+=($!)
	done
	for server; do wait_until 10 eval "ns_exec ${server%/*} ss -Hltn sport = :${server#*/} | grep -q LISTEN"; done
}

# change LINE...: so many times these commands, by one process.
change() {
	local i
	for ((i = 0; i < changes / 2; i++)); do printf '%s\n' "$@"; done >"$TEST_TMP/batch"
	check twinctl batch "$TEST_TMP/batch"
}

# "opened" lets in everybody and denies two by rules; without it they are denied by default.
policy_changes() {
	policies always <<-END
		- endpointSelector: {matchLabels: {app: web}}
		  ingress:
		    - fromEndpoints: [{matchLabels: {app: api}}]
		      toPorts: [{ports: [{port: "80"}]}]
	END
	policies opened <<-END
		- endpointSelector: {matchLabels: {app: web}}
		  ingress: [{toPorts: [{ports: [{port: "80", protocol: ANY}]}]}]
		  ingressDeny:
		    - fromEndpoints: [{matchLabels: {app: job}}]
		    - fromCIDR: [10.254.0.0/16, "fdfe::/64"]
	END
	load_begins web/80
	flow stream4 api "${ip4[web]}" --tcp-stream --rate 10
	flow connects api "${ip6[web]}" --tcp-connects --rate 3
	flow udp6 api "${ip6[web]}" --udp --rate 10
	flow denied4 job "${ip4[web]}" --tcp-connects --rate 3 --expect deny
	flow denied6 job "${ip6[web]}" --udp --rate 10 --expect deny
	flow denied-world world "${ip4[web]}" --udp --rate 10 --expect deny
	sometimes opened4 tool "${ip4[web]}" --udp --rate 10
	sometimes opened6 plain "${ip6[web]}" --udp --rate 10
	flows_begin
	change 'policy delete opened' "policy apply $TEST_TMP/documents/opened.yaml"
	load_ends
	asks <<-END
		api web 80/tcp pass
		tool web 80/udp pass
		job web 80/tcp deny
		plain web 81/tcp deny
	END
	must twinctl policy delete opened
	rm "$TEST_TMP/documents/opened.yaml"
	asks <<-END
		api web 80/tcp pass
		tool web 80/udp deny
		job web 80/tcp deny
	END
}
test_policy_deleted_and_applied_under_load() { fresh_pods && both_backends policy_changes; }

# tool is of tier front, then rear, as client and as server: what both may, it always may.
labels_change() {
	policies tiers <<-END
		- endpointSelector: {matchLabels: {app: web}}
		  ingress:
		    - fromEndpoints: [{matchExpressions: [{key: tier, operator: In, values: [front, rear]}]}]
		      toPorts: [{ports: [{port: "80"}]}]
		    - fromEndpoints: [{matchLabels: {tier: rear}}]
		      toPorts: [{ports: [{port: "81"}]}]
		    - fromEndpoints: [{matchLabels: {tier: front}}]
		      toPorts: [{ports: [{port: "82"}]}]
		  ingressDeny:
		    - fromEndpoints: [{matchLabels: {tier: front}}]
		      toPorts: [{ports: [{port: "82"}]}]
		- endpointSelector: {matchLabels: {tier: front}}
		  ingress: [{fromEndpoints: [{matchLabels: {app: db}}], toPorts: [{ports: [{port: "80"}]}]}]
		- endpointSelector: {matchLabels: {tier: rear}}
		  ingress: [{fromEndpoints: [{matchLabels: {app: db}}], toPorts: [{ports: [{port: "80"}, {port: "81"}]}]}]
	END
	pod_document tool ops '{app: tool, tier: front}' >"$TEST_TMP/front.yaml"
	pod_document tool ops '{app: tool, tier: rear}' >"$TEST_TMP/rear.yaml"
	load_begins web/80 web/81 web/82 tool/80 tool/81
	flow stream4 tool "${ip4[web]}" --tcp-stream --rate 10
	flow udp6 tool "${ip6[web]}" --udp --rate 10
	flow connects tool "${ip4[web]}" --tcp-connects --rate 3
	flow to-tool6 db "${ip6[tool]}" --udp --rate 10
	flow denied4 tool "${ip4[web]}" --port 82 --tcp-connects --rate 3 --expect deny
	flow denied6 tool "${ip6[web]}" --port 82 --udp --rate 10 --expect deny
	flow denied-to-tool job "${ip4[tool]}" --udp --rate 10 --expect deny
	sometimes rear4 tool "${ip4[web]}" --port 81 --udp --rate 10
	sometimes to-rear6 db "${ip6[tool]}" --port 81 --udp --rate 10
	flows_begin
	change "endpoint add --file $TEST_TMP/rear.yaml" "endpoint add --file $TEST_TMP/front.yaml"
	load_ends
	asks <<-END
		tool web 80/tcp pass
		tool web 81/udp deny
		tool web 82/tcp deny
		db tool 81/udp deny
	END
	must twinctl endpoint add --file "$TEST_TMP/rear.yaml"
	sed -i 's/app: tool, tier: front/app: tool, tier: rear/' "$TEST_TMP/inventory.yaml"
	asks <<-END
		tool web 80/tcp pass
		tool web 81/udp pass
		tool web 82/tcp deny
		db tool 81/udp pass
		job tool 80/udp deny
	END
	must twinctl endpoint add --file "$TEST_TMP/front.yaml"
	sed -i 's/app: tool, tier: rear/app: tool, tier: front/' "$TEST_TMP/inventory.yaml"
}
test_labels_change_under_traffic() { fresh_pods && both_backends labels_change; }

test_unselected_endpoints_by_default() { fresh_pods && both_backends default_deny; }
default_deny() {
	policies some <<-END
		- endpointSelector: {matchLabels: {app: api}}
		  egress: [{toEndpoints: [{matchLabels: {app: web}}]}]
		- endpointSelector: {matchLabels: {app: web}}
		  ingress: [{fromEndpoints: [{matchLabels: {app: api}}]}]
	END
	asks <<-END
		plain job 80/tcp pass
		@1.1 db 80/udp pass
		api web 80/tcp pass
		web db 80/tcp pass
		plain web 80/tcp deny
	END
	must twinctl mode set --default-deny on
	simulated='--default-deny on'
	asks <<-END
		plain job 80/tcp deny
		job @1.1 80/tcp deny
		@1.1 db 80/udp deny
		host db ping deny
		job host 80/tcp deny
		@1.1 host 80/tcp pass
		api web 80/tcp pass
		web db 80/tcp deny
		plain web 80/tcp deny
	END
	must twinctl mode set --default-deny off
	simulated=''
	asks <<-END
		plain job 80/tcp pass
		host db ping pass
	END
}

heard() { jq -es "any($1)" "$TEST_TMP/events"; } # FILTER: there is such an event
# Asks the questions again, since a monitor misses what was before it.
asked_and_heard() { # FILTER
	asks <"$TEST_TMP/asked"
	heard "$1"
}

audited() {
	local words='.event.verdict == "audit" and .event.reason == "default_deny"'
	policies closed <<-END
		- endpointSelector: {}
		  ingress: [{}]
	END
	asks <<-END
		web plain 80/tcp audit
		@1.1 plain ping audit
		web api 80/tcp deny
	END
	echo web plain 80/udp audit >"$TEST_TMP/asked"
	rm -f "$TEST_TMP/events"
	twinctl --json monitor >"$TEST_TMP/events" &
	wait_until 20 asked_and_heard "$words"' and .event.tuple.protocol == 17 and .event.tuple.port == 80 and
		.client.app == "web" and (.server | has("watched"))'
	kill %% && wait || true
	# Only what the endpoint itself does not allow is let pass.
	policies leaves <<-END
		- endpointSelector: {matchLabels: {app: web}}
		  egress: [{}]
	END
	asks <<-END
		web plain 80/tcp deny
		api plain 80/tcp audit
	END
	must twinctl policy delete leaves
	rm "$TEST_TMP/documents/leaves.yaml"
}
test_audit_of_one_endpoint() {
	fresh_pods
	sed -i 's/{name: plain,/{name: plain, labels: {watched: ""}, audit: true,/' "$TEST_TMP/inventory.yaml"
	must twinctl endpoint add --file "$TEST_TMP/inventory.yaml"
	both_backends audited
}

events() {
	policies watched <<-END
		apiVersion: cilium.io/v2
		kind: CiliumNetworkPolicy
		metadata: {name: web, namespace: shop}
		spec:
		  endpointSelector: {matchLabels: {app: web}}
		  ingress: [{fromEndpoints: [{matchLabels: {app: api}}]}]
		  ingressDeny:
		    - fromEntities: [host]
		    - fromCIDR: [10.9.4.0/22, "fd09::4:0/110"]
	END
	cat >"$TEST_TMP/asked" <<-END
		@4.1 web 80/tcp deny
		@1.1 web 80/udp deny
		job web ping deny
	END
	rm -f "$TEST_TMP/events"
	twinctl --json monitor >"$TEST_TMP/events" &
	wait_until 20 asked_and_heard '.event.reason == "rule" and .event.verdict == "deny" and
		.ingress_rule == "policy watched, CiliumNetworkPolicy shop/web ingressDeny[1]" and .egress_rule == "" and
		(.client | has("cidr:10.9.4.0/22") and has("reserved:world")) and .server.app == "web"'
	check heard '.client | has("cidr:fd09::4:0/110")'
	check heard '.event.reason == "default_deny" and .ingress_rule == "" and .event.tuple.protocol == 17 and
		(.client | keys) == ["reserved:world"]'
	check heard '.event.reason == "default_deny" and .client.app == "job" and .server.app == "web" and
		.event.tuple.protocol == 58 and .event.tuple.port == 128 * 256'
	check_fails heard '.event.verdict == "allow"'
	kill %% && wait || true
}
test_events_name_labels_rule_and_reason() { fresh_pods && both_backends events; }

session_start pods_network
run_tests "$0" "$@"
