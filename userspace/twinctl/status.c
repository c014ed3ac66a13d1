// SPDX-License-Identifier: GPL-2.0-only
/* twinctl status */
#include <stdio.h>

#include "print.h"

static void print_module(struct ctl_table *table, const Twinpath__V1__ModuleStatus *module)
{
	ctl_text mode, deny, failure, ethertypes, backend, duration;

	ctl_table_add(table, "mode");
	ctl_table_add(table, "%s, deny %s, fail %s, other ethertypes %s",
		      ctl_word(mode, &twinpath__v1__mode__descriptor, (int)module->mode),
		      ctl_word(deny, &twinpath__v1__deny_action__descriptor,
			       (int)module->deny_action),
		      ctl_word(failure, &twinpath__v1__failure_policy__descriptor,
			       (int)module->failure_policy),
		      ctl_word(ethertypes, &twinpath__v1__ethertype_policy__descriptor,
			       (int)module->other_ethertypes));
	ctl_table_add(table, "backend");
	ctl_table_add(table, "%s",
		      ctl_word(backend, &twinpath__v1__backend__descriptor, (int)module->backend));
	ctl_table_add(table, "generation");
	ctl_table_add(table, "%u; nft holds %u, bpf holds %u", module->generation,
		      module->nft ? module->nft->generation : 0,
		      module->bpf ? module->bpf->generation : 0);
	ctl_table_add(table, "host");
	ctl_table_add(table, "%s",
		      module->host_selected ? "selected by a policy" : "not selected by a policy");
	ctl_table_add(table, "switches");
	if (module->switches)
		ctl_table_add(table, "%llu, the last took %s", (unsigned long long)module->switches,
			      ctl_duration(duration, module->switch_ns));
	else
		ctl_table_add(table, "none");
	ctl_table_add(table, "fallbacks");
	ctl_table_add(table, "%llu packets judged by the other backend, %llu by neither",
		      (unsigned long long)module->fallbacks, (unsigned long long)module->failures);
	ctl_table_add(table, "flows ended");
	ctl_table_add(table, "%llu", (unsigned long long)module->flows_ended);
	ctl_table_add(table, "events lost");
	ctl_table_add(table, "%llu", (unsigned long long)module->events_lost);
}

/* 0 bytes: unknown */
static void add_memory(struct ctl_table *table, uint64_t bytes, uint32_t entries)
{
	ctl_text text;

	ctl_table_add(table, "%s", bytes ? ctl_bytes(text, bytes) : "-");
	ctl_table_add(table, "%s",
		      bytes && entries ? ctl_bytes(text, (bytes + entries / 2) / entries) : "-");
}

static void print_tables(const Twinpath__V1__Status *status)
{
	struct ctl_table table CTL_CLEAN(ctl_table_clean);

	ctl_table_init(&table, "<table|>entries|>size|>full|>key|>value|>nft memory|>an entry"
			       "|>bpf memory|>an entry");
	for (size_t i = 0; i < status->n_table; i++) {
		const Twinpath__V1__TableStatus *row = status->table[i];

		ctl_table_add(&table, "%s", row->name);
		ctl_table_add(&table, "%u", row->entries);
		ctl_table_add(&table, "%u", row->size);
		ctl_table_add(&table, "%.1f%%", row->size ? 100.0 * row->entries / row->size : 0.0);
		ctl_table_add(&table, "%u B", row->key_bytes);
		ctl_table_add(&table, "%u B", row->value_bytes);
		add_memory(&table, row->nft_bytes, row->entries);
		add_memory(&table, row->bpf_bytes, row->entries);
	}
	if (status->n_table) {
		putchar('\n');
		ctl_table_print(&table);
	}
}

static void print_audit(struct ctl_table *table, const Twinpath__V1__Status *status)
{
	ctl_table_add(table, "audit");
	ctl_table_add(table, "%u endpoints, %zu selectors", status->audited,
		      status->n_audit_selector);
	for (size_t i = 0; i < status->n_audit_selector; i++) {
		const Twinpath__V1__AuditSelector *selector = status->audit_selector[i];

		ctl_table_add(table, "audit selector");
		ctl_table_add(table, "%s (%u endpoints)", selector->selector, selector->endpoints);
	}
}

static void print_status(const Twinpath__V1__Status *status)
{
	const Twinpath__V1__ModuleStatus *module = status->module;
	struct ctl_table table CTL_CLEAN(ctl_table_clean);
	ctl_text duration;

	ctl_table_init(&table, "<|<");
	if (*status->problem) {
		ctl_table_add(&table, "problem");
		ctl_table_add(&table, "%s", status->problem);
	}
	ctl_table_add(&table, "module");
	if (status->module_loaded && module) {
		ctl_table_add(&table, "%s, layout %u, program %u", module->version, module->layout,
			      module->program_id);
		print_module(&table, module);
	} else {
		ctl_table_add(&table, "not loaded: nothing is enforced");
	}
	ctl_table_add(&table, "daemon");
	ctl_table_add(&table, "%s", status->daemon_version);
	ctl_table_add(&table, "asked");
	ctl_table_add(&table, "%u endpoints, %u policies, %u identities", status->endpoints,
		      status->policies, status->identities);
	ctl_table_add(&table, "default deny");
	ctl_table_add(&table, "%s",
		      status->default_deny ? "on: endpoints that no policy selects are denied" :
					     "off");
	print_audit(&table, status);
	ctl_table_add(&table, "last change");
	if (status->load_us)
		ctl_table_add(&table, "took %s", ctl_duration(duration, status->load_us * 1000));
	else
		ctl_table_add(&table, "none");
	ctl_table_print(&table);
	print_tables(status);
}

int ctl_status(const struct ctl_call *call)
{
	Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) = ctl_ask_status(call);

	if (!response)
		return CTL_FAILED;
	if (call->json)
		ctl_json_print(ctl_json(&response->status->base), false);
	else
		print_status(response->status);
	return CTL_DONE;
}
