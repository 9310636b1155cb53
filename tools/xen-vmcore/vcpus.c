/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's registers are in struct vcpu, unless a CPU still has its state
 * (vcpu.dirty_cpu): then they are where Xen's entry code saved them, on the
 * top of that CPU's stack, or, if it was in the guest, in the CPU's note.  Of
 * an HVM guest, segment registers are in the processor's own structures,
 * which are not read.
 */

#include <stdlib.h>

#include "saved.h"
#include "vcpus.h"

/* xen/include/xen/sched.h */
#define MAX_VCPUS 8192

struct layout {
    uint64_t id, processor, dirty_cpu, runstate, pause_flags, pause_count;
    uint64_t regs;
    bool has_state, has_regs;
};

static bool find_layout(const struct dump *dump, struct layout *layout)
{
    static const char type[] = "vcpu";

    layout->has_state =
        dump_offset(dump, type, "processor", &layout->processor) &&
        dump_offset(dump, type, "runstate.state", &layout->runstate) &&
        dump_offset(dump, type, "pause_flags", &layout->pause_flags) &&
        dump_offset(dump, type, "pause_count", &layout->pause_count);
    layout->has_regs =
        dump_offset(dump, type, "dirty_cpu", &layout->dirty_cpu) &&
        dump_offset(dump, type, "arch.user_regs", &layout->regs);

    return dump_offset(dump, type, "vcpu_id", &layout->id);
}

/* Is the CPU, by its note, in the guest that this vCPU is of? */
static bool is_in_guest(const struct stack *stack, uint64_t va)
{
    return stack->in_guest && stack->current_va == va;
}

static bool read_regs(const struct dump *dump, const struct stack *stacks,
                      const struct layout *layout, uint64_t va,
                      struct cpu *regs)
{
    uint64_t at = va + layout->regs;
    struct saved saved;
    uint32_t cpu;

    if ( !layout->has_regs ||
         !dump_read_u32(dump, va + layout->dirty_cpu, &cpu) )
        return false;

    if ( cpu < dump->notes.nr_cpus )
    {
        if ( is_in_guest(&stacks[cpu], va) )
        {
            *regs = dump->notes.cpus[cpu];
            regs->has_control = false;
            return true;
        }
        at = stack_guest_regs(dump, cpu);
    }
    if ( !at || !dump_read(dump, at, &saved, sizeof(saved)) )
        return false;

    saved_regs(&saved, regs->regs);
    regs->cs = (uint16_t)saved.words[SAVED_CS];
    regs->ss = (uint16_t)saved.words[SAVED_SS];
    regs->rflags = saved.words[SAVED_RFLAGS];

    return true;
}

static bool read_vcpu(const struct dump *dump, const struct stack *stacks,
                      const struct layout *layout, uint64_t va,
                      struct vcpu *vcpu)
{
    *vcpu = (struct vcpu){};
    if ( !dump_read_u32(dump, va + layout->id, &vcpu->id) )
        return false;

    vcpu->has_state =
        layout->has_state &&
        dump_read_u32(dump, va + layout->processor, &vcpu->processor) &&
        dump_read_u32(dump, va + layout->runstate, &vcpu->runstate) &&
        dump_read_u64(dump, va + layout->pause_flags, &vcpu->pause_flags) &&
        dump_read_u32(dump, va + layout->pause_count, &vcpu->pause_count);
    vcpu->has_regs = read_regs(dump, stacks, layout, va, &vcpu->regs);

    return true;
}

void vcpus_read(const struct dump *dump, const struct stack *stacks,
                uint64_t array, uint32_t max, size_t budget,
                struct vcpus *vcpus)
{
    struct layout layout;
    uint32_t i;

    *vcpus = (struct vcpus){};
    if ( !find_layout(dump, &layout) )
        return;

    for ( i = 0; i < max && i < MAX_VCPUS && vcpus->nr < budget; i++ )
    {
        struct vcpu vcpu;
        uint64_t va;

        if ( !dump_read_u64(dump, array + 8 * (uint64_t)i, &va) || !va ||
             !read_vcpu(dump, stacks, &layout, va, &vcpu) )
            continue;
        vcpus->list = must_realloc(vcpus->list, vcpus->nr + 1, sizeof(vcpu));
        vcpus->list[vcpus->nr++] = vcpu;
    }
}

void vcpus_free(struct vcpus *vcpus)
{
    size_t i;

    for ( i = 0; i < vcpus->nr; i++ )
        stack_free(&vcpus->list[i].stack);
    free(vcpus->list);
    *vcpus = (struct vcpus){};
}

const char *vcpu_runstate_name(uint32_t runstate)
{
    /* xen/include/public/vcpu.h */
    static const char *const names[] = {
        "running", "runnable", "blocked", "offline",
    };

    return runstate < sizeof(names) / sizeof(*names) ? names[runstate] : "?";
}

const char *vcpu_pause_flag(unsigned int bit)
{
    /* xen/include/xen/sched.h, _VPF_*; "down": not brought up yet. */
    static const char *const names[] = {
        "blocked", "down", "blocked in Xen", "migrating", "memory paging",
        "memory access", "memory sharing", "in reset", "parked",
    };

    return bit < sizeof(names) / sizeof(*names) ? names[bit] : NULL;
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
