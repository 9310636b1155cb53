/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One ELF note: a header, a name and a descriptor, each padded to 4 bytes.
 */
#ifndef COMMON__ELF_NOTE_H
#define COMMON__ELF_NOTE_H

#include <xen/elf.h>
#include <xen/elfcore.h>
#include <xen/string.h>

/* The bytes of a note with this name and descriptor. */
static inline size_t elf_note_bytes(const char *name, size_t desc_bytes)
{
    return sizeof(Elf_Note) + ELFNOTE_ALIGN(strlen(name) + 1) +
           ELFNOTE_ALIGN(desc_bytes);
}

/* Write all of a note but its descriptor; returns where the next one goes. */
static inline Elf_Note *elf_note_put(Elf_Note *note, const char *name,
                                     uint32_t type, size_t desc_bytes)
{
    note->namesz = strlen(name) + 1;
    note->descsz = desc_bytes;
    note->type = type;
    strlcpy(ELFNOTE_NAME(note), name, note->namesz);

    return ELFNOTE_NEXT(note);
}

#endif /* COMMON__ELF_NOTE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
