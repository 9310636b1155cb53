/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map
 *
 * Attacked: the crash area, by a dom0 that maps it, as its own memory, as
 * Xen's or as I/O memory, to write to it or only to read it.
 * Must hold: every way is refused, for the area's first, middle and last page,
 * before an image is loaded and while one is armed; that one is entered whole.
 */
#include "dom0.h"

static const struct {
    unsigned int domid;
    const char *name;
} owners[] = {
    { DOMID_SELF, "its own" },
    { DOMID_XEN, "Xen's" },
    { DOMID_IO, "I/O memory" },
};

static void refused(uint64_t maddr, const char *when)
{
    unsigned int i, writable;

    for ( i = 0; i < ARRAY_SIZE(owners); i++ )
        for ( writable = 0; writable < 2; writable++ )
        {
            long rc = window_try(0, maddr >> PAGE_SHIFT, owners[i].domid,
                                 writable);

            ok(rc < 0, "%s, %llx as %s, to %s: %d", when,
               (unsigned long long)maddr, owners[i].name,
               writable ? "write" : "read", (int)rc);
            if ( rc >= 0 )
                window_unmap(0);
        }
}

static void all_refused(const char *when)
{
    uint64_t size, maddr = crash_area(&size);

    refused(maddr, when);
    refused((maddr + size / 2) & PAGE_MASK, when);
    refused(maddr + size - PAGE_SIZE, when);
}

void scenario_map(void)
{
    struct image image;
    uint64_t own = va_maddr(pages(1)) & PAGE_MASK;

    /* The way itself is one. */
    ok_eq(window_try(0, own >> PAGE_SHIFT, DOMID_SELF, true), 0,
          "the dom0 maps a page of its own once more");
    window_unmap(0);

    image_init(&image, KEXEC_TYPE_CRASH, arg_arch());
    image_add_probe_anywhere(&image);

    all_refused("unarmed");
    if ( !ok_eq(image_load(&image), 0, "load") )
        return;
    all_refused("armed");

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
