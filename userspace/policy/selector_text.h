/* SPDX-License-Identifier: GPL-2.0-only */
/* Selectors as kubectl writes them: "app=web,tier in (a,b),!canary". */
#ifndef TWP_POLICY_SELECTOR_TEXT_H
#define TWP_POLICY_SELECTOR_TEXT_H

#include "policy.h"

#define TWP_SELECTOR_TEXT_MAX 4096 /* bytes */

/**
 * twp_selector_parse() - read a label selector
 * @selector: filled; untouched on failure
 * @text: requirements, separated by commas: k=v, k==v, k!=v, k in (v,w), k notin (v,w), k, !k;
 *	k!=v and notin hold where the key is absent, too
 *
 * Return: 0; -1 and @error, also if nothing is required.
 */
int twp_selector_parse(struct twp_selector *selector, const char *text, struct twp_error *error);

/*
 * One text for each meaning, whatever order or spelling it was given in. The caller
 * frees it; NULL if out of memory.
 */
char *twp_selector_text(const struct twp_selector *selector);

#endif
