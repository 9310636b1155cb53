/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dom0's image.  Load addresses are pseudo-physical.
 */
#include "layout.h"

ENTRY(start)

PHDRS
{
    image PT_LOAD FLAGS(7);
    note PT_NOTE FLAGS(4);
}

SECTIONS
{
    . = VIRT_BASE + LOAD_OFFSET;

    .text : AT(ADDR(.text) - VIRT_BASE) {
        *(.text.page)
        *(.text .text.*)
    } :image
    .note.Xen : { *(.note.Xen) } :image :note
    /* Two patterns: of one, GNU ld 2.40 takes merged strings for longer. */
    .rodata : {
        *(.rodata)
        *(.rodata.*)
    } :image
    .data : {
        *(.data .data.*)
        . = ALIGN(4096);
    } :image
    .bss : {
        *(.bss .bss.* COMMON)
        . = ALIGN(4096);
    } :image

    /* For the entry as PVH, which comes before paging. */
    phys_pvh_start = pvh_start - VIRT_BASE;
    phys_pvh_paged = pvh_paged - VIRT_BASE;
    phys_pvh_tables = pvh_tables - VIRT_BASE;
    phys_pvh_gdtr = pvh_gdtr - VIRT_BASE;
    phys_pvh_gdt = pvh_gdt - VIRT_BASE;
    image_end = .;

    /DISCARD/ : { *(.comment .eh_frame* .note.GNU-stack .note.gnu.*) }
}

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
