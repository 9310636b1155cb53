/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * area
 *
 * Attacked: crashkernel= and its relatives, from the command line to the area.
 * Must hold: the area has the size= that was asked for (0: none), is at= where
 * it was asked to be, or above= and below= what was asked for; it is memory,
 * and none of Xen's or the dom0's.  The notes are notes_below= what was asked
 * for.  A crash image at both ends of the area is
 * entered whole; without an area none is loaded, nor a 32-bit one above 4 GiB.
 * Memory from given= to given_to= was refused as an area: the dom0 gets it.
 */
#include "dom0.h"

#define PATTERN_BYTES   (MB(1) + 77)

static void check_notes(unsigned int range, unsigned int nr, const char *what)
{
    uint64_t below = arg_number("notes_below", ~0ull);
    xen_kexec_range_t found;

    if ( kexec_get_range(range, nr, &found) )
        found.size = 0;
    ok(found.size && found.start + found.size <= below,
       "note of %s: found %llx, %llx bytes, expected below %llx", what,
       (unsigned long long)found.start, (unsigned long long)found.size,
       (unsigned long long)below);
}

/* Every frame of the dom0, or of its first ones: it has few in a row. */
static bool is_dom0s(uint64_t start, uint64_t end)
{
    const xen_pfn_t *p2m = (const xen_pfn_t *)start_info->mfn_list;
    unsigned long i;

    for ( i = 0; i < start_info->nr_pages; i++ )
        if ( (uint64_t)p2m[i] * PAGE_SIZE >= start &&
             (uint64_t)p2m[i] * PAGE_SIZE < end )
            return true;

    return false;
}

/*
 * Take all memory that there is, which Xen has scrubbed by then: what was to
 * be the area, and is no module's, has to be among it.
 */
static void check_given(uint64_t start, uint64_t end)
{
    unsigned int max = free_pages() + 1, nr, i, found = 0;
    xen_pfn_t *mfn = pages(PAGE_UP(max * sizeof(*mfn)) / PAGE_SIZE);

    nr = balloon_take_all(mfn, max);
    for ( i = 0; i < nr; i++ )
        found += mfn[i] >= start / PAGE_SIZE && mfn[i] < end / PAGE_SIZE;
    print("# %u of %u, %u left\n", found, nr, (unsigned int)free_pages());
    ok_eq(found, (end - start) / PAGE_SIZE, "pages of what was refused");
}

static void check_area(uint64_t start, uint64_t size)
{
    uint64_t end = start + size, at = arg_number("at", start);
    xen_kexec_range_t xen;

    ok_eq(start, at, "start of the area");
    ok(start >= arg_number("above", 0) && end <= arg_number("below", end),
       "area: found %llx-%llx, expected above %llx and below %llx",
       (unsigned long long)start, (unsigned long long)end,
       (unsigned long long)arg_number("above", 0),
       (unsigned long long)arg_number("below", end));
    ok(!(start & (PAGE_SIZE - 1)) && in_memory(start, PAGE_UP(size)),
       "area at %llx, %llx bytes: expected to be pages of memory",
       (unsigned long long)start, (unsigned long long)size);
    if ( kexec_get_range(KEXEC_RANGE_MA_XEN, 0, &xen) )
        error("where Xen is, is not said");
    ok(xen.start >= end || xen.start + xen.size <= start,
       "Xen: found at %llx, expected outside the area",
       (unsigned long long)xen.start);
    ok(!is_dom0s(start, end), "none of the dom0's pages is in the area");
}

/* What Xen says of its options is too early for the serial line. */
static void show_log(void)
{
    static char text[16384];
    char *line = text, *end = text + console_ring(text, sizeof(text) - 1);

    for ( ; line < end; line++ )
    {
        char *rest = line;

        while ( rest < end && *rest != '\n' )
            rest++;
        *rest = 0;
        if ( !strncmp(line, "(XEN) crash", 11) ||
             !strncmp(line, "(XEN) low_crash", 15) )
            print("# log: %s\n", line);
        line = rest;
    }
}

void scenario_area(void)
{
    struct image image;
    xen_kexec_range_t found;
    uint64_t end;
    long rc = kexec_get_range(KEXEC_RANGE_MA_CRASH, 0, &found);

    show_log();
    ok_eq(rc, 0, "range of the crash area");
    ok_eq(found.size, arg_number("size", 0), "size of the area");

    image_init(&image, KEXEC_TYPE_CRASH, arg_arch());
    if ( !found.size )
    {
        ok_eq(found.start, 0, "start of no area");
        image_add_probe(&image, MB(64));
        ok_eq(image_load(&image), -EADDRNOTAVAIL, "load without an area");
        if ( arg_number("given_to", 0) )
            check_given(arg_number("given", 0), arg_number("given_to", 0));
        return;
    }

    check_area(found.start, found.size);
    check_notes(KEXEC_RANGE_MA_CPU, 0, "CPU 0");
    check_notes(KEXEC_RANGE_MA_CPU, max_cpu_id(), "the last CPU");

    end = found.start + found.size;
    if ( image.whole_pages )
        end &= PAGE_MASK;
    image_add_probe(&image, found.start);
    image_add(&image, end - PATTERN_BYTES, PATTERN_BYTES, PATTERN_BYTES);
    if ( image.arch == EM_386 && end > GB(4) )
    {
        ok_eq(image_load(&image), -EINVAL, "load of a 32-bit image above 4 GiB");
        return;
    }
    image_run(&image);
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
