/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map
 *
 * Attacked: the crash area, by a dom0 that maps it.  A PV one does it as its
 * own memory, as Xen's or as I/O memory, to write to it or only to read it; a
 * PVH one as I/O memory, or as memory of another domain.  Each may also permit
 * I/O memory to other domains, and to itself.
 * Must hold: every way is refused, for the area's first, middle and last page,
 * before an image is loaded and while one is armed; that one is entered whole.
 */
#include "dom0.h"
#include "domu.h"

/* Where a PVH dom0 has no memory, and what it has at the same address. */
#define HOLE_GFN        0x1000000
#define VGA_MFN         0xb8

struct way {
    const char *name;
    long (*map)(const struct way *way, uint64_t mfn);
    unsigned int domid;
    bool writable;
};

static long map_window(const struct way *way, uint64_t mfn)
{
    long rc = window_try(0, mfn, way->domid, way->writable);

    if ( !rc )
        window_unmap(0);

    return rc;
}

static long map_io(const struct way *way, uint64_t mfn)
{
    struct xen_domctl op = {
        .u.memory_mapping = {
            .first_gfn = HOLE_GFN,
            .first_mfn = mfn,
            .nr_mfns = 1,
            .add_mapping = true,
        },
    };

    return domctl(&op, XEN_DOMCTL_memory_mapping);
}

static long map_foreign(const struct way *way, uint64_t mfn)
{
    xen_ulong_t idx = mfn;
    xen_pfn_t gpfn = HOLE_GFN;
    int error = 0;
    struct xen_add_to_physmap_batch add = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_gmfn_foreign,
        .size = 1,
        .u.foreign_domid = way->domid,
    };
    long rc;

    set_xen_guest_handle(add.idxs, &idx);
    set_xen_guest_handle(add.gpfns, &gpfn);
    set_xen_guest_handle(add.errs, &error);
    rc = hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch,
                   ARG(&add), 0, 0);

    return rc ? rc : error;
}

static long permit(const struct way *way, uint64_t mfn)
{
    struct xen_domctl op = {
        .u.iomem_permission = {
            .first_mfn = mfn,
            .nr_mfns = 1,
            .allow_access = true,
        },
    };

    return domctl(&op, XEN_DOMCTL_iomem_permission);
}

#define READ(text, domain) \
    { .name = text ", to read", .map = map_window, .domid = domain }
#define WRITE(text, domain) \
    { .name = text ", to write", .map = map_window, .domid = domain, \
      .writable = true }
#define FOREIGN(text, domain) \
    { .name = text, .map = map_foreign, .domid = domain }

static const struct way pv_ways[] = {
    READ("mapped as its own", DOMID_SELF),
    WRITE("mapped as its own", DOMID_SELF),
    READ("mapped as Xen's", DOMID_XEN),
    WRITE("mapped as Xen's", DOMID_XEN),
    READ("mapped as I/O memory", DOMID_IO),
    WRITE("mapped as I/O memory", DOMID_IO),
    { .name = "permitted as I/O memory", .map = permit },
};

static const struct way pvh_ways[] = {
    FOREIGN("mapped as Xen's", DOMID_XEN),
    FOREIGN("mapped as I/O memory of DOMID_IO", DOMID_IO),
    { .name = "mapped as I/O memory", .map = map_io },
    { .name = "permitted as I/O memory", .map = permit },
};

static void refused(uint64_t maddr, const char *when)
{
    const struct way *ways = pvh ? pvh_ways : pv_ways;
    unsigned int i, nr = pvh ? ARRAY_SIZE(pvh_ways) : ARRAY_SIZE(pv_ways);

    for ( i = 0; i < nr; i++ )
    {
        long rc = ways[i].map(&ways[i], maddr >> PAGE_SHIFT);

        ok(rc < 0, "%s, %llx %s: %d", when, (unsigned long long)maddr,
           ways[i].name, (int)rc);
    }
}

static void all_refused(const char *when)
{
    uint64_t size, maddr = crash_area(&size);

    refused(maddr, when);
    refused((maddr + size / 2) & PAGE_MASK, when);
    refused(maddr + size - PAGE_SIZE, when);
}

/* The ways themselves are some. */
static void others_work(void)
{
    const struct way any = { .domid = DOMID_SELF, .writable = true };

    if ( pvh )
        ok_eq(map_io(&any, VGA_MFN), 0, "the dom0 maps a device's page");
    else
        ok_eq(map_window(&any, va_maddr(pages(1)) >> PAGE_SHIFT), 0,
              "the dom0 maps a page of its own once more");
    ok_eq(permit(&any, VGA_MFN), 0, "the dom0 permits a device's page");
}

void scenario_map(void)
{
    struct image image;

    others_work();

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
