/* SPDX-License-Identifier: GPL-2.0-only */
/* What Xen said. */
#ifndef XEN_VMCORE_CONSOLE_H
#define XEN_VMCORE_CONSOLE_H

#include "dump.h"

/* The console ring, oldest first.  Notes a problem if it is not there. */
void console_read(struct dump *dump, struct text *console);

/*
 * Why Xen crashed, as its last lines say: the text between the lines of
 * stars, or the line before the last one about a crash.
 */
void console_reason(const struct text *console, struct text *reason);

/* The last line of dom0's log about a panic. */
void console_dom0_reason(const struct text *log, struct text *reason);

#endif /* XEN_VMCORE_CONSOLE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
