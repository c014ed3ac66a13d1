/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are given on the command line. */
#ifndef TWP_TWINCTL_FILE_H
#define TWP_TWINCTL_FILE_H

#include <stddef.h>

#include "policy/error.h"
#include "twinctl.h"

/* What messages call it: the path, or "stdin" for "-". */
const char *ctl_file_name(const char *path);
/* At most TWP_DOCUMENT_MAX bytes, ended by NUL. NULL after saying why; else the caller frees it. */
char *ctl_file_read(const char *path, size_t *length);

/**
 * ctl_endpoints_read() - read a list of endpoints, JSON or YAML
 * @request: initialised; each endpoint is added, what it holds comes from malloc
 * @error: "web.json:3:12: ..."
 *
 * Return: 0, or -1.
 */
int ctl_endpoints_read(Twinpath__V1__AddEndpointRequest *request, const char *file,
		       const char *text, size_t length, struct twp_error *error);

/* Appends a label. Return: 0; -1 and @error. */
int ctl_label_add(Twinpath__V1__Label ***labels, size_t *count, const char *key, const char *value,
		  struct twp_error *error);
/* The labels of options --label. Return: CTL_DONE, or CTL_USAGE. */
int ctl_labels_read(const struct ctl_call *call, Twinpath__V1__Label ***labels, size_t *count);
/* Return: 0; -1 and @error. */
int ctl_endpoint_add_address(Twinpath__V1__Endpoint *endpoint, const char *text,
			     struct twp_error *error);
Twinpath__V1__Endpoint *ctl_endpoint_new(Twinpath__V1__AddEndpointRequest *request);

#endif
