/* SPDX-License-Identifier: GPL-2.0-only */

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "packed.h"
#include "xensyms.h"

struct name {
    uint64_t va;
    size_t at;                  /* In the pool */
};

struct names {
    struct xensyms *xensyms;
    bool own;
    uint64_t slide;
    uint64_t end;               /* 0: none */
    struct name *list;
    size_t nr, room;
    struct text pool;
};

struct names *names_start(struct xensyms *xensyms, bool own, uint64_t slide)
{
    struct names *names = must_alloc(1, sizeof(*names));

    names->xensyms = xensyms;
    names->own = own;
    names->slide = slide;

    return names;
}

void names_add_unsorted(struct names *names, uint64_t va, const char *name)
{
    if ( names->nr == names->room )
    {
        names->room = 2 * names->room + 1024;
        names->list = must_realloc(names->list, names->room,
                                   sizeof(*names->list));
    }
    names->list[names->nr++] = (struct name){ va, names->pool.used };
    text_add_bytes(&names->pool, name, strlen(name) + 1);
}

bool names_add(struct names *names, uint64_t va, const char *name)
{
    if ( names->nr && va < names->list[names->nr - 1].va )
        return false;
    names_add_unsorted(names, va, name);

    return true;
}

/* What was added first is first among those of one address. */
static int compare(const void *a, const void *b)
{
    const struct name *na = a, *nb = b;

    if ( na->va != nb->va )
        return na->va < nb->va ? -1 : 1;

    return na->at < nb->at ? -1 : na->at > nb->at;
}

void names_sort(struct names *names)
{
    if ( names->nr )
        qsort(names->list, names->nr, sizeof(*names->list), compare);
}

void names_end(struct names *names, uint64_t va)
{
    names->end = va;
}

void names_close(struct names *names)
{
    if ( names->own )
        xensyms_close(names->xensyms);
    free(names->list);
    text_free(&names->pool);
    free(names);
}

bool names_any(const struct names *names)
{
    return names->xensyms || names->nr;
}

static const char *name_of(const struct names *names, size_t i)
{
    return names->pool.s + names->list[i].at;
}

/*
 * The last one at or before @va, of those for one place the first; counted
 * from 1, 0 for none.
 */
static size_t last_before(const struct names *names, uint64_t va)
{
    size_t low = 0, high = names->nr;

    while ( low < high )
    {
        size_t mid = low + (high - low) / 2;

        if ( names->list[mid].va <= va )
            low = mid + 1;
        else
            high = mid;
    }
    while ( low > 1 && names->list[low - 2].va == names->list[low - 1].va )
        low--;

    return low;
}

const char *names_find(const struct names *names, uint64_t va, uint64_t *into)
{
    uint64_t start;
    const char *name;
    size_t found;

    if ( names->end && va >= names->end )
        return NULL;

    if ( names->xensyms )
    {
        name = xensyms_name(names->xensyms, va - names->slide, &start);
        *into = name ? va - names->slide - start : 0;
        return name;
    }

    found = last_before(names, va);
    if ( !found )
        return NULL;

    /* Where a function ends and nothing begins, an entry has no name. */
    if ( found > 1 && !*name_of(names, found - 1) )
        found--;
    *into = va - names->list[found - 1].va;

    return name_of(names, found - 1);
}

/* Xen puts the file before the name of a symbol that is not global. */
static bool is_name(const char *name, const char *wanted)
{
    const char *start = strrchr(name, '#');

    return !strcmp(start ? start + 1 : name, wanted);
}

bool names_symbol(const struct names *names, const char *name, uint64_t *va)
{
    size_t i;

    if ( xensyms_symbol(names->xensyms, name, va) )
    {
        *va += names->slide;
        return true;
    }

    for ( i = 0; i < names->nr; i++ )
        if ( is_name(name_of(names, i), name) )
        {
            *va = names->list[i].va;
            return true;
        }

    return false;
}

const char *names_line(const struct names *names, uint64_t va, int *line)
{
    return xensyms_line(names->xensyms, va - names->slide, line);
}

bool names_unwind(const struct names *names, uint64_t va,
                  uint64_t regs[NR_REGS],
                  bool (*read)(void *arg, uint64_t va, uint64_t *value),
                  void *arg)
{
    return xensyms_unwind(names->xensyms, va - names->slide, regs, read, arg);
}

/*
 * Xen's own table: for each symbol, in the order of addresses, its offset
 * from the start of Xen's image, and a packed name.
 */
struct table {
    struct names *names;
    uint64_t start;
    uint32_t *offsets;
};

static bool add_symbol(void *arg, uint32_t i, const char *name)
{
    struct table *table = arg;

    /* Without the type. */
    return names_add(table->names, table->start + table->offsets[i],
                     name + !!*name);
}

static bool read_dump(const void *arg, uint64_t va, void *to, size_t bytes)
{
    return dump_read(arg, va, to, bytes);
}

static bool read_table(const struct dump *dump, struct names *names)
{
    struct packed packed = { .read = read_dump, .arg = dump };
    struct table table = { .names = names, .start = dump->virt_start };
    uint64_t offsets;
    bool good;

    if ( !dump_variable_u32(dump, "symbols_num_syms", &packed.nr) ||
         !packed.nr || packed.nr > PACKED_MAX_SYMBOLS ||
         !dump_symbol(dump, "symbols_offsets", &offsets) ||
         !dump_symbol(dump, "symbols_names", &packed.names) ||
         !dump_symbol(dump, "symbols_token_table", &packed.token_table) ||
         !dump_symbol(dump, "symbols_token_index", &packed.token_index) )
        return false;

    table.offsets = must_alloc(packed.nr, sizeof(*table.offsets));
    good = dump_read(dump, offsets, table.offsets,
                     packed.nr * sizeof(*table.offsets)) &&
           packed_read(&packed, add_symbol, &table);
    free(table.offsets);

    return good;
}

struct names *names_of_xen(struct dump *dump)
{
    struct names *names = names_start(dump->xensyms, false, 0);

    if ( !dump->xensyms && !read_table(dump, names) )
        dump_problem(dump, names->nr
                     ? "Xen's table of symbols is damaged: some functions "
                       "have no name"
                     : "no xen-syms, and no table of symbols in the dump: "
                       "functions have no names");

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
