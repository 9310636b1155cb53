/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sequences of hypercalls, which the input spells out: loads of all kinds with
 * arguments near what is right, and of bytes that are not; continuations in
 * any order; preemption, faults and failures at points that it chooses.
 *
 * After each, what is armed can be entered: what its hand-over reads is the
 * image's own, and no destination (invariants 1, 3).  At the end, when
 * everything has been unloaded, nothing is left (8).
 */

#include <setjmp.h>

#include <xen/kexec.h>
#include <xen/kimage.h>

#include <compat/kexec.h>

#include "dom0.h"
#include "guest.h"
#include "heap.h"
#include "layout.h"
#include "peek.h"
#include "xen.h"

#define ARGS       0x1000UL
#define SEGMENTS   0x2000UL
#define BUFFERS    0x100000UL
#define MAX_STEPS  64
#define NR_PENDING 4

static const uint8_t *input, *input_end;

static unsigned int next_byte(void)
{
    return input < input_end ? *input++ : 0;
}

static uint32_t next_number(void)
{
    uint32_t n = next_byte();

    n |= next_byte() << 8;

    return n;
}

static void next_bytes(void *to, size_t nr)
{
    uint8_t *p = to;

    while ( nr-- )
        *p++ = next_byte();
}

/* Mostly a place where a segment can be; now and then anything. */
static uint64_t next_maddr(void)
{
    static const uint64_t bases[] = {
        MB(16), MB(16), MB(32), MB(64), 0xa0000 - 0x100, MB(256) - 0x4000,
        GB(4) - 0x2000, (1UL << 47) - 0x3000, ~0UL - 0x8000, 0,
    };

    return bases[next_byte() % ARRAY_SIZE(bases)] + next_number();
}

/*
 * Arguments
 */

static uint8_t args[256], segments[33 * 32];

static void make_load(bool compat)
{
    unsigned int i, nr = next_byte() % 34;
    compat_kexec_load_t load = {
        .type = next_byte() % 3,
        .arch = next_byte() % 4 ? EM_X86_64 : EM_386,
        .nr_segments = nr,
        .segments = SEGMENTS,
        .unused = compat ? next_byte() : 0,
    };
    uint64_t pos = next_maddr();

    load.entry_maddr = pos + next_byte();
    for ( i = 0; i < nr; i++ )
    {
        unsigned int flags = next_byte();
        compat_kexec_segment_t seg = {
            .buf = flags & 1 ? 0 : BUFFERS + next_number(),
            .dest_maddr = flags & 2 ? next_maddr() : pos,
            .dest_size = next_number() % 0x6000,
        };

        seg.buf_size = flags & 1 ? (flags & 4) >> 2
                                 : seg.dest_size - (flags & 8 ? next_byte()
                                                              : 0);
        pos = seg.dest_maddr + seg.dest_size + (flags & 16 ? next_byte() : 0);
        memcpy(&segments[i * sizeof(seg)], &seg, sizeof(seg));
    }
    memcpy(args, &load, sizeof(load));
}

/* Lists of a few entries, in pages that are the guest's. */
static void make_v1(bool compat)
{
    static const uint64_t flags[] = { 1, 2, 4, 8, 8, 8, 0, 3 };
    xen_kexec_load_v1_t load = {
        .type = next_byte() % 3,
        .image = { .indirection_page = MB(100) },
    };
    compat_kexec_load_v1_t old = {
        .type = load.type,
        .image = { .indirection_page = MB(100) },
    };
    unsigned int i, nr = next_byte() % 40;

    load.image.start_address = old.image.start_address = next_maddr();
    for ( i = 0; i < nr; i++ )
    {
        unsigned int b = next_byte();
        uint64_t entry = flags[b & 7];

        entry |= entry == 1 ? (next_maddr() & PAGE_MASK)
                            : MB(100) + (b >> 3) * PAGE_SIZE;
        memcpy(maddr_to_virt(MB(100)) + i * (compat ? 4 : 8), &entry,
               compat ? 4 : 8);
    }

    if ( compat )
        memcpy(args, &old, sizeof(old));
    else
        memcpy(args, &load, sizeof(load));
}

/*
 * What is armed
 */

/* May the hand-over read this page, whatever the copy writes? */
static void check_page(const struct kimage *image, paddr_t maddr)
{
    struct maddr_range page = { maddr & PAGE_MASK,
                                (maddr & PAGE_MASK) + PAGE_SIZE };
    unsigned int i;

    assert(heap_is_allocated(maddr));
    assert(maddr >= KIMAGE_LOW_END);
    for ( i = 0; i < image->nr_segments; i++ )
        assert(!image->segments[i].has_buffer ||
               !maddr_range_overlaps(page, image->segments[i].dest));
}

static void check_record(const struct kimage *image,
                         const struct kexec_plan_record *record)
{
    struct maddr_range dest = { record->dest_maddr,
                                record->dest_maddr + record->bytes };
    uint64_t at, covered = 0;
    unsigned int i;

    for ( i = 0; i < image->nr_segments; i++ )
        if ( image->segments[i].has_buffer )
            covered += maddr_range_size(
                maddr_range_common(dest, image->segments[i].dest));
    assert(record->bytes && covered == record->bytes);

    if ( record->src_maddr == KEXEC_PLAN_ZERO )
        return;
    for ( at = record->src_maddr & PAGE_MASK;
          at < record->src_maddr + record->bytes; at += PAGE_SIZE )
        check_page(image, at);
}

static void check_armed(unsigned int type)
{
    const struct kimage *image = kexec_armed(type);
    const struct kexec_plan_page *page;
    paddr_t maddr;
    unsigned int i;

    if ( !image )
        return;

    check_page(image, image->machine.control_maddr);
    check_page(image, image->machine.control_maddr + PAGE_SIZE);
    check_page(image, image->machine.root_maddr);
    for ( maddr = image->plan.first_maddr; maddr; maddr = page->next_maddr )
    {
        check_page(image, maddr);
        page = maddr_to_virt(maddr);
        for ( i = 0; i < page->nr_records; i++ )
            check_record(image, &page->records[i]);
    }
}

/*
 * Steps
 */

static struct {
    bool compat;
    unsigned long op;
    uint64_t arg;
} pending[NR_PENDING];

static void call(bool compat, unsigned long op, uint64_t arg)
{
    long rc = dom0_call(compat ? COMPAT : NATIVE, op, arg);

    if ( rc == CONTINUATION )
    {
        unsigned int i = next_byte() % NR_PENDING;

        pending[i].compat = compat;
        pending[i].op = continuation.op;
        pending[i].arg = (uint64_t)continuation.arg;
    }
    assert(rc == CONTINUATION || (rc <= 1 && rc > -4096));
}

static void one_step(void)
{
    unsigned int what = next_byte(), i;
    bool compat = what & 0x80;

    switch ( what % 14 )
    {
    case 0:
    case 1:
        make_load(compat);
        call(compat, KEXEC_CMD_kexec_load, ARGS);
        break;

    case 2:
        make_v1(compat);
        call(compat, KEXEC_CMD_kexec_load_v1, ARGS);
        break;

    case 3:
        memset(args, 0, 4);
        args[0] = next_byte() % 3;
        call(compat, next_byte() & 1 ? KEXEC_CMD_kexec_unload
                                     : KEXEC_CMD_kexec_unload_v1, ARGS);
        break;

    case 4:
        memset(args, 0, 4);
        args[0] = next_byte() % 3;
        call(compat, KEXEC_CMD_kexec, ARGS);
        if ( deferred.fn )
            deferred.fn(deferred.data);
        break;

    case 5:
        next_bytes(args, 32);
        call(compat, next_byte(), ARGS);
        break;

    case 6:
        next_bytes(args, 8);
        call(compat, next_byte() | (unsigned long)next_number() << 8, ARGS);
        break;

    case 7:
    case 8:
    case 9:
        i = next_byte() % NR_PENDING;
        if ( pending[i].op )
            call(pending[i].compat, pending[i].op, pending[i].arg);
        break;

    case 10:
        i = next_byte();
        preempt_at(i, next_byte());
        break;

    case 11:
        i = next_byte();
        heap_fail(i, next_byte() & 1);
        break;

    case 12:
        guest_fault(next_byte());
        break;

    case 13:
        kexec_crash(CRASHREASON_PANIC);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned int steps;
    unsigned int i;

    input = data;
    input_end = data + size;

    dom0_reset();
    memset(pending, 0, sizeof(pending));
    for ( i = 0; i < 24; i++ )
        guest_own_page(paddr_to_pfn(MB(100) + i * PAGE_SIZE), true);
    guest_map(ARGS, args, sizeof(args), false);
    guest_map(SEGMENTS, segments, sizeof(segments), false);
    guest_map(BUFFERS, layout_noise, MB(1), false);

    /* Xen was left: that was all. */
    if ( setjmp(way_out) )
        return 0;

    for ( steps = 0; steps < MAX_STEPS && input < input_end; steps++ )
    {
        one_step();
        check_armed(KEXEC_TYPE_DEFAULT);
        check_armed(KEXEC_TYPE_CRASH);
    }

    if ( !kexec_is_frozen() )
        dom0_clean();

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
