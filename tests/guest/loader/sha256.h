/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4), to time a plain digest with.
 */
#ifndef TESTS_GUEST_SHA256_H
#define TESTS_GUEST_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES    32
#define SHA256_BLOCK    64

struct sha256 {
    uint32_t hash[8];
    uint64_t bytes;
    uint8_t block[SHA256_BLOCK];        /* What does not fill one yet. */
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t n);
void sha256_end(struct sha256 *sha, uint8_t digest[SHA256_BYTES]);

/* Stop with an error if the example of FIPS 180-4 comes out otherwise. */
void sha256_check(void);

#endif /* TESTS_GUEST_SHA256_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
