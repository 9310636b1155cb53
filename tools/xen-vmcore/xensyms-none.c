/* SPDX-License-Identifier: GPL-2.0-only */
/* For a program that is to be small: nothing is known. */

#include "xensyms.h"

struct xensyms *xensyms_open(const char *path, struct text *error)
{
    text_add(error, "%s: this xen-vmcore is built without xen-syms", path);

    return NULL;
}

struct xensyms *xensyms_find(const char *folder, const char *build_id,
                             size_t digits, struct text *error)
{
    return NULL;
}

void xensyms_close(struct xensyms *xensyms)
{
}

const char *xensyms_build_id(const struct xensyms *xensyms)
{
    return NULL;
}

bool xensyms_symbol(const struct xensyms *xensyms, const char *name,
                    uint64_t *va)
{
    return false;
}

const char *xensyms_name(const struct xensyms *xensyms, uint64_t va,
                         uint64_t *start)
{
    return NULL;
}

bool xensyms_size(const struct xensyms *xensyms, const char *type,
                  uint64_t *size)
{
    return false;
}

bool xensyms_offset(const struct xensyms *xensyms, const char *type,
                    const char *member, uint64_t *offset)
{
    return false;
}

const char *xensyms_line(const struct xensyms *xensyms, uint64_t va,
                         int *line)
{
    return NULL;
}

bool xensyms_unwind(const struct xensyms *xensyms, uint64_t va,
                    uint64_t regs[NR_REGS],
                    bool (*read)(void *arg, uint64_t va, uint64_t *value),
                    void *arg)
{
    return false;
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
