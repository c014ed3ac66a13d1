/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's events: those that the daemon acts on, and those that monitors are told. */
#ifndef TWP_TWINPATHD_EVENTS_H
#define TWP_TWINPATHD_EVENTS_H

#include "daemon.h"

/* Joins the module's group and watches it. */
int twp_events_start(struct twp_daemon *daemon, struct twp_error *error);

#endif
