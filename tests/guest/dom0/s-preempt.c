/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * preempt
 *
 * Attacked: invariant 7.  Two vCPUs share one CPU: while one is in the
 * hypercall, the other runs only when the hypercall gives way.
 * Must hold: it runs again and again during a long load; what was loaded piece
 * by piece is entered whole.
 */
#include "dom0.h"

#define BYTES   MB(24)

/* One turn is at the end of any hypercall, and one may come by before it. */
#define TURNS   4

static uint32_t turns;

static void count_turns(void *unused)
{
    for ( ; ; )
    {
        __atomic_add_fetch(&turns, 1, __ATOMIC_RELEASE);
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
    }
}

void scenario_preempt(void)
{
    uint64_t size, maddr = crash_area(&size);
    struct image image;
    uint32_t before;

    if ( nr_cpus() != 1 || vcpu_count() != 2 )
        error("%u CPUs and %u vCPUs, not one and two", nr_cpus(),
              vcpu_count());

    image_init(&image, KEXEC_TYPE_CRASH, arg_arch());
    image_add_probe_anywhere(&image);
    image_add(&image, maddr + MB(1), BYTES, BYTES);

    if ( !vcpu_run(1, count_turns, NULL) )
        error("there is no second vCPU");

    before = __atomic_load_n(&turns, __ATOMIC_ACQUIRE);
    ok_eq(image_load(&image), 0, "a load of %u bytes", (unsigned int)BYTES);
    before = __atomic_load_n(&turns, __ATOMIC_ACQUIRE) - before;
    ok(before >= TURNS, "the other vCPU has had %u turns, expected %u", before,
       TURNS);

    image_exec(&image);
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
