/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server: the control socket and who is connected to it. Who may connect
 * may do everything; the socket's owner, group and mode say who may.
 */
#ifndef TWP_TWINPATHD_SERVER_H
#define TWP_TWINPATHD_SERVER_H

#include "daemon.h"

#define TWP_SERVER_CLIENTS 128
#define TWP_SERVER_GROUP "twinpath"

/* Listens at the path of the daemon's options. */
struct twp_server *twp_server_open(struct twp_daemon *daemon, struct twp_error *error);
void twp_server_close(struct twp_server *server);

bool twp_server_has_monitors(const struct twp_server *server);
/* Sends to all monitors; one that does not keep up loses events, and is told how many. */
void twp_server_tell(struct twp_server *server, Twinpath__V1__NamedEvent *event);

#endif
