/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What dom0 leaves in the machine before a crash, and the crash kernel looks
 * for in the dump: words that follow from a seed and from where they are.
 */
#ifndef TESTS_DOM0_EVIDENCE_H
#define TESTS_DOM0_EVIDENCE_H

#include <stdint.h>

#define PAGE_SIZE      4096u
#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(uint64_t))

/* Seeds of different kinds of memory must differ in more than low bits. */
#define SEED_LOW       (1ull << 60)
#define SEED_DOM0      (2ull << 60)
#define SEED_REGISTERS (3ull << 60)

/* The finaliser of splitmix64 (Steele, Lea, Flood, 2014). */
static inline uint64_t evidence_word(uint64_t seed, uint64_t number)
{
    uint64_t z = seed ^ (number * 0x9e3779b97f4a7c15ull);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;

    return z ^ (z >> 31);
}

#endif /* TESTS_DOM0_EVIDENCE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
