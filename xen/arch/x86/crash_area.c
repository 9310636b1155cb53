/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The crash area while Xen boots, for setup.c and for dom0's builder.
 */

#include <xen/init.h>
#include <xen/iocap.h>
#include <xen/kexec.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/pfn.h>

#include <asm/e820.h>
#include <asm/page.h>

/*
 * The area becomes RAM again, but there is nothing yet to make page tables
 * from: as in the rest of RAM below 4 GiB, superpages have to be mapped before
 * the boot allocator gets them.  Xen's tables map the first superpage, in
 * small pages.
 */
void __init kexec_drop_crash_area(struct e820map *map, uint64_t s, uint64_t e)
{
    const uint64_t mask = (1UL << L2_PAGETABLE_SHIFT) - 1;
    const struct e820entry *ram = map->map;

    printk("Kdump: DISABLED (Xen or a module is in %#lx-%#lx)\n", s, e);
    e820_change_range_type(map, s, e, E820_RESERVED, E820_RAM);
    kexec_crash_area.start = kexec_crash_area.size = 0;

    /* A superpage may also cover RAM beside the area. */
    while ( ram->addr + ram->size < e )
        ram++;
    s = max((ram->addr + mask) & ~mask, s & ~mask);
    e = min((ram->addr + ram->size) & ~mask, (e + mask) & ~mask);
    s = max_t(uint64_t, s, mask + 1);
    e = min_t(uint64_t, e, ARRAY_SIZE(l2_directmap) << L2_PAGETABLE_SHIFT);
    if ( s < e )
        map_pages_to_xen((unsigned long)__va(s), maddr_to_mfn(s),
                         PFN_DOWN(e - s), PAGE_HYPERVISOR);
}

void __init kexec_require_crash_area(void)
{
    if ( (kexec_crash_area.start != 0) || (kexec_crash_area.size == 0) )
        return;

    printk("Kdump: DISABLED (no room for %luMB (%lukB) below %#lx)\n",
           kexec_crash_area.size >> 20, kexec_crash_area.size >> 10,
           kexec_crash_area_limit);
    kexec_crash_area.size = 0;
}

int __init kexec_deny_crash_area(struct domain *d)
{
    paddr_t start = kexec_crash_area.start, size = kexec_crash_area.size;

    return size ? iomem_deny_access(d, PFN_DOWN(start),
                                    PFN_DOWN(start + size - 1))
                : 0;
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
