/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests: from bytes to a response, each by its handler. */
#ifndef TWP_TWINPATHD_REQUESTS_H
#define TWP_TWINPATHD_REQUESTS_H

#include "daemon.h"

/**
 * twp_request_answer() - do what is asked
 * @who: of the peer, for the log
 * @monitor: set if the peer asks for events from now on
 *
 * Return: the response, freed with twinpath__v1__response__free_unpacked(); NULL if there
 * is none, or no memory.
 */
Twinpath__V1__Response *twp_request_answer(struct twp_daemon *daemon, const char *who,
					   const uint8_t *bytes, size_t length, bool *monitor);

#endif
