/* SPDX-License-Identifier: GPL-2.0-only */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "packed.h"
#include "xensyms.h"

/* A line of a System.map is no longer. */
#define LINE_BYTES 1024

/* Functions; data would only take memory. */
static bool is_code(char type)
{
    return type && strchr("tTwW", type);
}

/*
 * The kernel's own table, which its vmcoreinfo describes from Linux 6.0 on:
 * names are packed, places relative to kallsyms_relative_base.
 */
struct table {
    struct names *names;
    uint64_t base;
    uint32_t *offsets;
    bool absolute;
};

static bool read_dom0(const void *arg, uint64_t va, void *to, size_t bytes)
{
    return dom0_read(arg, va, to, bytes);
}

/*
 * If any is negative (CONFIG_KALLSYMS_ABSOLUTE_PERCPU, Linux before 6.15),
 * the others are absolute, of variables of each CPU.
 */
static bool are_absolute(const struct table *table, uint32_t nr)
{
    uint32_t i;

    for ( i = 0; i < nr; i++ )
        if ( table->offsets[i] >> 31 )
            return true;

    return false;
}

static bool add_symbol(void *arg, uint32_t i, const char *name)
{
    struct table *table = arg;
    uint32_t offset = table->offsets[i];

    if ( !is_code(*name) || (table->absolute && !(offset >> 31)) )
        return true;
    names_add_unsorted(table->names,
                       table->absolute ? table->base + ~offset
                                       : table->base + offset, name + 1);

    return true;
}

static bool table_symbol(const struct dom0 *dom0, const char *name,
                         uint64_t *va)
{
    return vmcoreinfo_number(dom0->info, "SYMBOL", name, va);
}

static void read_table(const struct dom0 *dom0, struct names *names)
{
    struct packed packed = {
        .read = read_dom0, .arg = dom0, .long_names = true,
    };
    struct table table = { .names = names };
    uint64_t at, offsets, base;

    if ( !table_symbol(dom0, "kallsyms_num_syms", &at) ||
         !dom0_read_u32(dom0, at, &packed.nr) || !packed.nr ||
         packed.nr > PACKED_MAX_SYMBOLS ||
         !table_symbol(dom0, "kallsyms_names", &packed.names) ||
         !table_symbol(dom0, "kallsyms_token_table", &packed.token_table) ||
         !table_symbol(dom0, "kallsyms_token_index", &packed.token_index) ||
         !table_symbol(dom0, "kallsyms_offsets", &offsets) ||
         !table_symbol(dom0, "kallsyms_relative_base", &base) ||
         !dom0_read_u64(dom0, base, &table.base) )
        return;

    table.offsets = must_alloc(packed.nr, sizeof(*table.offsets));
    if ( dom0_read(dom0, offsets, table.offsets,
                   packed.nr * sizeof(*table.offsets)) )
    {
        table.absolute = are_absolute(&table, packed.nr);
        packed_read(&packed, add_symbol, &table);
        names_sort(names);
    }
    free(table.offsets);
}

/* Lines "ADDRESS TYPE NAME", and no others; whether it has any function. */
static bool read_map(FILE *file, uint64_t slide, struct names *names)
{
    char line[LINE_BYTES], name[LINE_BYTES], type;
    bool good = true;
    uint64_t va;

    while ( good && fgets(line, sizeof(line), file) )
    {
        good = sscanf(line, "%" SCNx64 " %c %1023s", &va, &type, name) == 3;
        if ( good && is_code(type) )
            names_add_unsorted(names, va + slide, name);
    }
    names_sort(names);

    return good && names_any(names);
}

/* By how much the kernel is not where it was linked to be. */
static uint64_t slide_of(const struct dom0 *dom0)
{
    size_t bytes;
    const char *value = dom0->info
                        ? vmcoreinfo_value(dom0->info, "KERNELOFFSET", &bytes)
                        : NULL;

    return value ? strtoull(value, NULL, 16) : 0;
}

static struct names *read_file(struct dump *dump, const struct dom0 *dom0,
                               const char *path)
{
    struct xensyms *vmlinux = NULL;
    struct text error = {};
    struct names *names;
    char magic[4] = "";
    FILE *file = fopen(path, "r");

    if ( !file )
    {
        dump_problem(dump, "no names of dom0's functions: %s: %s", path,
                     strerror(errno));
        return names_start(NULL, false, 0);
    }

    if ( fread(magic, sizeof(magic), 1, file) == 1 &&
         !memcmp(magic, "\177ELF", sizeof(magic)) )
        vmlinux = xensyms_open(path, &error);
    names = names_start(vmlinux, true, slide_of(dom0));
    rewind(file);
    if ( error.used )
        dump_problem(dump, "no names of dom0's functions: %s",
                     text_get(&error));
    else if ( !vmlinux && !read_map(file, slide_of(dom0), names) )
        dump_problem(dump, "%s: neither a System.map nor a vmlinux", path);
    text_free(&error);
    fclose(file);

    return names;
}

struct names *names_of_dom0(struct dump *dump, const struct dom0 *dom0,
                            const char *path)
{
    struct names *names = path ? read_file(dump, dom0, path)
                               : names_start(NULL, false, 0);
    uint64_t end;

    if ( !path && dom0->root )
        read_table(dom0, names);

    /* Modules follow, of which nothing is known. */
    if ( names_symbol(names, "_etext", &end) )
        names_end(names, end);

    return names;
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
