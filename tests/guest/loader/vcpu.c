/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * More than one vCPU.
 */
#include "dom0.h"

#define STACK_PAGES 4

extern const uint8_t vcpu_start[];

/* Handed to the one vCPU that is being started. */
static struct {
    void (*fn)(void *);
    void *data;
} start;

void vcpu_main(void)
{
    void (*fn)(void *) = start.fn;
    void *data = start.data;

    __atomic_store_n(&start.fn, NULL, __ATOMIC_RELEASE);
    fn(data);

    /* Nothing left to do: stay off the CPU for good. */
    for ( ; ; )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
}

unsigned int vcpu_count(void)
{
    unsigned int vcpu = 0;

    while ( hypercall(__HYPERVISOR_vcpu_op, VCPUOP_is_up, vcpu, 0, 0) >= 0 )
        vcpu++;

    return vcpu;
}

bool vcpu_run(unsigned int vcpu, void (*fn)(void *), void *data)
{
    static struct vcpu_guest_context context;
    uint8_t *stack = pages(STACK_PAGES);
    unsigned long cr3;

    memset(&context, 0, sizeof(context));
    asm volatile ( "mov %%cr3, %0" : "=r" (cr3) );
    context.flags = VGCF_in_kernel;
    context.ctrlreg[3] = cr3;
#ifdef __x86_64__
    context.user_regs.rip = ARG(vcpu_start);
    context.user_regs.rsp = ARG(stack + STACK_PAGES * PAGE_SIZE - 16);
    context.kernel_sp = context.user_regs.rsp;
#else
    context.user_regs.eip = ARG(vcpu_start);
    context.user_regs.esp = ARG(stack + STACK_PAGES * PAGE_SIZE - 16);
    context.kernel_sp = context.user_regs.esp;
#endif
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.user_regs.ds = FLAT_KERNEL_DS;
    context.user_regs.es = FLAT_KERNEL_DS;
    context.kernel_ss = FLAT_KERNEL_SS;

    start.data = data;
    start.fn = fn;
    if ( hypercall(__HYPERVISOR_vcpu_op, VCPUOP_initialise, vcpu,
                   ARG(&context), 0) ||
         hypercall(__HYPERVISOR_vcpu_op, VCPUOP_up, vcpu, 0, 0) )
        return false;

    while ( __atomic_load_n(&start.fn, __ATOMIC_ACQUIRE) )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);

    return true;
}

/* vCPUs that have not come to where they meet. */
static uint32_t missing;

void vcpu_expect(unsigned int nr)
{
    __atomic_store_n(&missing, nr, __ATOMIC_RELEASE);
}

void vcpu_meet(void)
{
    if ( !__atomic_load_n(&missing, __ATOMIC_ACQUIRE) )
        return;

    __atomic_sub_fetch(&missing, 1, __ATOMIC_ACQ_REL);
    while ( __atomic_load_n(&missing, __ATOMIC_ACQUIRE) )
        continue;
}

static void beat(void *unused)
{
    volatile uint64_t *beats = &live_page()->beats;
    unsigned int i;

    /* In the domain as well as in Xen. */
    for ( i = 0; ; i++ )
    {
        ++*beats;
        if ( !(i % 1024) )
            hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
    }
}

void vcpu_keep_others_busy(void)
{
    unsigned int vcpu, nr = vcpu_count();

    for ( vcpu = 1; vcpu < nr; vcpu++ )
        if ( !vcpu_run(vcpu, beat, NULL) )
            error("vCPU %u does not start", vcpu);

    while ( nr > 1 && !*(volatile uint64_t *)&live_page()->beats )
        continue;
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
