/* SPDX-License-Identifier: GPL-2.0-only */
/* The client of the module: protobuf over generic netlink, libmnl and protobuf-c. */
#ifndef TWP_MODULE_MODULE_H
#define TWP_MODULE_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include "../policy/error.h"
#include "twinpath.pb-c.h"

struct twp_module;

typedef void twp_module_event(const Twinpath__V1__Event *event, void *context);

/*
 * Errors carry the module's own sentence (extack), and errno; ENODEV is a module that is not
 * loaded, or not any more: then the handle is of no further use. The network namespace is the
 * caller's.
 */
struct twp_module *twp_module_open(struct twp_error *error);
void twp_module_close(struct twp_module *module);

/* Answers are freed with twinpath__v1__..._free_unpacked(answer, NULL). NULL: @error says why. */
Twinpath__V1__ModuleStatus *twp_module_status(struct twp_module *module, struct twp_error *error);
Twinpath__V1__ModuleStatus *twp_module_set_backend(struct twp_module *module,
						   Twinpath__V1__Backend backend,
						   struct twp_error *error);
Twinpath__V1__ModuleStatus *twp_module_set_mode(struct twp_module *module,
						const Twinpath__V1__SetModeRequest *request,
						struct twp_error *error);
Twinpath__V1__ModuleStatus *twp_module_bind_program(struct twp_module *module, int fd,
						    struct twp_error *error);
Twinpath__V1__ModuleStatus *twp_module_commit(struct twp_module *module,
					      const Twinpath__V1__CommitGenerationRequest *request,
					      struct twp_error *error);
Twinpath__V1__ModuleStatus *
twp_module_set_bridge_port(struct twp_module *module,
			   const Twinpath__V1__SetBridgePortRequest *request,
			   struct twp_error *error);
/* All pages as one. */
Twinpath__V1__Counters *twp_module_counters(struct twp_module *module, struct twp_error *error);
Twinpath__V1__Judgement *twp_module_classify(struct twp_module *module,
					     const Twinpath__V1__ClassifyRequest *request,
					     struct twp_error *error);
Twinpath__V1__BenchResult *twp_module_bench(struct twp_module *module,
					    const Twinpath__V1__BenchRequest *request,
					    struct twp_error *error);

/* Joins group "events" on a socket of its own. Return: its file descriptor, or -1. */
int twp_module_listen(struct twp_module *module, struct twp_error *error);
/* Reads what is there, without waiting. Return: 0; 1 if some were lost; -1. */
int twp_module_read_events(struct twp_module *module, twp_module_event *call, void *context,
			   struct twp_error *error);

#endif
