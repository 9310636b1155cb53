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
    uint64_t end;               /* Of the memory that the stack has */
    bool has_current;
    uint64_t current_va;        /* The vCPU that it was for: where it is, */
    uint16_t domain;            /* and which one */
    uint32_t vcpu;
};

/* An idle vCPU's domain: xen/include/public/xen.h. */
#define DOMID_IDLE 0x7fff

/* Xen's code segment: xen/arch/x86/include/asm/x86-defns.h. */
#define XEN_CS 0xe008

void stack_read(const struct dump *dump, unsigned int cpu,
                struct stack *stack);
void stack_free(struct stack *stack);
void stack_add(struct stack *stack, struct frame frame);

/*
 * The words from the stack pointer to the end of the stack, as far as they are
 * in the dump; where the first one was.
 */
uint64_t stack_words(const struct dump *dump, const struct stack *stack,
                     uint64_t **words, size_t *nr);

/*
 * Where entry code saves the registers of the guest that a CPU runs; they stay
 * there until another vCPU's take their place.  0: not known.
 */
uint64_t stack_guest_regs(const struct dump *dump, unsigned int cpu);

/* As many bytes as the longest call has, and whether they end in one. */
#define CALL_BYTES 7
bool stack_is_call(const uint8_t code[CALL_BYTES]);

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
