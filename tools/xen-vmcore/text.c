/* SPDX-License-Identifier: GPL-2.0-only */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static void out_of_memory(void)
{
    fputs("xen-vmcore: out of memory\n", stderr);
    exit(2);
}

void *must_alloc(size_t nr, size_t size)
{
    void *p = calloc(nr ? nr : 1, size ? size : 1);

    if ( !p )
        out_of_memory();

    return p;
}

void *must_realloc(void *old, size_t nr, size_t size)
{
    void *p = reallocarray(old, nr ? nr : 1, size);

    if ( !p )
        out_of_memory();

    return p;
}

char *must_strdup(const char *s)
{
    char *copy = strdup(s);

    if ( !copy )
        out_of_memory();

    return copy;
}

static void make_room(struct text *text, size_t more)
{
    if ( more > SIZE_MAX / 4 - text->used )
        out_of_memory();

    if ( text->used + more + 1 <= text->room )
        return;

    text->room = 2 * (text->used + more + 1);
    text->s = must_realloc(text->s, text->room, 1);
}

void text_add_bytes(struct text *text, const void *bytes, size_t nr)
{
    make_room(text, nr);
    if ( nr )
        memcpy(text->s + text->used, bytes, nr);
    text->used += nr;
    text->s[text->used] = 0;
}

void text_add_va(struct text *text, const char *fmt, va_list args)
{
    va_list again;
    int bytes;

    va_copy(again, args);
    bytes = vsnprintf(NULL, 0, fmt, args);
    if ( bytes >= 0 )
    {
        make_room(text, bytes);
        vsnprintf(text->s + text->used, bytes + 1, fmt, again);
        text->used += bytes;
    }
    va_end(again);
}

void text_add(struct text *text, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    text_add_va(text, fmt, args);
    va_end(args);
}

const char *text_get(const struct text *text)
{
    return text->s ? text->s : "";
}

void text_free(struct text *text)
{
    free(text->s);
    *text = (struct text){};
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
