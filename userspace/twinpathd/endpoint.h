/* SPDX-License-Identifier: GPL-2.0-only */
/* Endpoints and labels, from and to the messages of proto/twinpath.proto. */
#ifndef TWP_TWINPATHD_ENDPOINT_H
#define TWP_TWINPATHD_ENDPOINT_H

#include "policy/policy.h"
#include "twinpath.pb-c.h"

/**
 * twp_endpoint_read() - make an endpoint of a message
 * @endpoint: filled, its identity 0; untouched on failure
 * @error: names the endpoint and what is wrong with it
 *
 * Return: 0, or -1.
 */
int twp_endpoint_read(struct twp_endpoint *endpoint, const Twinpath__V1__Endpoint *message,
		      struct twp_error *error);

/*
 * The same of one that was taken before: what is stored goes on, even if it would be
 * refused now. A label that would be matches no selector.
 */
int twp_endpoint_restore(struct twp_endpoint *endpoint, const Twinpath__V1__Endpoint *message,
			 struct twp_error *error);

/* The same of a namespace. */
int twp_namespace_read(struct twp_namespace *space, const Twinpath__V1__Namespace *message,
		       struct twp_error *error);
/* Freed with twinpath__v1__namespace__free_unpacked(). NULL if out of memory. */
Twinpath__V1__Namespace *twp_namespace_message(const struct twp_namespace *space);

/* Freed with twinpath__v1__endpoint__free_unpacked(). NULL if out of memory. */
Twinpath__V1__Endpoint *twp_endpoint_message(const struct twp_endpoint *endpoint);

/* Return: 0, or -1 if out of memory. What was made is left for the message's free function. */
int twp_labels_message(const struct twp_labels *labels, Twinpath__V1__Label ***to, size_t *count);

#endif
