/* SPDX-License-Identifier: GPL-2.0-only */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "xensyms.h"

/*
 * Where a Xen whose vmcoreinfo does not say so is mapped, and how much at
 * most: xen/arch/x86/include/asm/config.h.
 */
#define XEN_VIRT_START 0xffff82d040000000ULL
#define XEN_VIRT_BYTES (1ULL << 30)

/* Where debug packages put their files. */
#define DEBUG_FOLDER "/usr/lib/debug"

void dump_problem(struct dump *dump, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    text_add_va(&dump->problems, fmt, args);
    va_end(args);
    text_add(&dump->problems, "\n");
}

bool dump_symbol(const struct dump *dump, const char *name, uint64_t *va)
{
    return vmcoreinfo_number(&dump->notes.xen, "SYMBOL", name, va) ||
           xensyms_symbol(dump->xensyms, name, va);
}

bool dump_offset(const struct dump *dump, const char *type,
                 const char *member, uint64_t *offset)
{
    char name[128];

    snprintf(name, sizeof(name), "%s.%s", type, member);

    return vmcoreinfo_number(&dump->notes.xen, "OFFSET", name, offset) ||
           xensyms_offset(dump->xensyms, type, member, offset);
}

bool dump_size(const struct dump *dump, const char *type, uint64_t *size)
{
    return vmcoreinfo_number(&dump->notes.xen, "SIZE", type, size) ||
           xensyms_size(dump->xensyms, type, size);
}

bool dump_number(const struct dump *dump, const char *name, uint64_t *value)
{
    return vmcoreinfo_number(&dump->notes.xen, "NUMBER", name, value);
}

void dump_add_text(struct dump *dump, uint64_t start, uint64_t bytes)
{
    dump->code = must_realloc(dump->code, dump->nr_code + 1,
                              sizeof(*dump->code));
    dump->code[dump->nr_code++] = (struct code){ start, bytes };
}

bool dump_is_text(const struct dump *dump, uint64_t va)
{
    uint64_t start, end;
    size_t i;

    for ( i = 0; i < dump->nr_code; i++ )
        if ( va - dump->code[i].start < dump->code[i].bytes )
            return true;

    return dump_symbol(dump, "_stext", &start) &&
           dump_symbol(dump, "_etext", &end) && va >= start && va < end;
}

/* Xen's image is in one piece; for all else its page tables are asked. */
static bool translate(const struct dump *dump, uint64_t va, uint64_t *maddr,
                      uint64_t *left)
{
    uint64_t at = va - dump->virt_start;

    if ( at < XEN_VIRT_BYTES && dump->notes.xen_info.phys_start )
    {
        *maddr = dump->notes.xen_info.phys_start + at;
        *left = XEN_VIRT_BYTES - at;
        return true;
    }

    return dump->root &&
           page_tables_walk(dump->vmcore, dump->root, va, maddr, left);
}

bool dump_read(const struct dump *dump, uint64_t va, void *to, size_t bytes)
{
    while ( bytes )
    {
        uint64_t maddr, left;
        size_t now;

        if ( !translate(dump, va, &maddr, &left) )
            return false;
        now = left < bytes ? left : bytes;
        if ( !vmcore_read(dump->vmcore, maddr, to, now) )
            return false;
        va += now;
        to = (char *)to + now;
        bytes -= now;
    }

    return true;
}

bool dump_read_u64(const struct dump *dump, uint64_t va, uint64_t *value)
{
    return dump_read(dump, va, value, sizeof(*value));
}

bool dump_read_u32(const struct dump *dump, uint64_t va, uint32_t *value)
{
    return dump_read(dump, va, value, sizeof(*value));
}

bool dump_variable_u64(const struct dump *dump, const char *name,
                       uint64_t *value)
{
    uint64_t va;

    return dump_symbol(dump, name, &va) && dump_read_u64(dump, va, value);
}

bool dump_variable_u32(const struct dump *dump, const char *name,
                       uint32_t *value)
{
    uint64_t va;

    return dump_symbol(dump, name, &va) && dump_read_u32(dump, va, value);
}

void dump_read_string(const struct dump *dump, uint64_t maddr, size_t max,
                      struct text *string)
{
    char c;

    while ( max-- && vmcore_read(dump->vmcore, maddr++, &c, 1) && c )
        text_add_bytes(string, &c, 1);
}

void dump_read_string_va(const struct dump *dump, uint64_t va, size_t max,
                         struct text *string)
{
    char c;

    while ( max-- && dump_read(dump, va++, &c, 1) && c )
        text_add_bytes(string, &c, 1);
}

/* Page tables in which Xen's image is where it has to be. */
static bool is_root(const struct dump *dump, uint64_t root)
{
    uint64_t va, maddr, left;
    uint64_t phys_start = dump->notes.xen_info.phys_start;

    return (dump_symbol(dump, "_stext", &va) ||
            dump_symbol(dump, "pgd_l4", &va)) &&
           page_tables_walk(dump->vmcore, root, va, &maddr, &left) &&
           (!phys_start || maddr == phys_start + (va - dump->virt_start));
}

/* Xen's own page tables, or those that a CPU was on: Xen is in all. */
static void find_root(struct dump *dump)
{
    const struct notes *notes = &dump->notes;
    uint64_t root;
    size_t i;

    if ( (dump_symbol(dump, "pgd_l4", &root) ||
          dump_symbol(dump, "idle_pg_table", &root)) &&
         notes->xen_info.phys_start )
    {
        dump->root = root - dump->virt_start + notes->xen_info.phys_start;
        if ( is_root(dump, dump->root) )
            return;
    }

    for ( i = 0; i < notes->nr_cpus; i++ )
    {
        dump->root = notes->cpus[i].cr3;
        if ( dump->root && is_root(dump, dump->root) )
            return;
    }

    dump->root = 0;
    dump_problem(dump, "Xen's page tables are not in the dump: only what is "
                       "in Xen's image can be read");
}

static void find_xensyms(struct dump *dump)
{
    size_t bytes;
    const char *id = vmcoreinfo_value(&dump->notes.xen, "BUILD-ID", &bytes);
    struct text error = {};

    if ( id )
        dump->xensyms = xensyms_find(DEBUG_FOLDER, id, bytes, &error);
    if ( error.used )
        dump_problem(dump, "%s", text_get(&error));
    text_free(&error);
}

static void compare_build_ids(struct dump *dump)
{
    size_t bytes;
    const char *id = vmcoreinfo_value(&dump->notes.xen, "BUILD-ID", &bytes);
    const char *other = xensyms_build_id(dump->xensyms);

    if ( id && other &&
         (strlen(other) != bytes || strncmp(id, other, bytes) != 0) )
        dump_problem(dump, "xen-syms is of another build (%s) than the Xen "
                           "that crashed (%.*s): names and lines are wrong",
                     other, (int)bytes, id);
}

bool dump_open(struct dump *dump, const char *vmcore, const char *xensyms,
               struct text *error)
{
    *dump = (struct dump){ .virt_start = XEN_VIRT_START };

    dump->vmcore = vmcore_open(vmcore, error);
    if ( !dump->vmcore )
        return false;

    notes_read(dump->vmcore, &dump->notes);
    if ( !dump->notes.xen.text.used && !dump->notes.has_xen_info )
    {
        text_add(error, "no dump of Xen: it has neither the note of "
                        "vmcoreinfo nor the one about Xen");
        dump_close(dump);
        return false;
    }

    if ( xensyms )
    {
        dump->xensyms = xensyms_open(xensyms, error);
        if ( !dump->xensyms )
        {
            dump_close(dump);
            return false;
        }
    }
    else
        find_xensyms(dump);
    compare_build_ids(dump);

    dump_number(dump, "XEN_VIRT_START", &dump->virt_start);
    if ( dump->notes.damaged )
        dump_problem(dump, "the notes are damaged");
    if ( !dump->notes.has_xen_info )
        dump_problem(dump, "no note about Xen");
    if ( vmcore_bytes_missing(dump->vmcore) )
        dump_problem(dump, "the file is cut: %llu KiB are missing at its end",
                     (unsigned long long)
                     vmcore_bytes_missing(dump->vmcore) >> 10);
    find_root(dump);

    return true;
}

void dump_close(struct dump *dump)
{
    xensyms_close(dump->xensyms);
    notes_free(&dump->notes);
    vmcore_close(dump->vmcore);
    free(dump->code);
    text_free(&dump->problems);
    *dump = (struct dump){};
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
