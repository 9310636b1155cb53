/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256, after FIPS 180-4; the names of the functions are those of its
 * section 4.1.2, the steps those of 6.2.2.
 */
#include "lib.h"
#include "sha256.h"

/* Section 4.2.2. */
static const uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Section 5.3.3. */
static const uint32_t initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
    0x1f83d9ab, 0x5be0cd19,
};

static uint32_t rotr(uint32_t x, unsigned int n)
{
    return x >> n | x << (32 - n);
}

static uint32_t ch(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) ^ (~x & z);
}

static uint32_t maj(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) ^ (x & z) ^ (y & z);
}

static uint32_t big_sigma0(uint32_t x)
{
    return rotr(x, 2) ^ rotr(x, 13) ^ rotr(x, 22);
}

static uint32_t big_sigma1(uint32_t x)
{
    return rotr(x, 6) ^ rotr(x, 11) ^ rotr(x, 25);
}

static uint32_t small_sigma0(uint32_t x)
{
    return rotr(x, 7) ^ rotr(x, 18) ^ x >> 3;
}

static uint32_t small_sigma1(uint32_t x)
{
    return rotr(x, 17) ^ rotr(x, 19) ^ x >> 10;
}

static void add_block(uint32_t hash[8], const uint8_t *block)
{
    uint32_t w[64], a = hash[0], b = hash[1], c = hash[2], d = hash[3];
    uint32_t e = hash[4], f = hash[5], g = hash[6], h = hash[7];
    unsigned int t;

    for ( t = 0; t < 16; t++ )
        w[t] = __builtin_bswap32(((const uint32_t *)block)[t]);
    for ( ; t < 64; t++ )
        w[t] = small_sigma1(w[t - 2]) + w[t - 7] + small_sigma0(w[t - 15]) +
               w[t - 16];

    for ( t = 0; t < 64; t++ )
    {
        uint32_t t1 = h + big_sigma1(e) + ch(e, f, g) + k[t] + w[t];
        uint32_t t2 = big_sigma0(a) + maj(a, b, c);

        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }

    hash[0] += a;
    hash[1] += b;
    hash[2] += c;
    hash[3] += d;
    hash[4] += e;
    hash[5] += f;
    hash[6] += g;
    hash[7] += h;
}

void sha256_begin(struct sha256 *sha)
{
    memcpy(sha->hash, initial, sizeof(initial));
    sha->bytes = 0;
}

void sha256_add(struct sha256 *sha, const void *data, size_t n)
{
    const uint8_t *p = data;

    while ( n )
    {
        size_t have = sha->bytes % SHA256_BLOCK;
        size_t part = min(n, SHA256_BLOCK - have);

        if ( part == SHA256_BLOCK )
            add_block(sha->hash, p);
        else
        {
            memcpy(sha->block + have, p, part);
            if ( have + part == SHA256_BLOCK )
                add_block(sha->hash, sha->block);
        }

        sha->bytes += part;
        p += part;
        n -= part;
    }
}

void sha256_end(struct sha256 *sha, uint8_t digest[SHA256_BYTES])
{
    static const uint8_t padding[SHA256_BLOCK] = { 0x80 };
    uint64_t bits = __builtin_bswap64(sha->bytes * 8);
    unsigned int i;

    sha256_add(sha, padding,
               SHA256_BLOCK - (sha->bytes + sizeof(bits)) % SHA256_BLOCK);
    sha256_add(sha, &bits, sizeof(bits));

    for ( i = 0; i < ARRAY_SIZE(sha->hash); i++ )
        ((uint32_t *)digest)[i] = __builtin_bswap32(sha->hash[i]);
}

void sha256_check(void)
{
    static const uint8_t expected[SHA256_BYTES] = {
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
        0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
        0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
    };
    uint8_t digest[SHA256_BYTES];
    struct sha256 sha;

    sha256_begin(&sha);
    sha256_add(&sha, "abc", 3);
    sha256_end(&sha, digest);

    if ( memcmp(digest, expected, sizeof(digest)) )
        error("the plain digest is none");
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
