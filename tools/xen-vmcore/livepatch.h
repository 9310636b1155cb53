/* SPDX-License-Identifier: GPL-2.0-only */
/* What has been patched into Xen while it ran. */
#ifndef XEN_VMCORE_LIVEPATCH_H
#define XEN_VMCORE_LIVEPATCH_H

#include "names.h"

struct payload {
    struct text name;
    uint32_t state;             /* LIVEPATCH_STATE_*: payload_state() */
    uint64_t text, text_bytes;
    struct names *names;        /* Of its symbols */
};

struct payloads {
    struct payload *list;
    size_t nr;
};

/* The types are in xen-syms only: without, nothing is found. */
void payloads_read(struct dump *dump, struct payloads *payloads);
void payloads_free(struct payloads *payloads);

/* "applied" or "checked"; "?" for what is neither. */
const char *payload_state(uint32_t state);

/* The payload whose text @va is in, or NULL. */
const struct payload *payloads_find(const struct payloads *payloads,
                                    uint64_t va);

#endif /* XEN_VMCORE_LIVEPATCH_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
