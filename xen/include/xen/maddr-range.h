/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A half-open range of machine addresses: start is the first byte, end the one
 * behind the last.  All interval arithmetic of kexec is here.
 */
#ifndef XEN__MADDR_RANGE_H
#define XEN__MADDR_RANGE_H

#include <xen/page-size.h>
#include <xen/types.h>

struct maddr_range {
    paddr_t start;
    paddr_t end;
};

static inline bool maddr_range_empty(struct maddr_range r)
{
    return r.start >= r.end;
}

static inline paddr_t maddr_range_size(struct maddr_range r)
{
    return maddr_range_empty(r) ? 0 : r.end - r.start;
}

static inline bool maddr_range_overlaps(struct maddr_range a,
                                        struct maddr_range b)
{
    return a.start < b.end && b.start < a.end;
}

static inline bool maddr_range_within(struct maddr_range inner,
                                      struct maddr_range outer)
{
    return inner.start >= outer.start && inner.end <= outer.end;
}

static inline bool maddr_range_contains(struct maddr_range r, paddr_t maddr)
{
    return maddr >= r.start && maddr < r.end;
}

/* The intersection, which may be empty. */
static inline struct maddr_range maddr_range_common(struct maddr_range a,
                                                    struct maddr_range b)
{
    return (struct maddr_range){
        .start = a.start > b.start ? a.start : b.start,
        .end = a.end < b.end ? a.end : b.end,
    };
}

/* Round @r out to pages.  It must end at least a page below 2^64. */
static inline struct maddr_range maddr_range_pages(struct maddr_range r)
{
    return (struct maddr_range){
        .start = r.start & PAGE_MASK,
        .end = (r.end + PAGE_SIZE - 1) & PAGE_MASK,
    };
}

#endif /* XEN__MADDR_RANGE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
