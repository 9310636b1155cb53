/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ignoring machine checks, on CPUs that have stopped or are leaving Xen.
 */

        .file __FILE__

#include <asm/asm_defns.h>
#include <asm/kexec_compat.h>
#include <asm/msr-index.h>

/* Intel SDM vol. 3B, 17.3.1.2. */
#define MCG_STATUS_EIPV 0x2

/*
 * The handler of #MC in kexec's IDT, with no IST stack.
 *
 * It clears MCG_STATUS.MCIP, as a machine check while that is set shuts the
 * processor down: Intel SDM vol. 3B, 17.3.1.2.  With EIPV set, the instruction
 * that was interrupted has caused it, and would do so for ever: MCIP stays
 * set, and the next time the processor shuts down.
 */
FUNC(kexec_ignore_mce, 16)
        ENDBR64
        push    %rax
        push    %rcx
        push    %rdx
        mov     $MSR_IA32_MCG_STATUS, %ecx
        rdmsr
        test    $MCG_STATUS_EIPV, %al
        jnz     1f
        xor     %eax, %eax
        xor     %edx, %edx
        wrmsr
1:      pop     %rdx
        pop     %rcx
        pop     %rax
        iretq
END(kexec_ignore_mce)

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
