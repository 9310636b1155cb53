/* SPDX-License-Identifier: GPL-2.0-only */
/* Who was there. */
#ifndef XEN_VMCORE_DOMAINS_H
#define XEN_VMCORE_DOMAINS_H

#include "dump.h"

struct domain {
    uint16_t id;
    bool has_details;           /* Those that follow: */
    uint32_t max_vcpus, nr_vcpus;
    uint32_t pages;
    uint32_t dying;             /* 0: alive, 1: dying, 2: dead */
    bool shut_down;
    uint32_t shutdown_code;
};

struct domains {
    struct domain *list;
    size_t nr;
};

/* Notes a problem if the list is not there, or broken. */
void domains_read(struct dump *dump, struct domains *domains);
void domains_free(struct domains *domains);

#endif /* XEN_VMCORE_DOMAINS_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
