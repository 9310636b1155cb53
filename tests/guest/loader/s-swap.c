/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap
 *
 * Attacked: invariant 3.  One vCPU replaces the image over and over by another
 * that has its probe where the first has its bytes, and its bytes where the
 * first has its probe; the other execs, or crashes, while a load is under way,
 * at a moment that the seed draws.
 * Must hold: one of the two images is entered, whole.
 */
#include "dom0.h"

#define FILL_BYTES  (KB(256) + 333)

/* How often a moment may turn out to be between two loads. */
#define MOMENTS     1000

static struct image image[2];
static unsigned int pauses;
/* Loads that have begun, and that have ended. */
static uint32_t begun, loads;

static void replace(void *unused)
{
    unsigned int i;

    for ( i = 0; ; i++ )
    {
        long rc;

        __atomic_add_fetch(&begun, 1, __ATOMIC_RELEASE);
        rc = image_load(&image[i & 1]);
        if ( rc && rc != -EBUSY )
            error("load %u: %d", i, (int)rc);
        __atomic_add_fetch(&loads, 1, __ATOMIC_RELEASE);
    }
}

static bool load_under_way(void)
{
    uint32_t nr = __atomic_load_n(&begun, __ATOMIC_ACQUIRE);

    return __atomic_load_n(&loads, __ATOMIC_ACQUIRE) != nr;
}

static void wait_for_moment(void)
{
    unsigned int i, pause;

    for ( i = 0; i < MOMENTS; i++ )
    {
        for ( pause = 0; pause < pauses; pause++ )
            asm volatile ( "pause" );
        if ( load_under_way() )
            return;
    }

    error("%u moments, and no load was under way", MOMENTS);
}

void scenario_swap(void)
{
    unsigned int type = arg_type(), enough = 1 + random_below(4);
    uint64_t maddr, size;

    pauses = random_below(1u << (8 + random_below(9)));
    image_init(&image[0], type, arg_arch());
    image_init(&image[1], type, arg_arch());

    size = PAGE_UP(FILL_BYTES) + PAGE_UP(image_probe_size(&image[0]));
    if ( type == KEXEC_TYPE_CRASH )
        maddr = crash_area(&size);
    else
    {
        maddr = own_run(size / PAGE_SIZE, GB(4));
        /* The same canaries for both: what no segment of it covers. */
        image_add_area(&image[0], maddr, size);
        image[1].facts->nr_areas = 1;
        image[1].facts->area[0] = image[0].facts->area[0];
    }

    image_fill_pair(image, maddr, FILL_BYTES);

    if ( !ok_eq(image_load(&image[0]), 0, "the first load") )
        return;

    if ( !vcpu_run(1, replace, NULL) )
        error("there is no second vCPU");

    while ( __atomic_load_n(&loads, __ATOMIC_ACQUIRE) < enough )
        continue;

    print("# after %u replacements\n", loads);
    image_exec_when(&image[0], wait_for_moment);
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
