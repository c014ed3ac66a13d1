// SPDX-License-Identifier: GPL-2.0-only
/* Has a refusal room for a sentence of its own? */
#include <linux/netlink.h>

char *probe(struct netlink_ext_ack *extack);
char *probe(struct netlink_ext_ack *extack)
{
	return extack->_msg_buf;
}
