/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What xen-syms knows: names, types, lines and how to unwind.  NULL stands
 * for "no xen-syms" everywhere, and finds nothing.
 */
#ifndef XEN_VMCORE_XENSYMS_H
#define XEN_VMCORE_XENSYMS_H

#include <stdbool.h>
#include <stdint.h>

#include "notes.h"

struct xensyms;

/* NULL, with the reason in @error. */
struct xensyms *xensyms_open(const char *path, struct text *error);
/*
 * The one that a debug package has put below @folder (/usr/lib/debug), by the
 * @digits of the build id.  NULL without a reason in @error: there is none.
 */
struct xensyms *xensyms_find(const char *folder, const char *build_id,
                             size_t digits, struct text *error);
void xensyms_close(struct xensyms *xensyms);

/* In lower-case digits; NULL when it has none. */
const char *xensyms_build_id(const struct xensyms *xensyms);

bool xensyms_symbol(const struct xensyms *xensyms, const char *name,
                    uint64_t *va);
/* The symbol that @va is in, and where that begins. */
const char *xensyms_name(const struct xensyms *xensyms, uint64_t va,
                         uint64_t *start);

bool xensyms_size(const struct xensyms *xensyms, const char *type,
                  uint64_t *size);
/* @member may be one of a member: "a.b". */
bool xensyms_offset(const struct xensyms *xensyms, const char *type,
                    const char *member, uint64_t *offset);

/* The file, below the folder of the hypervisor's source. */
const char *xensyms_line(const struct xensyms *xensyms, uint64_t va,
                         int *line);

/*
 * From the registers in a function to those in its caller, by the call frame
 * information for @va, which is in the call instruction of all frames but the
 * first.  False when there is none, or memory cannot be read.
 */
bool xensyms_unwind(const struct xensyms *xensyms, uint64_t va,
                    uint64_t regs[NR_REGS],
                    bool (*read)(void *arg, uint64_t va, uint64_t *value),
                    void *arg);

#endif /* XEN_VMCORE_XENSYMS_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
