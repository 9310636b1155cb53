/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A made-up dump, and the report on it: what the tests of reports share.
 */
#ifndef REPORTED_H
#define REPORTED_H

#include "made.h"

extern struct made made;
extern struct result result;

/* cmocka's teardown for tests that made_start() begins. */
int reported_end(void **state);

/* Report on what was made; more than once if need be. */
void report(int status);

/* What the last report has to say, as text and as JSON. */
void says(const char *text);
void never_says(const char *text);
void json_says(const char *text);

#endif /* REPORTED_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
