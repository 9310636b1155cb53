/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The load and unload commands that are obsolete since interface version 4.4.
 *
 * Instead of segments the guest passes a list of entries, in pages of its own:
 * once this was the copy plan itself.  It is read once, in short steps, and
 * turned into the request that the new command would make.  Contiguous
 * destinations become one segment, whose bytes are read from the pages that
 * the entries name.
 *
 * An entry is a machine address with flags in its low bits:
 *
 *   destination   where the next source page goes
 *   indirection   the list goes on in that page
 *   done          the list ends
 *   source        a page to copy; the destination moves on by a page
 *
 * An entry of a 64-bit guest has 64 bits, and its image is entered as 64-bit
 * code.  For a 32-bit guest, both are 32-bit.
 */

#include <xen/domain_page.h>
#include <xen/elfstructs.h>
#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/sched.h>
#include <xen/xmalloc.h>

#include <public/kexec.h>

#include "kexec-private.h"

#ifdef CONFIG_COMPAT
#include <compat/kexec.h>
#endif

#define ENTRY_DESTINATION 0x1
#define ENTRY_INDIRECTION 0x2
#define ENTRY_DONE        0x4
#define ENTRY_SOURCE      0x8

/* 4 GiB of source pages: more than such a guest can load. */
#define MAX_SOURCES       (1UL << 20)
#define SOURCES_PER_PAGE  (PAGE_SIZE / sizeof(unsigned long))

/* Each source may have a destination entry.  This also ends circular lists. */
#define MAX_ENTRIES       (2 * MAX_SOURCES)

/* The progress through the list. */
struct walk {
    bool compat;
    void *list;                 /* A copy of the current page of the list. */
    unsigned int next;          /* The next entry in it. */
    unsigned long entries;      /* In all the pages so far. */
    paddr_t dest;               /* Of the next source, or INVALID_PADDR. */
};

struct v1_source {
    struct kexec_source base;
    struct walk walk;
    /* The source of each destination page, segment by segment. */
    unsigned long *mfns[MAX_SOURCES / SOURCES_PER_PAGE];
    unsigned long nr;
    /* The index of each segment's first source. */
    unsigned long first[KIMAGE_MAX_SEGMENTS];
};

static int refuse(struct kimage_refusal *why, int rc, const char *rule)
{
    *why = (struct kimage_refusal){ .segment = -1, .rule = rule };

    return rc;
}

/* Copy a page of the calling domain, and of no other. */
static int read_page(mfn_t mfn, void *to)
{
    struct page_info *page;
    const void *from;

    if ( !mfn_valid(mfn) )
        return -EFAULT;

    page = mfn_to_page(mfn);
    if ( !get_page(page, current->domain) )
        return -EFAULT;

    from = __map_domain_page(page);
    memcpy(to, from, PAGE_SIZE);
    unmap_domain_page(from);
    put_page(page);

    return 0;
}

static unsigned int entry_bytes(const struct walk *walk)
{
    return walk->compat ? sizeof(uint32_t) : sizeof(uint64_t);
}

/* The list continues in the page at @maddr. */
static int next_page(struct walk *walk, paddr_t maddr)
{
    unsigned long entries = PAGE_SIZE / entry_bytes(walk);

    /* Whole pages are counted, for whole pages are read. */
    walk->next = 0;
    walk->entries += entries;
    if ( walk->entries > MAX_ENTRIES )
        return -EINVAL;

    return read_page(maddr_to_mfn(maddr & PAGE_MASK), walk->list);
}

static int next_entry(struct walk *walk, uint64_t *entry)
{
    if ( walk->next == PAGE_SIZE / entry_bytes(walk) )
        return -EINVAL;

    *entry = walk->compat ? ((const uint32_t *)walk->list)[walk->next]
                          : ((const uint64_t *)walk->list)[walk->next];
    walk->next++;

    return 0;
}

static int keep_mfn(struct v1_source *v1, mfn_t mfn)
{
    unsigned long **mfns = &v1->mfns[v1->nr / SOURCES_PER_PAGE];

    if ( v1->nr == MAX_SOURCES )
        return -E2BIG;

    if ( !*mfns )
        *mfns = alloc_xenheap_page();
    if ( !*mfns )
        return -ENOMEM;

    (*mfns)[v1->nr++ % SOURCES_PER_PAGE] = mfn_x(mfn);

    return 0;
}

static int add_source(struct v1_source *v1, mfn_t mfn)
{
    struct kimage_request *req = &v1->base.req;
    struct walk *walk = &v1->walk;
    unsigned int last = req->nr_segments - 1;

    if ( walk->dest == INVALID_PADDR )
        return -ENOENT;

    if ( !req->nr_segments ||
         req->segments[last].dest_maddr + req->segments[last].dest_size !=
         walk->dest )
    {
        if ( req->nr_segments == KIMAGE_MAX_SEGMENTS )
            return -E2BIG;
        last = req->nr_segments++;
        req->segments[last].dest_maddr = walk->dest;
        req->segments[last].has_buffer = true;
        v1->first[last] = v1->nr;
    }

    req->segments[last].dest_size += PAGE_SIZE;
    req->segments[last].buf_size += PAGE_SIZE;
    walk->dest += PAGE_SIZE;

    return keep_mfn(v1, mfn);
}

/* Handle one entry; 1 if the list ends with it. */
static int walk_entry(struct v1_source *v1)
{
    struct walk *walk = &v1->walk;
    uint64_t entry;
    int rc = next_entry(walk, &entry);

    if ( rc )
        return rc;

    switch ( entry & (PAGE_SIZE - 1) )
    {
    case 0:
        return 0;

    case ENTRY_DESTINATION:
        walk->dest = entry & PAGE_MASK;
        return 0;

    case ENTRY_INDIRECTION:
        return next_page(walk, entry);

    case ENTRY_DONE:
        return 1;

    case ENTRY_SOURCE:
        return add_source(v1, maddr_to_mfn(entry & PAGE_MASK));

    default:
        return -EINVAL;
    }
}

static int cf_check read_v1(const struct kimage_source *source,
                            unsigned int index, uint64_t offset, void *to,
                            size_t len)
{
    const struct v1_source *v1 =
        container_of(source, const struct v1_source, base.source);
    unsigned long page = v1->first[index] + (offset >> PAGE_SHIFT);

    /* All buffers are whole pages, and so are all reads. */
    ASSERT(!((offset | len) & (PAGE_SIZE - 1)));

    for ( ; len; len -= PAGE_SIZE, to += PAGE_SIZE, page++ )
    {
        const unsigned long *mfns = v1->mfns[page / SOURCES_PER_PAGE];

        if ( read_page(_mfn(mfns[page % SOURCES_PER_PAGE]), to) )
            return -EFAULT;
    }

    return 0;
}

static void cf_check free_v1(struct kexec_source *source)
{
    struct v1_source *v1 = container_of(source, struct v1_source, base);
    unsigned int i;

    free_xenheap_page(v1->walk.list);
    for ( i = 0; i < ARRAY_SIZE(v1->mfns) && v1->mfns[i]; i++ )
        free_xenheap_page(v1->mfns[i]);
}

static int refuse_list(struct kimage_refusal *why, int rc)
{
    switch ( rc )
    {
    case -EFAULT:
        return refuse(why, rc, "indirection page is not the domain's");

    case -ENOMEM:
        return refuse(why, rc, "no memory");

    case -ENOENT:
        return refuse(why, -EINVAL, "source before any destination");

    case -E2BIG:
        return refuse(why, -EINVAL, "too many pages or segments");

    default:
        return refuse(why, -EINVAL, "malformed indirection list");
    }
}

static int cf_check fetch_v1(struct kexec_source *source,
                             struct kimage_refusal *why)
{
    struct v1_source *v1 = container_of(source, struct v1_source, base);
    int rc;

    /* At most the rest of a page, and the copy of the next (invariant 7). */
    do {
        rc = walk_entry(v1);
    } while ( !rc && v1->walk.next );

    if ( !rc )
        return -ERESTART;

    return rc == 1 ? 0 : refuse_list(why, rc);
}

static int fetch_args(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat,
                      xen_kexec_load_v1_t *load)
{
#ifdef CONFIG_COMPAT
    if ( compat )
    {
        compat_kexec_load_v1_t old;

        if ( copy_from_guest(&old, uarg, 1) )
            return -EFAULT;

        load->type = old.type;
        XLAT_kexec_image(&load->image, &old.image);

        return 0;
    }
#endif

    return copy_from_guest(load, uarg, 1) ? -EFAULT : 0;
}

int kexec_v1_source(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat,
                    struct kexec_source **source, struct kimage_refusal *why)
{
    struct v1_source *v1 = xzalloc(struct v1_source);
    struct kimage_request *req;
    xen_kexec_load_v1_t load;
    int rc;

    *source = v1 ? &v1->base : NULL;
    if ( !v1 )
        return refuse(why, -ENOMEM, "no memory");

    v1->base.source.read = read_v1;
    v1->base.fetch = fetch_v1;
    v1->base.free = free_v1;
    req = &v1->base.req;

    if ( fetch_args(uarg, compat, &load) )
        return refuse(why, -EFAULT, "arguments are not readable");

    /* The field was wider than that of a request. */
    req->type = min_t(unsigned int, load.type, UINT8_MAX);
    if ( req->type > KEXEC_TYPE_CRASH )
        return refuse(why, -EINVAL, "unknown image type");

    /* Its machine addresses would be guest physical ones. */
    if ( paging_mode_translate(current->domain) )
        return refuse(why, -EINVAL, "obsolete load from a translated domain");

    req->arch = compat ? EM_386 : EM_X86_64;
    req->entry_maddr = load.image.start_address;

    v1->walk.compat = compat;
    v1->walk.dest = INVALID_PADDR;
    v1->walk.list = alloc_xenheap_page();
    if ( !v1->walk.list )
        return refuse(why, -ENOMEM, "no memory");

    rc = next_page(&v1->walk, load.image.indirection_page);

    return rc ? refuse_list(why, rc) : 0;
}

int kexec_v1_type(XEN_GUEST_HANDLE_PARAM(void) uarg, unsigned int *type)
{
    /* It is the first field in both layouts. */
    BUILD_BUG_ON(offsetof(xen_kexec_load_v1_t, type) ||
                 sizeof(*type) != sizeof(((xen_kexec_load_v1_t *)0)->type));

    /* A negative type becomes one that is too large. */
    return copy_from_guest(type, uarg, 1) ? -EFAULT : 0;
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
