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
    .rodata : { *(.rodata .rodata.*) } :image
    .data : {
        *(.data .data.*)
        . = ALIGN(4096);
    } :image
    .bss : {
        *(.bss .bss.* COMMON)
        . = ALIGN(4096);
    } :image

    /DISCARD/ : { *(.comment .eh_frame* .note.GNU-stack .note.gnu.*) }
}
