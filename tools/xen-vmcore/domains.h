/* SPDX-License-Identifier: GPL-2.0-only */
/* Who was there. */
#ifndef XEN_VMCORE_DOMAINS_H
#define XEN_VMCORE_DOMAINS_H

#include "vcpus.h"

#define UUID_BYTES 16

struct domain {
    uint16_t id;
    bool has_details;           /* Those that follow: */
    uint32_t max_vcpus, nr_vcpus;
    uint32_t pages;
    uint32_t dying;             /* 0: alive, 1: dying, 2: dead */
    bool shut_down;
    uint32_t shutdown_code;
    bool has_uuid;
    uint8_t uuid[UUID_BYTES];
    bool has_mode;              /* These two: */
    bool is_hvm;                /* HVM or PVH, not PV */
    uint32_t pause_count;
    struct text name;           /* Empty: not found; domain-names.c */
    struct vcpus vcpus;
};

struct domains {
    struct domain *list;
    size_t nr;
};

/*
 * Notes a problem if the list is not there, or broken.  @stacks: of the CPUs.
 */
void domains_read(struct dump *dump, const struct stack *stacks,
                  struct domains *domains);
void domains_free(struct domains *domains);

/* In the form that people know, of 36 characters and a 0. */
void domain_uuid(const struct domain *domain, char text[37]);

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
