/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program: what the kernel was told, and how it is told the next thing.
 * Keeps the image that each backend holds, so that a change reads nothing back.
 *
 * Rules of generations: a number is used for one image only; both backends hold
 * the image before the module is told that it is in force; after a failure both
 * hold the old image with the old number again.
 */
#ifndef TWP_TWINPATHD_PROGRAM_H
#define TWP_TWINPATHD_PROGRAM_H

#include "backend/backend.h"
#include "module/module.h"
#include "ports.h"
#include "store.h"

#define TWP_PROGRAM_SIDES 2

struct twp_held_image;

struct twp_program {
	struct twp_module *module; /* NULL: not connected */
	bool loaded; /* as far as is known; may be true and not connected */
	char *pins;
	struct twp_sizes sizes;
	struct twp_program_side {
		const struct twp_backend_ops *ops;
		void *backend;
		struct twp_held_image *held; /* that it should hold; NULL: not known */
		bool built; /* that it does */
	} side[TWP_PROGRAM_SIDES]; /* nft, bpf */
	uint32_t generation; /* that the module was told */
	uint32_t used; /* last number that a backend was given, also in vain */
	bool host_selected; /* likewise */
	uint32_t rules;
};

/* The next thing. */
struct twp_program_step {
	struct twp_image *image; /* sealed; emptied: the program takes what is in it */
	bool host_selected;
	uint32_t rules; /* highest rule number */
	const struct twp_ports *ports_before; /* both NULL: no port changes */
	const struct twp_ports *ports_after;
};

int twp_program_init(struct twp_program *program, const char *pins, const struct twp_sizes *sizes);
void twp_program_clean(struct twp_program *program);

/* Opens the module and both backends. Return: 0; -1 and @error, @program->loaded says which. */
int twp_program_connect(struct twp_program *program, struct twp_error *error);
void twp_program_disconnect(struct twp_program *program);

/* Reads what both backends and the module hold. Return: 0, or -1 if the module does not answer. */
int twp_program_read(struct twp_program *program, struct twp_error *error);

/* Both backends and the module hold one generation: its number, else 0. After a read. */
uint32_t twp_program_agreed(const struct twp_program *program);

/* Does each backend hold exactly @image? */
bool twp_program_holds(const struct twp_program *program, const struct twp_image *image);

/* What the kernel holds is what is wanted, and what else the module needs to be told is this. */
void twp_program_adopt(struct twp_program *program, uint32_t rules);

/* The number of the next generation, if the store's last is @stored. */
uint32_t twp_program_next(const struct twp_program *program, uint32_t stored);

/**
 * twp_program_apply() - bring the kernel to the next image
 * @applied: initialised; entries and times are filled in
 *
 * Return: 0; -1 and @error: then the kernel holds what it held, or the log says
 * that it does not, and twp_program_check() mends it.
 */
int twp_program_apply(struct twp_program *program, const struct twp_program_step *step,
		      Twinpath__V1__Applied *applied, struct twp_error *error);

/* Compares the module's word with what it was told, and rebuilds what was lost. */
int twp_program_check(struct twp_program *program, struct twp_error *error);

/* Sets mode and backend as @settings say, where they differ. */
int twp_program_settle(struct twp_program *program, const struct twp_settings *settings,
		       struct twp_error *error);

/* The image that is in force; NULL: none is known. */
const struct twp_image *twp_program_image(const struct twp_program *program);

uint64_t twp_program_now_us(void);

#endif
