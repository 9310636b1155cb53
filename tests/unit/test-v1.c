/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The load command of old: a list of entries in pages of the guest's.
 *
 * Attacked: each kind of entry, each way in which a list may be wrong, lists
 * that never end, pages that are not the guest's, or not any more.
 *
 * Must hold: the segments that the entries say, or an error; no reference to
 * a page of the guest's is left.
 */

#include "unit.h"

#include <compat/kexec.h>

#include "dom0.h"
#include "guest.h"
#include "heap.h"
#include "layout.h"
#include "peek.h"
#include "xen.h"

#include "kexec-private.h"

#define DEST  1UL
#define LIST  2UL
#define DONE  4UL
#define SRC   8UL

#define PAGE(n) (MB(100) + (n) * PAGE_SIZE)
#define TO(n)   (MB(16) + (n) * PAGE_SIZE)

static int setup(void **state)
{
    unsigned int i;

    dom0_reset();
    for ( i = 0; i < 64; i++ )
        guest_own_page(paddr_to_pfn(PAGE(i)), true);
    memset(maddr_to_virt(PAGE(0)), 0, 64 * PAGE_SIZE);

    return 0;
}

/* Entry @i of the list in a page. */
static void put(bool compat, unsigned int page, unsigned int i,
                uint64_t entry)
{
    memcpy(maddr_to_virt(PAGE(page)) + i * (compat ? 4 : 8), &entry,
           compat ? 4 : 8);
}

/* A list in page 0 that begins at its first entry. */
static void put_list(bool compat, const uint64_t *entries, unsigned int nr)
{
    unsigned int i;

    for ( i = 0; i < nr; i++ )
        put(compat, 0, i, entries[i]);
}

static uint64_t make_args(bool compat, uint64_t head)
{
    xen_kexec_load_v1_t load = {
        .image = { .indirection_page = head, .start_address = TO(0) },
    };
    compat_kexec_load_v1_t old = {
        .image = { .indirection_page = head, .start_address = TO(0) },
    };

    return compat ? dom0_args(0, &old, sizeof(old))
                  : dom0_args(0, &load, sizeof(load));
}

static unsigned int stretches;  /* How many it took to read the last list. */

/* What becomes of it: a request, or an error. */
static int request(bool compat, struct kimage_request *req,
                   struct kimage_refusal *why)
{
    XEN_GUEST_HANDLE_PARAM(void) arg =
        guest_handle_from_ptr(make_args(compat, PAGE(0)), void);
    struct kexec_source *source;
    int rc = kexec_v1_source(arg, compat, &source, why);

    if ( !rc )
    {
        stretches = 0;
        do {
            stretches++;
            rc = source->fetch(source, why);
        } while ( rc == -ERESTART );
    }
    memset(req, 0, sizeof(*req));
    if ( source )
        *req = source->req;
    kexec_source_free(source);
    assert_int_equal(guest_page_refs(), 0);
    assert_int_equal(heap_objects(), 0);

    return rc;
}

static void is_refused(bool compat, const uint64_t *entries, unsigned int nr,
                       int rc, const char *rule)
{
    struct kimage_request req;
    struct kimage_refusal why = { .rule = "none" };

    put_list(compat, entries, nr);
    assert_int_equal(request(compat, &req, &why), rc);
    assert_string_equal(why.rule, rule);
}

#define REFUSED(rc, rule, ...) do {                                     \
        const uint64_t entries_[] = { __VA_ARGS__ };                    \
        is_refused(false, entries_, ARRAY_SIZE(entries_), rc, rule);    \
        is_refused(true, entries_, ARRAY_SIZE(entries_), rc, rule);     \
    } while ( 0 )

static void contiguous_pages_are_a_segment(void **state)
{
    const uint64_t entries[] = {
        TO(0) | DEST, PAGE(8) | SRC, PAGE(9) | SRC,
        /* A gap, and back to where the first one ended. */
        TO(5) | DEST, PAGE(10) | SRC,
        TO(2) | DEST, PAGE(11) | SRC,
        /* Where it is already. */
        TO(3) | DEST, PAGE(12) | SRC, 0,
        DONE, PAGE(13) | SRC,
    };
    struct kimage_request req;
    struct kimage_refusal why;
    unsigned int compat;

    for ( compat = 0; compat < 2; compat++ )
    {
        put_list(compat, entries, ARRAY_SIZE(entries));
        assert_int_equal(request(compat, &req, &why), 0);
        assert_int_equal(req.arch, compat ? EM_386 : EM_X86_64);
        assert_int_equal(req.entry_maddr, TO(0));
        assert_int_equal(req.nr_segments, 3);
        assert_int_equal(req.segments[0].dest_maddr, TO(0));
        assert_int_equal(req.segments[0].dest_size, 2 * PAGE_SIZE);
        assert_int_equal(req.segments[1].dest_maddr, TO(5));
        assert_int_equal(req.segments[1].dest_size, PAGE_SIZE);
        assert_int_equal(req.segments[2].dest_maddr, TO(2));
        assert_int_equal(req.segments[2].dest_size, 2 * PAGE_SIZE);
        assert_int_equal(req.segments[2].buf_size, 2 * PAGE_SIZE);
        assert_true(req.segments[2].has_buffer);
    }
}

static void a_list_goes_on_in_another_page(void **state)
{
    struct kimage_request req;
    struct kimage_refusal why;
    unsigned int compat;

    for ( compat = 0; compat < 2; compat++ )
    {
        setup(NULL);
        put(compat, 0, 0, TO(0) | DEST);
        put(compat, 0, 1, PAGE(3) | LIST);
        put(compat, 0, 2, 0x123);
        /* Up to the last entry of a page. */
        put(compat, 3, (compat ? 1024 : 512) - 1, PAGE(2) | LIST);
        put(compat, 2, 0, PAGE(8) | SRC);
        put(compat, 2, 1, DONE);
        assert_int_equal(request(compat, &req, &why), 0);
        assert_int_equal(req.nr_segments, 1);
    }
}

static void a_list_that_leaves_its_page_is_refused(void **state)
{
    REFUSED(-EINVAL, "malformed indirection list", TO(0) | DEST);
}

static void a_source_needs_a_destination_before_it(void **state)
{
    REFUSED(-EINVAL, "source before any destination",
            PAGE(8) | SRC, TO(0) | DEST, PAGE(9) | SRC, DONE);
    REFUSED(-EINVAL, "source before any destination", 0, PAGE(8) | SRC, DONE);
}

static void a_list_in_a_circle_is_refused(void **state)
{
    REFUSED(-EINVAL, "malformed indirection list", PAGE(0) | LIST);
}

static void entries_of_two_kinds_are_refused(void **state)
{
    unsigned int flags;

    for ( flags = 1; flags < 4096; flags++ )
        if ( flags & (flags - 1) || flags > SRC )
            REFUSED(-EINVAL, "malformed indirection list",
                    TO(0) | DEST, PAGE(8) | flags, DONE);
}

static void a_list_in_a_page_of_somebody_elses_is_refused(void **state)
{
    REFUSED(-EFAULT, "indirection page is not the domain's",
            MB(200) | LIST);
    /* There is no such page, or never was any memory. */
    REFUSED(-EFAULT, "indirection page is not the domain's",
            0xfffff000UL | LIST);
    is_refused(false, (const uint64_t[]){ 0xffffffff000UL | LIST }, 1,
               -EFAULT, "indirection page is not the domain's");
    guest_own_page(paddr_to_pfn(PAGE(0)), false);
    REFUSED(-EFAULT, "indirection page is not the domain's", DONE);
}

static void more_segments_than_an_image_has_are_refused(void **state)
{
    struct kimage_request req;
    struct kimage_refusal why = {};
    unsigned int i;

    for ( i = 0; i < 32; i++ )
    {
        put(false, 0, i * 2, TO(i * 2) | DEST);
        put(false, 0, i * 2 + 1, PAGE(8) | SRC);
    }
    put(false, 0, 64, DONE);
    assert_int_equal(request(false, &req, &why), 0);
    assert_int_equal(req.nr_segments, 32);

    put(false, 0, 64, TO(100) | DEST);
    put(false, 0, 65, PAGE(8) | SRC);
    put(false, 0, 66, DONE);
    assert_int_equal(request(false, &req, &why), -EINVAL);
    assert_string_equal(why.rule, "too many pages or segments");
}

/* More than the first array holds, and then more than any does. */
static void pages_are_counted(void **state)
{
    struct kimage_request req;
    struct kimage_refusal why = {};
    unsigned int i;

    put(false, 0, 0, TO(0) | DEST);
    put(false, 0, 1, PAGE(1) | LIST);
    for ( i = 0; i < 511; i++ )
    {
        put(false, 1, i, PAGE(8) | SRC);
        put(false, 2, i, PAGE(8) | SRC);
    }
    put(false, 1, 511, PAGE(2) | LIST);
    put(false, 2, 511, DONE);
    assert_int_equal(request(false, &req, &why), 0);
    assert_int_equal(req.nr_segments, 1);
    assert_int_equal(req.segments[0].dest_size, 1022 * PAGE_SIZE);
    assert_int_equal(stretches, 3);

    heap_add((struct maddr_range){ MB(72), MB(81) });
    put(false, 2, 511, PAGE(1) | LIST);
    assert_int_equal(request(false, &req, &why), -EINVAL);
    assert_string_equal(why.rule, "too many pages or segments");
}

/* However few entries of it there are (invariant 7). */
static void a_page_of_the_list_is_a_stretch(void **state)
{
    struct kimage_request req;
    struct kimage_refusal why;
    unsigned int i;

    for ( i = 0; i < 40; i++ )
        put(false, i, 0, PAGE(i + 1) | LIST);
    put(false, 40, 0, DONE);
    assert_int_equal(request(false, &req, &why), 0);
    assert_int_equal(stretches, 41);
}

static void every_failure_of_the_walk_leaves_nothing(void **state)
{
    struct kimage_request req;
    struct kimage_refusal why = {};
    unsigned long n;
    unsigned int i;

    put(false, 0, 0, TO(0) | DEST);
    put(false, 0, 1, PAGE(1) | LIST);
    for ( i = 0; i < 511; i++ )
        put(false, 1, i, PAGE(8) | SRC);
    put(false, 1, 511, PAGE(2) | LIST);
    put(false, 2, 0, PAGE(8) | SRC);
    put(false, 2, 1, PAGE(8) | SRC);
    put(false, 2, 2, DONE);

    for ( n = 1; ; n++ )
    {
        heap_fail(n, false);
        if ( request(false, &req, &why) != -ENOMEM )
            break;
        assert_string_equal(why.rule, "no memory");
    }
    assert_int_equal(n - 1, 4);
    heap_fail(0, false);

    for ( n = 1; ; n++ )
    {
        guest_fault(n);
        if ( request(false, &req, &why) != -EFAULT )
            break;
    }
    /* The arguments, and each page of the list once. */
    assert_int_equal(n - 1, 1 + 3);
}

static void a_translated_domain_has_no_machine_addresses(void **state)
{
    current->domain->translated = true;
    REFUSED(-EINVAL, "obsolete load from a translated domain", DONE);
}

/* A source that is taken away between the walk and the copy. */
static void a_source_that_is_gone_is_efault(void **state)
{
    uint64_t arg = make_args(false, PAGE(0));
    long rc;

    put(false, 0, 0, TO(0) | DEST);
    put(false, 0, 1, PAGE(8) | SRC);
    put(false, 0, 2, PAGE(9) | SRC);
    put(false, 0, 3, DONE);

    preempt_at(1, 0);
    rc = dom0_call(NATIVE_V1, KEXEC_CMD_kexec_load_v1, arg);
    assert_int_equal(rc, CONTINUATION);
    guest_own_page(paddr_to_pfn(PAGE(9)), false);
    assert_int_equal(dom0_finish(NATIVE_V1, rc), -EFAULT);
    assert_int_equal(dom0_armed(KEXEC_TYPE_DEFAULT), 0);
    assert_int_equal(guest_page_refs(), 0);
}

/* An image of one page, by a list of three pages that say nothing else. */
static uint64_t make_long_list(void)
{
    put(false, 0, 511, PAGE(1) | LIST);
    put(false, 1, 511, PAGE(2) | LIST);
    put(false, 2, 0, TO(0) | DEST);
    put(false, 2, 1, PAGE(8) | SRC);
    put(false, 2, 2, DONE);

    return make_args(false, PAGE(0));
}

static void a_long_list_is_abandoned_half_way(void **state)
{
    uint64_t arg = make_long_list();
    long rc;

    preempt_at(1, 0);
    rc = dom0_call(NATIVE_V1, KEXEC_CMD_kexec_load_v1, arg);
    assert_int_equal(rc, CONTINUATION);
    assert_int_equal(dom0_unload(NATIVE, 1, KEXEC_TYPE_DEFAULT), 0);
    assert_true(was_printed("kexec: default: unfinished load abandoned"));
    assert_int_equal(dom0_finish(NATIVE_V1, rc), -EBUSY);
    assert_true(kexec_is_idle(KEXEC_TYPE_DEFAULT));
    assert_int_equal(guest_page_refs(), 0);
}

/* All that a list names lies above 4 GiB: its pages, sources, destinations. */
static void addresses_have_more_than_32_bits(void **state)
{
    const paddr_t list = GB(5), next = GB(6), source = GB(7), dest = GB(8);
    uint64_t *entries = maddr_to_virt(list);
    xen_kexec_load_v1_t load = {
        .image = { .indirection_page = list | LIST, .start_address = dest },
    };
    const struct kimage *image;
    uint64_t done = 0;
    unsigned int i;

    e820.map[e820.nr_map++] = (struct e820entry){ GB(4), GB(8), E820_RAM };
    for ( i = 0; i < 3; i++ )
        guest_own_page(paddr_to_pfn(source + i * PAGE_SIZE), true);
    guest_own_page(paddr_to_pfn(list), true);
    guest_own_page(paddr_to_pfn(next), true);

    entries[0] = dest | DEST;
    entries[1] = source | SRC;
    entries[2] = next | LIST;
    entries = maddr_to_virt(next);
    entries[0] = (source + PAGE_SIZE) | SRC;
    entries[1] = (source + 2 * PAGE_SIZE) | SRC;
    entries[2] = DONE;
    memcpy(maddr_to_virt(source), layout_noise, 3 * PAGE_SIZE);

    assert_int_equal(dom0_call(NATIVE_V1, KEXEC_CMD_kexec_load_v1,
                               dom0_args(0, &load, sizeof(load))), 0);
    image = kexec_armed(KEXEC_TYPE_DEFAULT);
    assert_int_equal(image->nr_segments, 1);
    assert_int_equal(image->segments[0].dest.start, dest);
    assert_int_equal(image->segments[0].dest.end, dest + 3 * PAGE_SIZE);
    assert_int_equal(image->entry_maddr, dest);

    /* None of them is where the heap is: they are copied, in their order. */
    for ( i = 0; i < image->plan.nr_records; i++ )
    {
        const struct kexec_plan_record *record = &image->plan.last->records[i];

        assert_int_equal(record->dest_maddr, dest + done);
        assert_memory_equal(maddr_to_virt(record->src_maddr),
                            layout_noise + done, record->bytes);
        done += record->bytes;
    }
    assert_int_equal(done, 3 * PAGE_SIZE);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, dom0_teardown)
    const struct CMUnitTest tests[] = {
        TEST(contiguous_pages_are_a_segment),
        TEST(a_list_goes_on_in_another_page),
        TEST(a_list_that_leaves_its_page_is_refused),
        TEST(a_source_needs_a_destination_before_it),
        TEST(a_list_in_a_circle_is_refused),
        TEST(entries_of_two_kinds_are_refused),
        TEST(a_list_in_a_page_of_somebody_elses_is_refused),
        TEST(more_segments_than_an_image_has_are_refused),
        TEST(pages_are_counted),
        TEST(a_page_of_the_list_is_a_stretch),
        TEST(every_failure_of_the_walk_leaves_nothing),
        TEST(a_translated_domain_has_no_machine_addresses),
        TEST(a_source_that_is_gone_is_efault),
        TEST(a_long_list_is_abandoned_half_way),
        TEST(addresses_have_more_than_32_bits),
    };

    return cmocka_run_group_tests_name("v1", tests, NULL, NULL);
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
