// SPDX-License-Identifier: GPL-2.0-only
/* Bridge ports, as one list sorted by port: a port is a run of it. */
#include <stdlib.h>
#include <string.h>

#include "policy/memory.h"
#include "ports.h"

static int compare(const void *a, const void *b)
{
	const struct twp_port_address *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : twp_address_compare(&x->address, &y->address);
}

/* One past the last entry of the port at @first. */
static size_t run_end(const struct twp_ports *ports, size_t first)
{
	size_t end = first;

	while (end < ports->count && !strcmp(ports->entry[end].name, ports->entry[first].name))
		end++;
	return end;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_among(const struct twp_port_names *among, const struct twp_endpoint *endpoint)
{
	const char *name = endpoint->bridge_port;

	if (!name || !among)
		return name;
	return bsearch(&name, among->name, among->count, sizeof(*among->name), name_compare);
}

int twp_ports_make(struct twp_ports *ports, const struct twp_endpoint *endpoint, size_t endpoints,
		   const struct twp_port_names *among, struct twp_error *error)
{
	struct twp_ports made = { 0 };
	size_t i, j, end;

	for (i = 0; i < endpoints; i++) {
		for (j = 0; is_among(among, &endpoint[i]) && j < endpoint[i].addresses; j++) {
			struct twp_port_address *grown =
				twp_array_grow(made.entry, made.count, sizeof(*grown));

			if (!grown) {
				twp_ports_clean(&made);
				return twp_error_set(error, "no memory");
			}
			made.entry = grown;
			made.entry[made.count++] = (struct twp_port_address){
				.name = endpoint[i].bridge_port,
				.address = endpoint[i].address[j],
			};
		}
	}
	if (made.count)
		qsort(made.entry, made.count, sizeof(*made.entry), compare);
	for (i = 0; i < made.count; i = end) {
		end = run_end(&made, i);
		if (end - i > TWP_PORT_ADDRESSES) {
			twp_error_set(error, "bridge port %s has %zu addresses, more than %d",
				      made.entry[i].name, end - i, TWP_PORT_ADDRESSES);
			twp_ports_clean(&made);
			return -1;
		}
	}
	*ports = made;
	return 0;
}

void twp_ports_clean(struct twp_ports *ports)
{
	free(ports->entry);
	memset(ports, 0, sizeof(*ports));
}

int twp_ports_changes(const struct twp_ports *a, const struct twp_ports *b, twp_port_visit *call,
		      void *context, struct twp_error *error)
{
	size_t i = 0, j = 0, a_end, b_end, n;
	int order;

	while (i < a->count || j < b->count) {
		if (i == a->count)
			order = 1;
		else if (j == b->count)
			order = -1;
		else
			order = strcmp(a->entry[i].name, b->entry[j].name);
		a_end = order <= 0 ? run_end(a, i) : i;
		b_end = order >= 0 ? run_end(b, j) : j;
		if (order == 0 && a_end - i == b_end - j) {
			for (n = 0; n < a_end - i; n++)
				if (compare(&a->entry[i + n], &b->entry[j + n]))
					break;
			order = n < a_end - i;
		} else if (order == 0) {
			order = 1;
		}
		if (order && call(order < 0 ? a->entry[i].name : b->entry[j].name, context, error))
			return -1;
		i = a_end;
		j = b_end;
	}
	return 0;
}

int twp_ports_send(const struct twp_ports *ports, const char *name, struct twp_module *module,
		   struct twp_error *error)
{
	Twinpath__V1__SetBridgePortRequest request = TWINPATH__V1__SET_BRIDGE_PORT_REQUEST__INIT;
	ProtobufCBinaryData address[TWP_PORT_ADDRESSES];
	Twinpath__V1__ModuleStatus *status;
	struct twp_error why;
	size_t low = 0, high = ports->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(ports->entry[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	request.name = (char *)name;
	request.address = address;
	for (; low < ports->count && !strcmp(ports->entry[low].name, name); low++) {
		ProtobufCBinaryData *to = &address[request.n_address++];

		to->data = ports->entry[low].address.bytes;
		to->len = twp_address_length(&ports->entry[low].address);
	}
	status = twp_module_set_bridge_port(module, &request, &why);
	if (!status)
		return twp_error_set(error, "bridge port %s: %s", name, why.text);
	twinpath__v1__module_status__free_unpacked(status, NULL);
	return 0;
}
