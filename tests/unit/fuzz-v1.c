/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The indirection walk, over pages that the input fills: two bytes an entry,
 * its flags and a page among those that the guest has, and has not.
 */

#include "dom0.h"
#include "guest.h"
#include "heap.h"
#include "xen.h"

#include "kexec-private.h"

#define LIST_PAGES 4
#define PAGE(n)    (MB(100) + (n) * PAGE_SIZE)

static uint64_t entry(const uint8_t *bytes)
{
    unsigned int page = bytes[0] >> 4 | (bytes[1] & 0x7f) << 4;
    paddr_t maddr = bytes[1] & 0x80 ? MB(16) + page * PAGE_SIZE : PAGE(page);

    return maddr | (bytes[0] & 0xf);
}

/* Of a segment and a page in it: all that a load would read. */
static void read_all(const struct kimage_request *req,
                     struct kexec_source *source)
{
    static uint8_t page[PAGE_SIZE];
    uint64_t offset;
    unsigned int i;

    assert(req->nr_segments <= KIMAGE_MAX_SEGMENTS);
    for ( i = 0; i < req->nr_segments; i++ )
    {
        assert(req->segments[i].buf_size == req->segments[i].dest_size);
        assert(!(req->segments[i].buf_size & ~PAGE_MASK));
        for ( offset = 0; offset < req->segments[i].buf_size;
              offset += PAGE_SIZE )
            source->source.read(&source->source, i, offset, page, PAGE_SIZE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint64_t args[8 + 19];
    struct kimage_refusal why = {};
    struct kexec_source *source = NULL;
    unsigned int i, at = 0;
    bool compat;
    int rc;

    if ( size < 4 )
        return 0;

    dom0_reset();
    for ( i = 0; i < LIST_PAGES + 8; i++ )
        guest_own_page(paddr_to_pfn(PAGE(i)), true);
    memset(maddr_to_virt(PAGE(0)), 0, LIST_PAGES * PAGE_SIZE);
    heap_fail(data[0] & 0x1f, data[0] & 0x80);
    guest_fault(data[1]);
    compat = data[2] & 1;

    memset(args, 0, sizeof(args));
    memcpy(args, &data[3], 1);
    if ( compat )
        ((uint32_t *)args)[18] = PAGE(0);
    else
        args[18] = PAGE(0);
    guest_map(0x1000, args, sizeof(args), true);

    /* Lists are short, so that they go over pages early. */
    for ( data += 4, size -= 4; size >= 2; data += 2, size -= 2, at++ )
    {
        uint64_t e = entry(data);
        unsigned int page = at / 64 % LIST_PAGES;

        memcpy(maddr_to_virt(PAGE(page)) + at % 64 * (compat ? 4 : 8), &e,
               compat ? 4 : 8);
    }

    rc = kexec_v1_source(guest_handle_from_ptr(0x1000UL, void), compat,
                         &source, &why);
    if ( !rc )
        do {
            rc = source->fetch(source, &why);
        } while ( rc == -ERESTART );
    assert(rc == 0 || (rc < 0 && why.rule));
    if ( !rc )
        read_all(&source->req, source);
    kexec_source_free(source);

    assert(!guest_page_refs());
    assert(!heap_objects());

    return 0;
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
