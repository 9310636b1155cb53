/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Xen's own table, as xen/tools/symbols.c makes it: for each symbol, in the
 * order of addresses, its offset from the start of Xen's image, and a name,
 * which is a byte for its length and as many tokens.  A token is a string;
 * the first character of a name is the symbol's type.
 */

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "xensyms.h"

#define MAX_SYMBOLS 1000000
#define NR_TOKENS   256
#define TOKEN_BYTES 128
#define NAME_BYTES  256

struct names {
    const struct xensyms *xensyms;
    uint64_t virt_start;
    uint32_t nr;
    uint32_t *offsets;
    char **names;
};

static bool read_tokens(const struct dump *dump,
                        char tokens[NR_TOKENS][TOKEN_BYTES])
{
    uint16_t index[NR_TOKENS];
    uint64_t table, indexes;
    unsigned int i;

    if ( !dump_symbol(dump, "symbols_token_table", &table) ||
         !dump_symbol(dump, "symbols_token_index", &indexes) ||
         !dump_read(dump, indexes, index, sizeof(index)) )
        return false;

    for ( i = 0; i < NR_TOKENS; i++ )
    {
        if ( !dump_read(dump, table + index[i], tokens[i], TOKEN_BYTES) )
            return false;
        tokens[i][TOKEN_BYTES - 1] = 0;
    }

    return true;
}

/* Expand the name at @va; where the next one is, or 0. */
static uint64_t read_name(const struct dump *dump, uint64_t va,
                          char tokens[NR_TOKENS][TOKEN_BYTES], char **name)
{
    uint8_t packed[256], bytes;
    char expanded[NAME_BYTES] = "";
    size_t used = 0;
    unsigned int i;

    if ( !dump_read(dump, va, &bytes, 1) ||
         !dump_read(dump, va + 1, packed, bytes) )
        return 0;

    for ( i = 0; i < bytes; i++ )
    {
        size_t more = strlen(tokens[packed[i]]);

        if ( used + more >= sizeof(expanded) )
            return 0;
        memcpy(expanded + used, tokens[packed[i]], more + 1);
        used += more;
    }
    *name = must_strdup(used ? expanded + 1 : "");

    return va + 1 + bytes;
}

static bool read_table(const struct dump *dump, struct names *names)
{
    char (*tokens)[TOKEN_BYTES] = must_alloc(NR_TOKENS, TOKEN_BYTES);
    uint64_t offsets, next;
    uint32_t nr;
    bool good = false;

    if ( !dump_variable_u32(dump, "symbols_num_syms", &nr) || !nr ||
         nr > MAX_SYMBOLS ||
         !dump_symbol(dump, "symbols_offsets", &offsets) ||
         !dump_symbol(dump, "symbols_names", &next) ||
         !read_tokens(dump, tokens) )
        goto out;

    names->offsets = must_alloc(nr, sizeof(*names->offsets));
    names->names = must_alloc(nr, sizeof(*names->names));
    if ( !dump_read(dump, offsets, names->offsets,
                    nr * sizeof(*names->offsets)) )
        goto out;

    for ( ; names->nr < nr; names->nr++ )
    {
        if ( names->nr &&
             names->offsets[names->nr] < names->offsets[names->nr - 1] )
            goto out;
        next = read_name(dump, next, tokens, &names->names[names->nr]);
        if ( !next )
            goto out;
    }
    good = true;

 out:
    free(tokens);

    return good;
}

struct names *names_open(struct dump *dump)
{
    struct names *names = must_alloc(1, sizeof(*names));

    names->xensyms = dump->xensyms;
    names->virt_start = dump->virt_start;
    if ( !dump->xensyms && !read_table(dump, names) )
        dump_problem(dump, names->nr
                     ? "Xen's table of symbols is damaged: some functions "
                       "have no name"
                     : "no xen-syms, and no table of symbols in the dump: "
                       "functions have no names");

    return names;
}

void names_close(struct names *names)
{
    uint32_t i;

    for ( i = 0; i < names->nr; i++ )
        free(names->names[i]);
    free(names->names);
    free(names->offsets);
    free(names);
}

/* The last one at or before @offset; of names for one place, the first. */
static uint32_t last_before(const struct names *names, uint64_t offset)
{
    uint32_t low = 0, high = names->nr;

    while ( low < high )
    {
        uint32_t mid = low + (high - low) / 2;

        if ( names->offsets[mid] <= offset )
            low = mid + 1;
        else
            high = mid;
    }
    while ( low > 1 && names->offsets[low - 2] == names->offsets[low - 1] )
        low--;

    return low;
}

const char *names_find(const struct names *names, uint64_t va, uint64_t *into)
{
    uint64_t start;
    const char *name;
    uint32_t found;

    if ( names->xensyms )
    {
        name = xensyms_name(names->xensyms, va, &start);
        *into = va - start;
        return name;
    }

    if ( va < names->virt_start ||
         !(found = last_before(names, va - names->virt_start)) )
        return NULL;

    /* Where a function ends and nothing begins, an entry has no name. */
    if ( found > 1 && !*names->names[found - 1] )
        found--;
    *into = va - names->virt_start - names->offsets[found - 1];

    return names->names[found - 1];
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
