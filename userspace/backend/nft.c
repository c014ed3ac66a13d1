// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backend nft: each change is one transaction, in which the kernel moves from
 * one image to the next, or stays.
 *
 * Deletions come before additions, a changed entry is one of each: an addition
 * over a key that is there is refused, and so is one to a full map. No lookup
 * misses in between, since both take effect with the commit.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../module/module.h"
#include "nft.h"

struct nft {
	struct twp_module *module; /* NULL: nobody to ask whether the anchor holds */
	struct mnl_socket *socket;
	struct twp_sizes sizes;
	size_t count[TWP_TABLE_COUNT]; /* rows that the kernel holds, as far as is known */
};

static void nft_close(void *backend)
{
	struct nft *nft = backend;

	if (!nft)
		return;
	if (nft->socket)
		mnl_socket_close(nft->socket);
	free(nft);
}

static void *nft_open(struct twp_module *module, const char *folder, const struct twp_sizes *sizes,
		      struct twp_error *error)
{
	const int bytes = 4 << 20;
	struct nft *nft;

	(void)folder;
	nft = calloc(1, sizeof(*nft));
	if (!nft) {
		twp_error_set(error, "nft: out of memory");
		return NULL;
	}
	nft->module = module;
	nft->sizes = *sizes;
	nft->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!nft->socket || mnl_socket_bind(nft->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		twp_error_set(error, "nft: cannot open a netlink socket: %s", strerror(errno));
		nft_close(nft);
		return NULL;
	}
	setsockopt(mnl_socket_get_fd(nft->socket), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		   sizeof(bytes));
	return nft;
}

static void count_set(struct nft *nft, const struct twp_image *image)
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		nft->count[id] = image ? image->table[id].count : 0;
}

static int nft_rebuild(void *backend, const struct twp_image *image, struct twp_error *error)
{
	struct twp_nft_batch batch;
	struct nft *nft = backend;
	int ret;

	if (twp_image_fits(image, &nft->sizes, error))
		return -1;

	/* The first makes sure that there is a table to delete. */
	twp_nft_batch_init(&batch);
	twp_nft_put_table(&batch, TWP_NFT_TABLE_ADD);
	twp_nft_put_table(&batch, TWP_NFT_TABLE_DELETE);
	twp_nft_put_table(&batch, TWP_NFT_TABLE_ADD);
	twp_nft_put_chain(&batch);
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		twp_nft_put_set(&batch, id, nft->sizes.size[id]);
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		struct twp_nft_elements elements = { &batch, TWP_NFT_ELEMENTS_ADD, id, NULL, NULL };

		for (size_t row = 0; row < image->table[id].count; row++)
			twp_nft_put_element(&elements, twp_row_key(image, id, row),
					    twp_row_value(image, id, row));
		twp_nft_put_elements_end(&elements);
	}
	twp_nft_put_anchor(&batch);

	ret = twp_nft_batch_send(nft->socket, &batch, &nft->sizes, error);
	twp_nft_batch_clean(&batch);
	if (!ret)
		count_set(nft, image);
	return ret;
}

static void put_changes(struct twp_nft_batch *batch, enum twp_nft_op op, enum twp_table_id id,
			const struct twp_table_diff *diff)
{
	struct twp_nft_elements elements = { batch, op, id, NULL, NULL };

	for (size_t i = 0; i < diff->count; i++) {
		const struct twp_change *change = &diff->change[i];

		if (op == TWP_NFT_ELEMENTS_DELETE && change->before)
			twp_nft_put_element(&elements, change->key, NULL);
		if (op == TWP_NFT_ELEMENTS_ADD && change->after)
			twp_nft_put_element(&elements, change->key, change->after);
	}
	twp_nft_put_elements_end(&elements);
}

static int nft_apply(void *backend, const struct twp_image *image, const struct twp_diff *diff,
		     struct twp_error *error)
{
	struct twp_nft_batch batch;
	struct nft *nft = backend;
	size_t changes = 0;
	int ret;

	if (twp_image_fits(image, &nft->sizes, error))
		return -1;
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		changes += diff->table[id].count;
	if (!changes)
		return 0;

	twp_nft_batch_init(&batch);
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		put_changes(&batch, TWP_NFT_ELEMENTS_DELETE, id, &diff->table[id]);
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		put_changes(&batch, TWP_NFT_ELEMENTS_ADD, id, &diff->table[id]);
	ret = twp_nft_batch_send(nft->socket, &batch, &nft->sizes, error);
	twp_nft_batch_clean(&batch);
	if (!ret)
		count_set(nft, image);
	return ret;
}

/* Return: 1 if the module judges by the tables; 0 if not; -1 and @error. */
static int module_bound(struct nft *nft, struct twp_error *error)
{
	Twinpath__V1__ModuleStatus *status;
	int bound;

	if (!nft->module)
		return 1;
	status = twp_module_status(nft->module, error);
	if (!status)
		return -1;
	bound = status->nft && status->nft->bound;
	twinpath__v1__module_status__free_unpacked(status, NULL);
	return bound;
}

static int nft_read(void *backend, struct twp_image *image, struct twp_error *error)
{
	const struct twp_generation_key key = { .what = TWP_GENERATION_HELD };
	const struct twp_generation_value *held;
	struct nft *nft = backend;
	struct twp_image got;
	int ret;

	twp_image_init(&got);
	ret = module_bound(nft, error);
	if (ret == 1)
		ret = twp_nft_get_sets(nft->socket, &nft->sizes, error);
	if (ret == 1)
		ret = twp_nft_get_anchor(nft->socket, error);
	for (int id = 0; ret == 1 && id < TWP_TABLE_COUNT; id++)
		ret = twp_nft_get_elements(nft->socket, id, &got, error);
	if (ret == 1 && twp_image_seal(&got, error))
		ret = -1;
	if (ret == 1) {
		held = twp_image_find(&got, TWP_TABLE_GENERATION, &key);
		if (held && held->word[0])
			got.generation = held->word[0];
		else
			ret = 0;
	}
	if (ret == 1) {
		count_set(nft, &got);
		twp_image_clean(image);
		*image = got;
	} else {
		twp_image_clean(&got);
	}
	return ret;
}

/* The kernel does not tell what a set takes. An entry is one object of kmalloc: 32 bytes of list
 * node and offsets, key and data; as measured in /proc/slabinfo, 96 for host6 and 64 for the others.
 * The buckets, of one pointer each, are the next power of two above 4/3 of the size (nft_hash).
 */
static uint64_t bytes_of(enum twp_table_id id, size_t count, uint32_t size)
{
	static const size_t classes[] = { 64, 96, 128 };
	const size_t entry = 32 + twp_row_size(id);
	uint64_t buckets = 1;
	size_t i = 0;

	while (buckets < (uint64_t)size * 4 / 3)
		buckets *= 2;
	while (classes[i] < entry)
		i++;
	return count * classes[i] + buckets * sizeof(void *);
}

static int nft_usage(void *backend, struct twp_backend_usage *usage, struct twp_error *error)
{
	struct nft *nft = backend;

	(void)error;
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		usage->bytes[id] = bytes_of(id, nft->count[id], nft->sizes.size[id]);
	return 0;
}

static int nft_destroy(void *backend, struct twp_error *error)
{
	struct twp_nft_batch batch;
	struct nft *nft = backend;
	int ret;

	twp_nft_batch_init(&batch);
	twp_nft_put_table(&batch, TWP_NFT_TABLE_ADD);
	twp_nft_put_table(&batch, TWP_NFT_TABLE_DELETE);
	ret = twp_nft_batch_send(nft->socket, &batch, &nft->sizes, error);
	twp_nft_batch_clean(&batch);
	if (!ret)
		count_set(nft, NULL);
	return ret;
}

const struct twp_backend_ops twp_backend_nft = {
	.name = "nft",
	.open = nft_open,
	.close = nft_close,
	.read = nft_read,
	.apply = nft_apply,
	.rebuild = nft_rebuild,
	.usage = nft_usage,
	.destroy = nft_destroy,
};
