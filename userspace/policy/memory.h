/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that grow, and pointers that free what they hold when their scope ends. */
#ifndef TWP_POLICY_MEMORY_H
#define TWP_POLICY_MEMORY_H

#include <stdlib.h>
#include <string.h>

#define TWP_CLEANUP(function) __attribute__((cleanup(function)))
#define TWP_AUTOFREE TWP_CLEANUP(twp_autofree)

static inline void twp_autofree(void *pointer)
{
	void *held;

	/* Whatever type it points to: no aliasing. */
	memcpy(&held, pointer, sizeof(held));
	free(held);
}

/**
 * twp_array_grow() - make room for one more element
 * @array: of @count elements, made by this function alone; or NULL
 * @count: elements in it
 * @size: of one, in bytes
 *
 * Room is always a power of two, so it need not be kept.
 *
 * Return: the array, perhaps elsewhere; NULL if out of memory, and @array stands.
 */
static inline void *twp_array_grow(void *array, size_t count, size_t size)
{
	if (array && count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

#endif
