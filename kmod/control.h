/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family: commands of the daemon, events for whoever listens. */
#ifndef TWP_CONTROL_H
#define TWP_CONTROL_H

#include <net/net_namespace.h>

#include "message.h"

int twp_control_setup(void);
void twp_control_teardown(void);

/* Is anybody in the group? */
bool twp_control_listened(struct net *net);
/* To the group; process context. */
void twp_control_send_event(struct net *net, const struct twp_msg_event *event);

#endif
