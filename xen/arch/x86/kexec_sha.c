/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256, by the processor's SHA instructions if it has them.
 *
 * They use XMM registers, which are a guest's.  kexec_sha_ni() puts back what
 * it found there, so they may be used in any context, and a crash may come in
 * between: nothing but the guest depends on them.
 */

#include <xen/kernel.h>
#include <xen/lib.h>
#include <xen/sha2.h>

#include <asm/cpufeature.h>
#include <asm/machine_kexec.h>
#include <asm/processor.h>
#include <asm/x86-defns.h>

#define BLOCK 64

/* kexec_sha_ni.S */
void kexec_sha_ni(uint32_t state[], const void *blocks, size_t nr);

static bool has_sha_ni(void)
{
    return boot_cpu_has(X86_FEATURE_SHA) && boot_cpu_has(X86_FEATURE_SSSE3);
}

void machine_kexec_sha256(struct sha2_256_state *sha, const void *msg,
                          size_t len)
{
    /* To the end of a block that has been begun. */
    size_t head = min_t(size_t, len, -sha->count & (BLOCK - 1));
    size_t nr = (len - head) / BLOCK;
    bool ts;

    if ( !nr || !has_sha_ni() )
    {
        sha2_256_update(sha, msg, len);
        return;
    }

    sha2_256_update(sha, msg, head);
    msg += head;

    ts = read_cr0() & X86_CR0_TS;
    clts();
    kexec_sha_ni(sha->state, msg, nr);
    if ( ts )
        stts();
    sha->count += nr * BLOCK;

    sha2_256_update(sha, msg + nr * BLOCK, len - head - nr * BLOCK);
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
