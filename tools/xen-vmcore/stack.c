/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames of C are unwound by xen-syms' call frame information.  Xen's entry
 * code has none: there the stack pointer is at the registers that it saved
 * (struct cpu_user_regs), and unwinding goes on with those.  Where neither
 * helps, all that looks like a return address is listed, as a guess.
 */

#include <stdlib.h>

#include "saved.h"
#include "stack.h"
#include "xensyms.h"

/* xen/arch/x86/include/asm/config.h, STACK_ORDER 3. */
#define STACK_SIZE 0x8000
#define MAX_STACK  (1u << 20)

#define MAX_FRAMES  64
#define MAX_GUESSES 32

#define RPL(cs) ((cs) & 3)

/* The stacks of a CPU are in one aligned piece, struct cpu_info on its top. */
struct bounds {
    uint64_t start, end;
    uint64_t bottom;            /* Where the first function began */
};

static bool in_bounds(const struct bounds *bounds, uint64_t va)
{
    return va >= bounds->start && va < bounds->end && !(va & 7);
}

static bool read_word(void *arg, uint64_t va, uint64_t *value)
{
    return dump_read_u64(arg, va, value);
}

void stack_add(struct stack *stack, struct frame frame)
{
    stack->frames = must_realloc(stack->frames, stack->nr + 1,
                                 sizeof(*stack->frames));
    stack->frames[stack->nr++] = frame;
}

/* E8 with 4 bytes, or FF /2 with 0, 1 or 4, and SIB. */
bool stack_is_call(const uint8_t code[CALL_BYTES])
{
    static const uint8_t behind_ff[] = { 2, 3, 4, 6, 7 };
    size_t i;

    if ( code[CALL_BYTES - 5] == 0xe8 )
        return true;

    for ( i = 0; i < sizeof(behind_ff); i++ )
    {
        const uint8_t *at = code + CALL_BYTES - behind_ff[i];

        if ( at[0] == 0xff && (at[1] & 0x38) == 0x10 )
            return true;
    }

    return false;
}

static bool follows_call(const struct dump *dump, uint64_t va)
{
    uint8_t code[CALL_BYTES];

    return dump_is_text(dump, va) &&
           dump_read(dump, va - sizeof(code), code, sizeof(code)) &&
           stack_is_call(code);
}

static bool is_guest(const struct saved *saved)
{
    return RPL(saved->words[SAVED_CS]) && RPL(saved->words[SAVED_SS]);
}

/* Can this be what was saved of Xen?  In 64-bit mode SS may be null. */
static bool is_xen(const struct dump *dump, const struct bounds *bounds,
                   const struct saved *saved)
{
    return (uint16_t)saved->words[SAVED_CS] == XEN_CS &&
           !RPL(saved->words[SAVED_SS]) &&
           dump_is_text(dump, saved->words[SAVED_RIP]) &&
           in_bounds(bounds, saved->words[SAVED_RSP] & ~7ULL);
}

static struct frame frame_of(const struct saved *saved)
{
    return (struct frame){
        .kind = is_guest(saved) ? FRAME_GUEST : FRAME_REGISTERS,
        .rip = saved->words[SAVED_RIP],
        .rsp = saved->words[SAVED_RSP],
        .vector = saved->words[SAVED_VECTOR] >> 32,
    };
}

static void guess(const struct dump *dump, const struct bounds *bounds,
                  uint64_t rsp, struct stack *stack)
{
    unsigned int guesses = 0;
    uint64_t value;

    for ( rsp = (rsp + 7) & ~7ULL;
          in_bounds(bounds, rsp) && guesses < MAX_GUESSES; rsp += 8 )
    {
        struct frame frame = {
            .kind = FRAME_CALLER, .rsp = rsp,
        };
        struct saved saved;

        if ( dump_read(dump, rsp, &saved, sizeof(saved)) &&
             is_xen(dump, bounds, &saved) )
        {
            frame = frame_of(&saved);
            /* Those below it are of no more interest. */
            if ( frame.rsp > rsp + sizeof(saved) )
                rsp = (frame.rsp & ~7ULL) - 8;
        }
        else if ( dump_read_u64(dump, rsp, &value) &&
                  follows_call(dump, value) )
            frame.rip = value;
        else
            continue;

        frame.guess = stack->guessed = true;
        stack_add(stack, frame);
        guesses++;
    }
}

/*
 * Registers that entry code has saved where the stack pointer is.  @stack
 * says by its last frame when they are a guest's.
 */
static bool interrupted(const struct dump *dump, const struct bounds *bounds,
                        uint64_t regs[NR_REGS], struct stack *stack)
{
    struct saved saved;

    if ( !in_bounds(bounds, regs[REG_RSP]) ||
         !dump_read(dump, regs[REG_RSP], &saved, sizeof(saved)) ||
         !(is_guest(&saved) || is_xen(dump, bounds, &saved)) )
        return false;

    saved_regs(&saved, regs);
    stack_add(stack, frame_of(&saved));

    return true;
}

/* One step: false at the end. */
static bool step(const struct dump *dump, const struct bounds *bounds,
                 uint64_t regs[NR_REGS], struct stack *stack)
{
    const struct frame *last = &stack->frames[stack->nr - 1];
    uint64_t rsp = regs[REG_RSP];
    bool is_return = last->kind == FRAME_CALLER;

    if ( xensyms_unwind(dump->xensyms, regs[REG_RIP] - is_return, regs,
                        read_word, (void *)dump) )
    {
        /* The outermost function was jumped to. */
        if ( !follows_call(dump, regs[REG_RIP]) || regs[REG_RSP] <= rsp ||
             regs[REG_RSP] > bounds->bottom )
            return false;
        stack_add(stack, (struct frame){ .kind = FRAME_CALLER,
            .rip = regs[REG_RIP], .rsp = regs[REG_RSP] });
        return true;
    }

    if ( is_return && interrupted(dump, bounds, regs, stack) )
        return stack->frames[stack->nr - 1].kind != FRAME_GUEST;

    guess(dump, bounds, rsp, stack);

    return false;
}

static struct bounds find_bounds(const struct dump *dump, unsigned int cpu,
                                 uint64_t rsp)
{
    struct bounds bounds = {};
    uint64_t size = STACK_SIZE, bases, info;

    dump_number(dump, "STACK_SIZE", &size);
    if ( !size || (size & (size - 1)) || size > MAX_STACK )
        size = STACK_SIZE;

    if ( !dump_symbol(dump, "stack_base", &bases) ||
         !dump_read_u64(dump, bases + 8 * (uint64_t)cpu, &bounds.start) ||
         !bounds.start || (bounds.start & (size - 1)) )
        bounds.start = rsp & ~(size - 1);
    bounds.bottom = bounds.end = bounds.start + size;
    if ( dump_size(dump, "cpu_info", &info) && info < size )
        bounds.bottom -= info;

    return bounds;
}

uint64_t stack_guest_regs(const struct dump *dump, unsigned int cpu)
{
    struct bounds bounds = find_bounds(dump, cpu, 0);
    uint64_t size, at;

    return bounds.start && dump_size(dump, "cpu_info", &size) &&
           dump_offset(dump, "cpu_info", "guest_cpu_user_regs", &at)
           ? bounds.end - size + at : 0;
}

/* struct cpu_info is at the top of the stack. */
static void find_current(const struct dump *dump, const struct bounds *bounds,
                         struct stack *stack)
{
    uint64_t size, at, domain, vcpu_id, vcpu_domain, domain_id;

    stack->has_current =
        dump_size(dump, "cpu_info", &size) &&
        dump_offset(dump, "cpu_info", "current_vcpu", &at) &&
        dump_offset(dump, "vcpu", "vcpu_id", &vcpu_id) &&
        dump_offset(dump, "vcpu", "domain", &vcpu_domain) &&
        dump_offset(dump, "domain", "domain_id", &domain_id) &&
        dump_read_u64(dump, bounds->end - size + at, &stack->current_va) &&
        dump_read_u32(dump, stack->current_va + vcpu_id, &stack->vcpu) &&
        dump_read_u64(dump, stack->current_va + vcpu_domain, &domain) &&
        dump_read(dump, domain + domain_id, &stack->domain,
                  sizeof(stack->domain));
}

void stack_read(const struct dump *dump, unsigned int cpu,
                struct stack *stack)
{
    const struct cpu *regs_of = &dump->notes.cpus[cpu];
    uint64_t regs[NR_REGS];
    struct bounds bounds = find_bounds(dump, cpu, regs_of->regs[REG_RSP]);
    unsigned int reg;

    *stack = (struct stack){};
    if ( !cpu_has_registers(regs_of) )
        return;

    stack->end = bounds.end;
    find_current(dump, &bounds, stack);
    for ( reg = 0; reg < NR_REGS; reg++ )
        regs[reg] = regs_of->regs[reg];

    /* The kernel of an HVM guest runs at ring 0 as well. */
    stack->in_guest = regs_of->cs != XEN_CS;
    stack_add(stack, (struct frame){
        .kind = stack->in_guest ? FRAME_GUEST : FRAME_REGISTERS,
        .rip = regs[REG_RIP], .rsp = regs[REG_RSP] });
    if ( stack->in_guest )
        return;

    while ( stack->nr < MAX_FRAMES && step(dump, &bounds, regs, stack) )
        continue;
}

uint64_t stack_words(const struct dump *dump, const struct stack *stack,
                     uint64_t **words, size_t *nr)
{
    uint64_t start = stack->nr ? stack->frames[0].rsp & ~7ULL : 0;
    uint64_t page, next;

    *words = NULL;
    *nr = 0;
    if ( stack->in_guest || start >= stack->end ||
         stack->end - start > MAX_STACK )
        return 0;

    *words = must_alloc((stack->end - start) / 8, 8);
    for ( page = start; page < stack->end; page = next )
    {
        next = (page | 0xfff) + 1;
        if ( next > stack->end )
            next = stack->end;
        if ( !dump_read(dump, page, *words + *nr, next - page) )
            break;
        *nr += (next - page) / 8;
    }

    return start;
}

void stack_free(struct stack *stack)
{
    free(stack->frames);
    *stack = (struct stack){};
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
