/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon tells its operator: lines on standard error, for a terminal or the journal. */
#ifndef TWP_TWINPATHD_LOG_H
#define TWP_TWINPATHD_LOG_H

#include <syslog.h>

/* "error", "warning", "info", "debug". Return: 0, or -1 if it is none of them. */
int twp_log_level(const char *name);

/* @level: LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG */
void twp_log(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
