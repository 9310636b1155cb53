/* SPDX-License-Identifier: GPL-2.0-only */

#include <stdlib.h>
#include <string.h>

#include "console.h"

#define MAX_RING_BYTES (256u << 20)

static bool read_ring(const struct dump *dump, uint64_t ring, uint32_t size,
                      uint32_t produced, char *bytes)
{
    uint32_t at = produced & (size - 1);

    /* Oldest first, whether or not it ever was full. */
    return dump_read(dump, ring + at, bytes, size - at) &&
           dump_read(dump, ring, bytes + size - at, at);
}

void console_read(struct dump *dump, struct text *console)
{
    uint32_t size, produced;
    uint64_t ring;
    size_t i;
    char *bytes;

    if ( !dump_variable_u64(dump, "conring", &ring) ||
         !dump_variable_u32(dump, "conring_size", &size) ||
         !dump_variable_u32(dump, "conringp", &produced) )
    {
        dump_problem(dump, "no console ring: nothing says where it is");
        return;
    }

    if ( !size || (size & (size - 1)) || size > MAX_RING_BYTES )
    {
        dump_problem(dump, "no console ring: it cannot have %u bytes", size);
        return;
    }

    bytes = must_alloc(size, 1);
    if ( read_ring(dump, ring, size, produced, bytes) )
    {
        /* What was never written to is 0. */
        for ( i = 0; i < size && !bytes[i]; i++ )
            continue;
        for ( ; i < size; i++ )
            if ( bytes[i] )
                text_add_bytes(console, &bytes[i], 1);
    }
    else
        dump_problem(dump, "no console ring: its memory is not in the dump");
    free(bytes);
}

/* A line, without the prefix that Xen gives it. */
struct line {
    const char *start;
    size_t bytes;
};

/* The line that ends before @end; false when there is none. */
static bool line_before(const char *text, const char *end, struct line *line)
{
    const char *start;
    size_t prefix;

    if ( end == text )
        return false;
    if ( end[-1] == '\n' )
        end--;
    for ( start = end; start > text && start[-1] != '\n'; start-- )
        continue;
    line->start = start;
    line->bytes = end - start;

    prefix = strcspn(start, ")");
    if ( line->bytes > prefix && !strncmp(start, "(XEN)", 5) )
    {
        line->start += 5;
        line->bytes -= 5;
        if ( line->bytes > 2 && !strncmp(line->start, " [", 2) )
        {
            prefix = strcspn(line->start, "]");
            prefix = prefix < line->bytes ? prefix + 1 : 0;
            line->start += prefix;
            line->bytes -= prefix;
        }
        if ( line->bytes && *line->start == ' ' )
        {
            line->start++;
            line->bytes--;
        }
    }

    return true;
}

static bool line_has(const struct line *line, const char *word)
{
    return memmem(line->start, line->bytes, word, strlen(word));
}

static bool is_stars(const struct line *line)
{
    return line->bytes >= 10 && strspn(line->start, "*") >= line->bytes;
}

/* Where the text line that a pointer is in begins. */
static const char *line_start(const char *text, const char *at)
{
    while ( at > text && at[-1] != '\n' )
        at--;

    return at;
}

/* Xen leaves some of these lines open, and then goes on about kexec. */
static void add_sign(const struct line *line, struct text *reason)
{
    static const char next[] = ": kexec: ";
    const char *end = memmem(line->start, line->bytes, next, strlen(next));

    text_add(reason, "%.*s\n",
             (int)(end ? end - line->start : (ptrdiff_t)line->bytes),
             line->start);
}

void console_reason(const struct text *console, struct text *reason)
{
    /* What Xen says without a panic, before it enters the crash image. */
    static const char *const signs[] = {
        "triggering crashdump", "Hardware Dom0", "Domain 0 crashed",
        "Executing kexec image",
    };
    const char *text = text_get(console), *end = text + console->used;
    struct line line;
    size_t i;

    while ( line_before(text, end, &line) )
    {
        if ( line_has(&line, "Panic on CPU") )
        {
            const char *next = line.start;

            /* From here to the stars. */
            while ( *next )
            {
                const char *stop = next + strcspn(next, "\n");

                stop += *stop == '\n';
                if ( !line_before(text, stop, &line) || is_stars(&line) )
                    break;
                if ( line.bytes )
                    text_add(reason, "%.*s\n", (int)line.bytes, line.start);
                next = stop;
            }
            return;
        }

        for ( i = 0; i < sizeof(signs) / sizeof(*signs); i++ )
            if ( line_has(&line, signs[i]) )
            {
                add_sign(&line, reason);
                return;
            }
        end = line_start(text, line.start);
    }
}

void console_dom0_reason(const struct text *log, struct text *reason)
{
    const char *text = text_get(log), *end = text + log->used;
    struct line line;

    for ( ; line_before(text, end, &line);
          end = line_start(text, line.start) )
        if ( line_has(&line, "Kernel panic") )
        {
            text_add(reason, "%.*s\n", (int)line.bytes, line.start);
            return;
        }
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
