/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vmcoreinfo note.  It is written at boot and stays as it is: dom0 tells
 * the crash kernel its address and size long before a crash.
 */

#include <xen/init.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/vmcoreinfo.h>

#include "elf-note.h"

#define NOTE_NAME "VMCOREINFO_XEN"
#define NOTE_TYPE 0

static char __aligned(PAGE_SIZE) vmcoreinfo[VMCOREINFO_BYTES];
static size_t vmcoreinfo_used;

void __init vmcoreinfo_begin(void)
{
    elf_note_put((Elf_Note *)vmcoreinfo, NOTE_NAME, NOTE_TYPE,
                 VMCOREINFO_BYTES - elf_note_bytes(NOTE_NAME, 0));
}

struct maddr_range vmcoreinfo_range(void)
{
    paddr_t start = virt_to_maddr(vmcoreinfo);

    return (struct maddr_range){ .start = start,
                                 .end = start + VMCOREINFO_BYTES };
}

void vmcoreinfo_append(const char *fmt, ...)
{
    char *text = ELFNOTE_DESC((Elf_Note *)vmcoreinfo);
    size_t room = VMCOREINFO_BYTES - (text - vmcoreinfo) - vmcoreinfo_used;
    va_list args;
    int bytes;

    va_start(args, fmt);
    bytes = vsnprintf(text + vmcoreinfo_used, room, fmt, args);
    va_end(args);

    if ( bytes < 0 || bytes >= room )
    {
        /* Half a line would mislead. */
        text[vmcoreinfo_used] = '\0';
        printk(XENLOG_ERR "kexec: vmcoreinfo is full\n");
        return;
    }

    vmcoreinfo_used += bytes;
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
