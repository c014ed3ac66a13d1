/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads what `nft -n list table` prints back into an image: what people see is what is held. */
#ifndef TWP_TESTS_NFT_TEXT_H
#define TWP_TESTS_NFT_TEXT_H

#include "policy/image.h"

/* Initialised and sealed. */
void nft_text_read(struct twp_image *image);

#endif
