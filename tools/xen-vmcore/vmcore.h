/* SPDX-License-Identifier: GPL-2.0-only */
/* The dump as a file: an ELF64 core, with memory by machine address. */
#ifndef XEN_VMCORE_VMCORE_H
#define XEN_VMCORE_VMCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct vmcore;

/* NULL, with the reason in @error. */
struct vmcore *vmcore_open(const char *path, struct text *error);
void vmcore_close(struct vmcore *vmcore);

/*
 * Read memory.  False when part of it is not in the dump; @to is of no use
 * then.  What the dump has a place for but no bytes (pages that a filter left
 * out) reads as zeros.
 */
bool vmcore_read(const struct vmcore *vmcore, uint64_t maddr, void *to,
                 size_t bytes);

/* How much memory, and how much of it is missing at the file's end. */
uint64_t vmcore_bytes(const struct vmcore *vmcore);
uint64_t vmcore_bytes_missing(const struct vmcore *vmcore);

struct vmcore_note {
    const char *name;           /* ends with a 0 */
    uint32_t type;
    const uint8_t *contents;
    size_t bytes;
};

/*
 * Call @each for the notes, in their order.  False when some of them cannot
 * be read.  What a note points at lasts as long as @vmcore.
 */
bool vmcore_notes(struct vmcore *vmcore,
                  void (*each)(const struct vmcore_note *note, void *arg),
                  void *arg);

#endif /* XEN_VMCORE_VMCORE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
