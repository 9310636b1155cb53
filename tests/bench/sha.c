/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long SHA-256 takes on this host: by Xen's own lib/sha2-256.c, and by the
 * processor's SHA instructions (kexec_sha_ni.S).
 *
 *   make -C tests/unit bench && build/unit/bench/sha
 */

#include <shadow.h>

#include <cpuid.h>
#include <time.h>

static uint32_t ror32(uint32_t x, unsigned int n)
{
    return x >> n | x << (32 - n);
}

static uint32_t get_unaligned_be32(const void *p)
{
    uint32_t x;

    memcpy(&x, p, sizeof(x));

    return __builtin_bswap32(x);
}

static void put_unaligned_be32(uint32_t x, void *p)
{
    x = __builtin_bswap32(x);
    memcpy(p, &x, sizeof(x));
}

static void put_unaligned_be64(uint64_t x, void *p)
{
    x = __builtin_bswap64(x);
    memcpy(p, &x, sizeof(x));
}

/* Another one than that of the fakes. */
#define sha2_256_init   xen_init
#define sha2_256_update xen_update
#define sha2_256_final  xen_final
#include XEN_SHA2

void kexec_sha_ni(uint32_t state[], const void *blocks, size_t nr);

struct work work;

#define BYTES  (128UL << 20)
#define ROUNDS 5

static void instructions(struct sha2_256_state *s, const void *msg, size_t len)
{
    kexec_sha_ni(s->state, msg, len / 64);
}

static void measure(const char *what, const uint8_t *bytes,
                    void (*update)(struct sha2_256_state *s, const void *msg,
                                   size_t len), uint32_t *first)
{
    unsigned int i;
    double best = 0;

    for ( i = 0; i < ROUNDS; i++ )
    {
        struct sha2_256_state s;
        struct timespec from, to;
        double seconds;

        xen_init(&s);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
        update(&s, bytes, BYTES);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
        seconds = to.tv_sec - from.tv_sec +
                  (to.tv_nsec - from.tv_nsec) / 1e9;
        best = i && best < seconds ? best : seconds;
        *first = s.state[0];
    }
    printf("%-20s %.3f s for 128 MiB, %.0f MiB/s\n", what, best, 128 / best);
}

int main(void)
{
    uint8_t *bytes = malloc(BYTES);
    uint32_t plain, fast;
    unsigned int a, b, c, d;
    unsigned long i;

    if ( !bytes )
        return 1;
    for ( i = 0; i < BYTES; i++ )
        bytes[i] = i * 167 >> 3;

    measure("lib/sha2-256.c", bytes, xen_update, &plain);
    __cpuid_count(7, 0, a, b, c, d);
    if ( !(b & (1U << 29)) )
    {
        printf("this processor has no SHA instructions\n");
        return 0;
    }
    measure("SHA instructions", bytes, instructions, &fast);

    return plain != fast;
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
