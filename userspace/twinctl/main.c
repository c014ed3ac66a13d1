// SPDX-License-Identifier: GPL-2.0-only
/*
 * twinctl - the operator's side of twinpath. The table below is the whole
 * command line: arguments.c reads it, help.c prints it.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "twinctl.h"

#define ANY_NUMBER SIZE_MAX

static const struct ctl_option mode_options[] = {
	{ "deny", "drop|reject", "what a denied packet's sender sees", false },
	{ "fail", "closed|open", "what holds when neither backend can judge", false },
	{ "ethertypes", "deny|pass", "frames on a bridge that are neither IP nor ARP", false },
	{ "default-deny", "on|off", "deny endpoints that no policy selects, too; stands alone",
	  false },
	{ 0 },
};

static const struct ctl_option endpoint_options[] = {
	{ "label", "KEY=VALUE", "a label; KEY alone has an empty value", true },
	{ "address", "ADDRESS", "an IPv4 or IPv6 address", true },
	{ "namespace", "NAMESPACE", "that it is in, which names it too: NAMESPACE/NAME", false },
	{ "port", "IFNAME|NAME=N/tcp",
	  "its bridge port: other sources from there are forged;\n"
	  "or a port that policies know by its name: N/tcp, N/udp, N/sctp",
	  true },
	{ "audit", NULL, "report what would be denied, and let it pass", false },
	{ "file", "FILE", "many endpoints at once, all or none; - is standard input", false },
	{ 0 },
};

static const struct ctl_option audit_options[] = {
	{ "selector", "SELECTOR", "those with these labels, now or later, as kubectl takes it",
	  false },
	{ "namespace", "NAMESPACE", "of these those in the namespace", false },
	{ 0 },
};

static const struct ctl_option namespace_options[] = {
	{ "label", "KEY=VALUE", "a label; KEY alone has an empty value", true },
	{ 0 },
};

static const struct ctl_option apply_options[] = {
	{ "file", "FILE", "as FILE; -f for short", true },
	{ "name", "NAME", "name of the policy; else the file's, without its extension", false },
	{ "replace", "NAME", "a policy that is deleted in the same change", true },
	{ 0 },
};

static const struct ctl_option validate_options[] = {
	{ "file", "FILE", "as FILE", true },
	{ 0 },
};

#define SIMULATOR_OPTIONS                                                                     \
	{ "file", "FILE", "policies and inventory; -f for short", true },                     \
	{                                                                                     \
		"default-deny", "on|off", "deny endpoints that no policy selects, too (off)", \
			false                                                                 \
	}

static const struct ctl_option trace_options[] = {
	SIMULATOR_OPTIONS,
	{ "from", "NS/NAME|ADDRESS", "the client; host is this machine", false },
	{ "to", "NS/NAME|ADDRESS", "the server", false },
	{ "port", "PORT", "N/tcp, N/udp, N/sctp, icmp/TYPE or icmpv6/TYPE", false },
	{ "kernel", "nft|bpf", "ask this backend of the module, not the documents", false },
	{ 0 },
};

static const struct ctl_option matrix_options[] = {
	SIMULATOR_OPTIONS,
	{ "port", "PORT", "N/tcp, N/udp, N/sctp, icmp/TYPE or icmpv6/TYPE", true },
	{ "address", "ADDRESS", "one more end, that is no endpoint", true },
	{ 0 },
};

static const struct ctl_option monitor_options[] = {
	{ "count", "N", "end after so many events", false },
	{ 0 },
};

static const struct ctl_option classify_options[] = {
	{ "from", "ADDRESS|host", "the client", false },
	{ "to", "ADDRESS|host", "the server", false },
	{ "port", "PORT",
	  "N/tcp, N/udp, N/sctp, icmp/TYPE, icmpv6/TYPE or proto/N;\n"
	  "without it only rules for every protocol count",
	  false },
	{ "backend", "nft|bpf", "the one to ask; else both, which must agree", false },
	{ 0 },
};

static const struct ctl_option bench_options[] = {
	{ "backend", "nft|bpf", "the one to measure; else both", false },
	{ "judgements", "N", "in a round, at most 10000000 (10000)", false },
	{ "rounds", "N", "at most 99 (11)", false },
	{ 0 },
};

const struct ctl_option ctl_common_options[] = {
	{ "socket", "PATH", "of the daemon; else that of this network namespace", false },
	{ "json", NULL, "print JSON; names as in twinctl(8)", false },
	{ "help", NULL, "print this", false },
	{ "version", NULL, "print the version", false },
	{ 0 },
};

const struct ctl_verb ctl_verbs[] = {
	{ "status", NULL, ctl_status, NULL, 0, 0, "what is in force, and how full the tables are",
	  NULL, NULL },
	{ "backend", "show", ctl_backend_show, NULL, 0, 0,
	  "which backend judges, and what each holds", NULL, NULL },
	{ "backend", "set", ctl_backend_set, "nft|bpf", 1, 1, "let this backend judge",
	  "The switch is between two packets. A backend that does not hold the policy in\n"
	  "force is refused.\n",
	  NULL },
	{ "mode", "show", ctl_mode_show, NULL, 0, 0, "what becomes of what is denied", NULL, NULL },
	{ "mode", "set", ctl_mode_set, "[off|audit|enforce]", 0, 1,
	  "set the mode, and how to deny and to fail",
	  "off takes no hook; audit reports what would be denied and lets it pass. What is\n"
	  "not given stays as it is.\n",
	  mode_options },
	{ "endpoint", "add", ctl_endpoint_add, "[NAME]", 0, 1, "add or replace endpoints",
	  "FILE is a JSON or YAML list of {name, labels: {KEY: VALUE}, addresses: [ADDRESS],\n"
	  "port: IFNAME}, or what 'endpoint list --json' printed.\n",
	  endpoint_options },
	{ "endpoint", "delete", ctl_endpoint_delete, "NAME...", 1, ANY_NUMBER, "forget endpoints",
	  NULL, NULL },
	{ "endpoint", "list", ctl_endpoint_list, NULL, 0, 0, "list endpoints", NULL, NULL },
	{ "endpoint", "audit", ctl_endpoint_audit, "[NAME...] on|off", 1, ANY_NUMBER,
	  "report what endpoints would be denied, and let it pass",
	  "SELECTOR is k=v, k!=v, k in (v,w), k notin (v,w), k or !k, several with commas; it\n"
	  "holds for endpoints that come later, too. The rest is judged as before.\n",
	  audit_options },
	{ "namespace", "add", ctl_namespace_add, "NAME", 1, 1, "add or replace a namespace", NULL,
	  namespace_options },
	{ "namespace", "delete", ctl_namespace_delete, "NAME...", 1, ANY_NUMBER,
	  "forget the labels of namespaces",
	  "Endpoints stay in them; of the namespace policies know its name then.\n", NULL },
	{ "namespace", "list", ctl_namespace_list, NULL, 0, 0, "list namespaces", NULL, NULL },
	{ "policy", "apply", ctl_policy_apply, "FILE...", 0, ANY_NUMBER, "add or replace policies",
	  "FILE holds Cilium's rules or Kubernetes NetworkPolicy, YAML or JSON; a folder is all\n"
	  "of its .yaml, .yml and .json files, - is standard input and wants --name. Each file\n"
	  "is a policy. All files are applied as one change: all or none.\n",
	  apply_options },
	{ "policy", "delete", ctl_policy_delete, "NAME...", 1, ANY_NUMBER, "delete policies",
	  "NAME is that of a policy, or of an object in one, as NetworkPolicy/shop/web or\n"
	  "CiliumClusterwideNetworkPolicy/web.\n",
	  NULL },
	{ "policy", "list", ctl_policy_list, NULL, 0, 0, "rules, their hits and what they cost",
	  NULL, NULL },
	{ "policy", "get", ctl_policy_get, "NAME", 1, 1, "print the document as it was given", NULL,
	  NULL },
	{ "policy", "validate", ctl_policy_validate, "FILE...", 0, ANY_NUMBER,
	  "say everything that is wrong with documents",
	  "FILE holds policies or inventory, many documents if need be; a folder is all of its\n"
	  ".yaml, .yml and .json files, - is standard input. Asks no daemon.\n",
	  validate_options },
	{ "policy", "trace", ctl_policy_trace, "[FILE...]", 0, ANY_NUMBER,
	  "say what documents make of a flow, and which rules",
	  "Asks no daemon. Exit status 0 means answered, allowed or not.\n", trace_options },
	{ "policy", "matrix", ctl_policy_matrix, "[FILE...]", 0, ANY_NUMBER,
	  "say what documents make of every pair of endpoints", "Asks no daemon.\n",
	  matrix_options },
	{ "counters", NULL, ctl_counters, NULL, 0, 0, "packets by reason and by rule", NULL, NULL },
	{ "monitor", NULL, ctl_monitor, NULL, 0, 0, "print events as they come, a line each", NULL,
	  monitor_options },
	{ "classify", NULL, ctl_classify, NULL, 0, 0, "ask what would become of a flow",
	  "Exit status 0 means answered, allowed or not; 3 that the backends disagree.\n",
	  classify_options },
	{ "bench", NULL, ctl_bench, NULL, 0, 0, "what a judgement costs, in the kernel",
	  "Flows are taken from the policy in force.\n", bench_options },
	{ "batch", NULL, ctl_batch, "FILE", 1, 1, "run the commands of a file, one a line",
	  "Words are separated by blanks; # begins a comment. - is standard input, of which\n"
	  "each line is run as it comes. The first command that fails ends it.\n",
	  NULL },
	{ 0 },
};

static int run(const struct ctl_call *call)
{
	if (call->version) {
		printf("twinctl %s\n", TWP_VERSION);
		return CTL_DONE;
	}
	if (call->help) {
		ctl_help(call);
		return CTL_DONE;
	}
	return call->verb->run(call);
}

int ctl_run(int argc, char **argv)
{
	struct ctl_call call;
	int status = ctl_arguments_read(&call, argc, argv);

	if (status == CTL_DONE)
		status = run(&call);
	ctl_arguments_clean(&call);
	return status;
}

int main(int argc, char **argv)
{
	int status;

	setlocale(LC_CTYPE, "");
	status = ctl_run(argc, argv);
	if ((fflush(stdout) || ferror(stdout)) && status == CTL_DONE)
		status = ctl_fail("standard output: %s", strerror(errno));
	return status;
}
