/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of functions, of Xen and of dom0's kernel. */
#ifndef XEN_VMCORE_NAMES_H
#define XEN_VMCORE_NAMES_H

#include "dom0.h"

struct names;

/*
 * Of Xen: from xen-syms, or from Xen's own table.  Never NULL; a problem is
 * noted when there is no table to be had.
 */
struct names *names_of_xen(struct dump *dump);
/*
 * Of dom0's kernel: from @file, a System.map or vmlinux, or, if that is NULL,
 * from the table that the kernel has for its own messages.  Never NULL; a
 * problem is noted when @file cannot be used.
 */
struct names *names_of_dom0(struct dump *dump, const struct dom0 *dom0,
                            const char *file);
void names_close(struct names *names);

/* Is there any? */
bool names_any(const struct names *names);

/* NULL when it is not known; how far @va is into it in @into. */
const char *names_find(const struct names *names, uint64_t va,
                       uint64_t *into);
/* Where a symbol is. */
bool names_symbol(const struct names *names, const char *name, uint64_t *va);
/* The file and line of the code, if there is debug information. */
const char *names_line(const struct names *names, uint64_t va, int *line);

/* xensyms_unwind(), where there is debug information. */
bool names_unwind(const struct names *names, uint64_t va,
                  uint64_t regs[NR_REGS],
                  bool (*read)(void *arg, uint64_t va, uint64_t *value),
                  void *arg);

/*
 * For whoever makes one.
 */
struct xensyms;

/* All from @xensyms, which may be NULL and is closed with the names if @own,
 * at @slide bytes above the addresses there. */
struct names *names_start(struct xensyms *xensyms, bool own, uint64_t slide);
/* In the order of addresses; false when it is not. */
bool names_add(struct names *names, uint64_t va, const char *name);
/* In any order: then names_sort() before the first search. */
void names_add_unsorted(struct names *names, uint64_t va, const char *name);
void names_sort(struct names *names);
/* From there on nothing has a name. */
void names_end(struct names *names, uint64_t va);

#endif /* XEN_VMCORE_NAMES_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
