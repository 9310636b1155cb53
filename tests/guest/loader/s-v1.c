/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * v1
 *
 * Attacked: the old load command, which takes a chain of indirection pages in
 * the guest's own word size.
 * Must hold: an image described by a chain of many pages is loaded and
 * entered, with every byte at its place; a chain that makes no sense is
 * refused; unload and status work as for the new command.  Xen from 4.23 on
 * does not know these commands, and says so.
 */
#include "dom0.h"

/* Its public/kexec.h has them no more. */
#ifdef KEXEC_CMD_kexec_load_v1
#define IS_KNOWN    true
#else
#define IS_KNOWN    false
#define KEXEC_CMD_kexec_load_v1     1
#define KEXEC_CMD_kexec_unload_v1   2
typedef struct {
    int type;
    struct {
        unsigned long page_list[17];
        unsigned long indirection_page;
        unsigned long start_address;
    } image;
} xen_kexec_load_v1_t;
#endif

#define IND_DESTINATION 1
#define IND_INDIRECTION 2
#define IND_DONE        4
#define IND_SOURCE      8

/* Few enough that the chain gets long. */
#define PER_PAGE        5

static unsigned long *ind_page;
static unsigned int ind_used;
static unsigned int ind_pages;

static void ind_add(uint64_t maddr, unsigned int kind)
{
    if ( !ind_page || ind_used == PER_PAGE )
    {
        unsigned long *next = pages(1);

        if ( ind_page )
            ind_page[ind_used] = va_maddr(next) | IND_INDIRECTION;
        ind_page = next;
        ind_used = 0;
        ind_pages++;
    }

    ind_page[ind_used++] = maddr | kind;
}

static long load_v1(unsigned int type, const unsigned long *first,
                    uint64_t entry)
{
    xen_kexec_load_v1_t load;

    memset(&load, 0, sizeof(load));
    load.type = type;
    load.image.indirection_page = va_maddr(first);
    load.image.start_address = entry;

    return kexec_op(KEXEC_CMD_kexec_load_v1, &load);
}

static long unload_v1(unsigned int type)
{
    xen_kexec_load_v1_t load;

    memset(&load, 0, sizeof(load));
    load.type = type;

    return kexec_op(KEXEC_CMD_kexec_unload_v1, &load);
}

/* Whole pages of the segment, tail and all, each from a page of its own. */
static void ind_segment(const struct image *image, unsigned int i)
{
    const struct facts_segment *seg = &image->facts->segment[i];
    const uint8_t *buf = image->seg[i].buf.h.p;
    uint64_t pos;

    ind_add(seg->dest_maddr, IND_DESTINATION);
    for ( pos = 0; pos < seg->dest_size; pos += PAGE_SIZE )
    {
        uint8_t *page = pages(1);

        if ( pos < seg->buf_size )
            memcpy(page, buf + pos, min(PAGE_SIZE, seg->buf_size - pos));
        ind_add(va_maddr(page), IND_SOURCE);
    }
}

/* A page that all domains may read, but is none's: the table of frames. */
static unsigned long xen_maddr(void)
{
    xen_pfn_t mfn = 0;
    struct xen_machphys_mfn_list list = { .max_extents = 1 };

    set_xen_guest_handle(list.extent_start, &mfn);
    if ( hypercall(__HYPERVISOR_memory_op, XENMEM_machphys_mfn_list,
                   ARG(&list), 0, 0) || !mfn )
        error("where the table of frames is, is not said");

    return mfn << PAGE_SHIFT;
}

static void refused(void)
{
    unsigned long *page = pages(1);
    uint64_t maddr = va_maddr(pages(1));

    /* Entered where its page would go, if nothing said were 0. */
    page[0] = maddr | IND_SOURCE;
    page[1] = IND_DONE;
    ok_eq(load_v1(KEXEC_TYPE_DEFAULT, page, 0), -EINVAL,
          "v1: a source without a destination");

    page[0] = maddr;
    ok_eq(load_v1(KEXEC_TYPE_DEFAULT, page, maddr), -EINVAL,
          "v1: an entry of no kind");

    page[0] = IND_DONE;
    ok_eq(load_v1(KEXEC_TYPE_DEFAULT, page, maddr), -EINVAL,
          "v1: a chain without a segment");

    page[0] = maddr | IND_DESTINATION;
    page[1] = maddr | IND_SOURCE;
    page[2] = IND_DONE;
    ok_eq(load_v1(2, page, maddr), -EINVAL, "v1: type 2");

    page[1] = xen_maddr() | IND_SOURCE;
    ok_eq(load_v1(KEXEC_TYPE_DEFAULT, page, maddr), -EFAULT,
          "v1: a source that is Xen's");
    page[1] = xen_maddr() | IND_INDIRECTION;
    ok_eq(load_v1(KEXEC_TYPE_DEFAULT, page, maddr), -EFAULT,
          "v1: a list that goes on in a page of Xen's");
}

/* The chain that describes the image; returns its first page. */
static const unsigned long *chain(const struct image *image)
{
    const unsigned long *first;
    unsigned int i;

    ind_add(0, 0);
    first = ind_page;
    ind_used = 0;
    for ( i = 0; i < image->nr; i++ )
        ind_segment(image, i);
    ind_add(0, IND_DONE);

    return first;
}

long v1_load(struct image *image)
{
    image_seal(image);

    return load_v1(image->type, chain(image), image->entry);
}

void scenario_v1(void)
{
    const unsigned long *first;
    struct image image;
    uint64_t maddr;

    /* The kernel is of the dom0's own kind. */
    image_init(&image, KEXEC_TYPE_DEFAULT, COMPAT ? EM_386 : EM_X86_64);
    image.whole_pages = true;
    image_add_probe_anywhere(&image);
    maddr = own_run(16, GB(4));
    image_add_area(&image, maddr, 16 * PAGE_SIZE);
    image_add(&image, maddr + PAGE_SIZE, PAGE_SIZE, PAGE_SIZE);
    image_add(&image, maddr + 4 * PAGE_SIZE, 7 * PAGE_SIZE, 9 * PAGE_SIZE);
    image_add(&image, maddr + 14 * PAGE_SIZE, 1, PAGE_SIZE);
    image_seal(&image);

    if ( !IS_KNOWN )
    {
        ok_eq(load_v1(KEXEC_TYPE_DEFAULT, chain(&image), image.entry),
              -EOPNOTSUPP, "v1: load");
        ok_eq(unload_v1(KEXEC_TYPE_DEFAULT), -EOPNOTSUPP, "v1: unload");
        if ( ok_eq(image_load_sealed(&image), 0, "load by the new command") )
            image_exec(&image);
        return;
    }

    refused();
    ok_eq(kexec_status(KEXEC_TYPE_DEFAULT), 0, "status before the load");

    first = chain(&image);
    ok_eq(load_v1(KEXEC_TYPE_DEFAULT, first, image.entry), 0,
          "v1: a chain of %u pages", ind_pages);
    ok_eq(kexec_status(KEXEC_TYPE_DEFAULT), 1, "status after the load");
    ok_eq(unload_v1(KEXEC_TYPE_DEFAULT), 0, "v1: unload");
    ok_eq(kexec_status(KEXEC_TYPE_DEFAULT), 0, "status after the unload");
    ok_eq(unload_v1(2), -EINVAL, "v1: unload of type 2");

    if ( ok_eq(load_v1(KEXEC_TYPE_DEFAULT, first, image.entry), 0,
               "v1: the same again") )
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
