/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * changing, abandon
 *
 * Attacked: a load that is under way, by another vCPU of the same domain.
 *
 * changing: it changes, without a pause, the bytes that are loaded, and a
 * segment's destination, between a good one and one inside the probe.
 * Must hold: each load is refused for what it is, or accepted; what was
 * checked is what is entered, so the probe and all memory around it are as
 * they have to be; and for a crash image, the digest is of the bytes that were
 * copied.  Some loads have to have met changes.
 *
 * abandon: it takes the loading vCPU off its CPU for good halfway.
 * Must hold: the image that was armed before stays; the next load is served,
 * and when it is unloaded no page is missing; the vCPU, started again, is told
 * that it was too late; what is armed then is entered.
 */
#include "dom0.h"

#define CHANGING_PAGES  16
#define LOADS           400
#define MOST_LOADS      (100 * LOADS)
#define LONG_BYTES      MB(24)

static struct image image;
static uint64_t good, bad;
static uint32_t stop, stopped, changes;

static void change(void *unused)
{
    xen_kexec_segment_t *seg = &image.seg[2];
    volatile uint64_t *bytes = (uint64_t *)(unsigned long)seg->buf.h.p;
    volatile uint64_t *dest = (uint64_t *)&seg->dest_maddr;
    unsigned int i;

    for ( i = 0; !__atomic_load_n(&stop, __ATOMIC_ACQUIRE); i++ )
    {
        bytes[i % (CHANGING_PAGES * PAGE_SIZE / 8)] ^= ~0ull;
        *dest = i & 1 ? good : bad;
        __atomic_store_n(&changes, i + 1, __ATOMIC_RELEASE);
    }

    *dest = good;
    __atomic_store_n(&stopped, 1, __ATOMIC_RELEASE);
}

void scenario_changing(void)
{
    unsigned int i, wrong = 0, accepted = 0, refused = 0, met = 0;
    unsigned int nr = CHANGING_PAGES;
    uint64_t size, before, after;
    long rc;

    image_init(&image, arg_type(), arg_arch());
    image_add_probe_anywhere(&image);
    if ( image.type == KEXEC_TYPE_CRASH )
        good = crash_area(&size) + MB(1);
    else
    {
        good = own_run(nr + 2, image.arch == EM_386 ? GB(4) : 0);
        image_add_area(&image, good, (nr + 2) * PAGE_SIZE);
        good += PAGE_SIZE;
    }
    image_add(&image, good, nr * PAGE_SIZE, nr * PAGE_SIZE);
    image.facts->segment[2].seed = 0;   /* Nobody knows what is loaded. */
    bad = image.seg[0].dest_maddr + PAGE_SIZE;
    image_count_pages(&image);
    before = free_pages();

    if ( !vcpu_run(1, change, NULL) )
        error("there is no second vCPU");

    for ( i = 0; i < LOADS ||
                 (i < MOST_LOADS && (!accepted || !refused || !met)); i++ )
    {
        xen_kexec_load_t load;
        uint32_t earlier;

        image_to_load(&image, &load);
        earlier = __atomic_load_n(&changes, __ATOMIC_ACQUIRE);
        rc = kexec_op(KEXEC_CMD_kexec_load, &load);
        /* One may have been halfway done before. */
        if ( __atomic_load_n(&changes, __ATOMIC_ACQUIRE) - earlier > 1 )
            met++;
        if ( !rc )
            accepted++;
        else if ( rc == -EINVAL )
            refused++;
        else if ( !wrong++ )
            ok(false, "load %u: found %d, expected 0 or %d", i, (int)rc,
               -EINVAL);
        if ( kexec_status(image.type) != !!accepted && !wrong++ )
            ok(false, "status after load %u: found %d, expected %d", i,
               (int)kexec_status(image.type), !!accepted);
    }

    ok(!wrong && accepted && refused && met,
       "loads while they change: %u accepted, %u refused; %u met changes",
       accepted, refused, met);
    ok_eq(kexec_unload(image.type), 0, "unload");
    after = free_pages();
    ok_eq(after, before, "free pages, as before");

    /* One more, which is entered: it was accepted while it changed. */
    do {
        xen_kexec_load_t load;

        image_to_load(&image, &load);
        rc = kexec_op(KEXEC_CMD_kexec_load, &load);
    } while ( rc == -EINVAL );
    ok_eq(rc, 0, "the last load");

    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    while ( !__atomic_load_n(&stopped, __ATOMIC_ACQUIRE) )
        continue;
    image_exec(&image);
}

static struct image long_image;
static uint32_t asked, began, ended;
static long long_rc;

static void yield(void)
{
    hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
}

static void load_long(void *unused)
{
    for ( ; ; )
    {
        uint32_t nr = __atomic_load_n(&asked, __ATOMIC_ACQUIRE);

        if ( nr == ended )
        {
            yield();
            continue;
        }

        __atomic_store_n(&began, nr, __ATOMIC_RELEASE);
        long_rc = image_load(&long_image);
        __atomic_store_n(&ended, nr, __ATOMIC_RELEASE);
    }
}

/* Returns the pages that are free in the end. */
static uint64_t abandon_one(void)
{
    uint64_t before = free_pages();

    /* With one CPU this goes on only when the other gives way, or is done. */
    __atomic_store_n(&asked, asked + 1, __ATOMIC_RELEASE);
    while ( __atomic_load_n(&began, __ATOMIC_ACQUIRE) != asked )
        yield();
    if ( !ok(__atomic_load_n(&ended, __ATOMIC_ACQUIRE) != asked,
             "a load of %u bytes gives way before it is complete",
             (unsigned int)LONG_BYTES) )
        tap_end();
    ok_eq(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_down, 1, 0, 0), 0,
          "the loading vCPU is stopped");
    ok(free_pages() + 64 < before, "it has taken memory: %u pages are free, of "
       "%u", (unsigned int)free_pages(), (unsigned int)before);

    ok_eq(kexec_status(image.type), 1, "status of what was loaded before");
    ok_eq(image_load(&image), 0, "a load in spite of the one under way");
    ok_eq(kexec_status(image.type), 1, "status");

    ok_eq(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0, 0), 0,
          "the other vCPU is started again");
    while ( __atomic_load_n(&ended, __ATOMIC_ACQUIRE) != asked )
        yield();
    ok(long_rc == -EBUSY, "its load: found %d, expected %d", (int)long_rc,
       -EBUSY);

    return free_pages();
}

void scenario_abandon(void)
{
    unsigned int type = arg_type(), i;
    uint64_t size, maddr, before, after = 0;

    if ( nr_cpus() != 1 || vcpu_count() != 2 )
        error("%u CPUs and %u vCPUs, not one and two", nr_cpus(),
              vcpu_count());

    image_init(&image, type, arg_arch());
    image_add_probe_anywhere(&image);
    image_init(&long_image, type, EM_X86_64);
    maddr = type == KEXEC_TYPE_CRASH ? crash_area(&size) + MB(1)
                                     : own_run(LONG_BYTES / PAGE_SIZE, 0);
    image_add(&long_image, maddr, LONG_BYTES, LONG_BYTES);
    long_image.entry = maddr;

    ok_eq(image_load(&image), 0, "the load before");
    if ( !vcpu_run(1, load_long, NULL) )
        error("there is no second vCPU");

    before = abandon_one();
    for ( i = 0; i < 2 * POOL_PAGES; i++ )
        after = abandon_one();
    same_pages(before, after);

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
