/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What older Xens call otherwise or do not have, for x86: see
 * xen/kexec-compat.h.
 */
#ifndef ASM__X86__KEXEC_COMPAT_H
#define ASM__X86__KEXEC_COMPAT_H

#include <xen/kexec-compat.h>

#ifdef __ASSEMBLER__

/* <xen/linkage.h> */
#if KEXEC_XEN < 419
#define KEXEC_SYMBOL(name, kind, align)                                     \
        .type name, kind; .balign align; name:
#define FUNC(name, align)  .globl name; KEXEC_SYMBOL(name, @function, align)
#define FUNC_LOCAL(name)   KEXEC_SYMBOL(name, @function, 16)
#define DATA(name, align)  .globl name; KEXEC_SYMBOL(name, @object, align)
#define END(name)          .size name, . - name
#endif

/* Trees without mitigations for indirect target selection. */
#ifndef RET
#define RET ret
#endif

#else /* !__ASSEMBLER__ */

#if KEXEC_XEN >= 421
#include <asm/idt.h>
#else
#include <asm/desc.h>
#include <asm/processor.h>
#define X86_IDT_VECTORS X86_NR_VECTORS
#define X86_CR4_FRED    0
#define bsp_idt         idt_tables[0]
#endif

/* Ports, and bits, of the 8254. */
#if KEXEC_XEN >= 420
#include <asm/io-ports.h>
#else
#include <io_ports.h>
#endif

/* There was no such option: SVM was part of HVM. */
#if KEXEC_XEN < 420 && defined(CONFIG_HVM)
#define CONFIG_AMD_SVM 1
#endif

#if KEXEC_XEN < 419
#define X86_XCR0_X87 X86_XCR0_FP
#define PIT_TCW_CH(n)         ((n) << 6)
#define PIT_RDB               PIT_TCW_CH(3)
#define PIT_RDB_NO_COUNT      (1 << 5)
#define PIT_RDB_CH0           (1 << 1)
#define PIT_STATUS_OUT_PIN    (1 << 7)
#define PIT_STATUS_NULL_COUNT (1 << 6)
#endif

#if KEXEC_XEN < 418
#define X86_EXC_NUM 32

/* Xen cannot stop an IOMMU from reporting faults by interrupt. */
static inline void iommu_quiesce(void) {}
#endif

#endif /* __ASSEMBLER__ */

#endif /* ASM__X86__KEXEC_COMPAT_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
