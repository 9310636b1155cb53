/* SPDX-License-Identifier: GPL-2.0-only */
/* What Xen has about a domain's vCPUs. */
#ifndef XEN_VMCORE_VCPUS_H
#define XEN_VMCORE_VCPUS_H

#include "stack.h"

struct vcpu {
    uint32_t id;
    bool has_state;             /* These: */
    uint32_t runstate;          /* RUNSTATE_*: vcpu_runstate_name() */
    uint32_t processor;
    uint32_t pause_count;       /* Of its own, not of its domain */
    uint64_t pause_flags;       /* VPF_*: vcpu_pause_flag() */
    bool has_regs;              /* And these, of the guest: */
    struct cpu regs;            /* without control registers */
    struct stack stack;         /* Of dom0's kernel */
};

struct vcpus {
    struct vcpu *list;
    size_t nr;
};

/*
 * Those of the @max entries from @array on that exist, but no more than
 * @budget; @stacks are those of the CPUs.
 */
void vcpus_read(const struct dump *dump, const struct stack *stacks,
                uint64_t array, uint32_t max, size_t budget,
                struct vcpus *vcpus);
void vcpus_free(struct vcpus *vcpus);

/* "running" and so on; "?" for what is none. */
const char *vcpu_runstate_name(uint32_t runstate);
/* The name of a bit of pause_flags; NULL: it has none. */
const char *vcpu_pause_flag(unsigned int bit);

#endif /* XEN_VMCORE_VCPUS_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
