/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * race
 *
 * Attacked: the slots, by vCPUs that load, unload and ask for the status
 * against each other, while the bytes that they load change.
 * Must hold: each answer is one that the interface has (done, busy), no page
 * is lost, and the image that is armed last, alone, is entered.  Operations
 * have to have met in the hypercall: otherwise nothing was attacked.
 */
#include "dom0.h"

#define MAX_VCPUS   8

static struct image image[MAX_VCPUS];
static unsigned int rounds;
static uint32_t phase, finished, wrong, done, busy;
/* Operations that have begun and not ended; that met another one. */
static uint32_t under_way, met;

static void pause_until(const uint32_t *word, uint32_t value)
{
    while ( __atomic_load_n(word, __ATOMIC_ACQUIRE) != value )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
}

static long bother_once(struct image *mine, unsigned int i)
{
    uint8_t *buf = (uint8_t *)mine->seg[0].buf.h.p;
    long rc;

    buf[i % PAGE_SIZE]++;
    switch ( (i + (mine - image)) % 4 )
    {
    case 0:
    case 1:
        return image_load(mine);

    case 2:
        return kexec_unload(mine->type);

    default:
        rc = kexec_status(mine->type);
        return rc == 1 ? 0 : rc;
    }
}

static void bother(struct image *mine)
{
    unsigned int i;

    for ( i = 0; i < rounds; i++ )
    {
        long rc;

        if ( __atomic_fetch_add(&under_way, 1, __ATOMIC_ACQ_REL) )
            __atomic_add_fetch(&met, 1, __ATOMIC_RELAXED);
        rc = bother_once(mine, i);
        __atomic_sub_fetch(&under_way, 1, __ATOMIC_ACQ_REL);

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

    __atomic_add_fetch(&finished, 1, __ATOMIC_RELEASE);
}

static void other_vcpu(void *mine)
{
    pause_until(&phase, 1);
    bother(mine);
    pause_until(&phase, 2);
    bother(mine);
}

/* All vCPUs at it; returns the pages that are free when all is unloaded. */
static uint64_t all_bother(unsigned int vcpus, uint32_t nr)
{
    __atomic_store_n(&phase, nr, __ATOMIC_RELEASE);
    bother(&image[0]);
    pause_until(&finished, nr * vcpus);

    ok_eq(wrong, 0, "answers that the interface does not have");
    ok(met, "of %u operations, %u met another one", done + busy, met);
    print("# %u done, %u found it busy\n", done, busy);
    done = busy = met = 0;
    ok_eq(kexec_unload(KEXEC_TYPE_DEFAULT), 0, "the last unload");

    return free_pages();
}

void scenario_race(void)
{
    unsigned int vcpus = min(vcpu_count(), (unsigned int)MAX_VCPUS), i;
    struct image probe;
    uint64_t before, after;

    if ( vcpus < 2 )
        error("the scenario needs two vCPUs");

    for ( i = 0; i < vcpus; i++ )
    {
        uint64_t maddr = own_run(300, 0);

        image_init(&image[i], KEXEC_TYPE_DEFAULT, EM_X86_64);
        image_add(&image[i], maddr + i, MB(1), MB(1));
        image[i].entry = image[i].seg[0].dest_maddr;
    }

    for ( i = 1; i < vcpus; i++ )
        if ( !vcpu_run(i, other_vcpu, &image[i]) )
            error("vCPU %u does not start", i);

    /* First to warm up what Xen keeps for later, then to count. */
    rounds = arg_number("rounds", 300) / 4;
    before = all_bother(vcpus, 1);
    rounds *= 4;
    after = all_bother(vcpus, 2);
    same_pages(before, after);

    image_init(&probe, KEXEC_TYPE_DEFAULT, arg_arch());
    image_add_probe_anywhere(&probe);
    image_run(&probe);
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
