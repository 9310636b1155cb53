/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * points
 *
 * Attacked: invariant 3, at every point at which a load can be preempted: with
 * crash-test-point=N on Xen's command line, Xen crashes at the N-th one after
 * debug key X (see patches/test).
 * Must hold: of two images one is entered, whole; each has its probe where the
 * other has its bytes.  With fail=1, a load that fails in the end, it is the
 * one that was armed.  When there are fewer than N points, the scenario says
 * so.
 */
#include "dom0.h"

#define FILL_BYTES  (KB(72) + 333)

static struct image image[2];

/* The last byte of the second image's first segment cannot be read. */
static void spoil(struct image *bad)
{
    uint8_t *hole = hole_after(PAGE_UP(FILL_BYTES) / PAGE_SIZE);

    set_xen_guest_handle(bad->seg[0].buf.h, hole - FILL_BYTES + 1);
}

void scenario_points(void)
{
    uint64_t size;

    image_init(&image[0], KEXEC_TYPE_CRASH, arg_arch());
    image_init(&image[1], KEXEC_TYPE_CRASH, arg_arch());
    image_fill_pair(image, crash_area(&size), FILL_BYTES);

    if ( !ok_eq(image_load(&image[0]), 0, "the first load") )
        return;

    image_seal(&image[1]);
    if ( arg_number("fail", 0) )
        spoil(&image[1]);

    crash_by_hook();
    image_load_sealed(&image[1]);

    print("# no such point\n");
    crash_by_hook();
    ok(false, "debug key X does not return when an image is armed");
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
