/* SPDX-License-Identifier: GPL-2.0-only */
/* Which functions a CPU was in. */
#ifndef XEN_VMCORE_STACK_H
#define XEN_VMCORE_STACK_H

#include "dump.h"

enum frame_kind {
    FRAME_REGISTERS,            /* Registers were saved here. */
    FRAME_CALLER,               /* It will be returned to here. */
    FRAME_GUEST,                /* Entered from a guest here: the end. */
};

struct frame {
    enum frame_kind kind;
    bool guess;                 /* ... because it looks like one */
    uint64_t rip, rsp;
    uint32_t vector;            /* ... of what interrupted: FRAME_REGISTERS */
};

struct stack {
    struct frame *frames;
    size_t nr;
    bool guessed;               /* Some of them are guesses. */
    bool in_guest;              /* The CPU was running a guest. */
    bool has_current;
    uint16_t domain;            /* The vCPU that it was for. */
    uint32_t vcpu;
};

/* An idle vCPU's domain: xen/include/public/xen.h. */
#define DOMID_IDLE 0x7fff

void stack_read(const struct dump *dump, unsigned int cpu,
                struct stack *stack);
void stack_free(struct stack *stack);

#endif /* XEN_VMCORE_STACK_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
