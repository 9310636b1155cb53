/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start the domain without privileges as an HVM domain, without devices, as a
 * toolstack starts a PVH one, but in 64-bit mode, on tables of its own that
 * map its first 2 MiB to themselves.
 */
#include "dom0.h"
#include "domu.h"

#ifdef __x86_64__

#include <public/hvm/save.h>

#define CR0_PE_ET   0x11
#define CR0_PG      0x80000000
#define CR4_PAE     0x20
#define EFER_LMA_LME 0x500
#define FLAGS_RESET 0x2
#define DR6_RESET   0xffff0ff0
#define DR7_RESET   0x400

/* Bits 40 to 55 of a descriptor, without those of the limit. */
#define ATTR_CODE64 0xa9b
#define ATTR_DATA   0xc93
#define ATTR_TSS    0x08b
#define ATTR_LDT    0x082

#define PTE_TABLE   0x07
#define PTE_LARGE   0x87

struct context {
    struct hvm_save_descriptor header_desc;
    struct hvm_save_header header;
    struct hvm_save_descriptor cpu_desc;
    struct hvm_hw_cpu cpu;
    struct hvm_save_descriptor end_desc;
};

/* All is a multiple of 8 bytes, so that nothing lies in between. */
_Static_assert(sizeof(struct context) == sizeof(struct hvm_save_header) +
               sizeof(struct hvm_hw_cpu) +
               3 * sizeof(struct hvm_save_descriptor), "records with gaps");

/* Three levels, in three pages of the domain. */
static void make_tables(unsigned int domid)
{
    unsigned int i;

    for ( i = 0; i < DOMU_TABLES; i++ )
    {
        uint64_t *table = window_map_foreign(3, DOMU_PAGES + i, domid);

        memset(table, 0, PAGE_SIZE);
        table[0] = i + 1 == DOMU_TABLES
                   ? PTE_LARGE
                   : ((DOMU_PAGES + i + 1) << PAGE_SHIFT) | PTE_TABLE;
        window_unmap(3);
    }
}

static void set_cpu(struct hvm_hw_cpu *cpu)
{
    memset(cpu, 0, sizeof(*cpu));
    cpu->rsp = DOMU_PAGES * PAGE_SIZE;
    cpu->rflags = FLAGS_RESET;
    cpu->dr6 = DR6_RESET;
    cpu->dr7 = DR7_RESET;
    cpu->cr0 = CR0_PG | CR0_PE_ET;
    cpu->cr3 = DOMU_PAGES << PAGE_SHIFT;
    cpu->cr4 = CR4_PAE;
    cpu->msr_efer = EFER_LMA_LME;
    cpu->cs_arbytes = ATTR_CODE64;
    cpu->ds_arbytes = cpu->es_arbytes = cpu->ss_arbytes = ATTR_DATA;
    cpu->fs_arbytes = cpu->gs_arbytes = ATTR_DATA;
    cpu->cs_limit = cpu->ds_limit = cpu->es_limit = cpu->ss_limit = ~0u;
    cpu->fs_limit = cpu->gs_limit = ~0u;
    cpu->tr_arbytes = ATTR_TSS;
    cpu->tr_limit = 0x67;
    cpu->ldtr_arbytes = ATTR_LDT;
}

void domu_start_hvm(unsigned int domid)
{
    static struct context context;
    struct xen_domctl op;
    uint8_t *saved;

    make_tables(domid);

    /* Its header is what it has to be. */
    memset(&op, 0, sizeof(op));
    op.domain = domid;
    domu_must(domctl(&op, XEN_DOMCTL_gethvmcontext), "its state's size");
    saved = pages(PAGE_UP(op.u.hvmcontext.size) / PAGE_SIZE);
    set_xen_guest_handle(op.u.hvmcontext.buffer, saved);
    domu_must(domctl(&op, XEN_DOMCTL_gethvmcontext), "its state");
    memcpy(&context, saved, offsetof(struct context, cpu_desc));

    context.cpu_desc.typecode = HVM_SAVE_CODE(CPU);
    context.cpu_desc.length = sizeof(context.cpu);
    set_cpu(&context.cpu);
    context.end_desc.typecode = HVM_SAVE_CODE(END);

    op.u.hvmcontext.size = sizeof(context);
    set_xen_guest_handle(op.u.hvmcontext.buffer, (uint8_t *)&context);
    domu_must(domctl(&op, XEN_DOMCTL_sethvmcontext), "its new state");
    domu_must(domctl(&op, XEN_DOMCTL_unpausedomain), "started");
}

#else /* !__x86_64__ */

void domu_start_hvm(unsigned int domid)
{
    error("domain %u as an HVM domain is for a 64-bit dom0", domid);
}

#endif /* __x86_64__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
