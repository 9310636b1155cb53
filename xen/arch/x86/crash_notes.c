/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The architecture's part of what a crash leaves: common/crash-notes.c has the
 * rest.
 */

#include <xen/crash-notes.h>
#include <xen/kexec.h>
#include <xen/mm.h>
#include <xen/sched.h>
#include <xen/vmcoreinfo.h>

#include <asm/processor.h>
#include <asm/shared.h>

void arch_crash_user_regs(ELF_Gregset *note, const struct cpu_user_regs *regs)
{
    note->r15 = regs->r15;
    note->r14 = regs->r14;
    note->r13 = regs->r13;
    note->r12 = regs->r12;
    note->rbp = regs->rbp;
    note->rbx = regs->rbx;
    note->r11 = regs->r11;
    note->r10 = regs->r10;
    note->r9 = regs->r9;
    note->r8 = regs->r8;
    note->rax = regs->rax;
    note->rcx = regs->rcx;
    note->rdx = regs->rdx;
    note->rsi = regs->rsi;
    note->rdi = regs->rdi;
    note->rip = regs->rip;
    note->cs = regs->cs;
    note->rflags = regs->rflags;
    note->rsp = regs->rsp;
    note->ss = regs->ss;
}

void arch_crash_xen_info(crash_xen_info_t *info)
{
    info->xen_phys_start = xen_phys_start;
    info->dom0_pfn_to_mfn_frame_list_list =
        hardware_domain ? arch_get_pfn_to_mfn_frame_list_list(hardware_domain)
                        : 0;
}

void arch_vmcoreinfo(void)
{
    VMCOREINFO_SYMBOL(dom_xen);
    VMCOREINFO_SYMBOL(dom_io);
    VMCOREINFO_SYMBOL_ALIAS(pgd_l4, idle_pg_table);

    /* Where Xen's image is mapped; xen_phys_start is where it is. */
    VMCOREINFO_NUMBER(XEN_VIRT_START);
    VMCOREINFO_SYMBOL(crashing_cpu);
    VMCOREINFO_NUMBER(STACK_SIZE);
    VMCOREINFO_SYMBOL(stack_base);
    VMCOREINFO_SIZE(cpu_info);
    VMCOREINFO_OFFSET(cpu_info, current_vcpu, current_vcpu);
    VMCOREINFO_OFFSET(cpu_info, guest_cpu_user_regs, guest_cpu_user_regs);
    VMCOREINFO_OFFSET(vcpu, arch.user_regs, arch.user_regs);
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
