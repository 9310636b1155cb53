/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * race
 *
 * Attacked: the slots, by vCPUs that load, unload and ask for the status
 * against each other, while the bytes that they load change.
 * Must hold: each answer is one that the interface has (done, busy), no page is
 * lost, and the image that is armed last, alone, is entered.
 */
#include "dom0.h"

#define MAX_VCPUS   8

static struct image image[MAX_VCPUS];
static unsigned int rounds;
static uint32_t ready, go, running, wrong, done, busy;

static void bother(void *data)
{
    struct image *mine = data;
    uint8_t *buf = (uint8_t *)mine->seg[0].buf.h.p;
    unsigned int i;

    __atomic_add_fetch(&ready, 1, __ATOMIC_RELEASE);
    while ( !__atomic_load_n(&go, __ATOMIC_ACQUIRE) )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);

    for ( i = 0; i < rounds; i++ )
    {
        long rc;

        buf[i % PAGE_SIZE]++;
        switch ( (i + (mine - image)) % 4 )
        {
        case 0:
        case 1:
            rc = image_load(mine);
            break;

        case 2:
            rc = kexec_unload(mine->type);
            break;

        default:
            rc = kexec_status(mine->type);
            if ( rc == 1 )
                rc = 0;
            break;
        }

        if ( !rc )
            __atomic_add_fetch(&done, 1, __ATOMIC_RELAXED);
        else if ( rc == -EBUSY )
            __atomic_add_fetch(&busy, 1, __ATOMIC_RELAXED);
        else
        {
            __atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
            print("# vCPU %u, round %u: %d\n", (unsigned int)(mine - image), i,
                  (int)rc);
        }
    }

    __atomic_sub_fetch(&running, 1, __ATOMIC_RELEASE);
}

void scenario_race(void)
{
    unsigned int vcpus = min(vcpu_count(), (unsigned int)MAX_VCPUS), i;
    struct image probe;
    uint64_t before;

    rounds = arg_number("rounds", 300);
    if ( vcpus < 2 )
        error("the scenario needs two vCPUs");

    for ( i = 0; i < vcpus; i++ )
    {
        uint64_t maddr = own_run(300, 0);

        image_init(&image[i], KEXEC_TYPE_DEFAULT, EM_X86_64);
        image_add(&image[i], maddr + i, MB(1), MB(1));
        image[i].entry = image[i].seg[0].dest_maddr;
    }

    /* Warm up, then count. */
    image_load(&image[0]);
    kexec_unload(KEXEC_TYPE_DEFAULT);

    running = vcpus;
    for ( i = 1; i < vcpus; i++ )
        if ( !vcpu_run(i, bother, &image[i]) )
            error("vCPU %u does not start", i);
    while ( __atomic_load_n(&ready, __ATOMIC_ACQUIRE) != vcpus - 1 )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
    before = free_pages();
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    bother(&image[0]);
    while ( __atomic_load_n(&running, __ATOMIC_ACQUIRE) )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);

    ok_eq(wrong, 0, "answers that the interface does not have");
    print("# %u done, %u found it busy\n", done, busy);
    ok_eq(kexec_unload(KEXEC_TYPE_DEFAULT), 0, "the last unload");
    ok_eq(free_pages(), before, "free pages after all, as before");

    image_init(&probe, KEXEC_TYPE_DEFAULT, arg_arch());
    image_add_probe_anywhere(&probe);
    image_run(&probe);
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * indent-tabs-mode: nil
 * End:
 */
