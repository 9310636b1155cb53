/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of symbols, as Xen and Linux pack them into their images. */
#ifndef XEN_VMCORE_PACKED_H
#define XEN_VMCORE_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than any image has. */
#define PACKED_MAX_SYMBOLS 1000000

struct packed {
    bool (*read)(const void *arg, uint64_t va, void *to, size_t bytes);
    const void *arg;
    uint64_t names, token_table, token_index;
    uint32_t nr;
    bool long_names;            /* A length may have two bytes. */
};

/*
 * Call @each for each name, in the order of the table; the first character is
 * the symbol's type.  False when the table is damaged, or @each returned
 * false.
 */
bool packed_read(const struct packed *packed,
                 bool (*each)(void *arg, uint32_t i, const char *name),
                 void *arg);

#endif /* XEN_VMCORE_PACKED_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
