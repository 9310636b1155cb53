/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dom0 as a PVH domain: what differs from PV is the way in, and that it
 * cannot tell at which machine addresses its memory is.
 */
#include "dom0.h"

#include <public/arch-x86/cpuid.h>
#include <public/arch-x86/hvm/start_info.h>

bool pvh;

static void cpuid(uint32_t leaf, uint32_t reg[4])
{
    asm volatile ( "cpuid"
                   : "=a" (reg[0]), "=b" (reg[1]), "=c" (reg[2]),
                     "=d" (reg[3])
                   : "0" (leaf), "2" (0) );
}

/* Xen writes the hypercalls to the page whose address it is told. */
static void find_hypercalls(void)
{
    extern uint8_t hypercall_page[];
    uint32_t base, reg[4];
    unsigned long maddr = ARG(hypercall_page) - (unsigned long)VIRT_BASE;

    for ( base = XEN_CPUID_FIRST_LEAF; ; base += 0x100 )
    {
        cpuid(base, reg);
        if ( reg[1] == XEN_CPUID_SIGNATURE_EBX &&
             reg[2] == XEN_CPUID_SIGNATURE_ECX )
            break;
        if ( base > XEN_CPUID_FIRST_LEAF + 0x10000 )
            leave(VERDICT_ERROR);
    }

    cpuid(base + 2, reg);
    asm volatile ( "wrmsr" :: "c" (reg[1]), "a" ((uint32_t)maddr), "d" (0) );
}

void pvh_main(unsigned long info_maddr)
{
    const struct hvm_start_info *info = (const void *)info_maddr;
    const char *cmd_line = (const char *)(unsigned long)info->cmdline_paddr;
    static struct start_info si;
    unsigned int i;

    pvh = true;
    find_hypercalls();

    for ( i = 0; i + 1 < sizeof(si.cmd_line); i++ )
    {
        si.cmd_line[i] = cmd_line[i];
        if ( !cmd_line[i] )
            break;
    }

    common_main(&si);
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
