// SPDX-License-Identifier: GPL-2.0-only
/* The inventory of files: each namespace, endpoint and address once, and where it stands. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "policy.h"

static int place_compare(const struct twp_place *a, const struct twp_place *b)
{
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

static int namespace_compare(const void *a, const void *b)
{
	const struct twp_namespace *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : place_compare(&x->place, &y->place);
}

static int name_compare(const struct twp_endpoint *x, const struct twp_endpoint *y)
{
	int order = strcmp(twp_endpoint_namespace(x), twp_endpoint_namespace(y));

	return order ? order : strcmp(x->name, y->name);
}

static int endpoint_compare(const void *a, const void *b)
{
	const struct twp_endpoint *x = a, *y = b;
	int order = name_compare(x, y);

	return order ? order : place_compare(&x->place, &y->place);
}

/* "web.yaml:3:1", or "the inventory" */
static void place_text(const struct twp_inventory *inventory, const struct twp_place *place,
		       struct twp_error *text)
{
	if (!place->file || place->file > inventory->files)
		twp_error_set(text, "the inventory");
	else
		twp_error_set(text, "%s:%u:%u", inventory->file[place->file - 1], place->line,
			      place->column);
}

/* Says that what stands at @again does so at @first already. */
static int twice_say(const struct twp_inventory *inventory, const struct twp_place *first,
		     const struct twp_place *again, const char *what, struct twp_errors *errors)
{
	struct twp_error here, there, whole;

	place_text(inventory, again, &here);
	place_text(inventory, first, &there);
	twp_error_set(&whole, "%s: %s; first at %s", here.text, what, there.text);
	twp_errors_add(errors, whole.text);
	return -1;
}

static int namespaces_check(const struct twp_inventory *inventory, struct twp_errors *errors)
{
	const struct twp_namespace *space = inventory->namespace;
	struct twp_error what;
	int failed = 0;

	for (size_t i = 1; i < inventory->namespaces; i++) {
		if (strcmp(space[i - 1].name, space[i].name))
			continue;
		twp_error_set(&what, "namespace %s stands twice", space[i].name);
		failed = twice_say(inventory, &space[i - 1].place, &space[i].place, what.text,
				   errors);
	}
	return failed;
}

static int endpoints_check(const struct twp_inventory *inventory, struct twp_errors *errors)
{
	const struct twp_endpoint *endpoint = inventory->endpoint;
	struct twp_error what;
	int failed = 0;

	for (size_t i = 1; i < inventory->endpoints; i++) {
		if (name_compare(&endpoint[i - 1], &endpoint[i]))
			continue;
		twp_error_set(&what, "endpoint %s/%s stands twice",
			      twp_endpoint_namespace(&endpoint[i]), endpoint[i].name);
		failed = twice_say(inventory, &endpoint[i - 1].place, &endpoint[i].place, what.text,
				   errors);
	}
	return failed;
}

/* There is one host, whoever stands for it. */
static int hosts_check(const struct twp_inventory *inventory, struct twp_errors *errors)
{
	const struct twp_endpoint *host = NULL;
	struct twp_error what;
	int failed = 0;

	for (size_t i = 0; i < inventory->endpoints; i++) {
		const struct twp_endpoint *endpoint = &inventory->endpoint[i];
		const char *differ;

		if (!twp_endpoint_is_host(endpoint))
			continue;
		differ = host ? twp_hosts_differ(host, endpoint) : NULL;
		host = host ?: endpoint;
		if (!differ)
			continue;
		twp_error_set(&what, "endpoints %s/%s and %s/%s are both %s, with different %s",
			      twp_endpoint_namespace(host), host->name,
			      twp_endpoint_namespace(endpoint), endpoint->name, TWP_LABEL_HOST,
			      differ);
		failed = twice_say(inventory, &host->place, &endpoint->place, what.text, errors);
	}
	return failed;
}

struct holder {
	const struct twp_address *address;
	const struct twp_endpoint *endpoint;
};

static int holder_compare(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;
	int order = twp_address_compare(x->address, y->address);

	return order ? order : place_compare(&x->endpoint->place, &y->endpoint->place);
}

static int holders_say(const struct twp_inventory *inventory, const struct holder *holder,
		       struct twp_errors *errors)
{
	const struct twp_endpoint *one = holder[0].endpoint, *two = holder[1].endpoint;
	char text[INET6_ADDRSTRLEN];
	struct twp_error what;

	twp_error_set(&what, "address %s is of endpoints %s/%s and %s/%s",
		      twp_address_text(holder->address, text), twp_endpoint_namespace(one),
		      one->name, twp_endpoint_namespace(two), two->name);
	return twice_say(inventory, &one->place, &two->place, what.text, errors);
}

/* An address is of one endpoint: which of two would a packet be from? */
static int holders_check(const struct twp_inventory *inventory, struct twp_errors *errors)
{
	TWP_AUTOFREE struct holder *holder = NULL;
	size_t count = 0;
	int failed = 0;

	for (size_t i = 0; i < inventory->endpoints; i++)
		count += inventory->endpoint[i].addresses;
	holder = calloc(count + 1, sizeof(*holder));
	if (!holder) {
		twp_errors_add(errors, "out of memory");
		return -1;
	}
	count = 0;
	for (size_t i = 0; i < inventory->endpoints; i++)
		for (size_t j = 0; j < inventory->endpoint[i].addresses; j++)
			holder[count++] = (struct holder){ &inventory->endpoint[i].address[j],
							   &inventory->endpoint[i] };
	qsort(holder, count, sizeof(*holder), holder_compare);
	for (size_t i = 1; i < count; i++)
		/* Endpoints that stand twice were named already. */
		if (!twp_address_compare(holder[i - 1].address, holder[i].address) &&
		    name_compare(holder[i - 1].endpoint, holder[i].endpoint))
			failed = holders_say(inventory, &holder[i - 1], errors);
	return failed;
}

int twp_inventory_seal(struct twp_inventory *inventory, struct twp_errors *errors)
{
	int failed;

	if (inventory->namespaces)
		qsort(inventory->namespace, inventory->namespaces, sizeof(*inventory->namespace),
		      namespace_compare);
	if (inventory->endpoints)
		qsort(inventory->endpoint, inventory->endpoints, sizeof(*inventory->endpoint),
		      endpoint_compare);
	failed = namespaces_check(inventory, errors);
	failed |= endpoints_check(inventory, errors);
	failed |= hosts_check(inventory, errors);
	return failed | holders_check(inventory, errors);
}

void twp_inventory_clean(struct twp_inventory *inventory)
{
	for (size_t i = 0; i < inventory->namespaces; i++)
		twp_namespace_clean(&inventory->namespace[i]);
	for (size_t i = 0; i < inventory->endpoints; i++)
		twp_endpoint_clean(&inventory->endpoint[i]);
	for (size_t i = 0; i < inventory->files; i++)
		free(inventory->file[i]);
	free(inventory->namespace);
	free(inventory->endpoint);
	free(inventory->file);
	*inventory = (struct twp_inventory){ 0 };
}
