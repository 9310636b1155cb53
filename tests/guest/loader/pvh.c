/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dom0 as a PVH domain: what differs from PV is the way in, and that it is
 * not told at which machine addresses its memory is.  A grant tells: who maps
 * one, be it of a page of one's own, learns where that is in the machine.  The
 * page is then where it was mapped, and no more where it was.
 */
#include "dom0.h"

#include <public/arch-x86/cpuid.h>
#include <public/arch-x86/hvm/start_info.h>
#include <public/grant_table.h>

bool pvh;

static void cpuid(uint32_t leaf, uint32_t reg[4])
{
    asm volatile ( "cpuid"
                   : "=a" (reg[0]), "=b" (reg[1]), "=c" (reg[2]),
                     "=d" (reg[3])
                   : "0" (leaf), "2" (0) );
}

#define BATCH           256
#define TABLE_ENTRIES   (PAGE_SIZE / sizeof(grant_entry_v1_t))

static grant_entry_v1_t *grant_table;
static unsigned long grant_table_pfn;
static unsigned int next_ref = GNTTAB_NR_RESERVED_ENTRIES;

/* The tables are those of pvh-entry.S. */
static void make_hole(unsigned long pfn)
{
    extern uint8_t pvh_tables[];
    unsigned long cr3;

#ifdef __x86_64__
    ((uint64_t *)(pvh_tables + 3 * PAGE_SIZE))[pfn / PVH_LARGE_PAGES] = 0;
#else
    ((uint32_t *)pvh_tables)[(VIRT_BASE >> 22) + pfn / PVH_LARGE_PAGES] = 0;
#endif
    asm volatile ( "mov %%cr3, %0; mov %0, %%cr3" : "=r" (cr3) :: "memory" );
}

void pvh_mm_init(unsigned long pfn, unsigned long hole_pfn)
{
    make_hole(hole_pfn);
    grant_table_pfn = pfn;
    grant_table = (grant_entry_v1_t *)((unsigned long)VIRT_BASE +
                                       (pfn << PAGE_SHIFT));
}

/* The table grows by a page whenever the next entry is the first of one. */
static void grant(unsigned long pfn)
{
    static unsigned int tables;
    struct xen_add_to_physmap add = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_grant_table,
        .idx = tables,
        .gpfn = grant_table_pfn + tables,
    };

    if ( next_ref / TABLE_ENTRIES >= tables )
    {
        if ( tables++ == PVH_GRANT_PAGES ||
             hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap,
                       ARG(&add), 0, 0) )
            error("the table of grants has %u pages, no more", tables - 1);
    }

    grant_table[next_ref++] = (grant_entry_v1_t){
        .flags = GTF_permit_access,
        .frame = pfn,
    };
}

static void move_batch(unsigned long *mfn, unsigned long pfn, unsigned int nr,
                       unsigned long to_pfn)
{
    static gnttab_map_grant_ref_t map[BATCH];
    unsigned int i;

    for ( i = 0; i < nr; i++ )
    {
        map[i] = (gnttab_map_grant_ref_t){
            .host_addr = (uint64_t)(to_pfn + i) << PAGE_SHIFT,
            .flags = GNTMAP_host_map,
            .ref = next_ref,
        };
        grant(pfn + i);
    }

    if ( hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref,
                   ARG(map), nr, 0) )
        error("no grant can be mapped");

    for ( i = 0; i < nr; i++ )
    {
        if ( map[i].status )
            error("page %lx, granted to oneself, is not mapped: %d", pfn + i,
                  map[i].status);
        mfn[i] = map[i].dev_bus_addr >> PAGE_SHIFT;
    }
}

void pvh_move(unsigned long *mfn, unsigned long pfn, unsigned int nr,
              unsigned long to_pfn)
{
    unsigned int done, batch;

    for ( done = 0; done < nr; done += batch )
    {
        batch = min(nr - done, (unsigned int)BATCH);
        move_batch(mfn + done, pfn + done, batch, to_pfn + done);
    }
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
