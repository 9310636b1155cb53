/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes that can only be right in one place: each depends on its machine
 * address and on a seed, so that a byte that was moved, repeated, left behind
 * by an earlier image or taken from another segment is noticed.
 */
#ifndef TESTS_GUEST_PATTERN_H
#define TESTS_GUEST_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#define PATTERN_STEP 0x9e3779b97f4a7c15ULL

/* The eight bytes whose machine address is 8 * index. */
static inline uint64_t pattern_word(uint64_t seed, uint64_t index)
{
    uint64_t x = seed + index * PATTERN_STEP;

    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9ULL;

    return x ^ (x >> 32);
}

static inline uint8_t pattern_byte(uint64_t seed, uint64_t maddr)
{
    return pattern_word(seed, maddr >> 3) >> (8 * (maddr & 7));
}

/* A seed of its own for each segment and area of a run. */
static inline uint64_t pattern_seed(uint64_t nonce, unsigned int nr)
{
    return (nonce ^ (((uint64_t)nr + 1) * 0xd6e8feb86659fd93ULL)) | 1;
}

/* Fill buf with what belongs at [maddr, maddr + size). */
void pattern_fill(void *buf, uint64_t seed, uint64_t maddr, size_t size);

/*
 * Compare.  Returns size when all is as it should be, else the offset of the
 * first byte that differs.
 */
size_t pattern_check(const void *buf, uint64_t seed, uint64_t maddr,
                     size_t size);

/* The same for bytes that must be 0. */
size_t zero_check(const void *buf, size_t size);

/* An order-dependent sum (FNV-1a, 64 bits). */
uint64_t sum_bytes(const void *buf, size_t size);

#endif /* TESTS_GUEST_PATTERN_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
