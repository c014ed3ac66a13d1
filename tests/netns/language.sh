#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: --smp 2
#
# The policy language, by packets: documents as users write them, and of each flow the same answer from its packets,
# from both backends and from the simulator. In a guest: tests/vm/run --smp 2 -- bash tests/netns/language.sh [NAME...]
# shellcheck disable=SC2317 # run_tests calls the tests
set -eu
. tests/vm/lib.sh
. tests/netns/pods.sh

# A deny around an allow around a deny, an exception of the allow, and an allow within the exception.
nested_prefixes() {
	policies nested <<-END
		apiVersion: cilium.io/v2
		kind: CiliumNetworkPolicy
		metadata: {name: nested, namespace: shop}
		spec:
		  endpointSelector: {matchLabels: {app: db}}
		  ingressDeny:
		    - fromCIDRSet:
		        - {cidr: 10.9.0.0/20, except: [10.9.4.0/22]}
		        - {cidr: "fd09::/108", except: ["fd09::4:0/110"]}
		    - fromCIDR: [10.9.4.128/25, "fd09::4:80/121"]
		  ingress:
		    - fromCIDRSet:
		        - {cidr: 10.9.0.0/16, except: [10.9.5.0/24]}
		        - {cidr: "fd09::/96", except: ["fd09::5:0/112"]}
		    - fromCIDR: [10.9.5.16/28, "fd09::5:10/124", 10.1.0.0/24, "fd01::/64"]
		  egressDeny:
		    - toCIDRSet:
		        - {cidr: 10.9.0.0/20, except: [10.9.4.0/22]}
		        - {cidr: "fd09::/108", except: ["fd09::4:0/110"]}
		    - toCIDR: [10.9.4.128/25, "fd09::4:80/121"]
		  egress:
		    - toCIDRSet:
		        - {cidr: 10.9.0.0/16, except: [10.9.5.0/24]}
		        - {cidr: "fd09::/96", except: ["fd09::5:0/112"]}
		    - toCIDR: [10.9.5.16/28, "fd09::5:10/124"]
	END
	asks <<-END
		@1.1 db 80/tcp deny
		@3.255 db 80/udp deny
		@4.0 db 80/tcp pass
		@4.127 db ping pass
		@4.128 db 80/tcp deny
		@4.255 db 80/udp deny
		@5.1 db 80/tcp deny
		@5.15 db 80/tcp deny
		@5.16 db 80/tcp pass
		@5.31 db 80/udp pass
		@5.32 db ping deny
		@7.255 db 80/tcp pass
		@8.0 db 80/tcp deny
		@15.255 db 80/tcp deny
		@16.0 db 80/tcp pass
		web db 80/tcp deny
		host db 80/tcp deny
		db @1.1 80/tcp deny
		db @4.127 80/tcp pass
		db @4.128 ping deny
		db @5.15 80/udp deny
		db @5.16 80/udp pass
		db @5.32 80/tcp deny
		db @8.0 80/tcp deny
		db @16.0 ping pass
		db web 80/tcp deny
	END
}
test_nested_prefixes_and_exceptions() { fresh_pods && both_backends nested_prefixes; }

port_ranges() {
	policies ranges <<-END
		- endpointSelector: {matchLabels: {app: db}}
		  ingress:
		    - fromEndpoints: [{matchLabels: {app: web}}]
		      toPorts: [{ports: [{port: "1", endPort: 65535, protocol: TCP}]}]
		    - fromEndpoints: [{matchLabels: {app: api}}]
		      toPorts: [{ports: [{port: "1024", endPort: 65535, protocol: ANY}]}]
		  ingressDeny:
		    - toPorts: [{ports: [{port: "9000", endPort: 9010, protocol: TCP}]}]
	END
	asks <<-END
		web db 1/tcp pass
		web db 80/tcp pass
		web db 1023/tcp pass
		web db 65535/tcp pass
		web db 80/udp deny
		web db 65535/udp deny
		web db ping deny
		api db 1/tcp deny
		api db 1023/tcp deny
		api db 1024/tcp pass
		api db 32768/tcp pass
		api db 65535/tcp pass
		api db 1023/udp deny
		api db 1024/udp pass
		api db 65535/udp pass
		web db 8999/tcp pass
		web db 9000/tcp deny
		api db 9005/tcp deny
		api db 9005/udp pass
		web db 9010/tcp deny
		web db 9011/tcp pass
		tool db 1024/tcp deny
	END
}
test_port_ranges() { fresh_pods && both_backends port_ranges; }

# "http" is 8080/TCP of web, 9090/TCP of api, 8080/UDP of db.
named_ports() {
	policies named <<-END
		apiVersion: networking.k8s.io/v1
		kind: NetworkPolicy
		metadata: {name: named, namespace: shop}
		spec:
		  podSelector: {}
		  ingress:
		    - from: [{namespaceSelector: {}}]
		      ports: [{port: http}, {port: dns, protocol: UDP}]
		---
		apiVersion: cilium.io/v2
		kind: CiliumClusterwideNetworkPolicy
		metadata: {name: outward}
		spec:
		  endpointSelector: {matchLabels: {app: job}}
		  egress: [{toPorts: [{ports: [{port: http, protocol: TCP}]}]}]
	END
	asks <<-END
		tool web 8080/tcp pass
		tool web 9090/tcp deny
		tool api 9090/tcp pass
		tool api 8080/tcp deny
		tool db 8080/tcp deny
		tool db 8080/udp deny
		tool db 9090/tcp deny
		tool web 53/udp pass
		tool web 53/tcp deny
		tool api 53/udp deny
		@1.1 web 8080/tcp deny
		job web 8080/tcp pass
		job web 9090/tcp deny
		job api 9090/tcp pass
		job web 53/udp deny
		job plain 8080/tcp deny
		job @1.1 8080/tcp deny
	END
}
test_named_port_that_pods_define_differently() { fresh_pods && both_backends named_ports; }

kubernetes_peers() {
	policies peers <<-END
		apiVersion: networking.k8s.io/v1
		kind: NetworkPolicy
		metadata: {name: db, namespace: shop}
		spec:
		  podSelector: {matchLabels: {app: db}}
		  policyTypes: [Ingress, Egress]
		  ingress:
		    - from:
		        - namespaceSelector: {matchLabels: {team: care}}
		          podSelector: {matchLabels: {tier: front}}
		        - podSelector: {matchExpressions: [{key: app, operator: In, values: [api, tool]}]}
		        - ipBlock: {cidr: 10.9.0.0/16, except: [10.9.5.0/24, 10.9.6.128/25]}
		        - ipBlock: {cidr: "fd09::/96", except: ["fd09::5:0/112", "fd09::6:80/121"]}
		      ports: [{port: 5432}, {port: 6000, endPort: 6002, protocol: UDP}]
		  egress:
		    - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]
		---
		apiVersion: networking.k8s.io/v1
		kind: NetworkPolicy
		metadata: {name: api, namespace: shop}
		spec:
		  podSelector: {matchLabels: {app: api}}
		  ingress:
		    - from:
		        - ipBlock: {cidr: 10.1.0.0/24, except: [10.1.0.15/32]}
		        - ipBlock: {cidr: "fd01::/64", except: ["fd01::15/128"]}
	END
	asks <<-END
		tool db 5432/tcp pass
		job db 5432/tcp deny
		web db 5432/tcp deny
		api db 5432/tcp pass
		plain db 5432/tcp deny
		@1.1 db 5432/tcp pass
		@5.1 db 5432/tcp deny
		@6.127 db 6000/udp pass
		@6.128 db 6000/udp deny
		tool db 5433/tcp deny
		tool db 5432/udp deny
		tool db 6002/udp pass
		tool db 6003/udp deny
		tool db ping deny
		db tool 80/tcp pass
		db job ping pass
		db web 80/tcp deny
		db @1.1 80/tcp deny
		web api 80/tcp pass
		plain api 80/udp pass
		job api 80/tcp deny
		@1.1 api 80/tcp deny
	END
	check test "$(kernel_says ops/tool shop/db 5432/tcp)" = "allow $backend"
	check test "$(kernel_says shop/web shop/db 5432/tcp)" = "deny $backend"
}
kernel_says() { # FROM TO PORT, by names of the documents
	twinctl --json policy trace --kernel "$backend" -f "$TEST_TMP/inventory.yaml" --from "$1" --to "$2" --port "$3" |
		jq -r '.classification[].judgement | "\(.verdict) \(.backend)"'
}
test_namespaces_pods_and_blocks() { fresh_pods && both_backends kubernetes_peers; }

itself_and_node() {
	policies closed <<-END
		apiVersion: networking.k8s.io/v1
		kind: NetworkPolicy
		metadata: {name: closed, namespace: shop}
		spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
		---
		apiVersion: cilium.io/v2
		kind: CiliumNetworkPolicy
		metadata: {name: closed, namespace: ops}
		spec: {endpointSelector: {}, ingress: [{}]}
	END
	asks <<-END
		host web 80/tcp pass
		host db 80/udp pass
		host api ping pass
		web service-web 80/tcp pass
		job service-web 80/tcp deny
		api service-web 80/tcp deny
		web host 80/tcp deny
		web api 80/tcp deny
		@1.1 web 80/tcp deny
		host tool 80/tcp deny
		host job ping deny
		tool service-tool 80/tcp deny
		tool host 80/tcp pass
	END
}
test_pod_reaches_itself_and_node_its_pods() {
	fresh_pods
	services_on
	both_backends itself_and_node
}

entities() {
	policies entities <<-END
		- endpointSelector: {matchLabels: {app: db}}
		  ingress: [{fromEntities: [world]}]
		- endpointSelector: {matchLabels: {app: web}}
		  ingress: [{fromEntities: [cluster]}]
		- endpointSelector: {matchLabels: {app: api}}
		  ingress: [{fromEntities: [host]}]
		- endpointSelector: {matchLabels: {app: tool}}
		  egress: [{toEntities: [world]}]
		- endpointSelector: {matchLabels: {app: job}}
		  ingress: [{fromEntities: [all]}]
		  ingressDeny: [{fromEntities: [world]}]
	END
	asks <<-END
		@1.1 db 80/tcp pass
		web db 80/tcp deny
		host db 80/udp deny
		api web 80/tcp pass
		plain web ping pass
		host web 80/tcp pass
		@1.1 web 80/tcp deny
		host api 80/tcp pass
		web api 80/tcp deny
		@1.1 api ping deny
		tool @1.1 80/tcp pass
		tool job 80/tcp deny
		tool host 80/tcp deny
		web job 80/tcp pass
		host job 80/udp pass
		@1.1 job 80/tcp deny
	END
}
test_entities() { fresh_pods && both_backends entities; }

icmp_types() {
	policies icmp <<-END
		- endpointSelector: {matchLabels: {app: web}}
		  ingress:
		    - fromEndpoints: [{matchLabels: {app: api}}]
		      icmps: [{fields: [{family: IPv4, type: 8}, {family: IPv6, type: EchoRequest}]}]
		- endpointSelector: {matchLabels: {app: api}}
		  ingress:
		    - icmps: [{fields: [{type: Timestamp, family: IPv4}, {type: 139, family: IPv6}]}]
	END
	asks <<-END
		api web ping pass
		api web icmp/13 deny 4
		api web icmpv6/139 deny 6
		api web 80/tcp deny
		tool web ping deny
		web api ping deny
		web api icmp/13 pass 4
		@1.1 api icmp/13 pass 4
		web api icmpv6/139 pass 6
		@1.1 api icmpv6/139 pass 6
		web api 80/udp deny
	END
}
test_icmp_types() { fresh_pods && both_backends icmp_types; }

sctp() {
	policies sctp <<-END
		- endpointSelector: {matchLabels: {app: db}}
		  ingress:
		    - fromEndpoints: [{matchLabels: {app: web}}]
		      toPorts: [{ports: [{port: "3868", protocol: SCTP}, {port: "4000", protocol: ANY}]}]
	END
	asks <<-END
		web db 3868/sctp pass
		web db 3868/tcp deny
		web db 3868/udp deny
		web db 3869/sctp deny
		web db 4000/sctp pass
		web db 4000/tcp pass
		web db 4000/udp pass
		api db 3868/sctp deny
		web api 3868/sctp pass
	END
}
test_sctp() {
	local packets=yes
	# Without it the backends and the documents are still asked.
	modprobe -q sctp || packets=no
	fresh_pods
	both_backends sctp
	[ $packets = yes ] || skip "no SCTP: no packets were sent"
}

session_start pods_network
run_tests "$0" "$@"
