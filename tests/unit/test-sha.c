/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 by the processor's SHA instructions, as a crash image is verified.
 *
 * Attacked: lengths around blocks, pieces that end within one, any alignment;
 * XMM registers and CR0.TS that belong to a guest.
 * Must hold: the digests of a plain implementation, written independently; and
 * registers and TS as they were.
 */

#include "unit.h"

#include <cpuid.h>
#include <immintrin.h>

#include <asm/machine_kexec.h>

#include <shadow.h>

#include "sha256.h"

#define MAX_BYTES 1000

static bool has_sha;
static unsigned long plain_bytes;

unsigned long cpu_cr0;
struct work work;

void kexec_sha_ni(uint32_t state[], const void *blocks, size_t nr);

bool boot_cpu_has(unsigned int feature)
{
    return has_sha &&
           (feature == X86_FEATURE_SHA || feature == X86_FEATURE_SSSE3);
}

void error(const char *format, ...)
{
    abort();
}

/* What Xen's own does, for the rest that is no block. */
void sha2_256_update(struct sha2_256_state *s, const void *msg, size_t len)
{
    struct sha256 sha = { .bytes = s->count };

    memcpy(sha.hash, s->state, sizeof(sha.hash));
    memcpy(sha.block, s->buf, sizeof(sha.block));
    sha256_add(&sha, msg, len);
    memcpy(s->state, sha.hash, sizeof(sha.hash));
    memcpy(s->buf, sha.block, sizeof(sha.block));
    s->count = sha.bytes;
    plain_bytes += len;
}

static void begin(struct sha2_256_state *s)
{
    struct sha256 sha;

    sha256_begin(&sha);
    *s = (struct sha2_256_state){};
    memcpy(s->state, sha.hash, sizeof(sha.hash));
}

static void end(const struct sha2_256_state *s, uint8_t digest[32])
{
    struct sha256 sha = { .bytes = s->count };

    memcpy(sha.hash, s->state, sizeof(sha.hash));
    memcpy(sha.block, s->buf, sizeof(sha.block));
    sha256_end(&sha, digest);
}

static uint8_t bytes[MAX_BYTES + 64];

static int setup(void **state)
{
    unsigned int i, a, b, c, d;

    __cpuid_count(7, 0, a, b, c, d);
    has_sha = b & (1U << 29);
    cpu_cr0 = 0;
    plain_bytes = 0;
    for ( i = 0; i < sizeof(bytes); i++ )
        bytes[i] = i * 167 + (i >> 8);

    if ( !has_sha )
        skip();

    return 0;
}

static void digest_in_pieces(unsigned int offset, unsigned int len,
                             unsigned int piece)
{
    struct sha2_256_state s;
    struct sha256 plain;
    uint8_t found[32], expected[32];
    unsigned int done, n;

    sha256_begin(&plain);
    sha256_add(&plain, bytes + offset, len);
    sha256_end(&plain, expected);

    begin(&s);
    for ( done = 0; done < len; done += n )
    {
        n = min(piece, len - done);
        machine_kexec_sha256(&s, bytes + offset + done, n);
    }
    end(&s, found);
    if ( memcmp(found, expected, 32) )
        fail_msg("%u bytes from %u on, in pieces of %u", len, offset, piece);
}

static void digests_are_those_of_a_plain_one(void **state)
{
    unsigned int len, piece;

    for ( len = 0; len < MAX_BYTES; len += len < 260 ? 1 : 61 )
        for ( piece = 1; piece <= len; piece += piece < 70 ? 1 : 97 )
            digest_in_pieces(len % 64, len, piece);
}

/* Whole blocks are for the instructions. */
static void blocks_are_not_hashed_plainly(void **state)
{
    struct sha2_256_state s;

    begin(&s);
    machine_kexec_sha256(&s, bytes, 640);
    assert_int_equal(plain_bytes, 0);
    machine_kexec_sha256(&s, bytes, 10);
    machine_kexec_sha256(&s, bytes, 54 + 128 + 3);
    assert_int_equal(plain_bytes, 10 + 54 + 3);

    has_sha = false;
    machine_kexec_sha256(&s, bytes, 640);
    assert_int_equal(plain_bytes, 10 + 54 + 3 + 640);
}

static void a_guest_finds_its_registers(void **state)
{
    static __m128i before[16], after[16];
    struct sha2_256_state s;
    unsigned int ts;

    for ( ts = 0; ts < 2; ts++ )
    {
        cpu_cr0 = ts ? X86_CR0_TS : 0;
        begin(&s);
        memcpy(before, bytes, sizeof(before));
        asm volatile (
            ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15;"
            "movdqu \\n*16(%[before]), %%xmm\\n; .endr;"
            "call *%[fn];"
            ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15;"
            "movdqu %%xmm\\n, \\n*16(%[after]); .endr"
            :: [before] "r" (before), [after] "b" (after),
               [fn] "r" (kexec_sha_ni), "D" (s.state), "S" (bytes),
               "d" (3UL)
            : "memory", "rax", "rcx", "r8", "r9", "r10", "r11", "cc",
              "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
              "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
              "xmm15" );
        assert_memory_equal(before, after, sizeof(before));

        machine_kexec_sha256(&s, bytes, 128);
        assert_int_equal(cpu_cr0, ts ? X86_CR0_TS : 0);
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
    const struct CMUnitTest tests[] = {
        TEST(digests_are_those_of_a_plain_one),
        TEST(blocks_are_not_hashed_plainly),
        TEST(a_guest_finds_its_registers),
    };

    return cmocka_run_group_tests_name("sha", tests, NULL, NULL);
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
