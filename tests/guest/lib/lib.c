/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strings, printing, TAP and patterns for the tiny dom0 and the probe.
 */
#include "lib.h"
#include "pattern.h"

struct tap tap;

void *memcpy(void *dst, const void *src, size_t n)
{
    void *ret = dst;

    asm volatile ( "rep movsb"
                   : "+D" (dst), "+S" (src), "+c" (n) :: "memory" );

    return ret;
}

void *memset(void *dst, int c, size_t n)
{
    void *ret = dst;

    asm volatile ( "rep stosb"
                   : "+D" (dst), "+c" (n) : "a" (c) : "memory" );

    return ret;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for ( ; n; n--, x++, y++ )
        if ( *x != *y )
            return *x - *y;

    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while ( s[n] )
        n++;

    return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for ( ; n; n--, a++, b++ )
    {
        if ( *a != *b )
            return *a - *b;
        if ( !*a )
            break;
    }

    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, -1ul);
}

/* A line is handed over whole, so that two writers do not mix within it. */
struct line {
    char text[240];
    unsigned int used;
};

static void line_char(struct line *line, char c)
{
    if ( line->used == sizeof(line->text) )
    {
        out_text(line->text, line->used);
        line->used = 0;
    }

    line->text[line->used++] = c;
}

static void line_text(struct line *line, const char *s)
{
    while ( *s )
        line_char(line, *s++);
}

static void line_hex(struct line *line, uint64_t value)
{
    int shift = 60;

    line_text(line, "0x");
    while ( shift && !(value >> shift) )
        shift -= 4;

    for ( ; shift >= 0; shift -= 4 )
    {
        unsigned int digit = (value >> shift) & 15;

        line_char(line, digit < 10 ? '0' + digit : 'a' + digit - 10);
    }
}

static void line_dec(struct line *line, unsigned int value)
{
    char digit[10];
    unsigned int n = 0;

    do {
        digit[n++] = '0' + value % 10;
        value /= 10;
    } while ( value );

    while ( n )
        line_char(line, digit[--n]);
}

/* %s %c %u %d %%, and %x with as many l as the type asks for. */
static void line_format(struct line *line, const char *fmt, va_list args)
{
    for ( ; *fmt; fmt++ )
    {
        unsigned int longs = 0;
        int value;

        if ( *fmt != '%' )
        {
            line_char(line, *fmt);
            continue;
        }

        while ( *++fmt == 'l' )
            longs++;

        switch ( *fmt )
        {
        case 's':
            line_text(line, va_arg(args, const char *));
            break;

        case 'c':
            line_char(line, va_arg(args, int));
            break;

        case 'u':
            line_dec(line, va_arg(args, unsigned int));
            break;

        case 'd':
            value = va_arg(args, int);
            if ( value < 0 )
                line_char(line, '-');
            line_dec(line, value < 0 ? -(unsigned int)value
                                     : (unsigned int)value);
            break;

        case 'x':
            line_hex(line, longs > 1 ? va_arg(args, unsigned long long)
                                     : longs ? va_arg(args, unsigned long)
                                             : va_arg(args, unsigned int));
            break;

        default:
            line_char(line, *fmt);
            break;
        }
    }
}

static void line_out(struct line *line)
{
    out_text(line->text, line->used);
    line->used = 0;
}

void vprint(const char *fmt, va_list args)
{
    struct line line;

    line.used = 0;
    line_format(&line, fmt, args);
    line_out(&line);
}

void print(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vprint(fmt, args);
    va_end(args);
}

static void result_begin(struct line *line, bool good)
{
    ++*tap.results;
    if ( !good )
        ++*tap.failures;

    line->used = 0;
    line_text(line, good ? "ok " : "not ok ");
    line_dec(line, *tap.results);
    line_text(line, " - ");
}

bool ok(bool good, const char *fmt, ...)
{
    struct line line;
    va_list args;

    result_begin(&line, good);
    va_start(args, fmt);
    line_format(&line, fmt, args);
    va_end(args);
    line_char(&line, '\n');
    line_out(&line);

    return good;
}

bool ok_eq(uint64_t found, uint64_t expected, const char *fmt, ...)
{
    bool good = found == expected;
    struct line line;
    va_list args;

    result_begin(&line, good);
    va_start(args, fmt);
    line_format(&line, fmt, args);
    va_end(args);

    if ( good )
    {
        line_text(&line, " is ");
        line_hex(&line, found);
    }
    else
    {
        line_text(&line, ": found ");
        line_hex(&line, found);
        line_text(&line, ", expected ");
        line_hex(&line, expected);
    }

    line_char(&line, '\n');
    line_out(&line);

    return good;
}

void skip(const char *reason, const char *fmt, ...)
{
    struct line line;
    va_list args;

    result_begin(&line, true);
    va_start(args, fmt);
    line_format(&line, fmt, args);
    va_end(args);
    line_text(&line, " # SKIP ");
    line_text(&line, reason);
    line_char(&line, '\n');
    line_out(&line);
}

void tap_end(void)
{
    print("1..%u\n", *tap.results);
    print("# %u results, %u failures\n", *tap.results, *tap.failures);
    leave(*tap.failures || !*tap.results ? VERDICT_FAIL : VERDICT_PASS);
}

void error(const char *fmt, ...)
{
    va_list args;

    print("Bail out! the test is broken: ");
    va_start(args, fmt);
    vprint(fmt, args);
    va_end(args);
    print("\n");
    leave(VERDICT_ERROR);
}

void pattern_fill(void *buf, uint64_t seed, uint64_t maddr, size_t size)
{
    uint8_t *p = buf;

    for ( ; size && (maddr & 7); size--, maddr++ )
        *p++ = pattern_byte(seed, maddr);

    for ( ; size >= 8; size -= 8, maddr += 8, p += 8 )
        *(uint64_t *)p = pattern_word(seed, maddr >> 3);

    for ( ; size; size--, maddr++ )
        *p++ = pattern_byte(seed, maddr);
}

size_t pattern_check(const void *buf, uint64_t seed, uint64_t maddr,
                     size_t size)
{
    const uint8_t *p = buf, *end = p + size;

    while ( p < end )
    {
        if ( !(maddr & 7) && end - p >= 8 &&
             *(const uint64_t *)p == pattern_word(seed, maddr >> 3) )
        {
            p += 8;
            maddr += 8;
            continue;
        }

        if ( *p != pattern_byte(seed, maddr) )
            return p - (const uint8_t *)buf;

        p++;
        maddr++;
    }

    return size;
}

size_t zero_check(const void *buf, size_t size)
{
    const uint8_t *p = buf;
    size_t i = 0;

    while ( i < size )
    {
        if ( size - i >= 8 && !*(const uint64_t *)(p + i) )
            i += 8;
        else if ( p[i] )
            return i;
        else
            i++;
    }

    return size;
}

uint64_t sum_bytes(const void *buf, size_t size)
{
    const uint8_t *p = buf;
    uint64_t sum = 0xcbf29ce484222325ULL;

    for ( ; size; size--, p++ )
        sum = (sum ^ *p) * 0x100000001b3ULL;

    return sum;
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
