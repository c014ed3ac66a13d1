/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon without its socket, over the kernel of fake_kernel.h: requests as
 * bytes go in, responses come out, and the kernel shows what was done to it.
 */
#ifndef TWP_TESTS_DAEMON_RUN_H
#define TWP_TESTS_DAEMON_RUN_H

#include "fake_kernel.h"
#include "twinpathd/requests.h"

extern struct twp_daemon daemon_;
extern struct twp_options daemon_options;

/* Of a group of tests: makes and removes the folder of the state. */
int daemon_group_setup(void **state);
int daemon_group_teardown(void **state);
/* Of each test: a daemon that was never asked anything, over a kernel that was just booted. */
int daemon_setup(void **state);
int daemon_teardown(void **state);
#define DAEMON_CASE(name) cmocka_unit_test_setup_teardown(name, daemon_setup, daemon_teardown)

void daemon_start(void);
/* As if it had been killed: nothing is written when it ends. */
void daemon_restart(void);
/* The same, and it must find in the kernel what it would write. */
void daemon_restart_unseen(void);
void daemon_state_remove(void);
/* The file of the store. */
const char *daemon_store_path(void);

#define OPERATION(name) TWINPATH__V1__REQUEST__OPERATION_##name

/* Asks what must succeed; the caller frees the response. */
Twinpath__V1__Response *daemon_get(Twinpath__V1__Request__OperationCase operation, void *message);
/* @error: NULL if it must succeed, else a part of the sentence. Return: the generation. */
uint32_t daemon_do(Twinpath__V1__Request__OperationCase operation, void *message,
		   const char *error);

/* An endpoint with label app=@app and address 10.0.0.@last. */
uint32_t endpoint_add(const char *name, const char *app, uint8_t last, const char *port,
		      const char *error);
/* Endpoint @name of @space with address 10.0.0.@last and port http. */
void pod_change(const char *name, const char *space, uint8_t last, uint32_t http,
		const char *error);
void pod_add(const char *name, const char *space, uint8_t last, uint32_t http);
void namespace_add(const char *name, const char *key, const char *value);
uint32_t endpoint_delete(const char *name, const char *error);
/* Of file NAME.yaml. */
uint32_t policy_apply(const char *name, const char *text, const char *error);
/* Endpoint b, a client, may talk to port 80 of endpoint a, which is web; two: to port 443, too. */
extern const char daemon_web[], daemon_web_two[];
/* Both endpoints, and policy web. */
void daemon_load(void);
uint32_t policy_delete(const char *name, const char *error);
void mode_set(uint32_t mode, const char *error);
void backend_set(uint32_t backend);

/* Rows of a table, which both backends hold. */
size_t table_rows(enum twp_table_id id);
void assert_holds(uint32_t generation);
/* Packets of the rule that 'policy list' calls @rule, of policy @policy. */
uint64_t rule_hits(const char *policy, const char *rule);
/* The number of the same. */
uint32_t rule_number(const char *policy, const char *rule);

#endif
