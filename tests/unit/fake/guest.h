/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of the domain that makes the hypercall: windows at addresses of
 * its own, and what may go wrong when Xen reads them.
 */
#ifndef FAKE_GUEST_H
#define FAKE_GUEST_H

#include <shadow.h>

void guest_reset(void);

/*
 * @bytes at @memory are at @addr, for the guest, and not what was mapped at
 * that very address before.  @once: a byte that is read
 * twice is a defect, for it may be another by then.
 */
void guest_map(uint64_t addr, void *memory, unsigned long bytes, bool once);

/* Let read or write number @nth from now fault halfway; 0: none. */
void guest_fault(unsigned long nth);
bool guest_faulted(void);       /* Has it? */

/* Called after each read: the guest's other CPUs may do anything now. */
extern void (*guest_after_read)(void);

/* A page that is the domain's own (get_page()), or not any more. */
void guest_own_page(unsigned long pfn, bool own);
unsigned int guest_page_refs(void); /* References that are held. */

#endif /* FAKE_GUEST_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
