/* SPDX-License-Identifier: GPL-2.0-only */
/* What people read (print.c) and what programs read (json.c). */
#ifndef TWP_TWINCTL_PRINT_H
#define TWP_TWINCTL_PRINT_H

#include <jansson.h>

#include "twinctl.h"

#define CTL_CLEAN(function) __attribute__((cleanup(function)))

/* Exit 1 if there is no memory: then nothing was printed yet. */
void *ctl_alloc(void *memory, size_t count, size_t size);
char *ctl_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
void ctl_free(void *pointer); /* to a pointer that malloc gave */
void ctl_response_free(Twinpath__V1__Response **response);

/* Columns that are as wide as they must be. */
struct ctl_table {
	const char *head;
	size_t columns;
	char **cell; /* row by row */
	size_t cells;
	size_t room;
};

/* @head: "<name|>packets": a column each, aligned left or right. No names: no line of names. */
void ctl_table_init(struct ctl_table *table, const char *head);
/* The next cell. Control characters are shown, not obeyed. */
void ctl_table_add(struct ctl_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void ctl_table_print(const struct ctl_table *table);
void ctl_table_clean(struct ctl_table *table);

typedef char ctl_text[64];

/* "1.5 MiB" */
const char *ctl_bytes(ctl_text text, uint64_t bytes);
/* "12.3 us" */
const char *ctl_duration(ctl_text text, uint64_t ns);
/* "80/tcp", "icmp/8", as `classify --port` takes it */
const char *ctl_port(ctl_text text, uint32_t protocol, uint32_t port);
/* "10.0.0.1"; "host" for the host itself */
const char *ctl_address(ctl_text text, const ProtobufCBinaryData *address, bool local);
/* The lower-case word of an enum's value: "nft", "default_deny". */
const char *ctl_word(ctl_text text, const ProtobufCEnumDescriptor *type, int value);
/* "app=web,tier=front"; "-" for none. The caller frees it. */
char *ctl_labels(Twinpath__V1__Label *const *label, size_t count);
/* Why a direction passes or does not. The caller frees it. */
char *ctl_decision(const Twinpath__V1__Decision *decision, const char *rule);

/* A message under the names of proto/twinpath.proto. NULL gives null. */
json_t *ctl_json(const ProtobufCMessage *message);
/* Some of its fields, named and separated by spaces. */
json_t *ctl_json_some(const ProtobufCMessage *message, const char *fields);
/* Prints and releases it: one line, or indented. */
void ctl_json_print(json_t *value, bool line);

#endif
