/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rounds
 *
 * Attacked: the accounting of pages (invariants 2 and 8).  Loads,
 * replacements, unloads and loads that fail at every stage follow each other
 * in an order drawn from a seed, for both types where there is a crash area.
 * With mixed=1 (64-bit PVH) each is a native or a compat hypercall, as the
 * seed has it.
 * Must hold: the status follows, and in the end the heap has as many pages as
 * it had before; what is armed last is entered.
 */
#include "dom0.h"

enum step { LOAD, UNLOAD, FAIL_CHECK, FAIL_EARLY, FAIL_LATE, STEPS };

static uint8_t *hole;

/* An image of some pages of pattern; the probe is not in it. */
static void filler(struct image *image, unsigned int type)
{
    uint64_t size;

    image_init(image, type, EM_X86_64);
    if ( type == KEXEC_TYPE_CRASH )
        image_add(image, crash_area(&size) + 5, MB(1), MB(2));
    else
    {
        uint64_t maddr = own_run(512, 0);

        image_add(image, maddr + 3, MB(1), MB(2) - 3);
    }
    image->entry = image->seg[0].dest_maddr;
    image_add_mapping(image, 0, MB(1));
}

static long fail(const struct image *image, enum step step)
{
    xen_kexec_segment_t seg[2];
    xen_kexec_load_t load;
    const uint64_t size = image->seg[0].buf_size;

    image_to_load(image, &load);
    memcpy(seg, image->seg, sizeof(seg));
    set_xen_guest_handle(load.segments.h, seg);

    switch ( step )
    {
    case FAIL_CHECK:
        load.entry_maddr = seg[0].dest_maddr - 1;
        break;

    case FAIL_EARLY:
        set_xen_guest_handle(seg[0].buf.h, hole);
        break;

    default:
        /* All but a few bytes can be read. */
        set_xen_guest_handle(seg[0].buf.h, hole - size + random_below(4096) +
                                           1);
        break;
    }

    return kexec_op(KEXEC_CMD_kexec_load, &load);
}

void scenario_rounds(void)
{
    unsigned int rounds = arg_number("rounds", 1000), i, wrong = 0;
    unsigned int types = 1, done[STEPS] = { 0 }, other = 0;
    bool armed[2] = { false, false };
    struct image image[2], probe;
    xen_kexec_range_t range;
    uint64_t before = 0, after;

    hole = hole_after(257);

    if ( !kexec_get_range(KEXEC_RANGE_MA_CRASH, 0, &range) && range.size )
        types = 2;
    for ( i = 0; i < types; i++ )
        filler(&image[i], i);

    /* Round 0 warms up what Xen keeps for later. */
    for ( i = 0; i <= rounds; i++ )
    {
        unsigned int type = random_below(types);
        enum step step = i ? random_below(STEPS) : LOAD;
        long rc, expected;

        other_form = arg_number("mixed", 0) && random_below(2);
        other += other_form;

        switch ( step )
        {
        case LOAD:
            expected = 0;
            rc = image_load(&image[type]);
            armed[type] = true;
            break;

        case UNLOAD:
            expected = 0;
            rc = kexec_unload(type);
            armed[type] = false;
            break;

        default:
            expected = step == FAIL_CHECK ? -EINVAL : -EFAULT;
            rc = fail(&image[type], step);
            break;
        }

        done[step]++;
        if ( rc != expected && !wrong++ )
            ok(false, "round %u, step %u, type %u: found %d, expected %d", i,
               step, type, (int)rc, (int)expected);

        for ( type = 0; type < types; type++ )
            if ( kexec_status(type) != armed[type] && !wrong++ )
                ok(false, "round %u, step %u: status %d of type %u", i, step,
                   (int)kexec_status(type), type);

        if ( !i )
        {
            for ( type = 0; type < types; type++ )
                kexec_unload(type);
            memset(armed, 0, sizeof(armed));
            before = free_pages();
        }
    }

    other_form = false;
    ok(!wrong, "%u rounds: %u loads, %u unloads, %u, %u and %u failed loads, "
       "%u of all in the other form", rounds, done[LOAD], done[UNLOAD],
       done[FAIL_CHECK], done[FAIL_EARLY], done[FAIL_LATE], other);

    for ( i = 0; i < types; i++ )
        ok_eq(kexec_unload(i), 0, "the last unload of type %u", i);
    after = free_pages();
    ok_eq(after, before, "free pages after all, as before");

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
