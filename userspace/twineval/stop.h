/* SPDX-License-Identifier: GPL-2.0-only */
/* Stop: SIGINT, SIGTERM and SIGHUP end a run without leaving anything behind. */
#ifndef TWP_TWINEVAL_STOP_H
#define TWP_TWINEVAL_STOP_H

#include <stdbool.h>

/* From now on they are noted, and the first of them ends the programs that were started. */
void stop_catch_signals(void);

/* Has one come? What measures returns soon after. */
bool stop_requested(void);

#endif
