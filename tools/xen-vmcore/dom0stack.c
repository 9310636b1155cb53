/* SPDX-License-Identifier: GPL-2.0-only */

#include <string.h>

#include "dom0stack.h"

/* Linux, Documentation/arch/x86/x86_64/mm.rst: kernel, image, modules. */
#define KERNEL_START 0xffff800000000000ULL
#define IMAGE_START  0xffffffff80000000ULL
#define IMAGE_END    0xffffffffff000000ULL

/* CONFIG_VMAP_STACK: aligned to its size; with KASAN it has 32 KiB. */
#define STACK_BYTES  0x4000

#define MAX_FRAMES   64
#define MAX_GUESSES  32

static bool is_return(const struct dom0 *dom0, uint64_t va)
{
    uint8_t code[CALL_BYTES];

    return va >= IMAGE_START + CALL_BYTES && va < IMAGE_END &&
           dom0_read(dom0, va - sizeof(code), code, sizeof(code)) &&
           stack_is_call(code);
}

static void guess(const struct dom0 *dom0, uint64_t rsp, struct stack *stack)
{
    uint64_t end = (rsp | (STACK_BYTES - 1)) + 1, value;
    unsigned int guesses = 0;

    for ( rsp = (rsp + 7) & ~7ULL; rsp < end && guesses < MAX_GUESSES;
          rsp += 8 )
    {
        if ( !dom0_read_u64(dom0, rsp, &value) )
            return;
        if ( !is_return(dom0, value) )
            continue;
        stack_add(stack, (struct frame){ .kind = FRAME_CALLER, .guess = true,
                                         .rip = value, .rsp = rsp });
        stack->guessed = true;
        guesses++;
    }
}

static bool read_word(void *arg, uint64_t va, uint64_t *value)
{
    return dom0_read_u64(arg, va, value);
}

void dom0stack_read(const struct dom0 *dom0, const struct names *names,
                    struct vcpu *vcpu)
{
    struct stack *stack = &vcpu->stack;
    uint64_t regs[NR_REGS], rsp;

    memcpy(regs, vcpu->regs.regs, sizeof(regs));
    if ( !vcpu->has_regs || !dom0->root || regs[REG_RIP] < KERNEL_START ||
         regs[REG_RSP] < KERNEL_START )
        return;

    stack_add(stack, (struct frame){ .kind = FRAME_REGISTERS,
        .rip = regs[REG_RIP], .rsp = regs[REG_RSP] });
    do {
        rsp = regs[REG_RSP];
        if ( !names_unwind(names, regs[REG_RIP] - (stack->nr > 1), regs,
                           read_word, (void *)dom0) )
            break;
        if ( regs[REG_RSP] <= rsp || !is_return(dom0, regs[REG_RIP]) )
            return;
        stack_add(stack, (struct frame){ .kind = FRAME_CALLER,
            .rip = regs[REG_RIP], .rsp = regs[REG_RSP] });
    } while ( stack->nr < MAX_FRAMES );

    guess(dom0, rsp, stack);
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
