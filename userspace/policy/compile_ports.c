// SPDX-License-Identifier: GPL-2.0-only
/* The compiler's part about ports: a range becomes the fewest port prefixes, at most 30. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "compiler.h"
#include "memory.h"

static int opening_add(struct twp_compiler *c, uint32_t shape, uint16_t port)
{
	struct twp_opening *array = twp_array_grow(c->opening, c->openings, sizeof(*array));

	if (!array)
		return twp_compile_memory(c);
	c->opening = array;
	array[c->openings++] = (struct twp_opening){ shape, htons(port) };
	return 0;
}

/* Takes the largest aligned block at the beginning of what is left, again and again. */
static int range_add(struct twp_compiler *c, uint8_t protocol, uint32_t first, uint32_t last)
{
	while (first <= last) {
		unsigned int bits = 0;

		while (bits < TWP_PORT_BITS && !(first & 1u << bits) &&
		       first + (2u << bits) - 1 <= last)
			bits++;
		if (opening_add(c, TWP_SHAPE(protocol, TWP_PORT_BITS - bits), (uint16_t)first))
			return -1;
		first += 1u << bits;
	}
	return 0;
}

int twp_compile_openings(struct twp_compiler *c, const struct twp_port *port)
{
	static const uint8_t with_ports[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
	const uint8_t *protocol;
	size_t protocols;

	if (!port)
		return opening_add(c, TWP_SHAPE_ANY_PROTOCOL, 0);
	protocol = port->any_protocol ? with_ports : &port->protocol;
	protocols = port->any_protocol ? sizeof(with_ports) : 1;
	for (size_t i = 0; i < protocols; i++)
		if (port->any_port ? opening_add(c, TWP_SHAPE(protocol[i], 0), 0) :
				     range_add(c, protocol[i], port->port, port->last))
			return -1;
	return 0;
}
