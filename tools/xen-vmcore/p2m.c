/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Three levels of pages with 512 frame numbers each: see
 * pfn_to_mfn_frame_list_list in Xen's public header arch-x86/xen.h.
 */

#include <string.h>

#include "p2m.h"

#define PER_PAGE 512

/*
 * No machine has this frame.  Linux marks frames that are another's by the
 * top bits, and those that it lacks by all ones.
 */
#define MAX_MFN (1ULL << 40)

static bool is_mfn(uint64_t mfn)
{
    return mfn && mfn < MAX_MFN;
}

bool p2m_is_known(const struct dump *dump)
{
    return is_mfn(dump->notes.xen_info.p2m_frame_lists);
}

bool p2m_find(const struct dump *dump, uint64_t pfn, uint64_t *maddr)
{
    uint64_t mfn = dump->notes.xen_info.p2m_frame_lists;
    uint64_t divisor;

    if ( pfn >= (uint64_t)PER_PAGE * PER_PAGE * PER_PAGE )
        return false;

    for ( divisor = PER_PAGE * PER_PAGE; divisor; divisor /= PER_PAGE )
        if ( !is_mfn(mfn) ||
             !vmcore_read(dump->vmcore,
                          (mfn << 12) + pfn / divisor % PER_PAGE * 8,
                          &mfn, sizeof(mfn)) )
            return false;
    *maddr = mfn << 12;

    return is_mfn(mfn);
}

struct search {
    const struct dump *dump;
    bool (*each)(uint64_t maddr, void *arg);
    void *arg;
    uint64_t budget;            /* Frames: a damaged list may be a maze */
};

static bool search_level(struct search *search, uint64_t mfn,
                         unsigned int level)
{
    uint64_t list[PER_PAGE];
    unsigned int i;

    if ( !search->budget )
        return false;
    search->budget--;

    if ( !level )
        return search->each(mfn << 12, search->arg);

    if ( !vmcore_read(search->dump->vmcore, mfn << 12, list, sizeof(list)) )
        return false;

    for ( i = 0; i < PER_PAGE; i++ )
    {
        /* Where dom0 has no frames, all entries lead to the same list. */
        if ( !is_mfn(list[i]) || (i && list[i] == list[i - 1]) )
            continue;
        if ( search_level(search, list[i], level - 1) )
            return true;
    }

    return false;
}

bool p2m_each(const struct dump *dump,
              bool (*each)(uint64_t maddr, void *arg), void *arg)
{
    struct search search = {
        .dump = dump, .each = each, .arg = arg,
        /* A frame each, and some for the lists. */
        .budget = (vmcore_bytes(dump->vmcore) >> 12) / 256 * 260 + 1024,
    };

    return p2m_is_known(dump) &&
           search_level(&search, dump->notes.xen_info.p2m_frame_lists, 3);
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
