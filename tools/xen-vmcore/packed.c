/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As xen/tools/symbols.c and Linux's scripts/kallsyms.c make them: a name is
 * a byte for its length and as many tokens, a token is a string.  In Linux,
 * from 6.1 on, a length of 128 or more has its upper bits in a second byte.
 */

#include <stdlib.h>
#include <string.h>

#include "packed.h"
#include "text.h"

#define NR_TOKENS    256
#define TOKEN_BYTES  128
#define NAME_BYTES   1024
#define WINDOW_BYTES 4096

struct reader {
    const struct packed *packed;
    uint64_t va;                /* Of the next byte */
    size_t at, bytes;           /* ... in the window, which has so many */
    uint8_t window[WINDOW_BYTES];
    char tokens[NR_TOKENS][TOKEN_BYTES];
};

static bool read_tokens(struct reader *reader)
{
    const struct packed *packed = reader->packed;
    uint16_t index[NR_TOKENS];
    unsigned int i;

    if ( !packed->read(packed->arg, packed->token_index, index,
                       sizeof(index)) )
        return false;

    for ( i = 0; i < NR_TOKENS; i++ )
    {
        if ( !packed->read(packed->arg, packed->token_table + index[i],
                           reader->tokens[i], TOKEN_BYTES) )
            return false;
        reader->tokens[i][TOKEN_BYTES - 1] = 0;
    }

    return true;
}

/* By pages: to read each byte by itself takes a walk of page tables. */
static bool next_byte(struct reader *reader, uint8_t *byte)
{
    const struct packed *packed = reader->packed;

    if ( reader->at == reader->bytes )
    {
        reader->at = 0;
        reader->bytes = WINDOW_BYTES - (reader->va & (WINDOW_BYTES - 1));
        if ( !packed->read(packed->arg, reader->va, reader->window,
                           reader->bytes) )
        {
            reader->bytes = 0;
            return false;
        }
    }
    *byte = reader->window[reader->at++];
    reader->va++;

    return true;
}

static bool next_name(struct reader *reader, char name[NAME_BYTES])
{
    uint8_t byte;
    size_t used = 0;
    unsigned int length;

    if ( !next_byte(reader, &byte) )
        return false;
    length = byte;
    if ( reader->packed->long_names && (length & 0x80) )
    {
        if ( !next_byte(reader, &byte) )
            return false;
        length = (length & 0x7f) | (unsigned int)byte << 7;
    }

    name[0] = 0;
    while ( length-- )
    {
        size_t more;

        if ( !next_byte(reader, &byte) )
            return false;
        more = strlen(reader->tokens[byte]);
        if ( used + more >= NAME_BYTES )
            return false;
        memcpy(name + used, reader->tokens[byte], more + 1);
        used += more;
    }

    return true;
}

bool packed_read(const struct packed *packed,
                 bool (*each)(void *arg, uint32_t i, const char *name),
                 void *arg)
{
    struct reader *reader = must_alloc(1, sizeof(*reader));
    char name[NAME_BYTES];
    uint32_t i = 0;

    reader->packed = packed;
    reader->va = packed->names;
    if ( read_tokens(reader) )
        while ( i < packed->nr && next_name(reader, name) &&
                each(arg, i, name) )
            i++;
    free(reader);

    return packed->nr && i == packed->nr;
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
