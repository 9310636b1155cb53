/* SPDX-License-Identifier: GPL-2.0-only */

#include "crash-notes.c"

#include "peek.h"

void crash_notes_state_reset(void)
{
    unsigned int cpu;

    for ( cpu = 0; crash_notes && cpu < nr_cpu_ids; cpu++ )
        if ( crash_notes[cpu].start )
            free_xenheap_pages(crash_notes[cpu].start,
                               get_order_from_bytes(crash_notes[cpu].size));
    xfree(crash_notes);
    crash_notes = NULL;
    xen_info = NULL;
    memset(vmcoreinfo, 0, sizeof(vmcoreinfo));
    vmcoreinfo_used = 0;
}

const uint8_t *vmcoreinfo_bytes(void)
{
    return (const uint8_t *)vmcoreinfo;
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
