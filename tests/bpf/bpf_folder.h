/* SPDX-License-Identifier: GPL-2.0-only */
/* A BPF file system of this program's own, gone with it. */
#ifndef TWP_TESTS_BPF_FOLDER_H
#define TWP_TESTS_BPF_FOLDER_H

/* For pins; made by who pins. */
extern char bpf_folder[64];

/* Around a group of tests. */
int bpf_folder_mount(void **state);
int bpf_folder_unmount(void **state);

/* Return: file descriptor of what is pinned under @name, or -errno. */
int bpf_folder_get(const char *name);

#endif
