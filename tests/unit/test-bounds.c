/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much is done between two preemption checks (invariant 7), by count.
 *
 * Attacked: large images, of either type and by each command, with large
 * tails, many page tables and memory in pieces; the identity map of ranges
 * that need many entries, or many tables.  Every check says yes, so that a
 * hypercall is one stretch.
 *
 * Must hold: no stretch copies, zeroes, hashes or frees more than its bound;
 * the longest one reaches it, for a bound that is missed costs hypercalls.
 * Time is not looked at.
 */

#include "unit.h"

#include <xen/kexec.h>

#include <asm/kexec_idmap.h>

#include "dom0.h"
#include "guest.h"
#include "heap.h"
#include "peek.h"
#include "xen.h"

/* Bytes that are copied or zeroed, and those that are hashed as well. */
#define STRETCH_BYTES 0x10000UL
#define HASH_BYTES    0x8000UL

/* Pages that are freed: a stretch, one block that may be more, lists. */
#define FREE_PAGES    ((STRETCH_BYTES >> PAGE_SHIFT) + 512 + 2)

/* What a page, and a page of a plan or a list, adds to a stretch. */
#define SLACK         (4 * PAGE_SIZE)

#define IMAGE_BYTES   MB(3)
#define DEST          MB(16)
#define CRASH         ((struct maddr_range){ MB(32), MB(48) })

#define SEGMENTS      0xe0000000UL
#define BUFFER        0xe1000000UL

/* Where many page tables are needed for few pages. */
#define FAR(n)        (((n) + 1) * GB(512))

static uint8_t buffer[IMAGE_BYTES];

/* Of the stretches before and after what is armed has changed. */
static struct most {
    struct work work;
    unsigned long stretches;
} loading, placing;

static int setup(void **state)
{
    dom0_reset();
    heap_reset();
    heap_add((struct maddr_range){ MB(64), MB(80) });
    heap_set_policy(HEAP_LOW, 0);
    kexec_crash_area.start = CRASH.start;
    kexec_crash_area.size = maddr_range_size(CRASH);

    return 0;
}

static void add(struct most *most)
{
    most->stretches++;
    most->work.copied = max(most->work.copied, work.copied);
    most->work.zeroed = max(most->work.zeroed, work.zeroed);
    most->work.hashed = max(most->work.hashed, work.hashed);
    most->work.freed = max(most->work.freed, work.freed);
}

/* Make a hypercall and all its continuations, and see what each has done. */
static long in_stretches(unsigned long op, uint64_t arg, unsigned int type)
{
    const struct kimage *first = kexec_armed(type);
    long rc;

    loading = placing = (struct most){};
    preempt_at(1, 1);
    do {
        const struct kimage *before = kexec_armed(type);

        work = (struct work){};
        rc = dom0_call(NATIVE, op, arg);
        op = continuation.op;
        arg = (uint64_t)continuation.arg;
        add(before == first ? &loading : &placing);
    } while ( rc == CONTINUATION );
    preempt_at(0, 0);

    return rc;
}

/* A segment with a buffer, a tail and @nr_far pages that are only mapped. */
static uint64_t image_args(unsigned int type, uint64_t buf_size,
                           uint64_t tail, unsigned int nr_far)
{
    static xen_kexec_segment_t segments[32];
    paddr_t dest = type == KEXEC_TYPE_CRASH ? CRASH.start : DEST;
    xen_kexec_load_t load = {
        .type = type,
        .arch = EM_X86_64,
        .nr_segments = 1 + nr_far,
        .segments._pad = SEGMENTS,
        .entry_maddr = dest,
    };
    unsigned int i;

    segments[0] = (xen_kexec_segment_t){
        .buf._pad = BUFFER,
        .buf_size = buf_size,
        .dest_maddr = dest,
        .dest_size = buf_size + tail,
    };
    for ( i = 1; i <= nr_far; i++ )
        segments[i] = (xen_kexec_segment_t){
            .dest_maddr = FAR(i),
            .dest_size = PAGE_SIZE,
        };

    guest_map(BUFFER, buffer, buf_size, false);
    guest_map(SEGMENTS, segments, sizeof(segments), false);

    return dom0_args(0, &load, sizeof(load));
}

static void load(unsigned int type, uint64_t buf_size, uint64_t tail,
                 unsigned int nr_far)
{
    uint64_t arg = image_args(type, buf_size, tail, nr_far);

    assert_int_equal(in_stretches(KEXEC_CMD_kexec_load, arg, type), 0);
    assert_true(loading.work.freed <= FREE_PAGES);
    assert_true(placing.work.freed <= FREE_PAGES);
}

static void a_default_image_is_copied_64_kib_at_a_time(void **state)
{
    load(KEXEC_TYPE_DEFAULT, IMAGE_BYTES, 0, 0);
    assert_int_equal(loading.work.copied, STRETCH_BYTES);
    assert_true(loading.stretches >= IMAGE_BYTES / STRETCH_BYTES);
}

/* Hashing takes longer than copying: half as much. */
static void a_crash_image_is_hashed_32_kib_at_a_time(void **state)
{
    load(KEXEC_TYPE_CRASH, IMAGE_BYTES, 0, 0);
    assert_int_equal(max(loading.work.hashed, placing.work.hashed),
                     HASH_BYTES);
    assert_true(loading.work.hashed <= HASH_BYTES);
    assert_true(placing.work.hashed <= HASH_BYTES);
    assert_true(loading.work.copied <= STRETCH_BYTES);
}

/* The one that replaces it is loaded elsewhere, and placed afterwards. */
static void a_crash_image_is_placed_64_kib_at_a_time(void **state)
{
    load(KEXEC_TYPE_CRASH, PAGE_SIZE, 0, 0);
    load(KEXEC_TYPE_CRASH, IMAGE_BYTES, 0, 0);
    assert_int_equal(placing.work.copied, STRETCH_BYTES);
    assert_int_equal(placing.work.hashed, HASH_BYTES);
    assert_true(placing.stretches >= IMAGE_BYTES / STRETCH_BYTES +
                                     IMAGE_BYTES / HASH_BYTES);
}

/* It is zeroed, and then looked at for bytes that are not. */
static void a_tail_is_placed_in_stretches(void **state)
{
    load(KEXEC_TYPE_CRASH, PAGE_SIZE, 0, 0);
    load(KEXEC_TYPE_CRASH, PAGE_SIZE, IMAGE_BYTES, 0);
    assert_int_equal(placing.work.zeroed, STRETCH_BYTES);
    assert_true(placing.stretches >= IMAGE_BYTES / STRETCH_BYTES +
                                     IMAGE_BYTES / HASH_BYTES);
    assert_true(placing.stretches <= IMAGE_BYTES / STRETCH_BYTES +
                                     IMAGE_BYTES / HASH_BYTES + 20);
}

/* 31 pages that have three tables each: nothing but tables to be hashed. */
static void tables_are_hashed_32_kib_at_a_time(void **state)
{
    load(KEXEC_TYPE_CRASH, PAGE_SIZE, 0, 31);
    assert_int_equal(loading.work.hashed, HASH_BYTES);
}

/* Page by page, for the heap has no two that are neighbours. */
static void memory_in_pieces_keeps_the_bounds(void **state)
{
    unsigned int type, i;

    for ( type = 0; type < 2; type++ )
    {
        setup(NULL);
        heap_reset();
        heap_add((struct maddr_range){ MB(64), MB(64) + 4 * PAGE_SIZE });
        for ( i = 0; i < 900; i++ )
            heap_add((struct maddr_range){ MB(65) + 2 * i * PAGE_SIZE,
                                           MB(65) + (2 * i + 1) * PAGE_SIZE });
        load(type, IMAGE_BYTES, 0, 20);
        assert_true(loading.work.copied <= STRETCH_BYTES + SLACK);
        assert_true(loading.work.hashed <= HASH_BYTES);
        assert_true(placing.work.hashed <= HASH_BYTES);
        dom0_clean();
    }
}

/* Unloading gives back 3 MiB, in more than one go. */
static void memory_is_freed_in_stretches(void **state)
{
    uint64_t arg;

    load(KEXEC_TYPE_DEFAULT, IMAGE_BYTES, 0, 0);
    arg = dom0_type_args(0, KEXEC_TYPE_DEFAULT);
    assert_int_equal(in_stretches(KEXEC_CMD_kexec_unload, arg,
                                  KEXEC_TYPE_DEFAULT), 0);
    assert_true(placing.work.freed <= FREE_PAGES);
    assert_true(placing.stretches > 1);

    /* Single pages: no more than 64 KiB, and the list that had them. */
    memory_in_pieces_keeps_the_bounds(state);
    assert_true(placing.work.freed <= (STRETCH_BYTES >> PAGE_SHIFT) + 1);
}

/*
 * The identity map: 4096 entries, or 32 tables, and what the last of them
 * adds: a table that is filled, or the way down to it.
 */

#define TABLES MB(1)

static unsigned long nr_tables;

static paddr_t alloc_table(void *ctxt)
{
    return TABLES + nr_tables++ * PAGE_SIZE;
}

/*
 * How many tables there are after the first step, with the root, and how many
 * each of the others adds; the last one is not looked at.
 */
static void steps_allocate(struct maddr_range *ranges, unsigned int nr,
                           unsigned int first, unsigned int others)
{
    struct kexec_idmap idmap;
    unsigned int step;

    nr_tables = 0;
    memset(maddr_to_virt(TABLES), 0, MB(2));
    kexec_idmap_begin(&idmap, ranges, nr, (struct maddr_range){}, 2,
                      alloc_table, NULL);
    for ( step = 0; ; step++ )
    {
        unsigned long before = nr_tables;

        if ( kexec_idmap_step(&idmap) != -ERESTART )
            break;
        assert_int_equal(step ? nr_tables - before : nr_tables,
                         step ? others : first);
    }
    assert_true(step > 1);
}

/* Tables of 512 entries: the first step has the one above them as well. */
static void a_step_writes_4096_entries(void **state)
{
    struct maddr_range whole = { 0, GB(40) };
    struct maddr_range part = { MB(2), GB(9) + MB(2) };
    struct kexec_idmap idmap;

    steps_allocate(&whole, 1, 1 + 1 + 8, 8);

    /* One entry less than that is not enough yet. */
    nr_tables = 0;
    memset(maddr_to_virt(TABLES), 0, MB(2));
    kexec_idmap_begin(&idmap, &part, 1, (struct maddr_range){}, 2,
                      alloc_table, NULL);
    assert_int_equal(kexec_idmap_step(&idmap), -ERESTART);
    assert_int_equal(nr_tables, 1 + 1 + 9);
}

/* Pages that are far apart: each has the two lower tables to itself. */
static void a_step_allocates_32_tables(void **state)
{
    static struct maddr_range ranges[100];
    unsigned int i;

    for ( i = 0; i < 100; i++ )
        ranges[i] = (struct maddr_range){
            GB(i) + PAGE_SIZE, GB(i) + 2 * PAGE_SIZE
        };
    /* With the one above them, 31 are not enough: two more. */
    steps_allocate(ranges, 100, 1 + 33, 32);

    for ( i = 0; i < 100; i++ )
    {
        paddr_t maddr = GB(i ? 511 + i : 0) + PAGE_SIZE;

        ranges[i] = (struct maddr_range){ maddr, maddr + PAGE_SIZE };
    }
    steps_allocate(ranges, 100, 1 + 32, 32);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, dom0_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_default_image_is_copied_64_kib_at_a_time),
        TEST(a_crash_image_is_hashed_32_kib_at_a_time),
        TEST(a_crash_image_is_placed_64_kib_at_a_time),
        TEST(a_tail_is_placed_in_stretches),
        TEST(tables_are_hashed_32_kib_at_a_time),
        TEST(memory_in_pieces_keeps_the_bounds),
        TEST(memory_is_freed_in_stretches),
        TEST(a_step_writes_4096_entries),
        TEST(a_step_allocates_32_tables),
    };

    return cmocka_run_group_tests_name("bounds", tests, NULL, NULL);
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
