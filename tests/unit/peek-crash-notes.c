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
    vmcoreinfo_reset();
}

size_t crash_notes_size(unsigned int cpu)
{
    return crash_notes[cpu].size;
}

bool crash_notes_are_seen(unsigned int cpu)
{
    return crash_notes[cpu].start;
}

bool crash_notes_are_saved(unsigned int cpu)
{
    return crash_notes[cpu].saved;
}

bool crash_notes_xen_is_saved(void)
{
    return xen_info->xen_major_version;
}

unsigned long crash_notes_r15(unsigned int cpu)
{
    const Elf_Note *note = crash_notes[cpu].start;
    unsigned long r15;

    memcpy(&r15, ELFNOTE_DESC(note) + offsetof(ELF_Prstatus, pr_reg.r15),
           sizeof(r15));

    return r15;
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
