/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ignoring machine checks, on CPUs that have stopped or are leaving Xen.
 */

        .file __FILE__

#include <asm/asm_defns.h>
#include <asm/kexec_compat.h>
#include <asm/msr-index.h>

/*
 * The handler of #MC in kexec's IDT, with no IST stack.
 *
 * It clears MCG_STATUS.MCIP, as a machine check while that is set shuts the
 * processor down: Intel SDM vol. 3B, 17.3.1.2.
 */
FUNC(kexec_ignore_mce, 16)
        ENDBR64
        push    %rax
        push    %rcx
        push    %rdx
        mov     $MSR_IA32_MCG_STATUS, %ecx
        xor     %eax, %eax
        xor     %edx, %edx
        wrmsr
        pop     %rdx
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
