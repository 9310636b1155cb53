/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * points
 *
 * Attacked: invariant 3, at every point at which a load can be preempted: with
 * crash-test-point=N on Xen's command line, Xen crashes at the N-th one after
 * debug key X (see patches/test).
 * Must hold: with op=replace, one of two images is entered, whole; each has
 * its probe where the other has its bytes.  With op=fail, a load that fails in
 * the end, it is the one that was armed; with op=unload there is none, and the
 * machine is reset.  When the operation comes to its end, there are less than
 * N points, and the scenario says so.
 */
#include "dom0.h"

#define FILL_BYTES  (KB(200) + 333)

static struct image image[2];

/* The last byte of the second image's first segment cannot be read. */
static void spoil(struct image *bad)
{
    uint8_t *hole = hole_after(PAGE_UP(FILL_BYTES) / PAGE_SIZE);

    set_xen_guest_handle(bad->seg[0].buf.h, hole - FILL_BYTES + 1);
}

void scenario_points(void)
{
    uint64_t maddr, size, fill = PAGE_UP(FILL_BYTES);
    bool fail = arg_is("op", "fail"), unload = arg_is("op", "unload");

    image_init(&image[0], KEXEC_TYPE_CRASH, arg_arch());
    image_init(&image[1], KEXEC_TYPE_CRASH, arg_arch());
    maddr = crash_area(&size);

    image_add_probe(&image[0], maddr);
    image_add(&image[0], maddr + PAGE_UP(image_probe_size(&image[0])),
              FILL_BYTES, FILL_BYTES);
    image_add(&image[1], maddr, FILL_BYTES, fill);
    image_add_probe(&image[1], maddr + fill);

    if ( !ok_eq(image_load(&image[0]), 0, "the first load") )
        return;

    image_seal(&image[1]);
    if ( fail )
        spoil(&image[1]);

    crash_by_hook();
    if ( unload )
        kexec_unload(KEXEC_TYPE_CRASH);
    else
        image_load_sealed(&image[1]);

    print("# no such point\n");
    crash_by_hook();
    ok(unload, "debug key X does not return when an image is armed");
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
