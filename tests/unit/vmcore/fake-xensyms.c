/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What xen-syms would say of the Xen that made.c makes up: fn1 to fn3 have
 * frames of 32 bytes, with the return address in the last 8; fn4 is entry
 * code, without call frame information.
 */

#include <stdio.h>
#include <string.h>

#include "made.h"
#include "xensyms.h"

#define FRAME_BYTES 32

struct xensyms {
    char name[sizeof("fn4294967295")];
};

static struct xensyms the_one;

const char *made_build_id = "0123abcd";
const char *made_installed;
bool made_readable = true;

static unsigned int function_at(uint64_t va)
{
    return va - TEXT_VA < 5 * 0x100 ? (va - TEXT_VA) / 0x100 : 0;
}

struct xensyms *xensyms_open(const char *path, struct text *error)
{
    return &the_one;
}

struct xensyms *xensyms_find(const char *folder, const char *build_id,
                             size_t digits, struct text *error)
{
    if ( !made_installed || strcmp(folder, "/usr/lib/debug") ||
         strlen(made_installed) != digits ||
         strncmp(build_id, made_installed, digits) )
        return NULL;
    if ( made_readable )
        return &the_one;
    text_add(error, "%s: cannot be read", folder);

    return NULL;
}

void xensyms_close(struct xensyms *xensyms)
{
}

const char *xensyms_build_id(const struct xensyms *xensyms)
{
    return xensyms ? made_build_id : NULL;
}

bool xensyms_symbol(const struct xensyms *xensyms, const char *name,
                    uint64_t *va)
{
    return false;
}

const char *xensyms_name(const struct xensyms *xensyms, uint64_t va,
                         uint64_t *start)
{
    unsigned int n = function_at(va);

    if ( !xensyms || !n )
        return NULL;
    *start = FUNCTION_VA(n);
    snprintf(the_one.name, sizeof(the_one.name), "fn%u", n);

    return the_one.name;
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
    *line = va & 0xff;

    return xensyms && function_at(va) ? "common/made.c" : NULL;
}

bool xensyms_unwind(const struct xensyms *xensyms, uint64_t va,
                    uint64_t regs[NR_REGS],
                    bool (*read)(void *arg, uint64_t va, uint64_t *value),
                    void *arg)
{
    unsigned int n = function_at(va);
    uint64_t caller;

    if ( !xensyms || n < 1 || n > 3 ||
         !read(arg, regs[REG_RSP] + FRAME_BYTES - 8, &caller) )
        return false;
    regs[REG_RSP] += FRAME_BYTES;
    regs[REG_RIP] = caller;

    return true;
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
