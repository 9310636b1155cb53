/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 of whole blocks by the processor's SHA instructions.
 *
 * Algorithm: FIPS 180-4, section 6.2.2.  Instructions: Intel SDM vol. 2,
 * SHA256RNDS2, SHA256MSG1 and SHA256MSG2.
 */

        .file __FILE__

#include <asm/asm_defns.h>
#include <asm/kexec_compat.h>

/* The state, as SHA256RNDS2 wants it; the letters are those of FIPS 180-4. */
#define ABEF    %xmm1
#define CDGH    %xmm2

/* The last 16 words of the message schedule, four in each. */
#define W0      %xmm3
#define W1      %xmm4
#define W2      %xmm5
#define W3      %xmm6

#define WK      %xmm0                   /* SHA256RNDS2 takes no other. */
#define TMP     %xmm7
#define SWAP    %xmm8
#define OLD_ABEF %xmm9
#define OLD_CDGH %xmm10

#define SAVED   11                      /* %xmm0 to %xmm10 */
#define FRAME   (SAVED * 16)

/* Four rounds, with the words in \w and the constants from round \first on. */
        .macro  rounds first, w
        movdqa  constants + (4 * (\first))(%rip), WK
        paddd   \w, WK
        sha256rnds2 ABEF, CDGH
        pshufd  $0x0e, WK, WK
        sha256rnds2 CDGH, ABEF
        .endm

/* \a becomes the four words that follow those in \a, \b, \c and \d. */
        .macro  schedule a, b, c, d
        sha256msg1 \b, \a
        movdqa  \d, TMP
        palignr $4, \c, TMP
        paddd   TMP, \a
        sha256msg2 \d, \a
        .endm

        .macro  load w, offset
        movdqu  \offset(%rsi), \w
        pshufb  SWAP, \w
        .endm

/*
 * void kexec_sha_ni(uint32_t state[8], const void *blocks, size_t nr);
 *
 * Add @nr blocks of 64 bytes, at least one.  All registers are saved, for they
 * may be a guest's; CR0.TS is clear.
 */
FUNC(kexec_sha_ni, 16)
        sub     $FRAME, %rsp
        .irp    nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
        movdqu  %xmm\nr, \nr * 16(%rsp)
        .endr

        movdqa  byte_swap(%rip), SWAP

        /* From a, b, c, d and e, f, g, h in memory. */
        movdqu  (%rdi), ABEF
        movdqu  16(%rdi), CDGH
        pshufd  $0xb1, ABEF, ABEF       /* From bit 0 on: b a d c */
        pshufd  $0x1b, CDGH, CDGH       /* h g f e */
        movdqa  ABEF, TMP
        palignr $8, CDGH, ABEF          /* f e b a */
        shufpd  $2, TMP, CDGH           /* h g d c */

1:      movdqa  ABEF, OLD_ABEF
        movdqa  CDGH, OLD_CDGH

        load    W0, 0
        rounds  0, W0
        load    W1, 16
        rounds  4, W1
        load    W2, 32
        rounds  8, W2
        load    W3, 48
        rounds  12, W3
        .irp    first, 16, 32, 48
        schedule W0, W1, W2, W3
        rounds  \first, W0
        schedule W1, W2, W3, W0
        rounds  \first + 4, W1
        schedule W2, W3, W0, W1
        rounds  \first + 8, W2
        schedule W3, W0, W1, W2
        rounds  \first + 12, W3
        .endr

        paddd   OLD_ABEF, ABEF
        paddd   OLD_CDGH, CDGH
        add     $64, %rsi
        dec     %rdx
        jnz     1b

        pshufd  $0x1b, ABEF, ABEF       /* a b e f */
        pshufd  $0xb1, CDGH, CDGH       /* g h c d */
        movdqa  ABEF, TMP
        shufpd  $2, CDGH, ABEF          /* a b c d */
        shufpd  $1, CDGH, TMP           /* e f g h */
        movdqu  ABEF, (%rdi)
        movdqu  TMP, 16(%rdi)

        .irp    nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
        movdqu  \nr * 16(%rsp), %xmm\nr
        .endr
        add     $FRAME, %rsp
        RET
END(kexec_sha_ni)

        .section .rodata, "a", @progbits
        .balign 16
byte_swap:
        .byte   3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12

/* FIPS 180-4, section 4.2.2. */
constants:
        .long   0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5
        .long   0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5
        .long   0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3
        .long   0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174
        .long   0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc
        .long   0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da
        .long   0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7
        .long   0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967
        .long   0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13
        .long   0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85
        .long   0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3
        .long   0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070
        .long   0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5
        .long   0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3
        .long   0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208
        .long   0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
