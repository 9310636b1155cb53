/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dom0's virtual memory.
 *
 *   VIRT_BASE          pseudo-physical page 0; the image starts at LOAD_OFFSET
 *     ...              all of the domain's memory, one to one
 *   + nr_pages,        up to the next boundary of a level 1 table, then one
 *     rounded up       table's worth of windows, to look at any machine page
 */
#ifndef TESTS_GUEST_LAYOUT_H
#define TESTS_GUEST_LAYOUT_H

#ifdef __x86_64__
#define VIRT_BASE   0xffffffff80000000
#define MAX_PAGES   0x3f000         /* Level 3 entry 510 alone, windows too. */
#else
#define VIRT_BASE   0xc0000000
#define MAX_PAGES   0x30000         /* Below Xen's part of the addresses. */
#endif

#define LOAD_OFFSET 0x100000

#endif /* TESTS_GUEST_LAYOUT_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
