/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tiny dom0 and the probe have in common: there is no libc under
 * either.  Numbers are printed in hexadecimal, but for %u and %d.
 */
#ifndef TESTS_GUEST_LIB_H
#define TESTS_GUEST_LIB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(x)   (sizeof(x) / sizeof((x)[0]))
#define min(a, b)       ((a) < (b) ? (a) : (b))
#define max(a, b)       ((a) > (b) ? (a) : (b))

#define PAGE_SHIFT      12
#define PAGE_SIZE       4096ul
#define PAGE_MASK       (~(uint64_t)(PAGE_SIZE - 1))
#define PAGE_UP(x)      (((x) + PAGE_SIZE - 1) & PAGE_MASK)
#define KB(x)           ((uint64_t)(x) << 10)
#define MB(x)           ((uint64_t)(x) << 20)
#define GB(x)           ((uint64_t)(x) << 30)

#define EXIT_PORT       0xf4

/* The verdict that leaves through isa-debug-exit. */
#define VERDICT_PASS    0
#define VERDICT_FAIL    1
#define VERDICT_ERROR   2

void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile ( "rdtsc" : "=a" (lo), "=d" (hi) );

    return ((uint64_t)hi << 32) | lo;
}

/* Provided by each of the two programs. */
void out_text(const char *text, size_t len);
void leave(unsigned int verdict) __attribute__((__noreturn__));

void print(const char *fmt, ...) __attribute__((__format__(__printf__, 1, 2)));
void vprint(const char *fmt, va_list args);

/*
 * TAP.  The counters live where the owner says: the dom0's results are
 * continued by the probe.
 */
struct tap {
    uint32_t *results;
    uint32_t *failures;
};

extern struct tap tap;

/* One line, one fact.  Each returns whether the fact was as it should be. */
bool ok(bool good, const char *fmt, ...)
    __attribute__((__format__(__printf__, 2, 3)));
bool ok_eq(uint64_t found, uint64_t expected, const char *fmt, ...)
    __attribute__((__format__(__printf__, 3, 4)));
void skip(const char *reason, const char *fmt, ...)
    __attribute__((__format__(__printf__, 2, 3)));

/* The plan, and the verdict that follows from the counters. */
void tap_end(void) __attribute__((__noreturn__));

/* The test itself is broken: not a failure of what is tested. */
void error(const char *fmt, ...)
    __attribute__((__format__(__printf__, 1, 2), __noreturn__));

static inline void outb(uint16_t port, uint8_t value)
{
    asm volatile ( "outb %0, %1" :: "a" (value), "Nd" (port) );
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;

    asm volatile ( "inb %1, %0" : "=a" (value) : "Nd" (port) );

    return value;
}

static inline void outl(uint16_t port, uint32_t value)
{
    asm volatile ( "outl %0, %1" :: "a" (value), "Nd" (port) );
}

#endif /* TESTS_GUEST_LIB_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
