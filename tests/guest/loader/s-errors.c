/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * errors
 *
 * Attacked: the checks of every argument, at the edge of what is allowed and
 * one step beyond it.
 * Must hold: what is allowed is loaded; what is not gets its error number, and
 * leaves things as they were: the status, the number of free pages, and an
 * image armed before all refusals, which is entered at the end.
 */
#include "dom0.h"

#define MAX_SEGMENTS    32

/* A request that is right, for a row to spoil. */
struct request {
    xen_kexec_load_t load;
    xen_kexec_segment_t seg[MAX_SEGMENTS + 1];
};

static struct request req;
static unsigned int arch;           /* The machine of a right request. */
static uint64_t area;               /* Own memory: destinations. */
static uint8_t *buffer;

#define AREA_PAGES      64
#define BUFFER_PAGES    4

static void segment(unsigned int i, const void *buf, uint64_t buf_size,
                    uint64_t maddr, uint64_t size)
{
    xen_kexec_segment_t *seg = &req.seg[i];

    memset(seg, 0, sizeof(*seg));
    set_xen_guest_handle(seg->buf.h, buf);
    seg->buf_size = buf_size;
    seg->dest_maddr = maddr;
    seg->dest_size = size;
}

static void right(void)
{
    memset(&req, 0, sizeof(req));
    req.load.type = KEXEC_TYPE_DEFAULT;
    req.load.arch = arch;
    req.load.nr_segments = 1;
    set_xen_guest_handle(req.load.segments.h, req.seg);
    req.load.entry_maddr = area;
    segment(0, buffer, PAGE_SIZE, area, PAGE_SIZE);
}

static void second(uint64_t maddr, uint64_t size)
{
    req.load.nr_segments = 2;
    segment(1, buffer, 1, maddr, size);
}

static void second_mapping(uint64_t maddr, uint64_t size)
{
    req.load.nr_segments = 2;
    segment(1, NULL, 0, maddr, size);
}

/* Rows: spoil or stretch the request. */
static void as_it_is(void) { }
static void type_2(void) { req.load.type = 2; }
static void arch_40(void) { req.load.arch = 40; }
static void arch_386(void) { req.load.arch = EM_386; }
static void arch_x86_64(void) { req.load.arch = EM_X86_64; }

static void segments_many(unsigned int nr)
{
    unsigned int i;

    for ( i = 1; i < nr; i++ )
        segment(i, buffer, 1, area + PAGE_SIZE + i, 1);
    req.load.nr_segments = nr;
}

static void segments_32(void) { segments_many(MAX_SEGMENTS); }
static void segments_33(void) { segments_many(MAX_SEGMENTS + 1); }
static void segments_all_ones(void) { req.load.nr_segments = ~0u; }

static void wrap_beyond(void)
{
    second_mapping(-(uint64_t)PAGE_SIZE, 2 * PAGE_SIZE);
}

static void touch_after(void) { second(area + PAGE_SIZE, 1); }
static void overlap_end(void) { second(area + PAGE_SIZE - 1, 1); }

static void buffer_longer(void) { req.seg[0].buf_size = PAGE_SIZE + 1; }
static void entry_behind(void) { req.load.entry_maddr += PAGE_SIZE; }

static void below_4g(void)
{
    arch_386();
    second_mapping(GB(4) - PAGE_SIZE, PAGE_SIZE);
}
static void across_4g(void)
{
    arch_386();
    second_mapping(GB(4) - PAGE_SIZE, PAGE_SIZE + 1);
}

static void not_ram(void) { second(0xfee00000, 1); }
static uint64_t ram_end;
static void ram_last_byte(void) { second(ram_end - 1, 1); }
static void ram_behind(void) { second(ram_end, 1); }

/* Readable up to here; the page that follows is not mapped. */
static uint8_t *hole;
static void read_to_hole(void)
{
    set_xen_guest_handle(req.seg[0].buf.h, hole - PAGE_SIZE);
}
static void read_into_hole(void)
{
    set_xen_guest_handle(req.seg[0].buf.h, hole - PAGE_SIZE + 1);
}
static void read_hole(void) { set_xen_guest_handle(req.seg[0].buf.h, hole); }
/* Not where a guest may read Xen's table of frames, though. */
static void read_xen(void)
{
    unsigned long va = COMPAT ? 0xffc00000 : HYPERVISOR_VIRT_START + MB(1);

    set_xen_guest_handle(req.seg[0].buf.h, (void *)va);
}
static void read_late_hole(void)
{
    second(area + PAGE_SIZE, 1);
    set_xen_guest_handle(req.seg[1].buf.h, hole);
}
static void segments_in_hole(void)
{
    set_xen_guest_handle(req.load.segments.h, (xen_kexec_segment_t *)hole);
}

/* Of a field for a pointer, only the lower half is a 32-bit domain's. */
#define UPPER_BIT   (1ull << 50)
static void buffer_upper_half(void) { req.seg[0].buf._pad ^= UPPER_BIT; }
static void segments_upper_half(void) { req.load.segments._pad ^= UPPER_BIT; }

/* At the edges of the crash area, and a byte beyond them. */
static uint64_t crash, crash_end;
static void crash_type(void)
{
    req.load.type = KEXEC_TYPE_CRASH;
    segment(0, buffer, PAGE_SIZE, crash, PAGE_SIZE);
    req.load.entry_maddr = crash;
}
static void crash_last(void)
{
    crash_type();
    req.seg[0].dest_maddr = req.load.entry_maddr = crash_end - PAGE_SIZE;
}
static void crash_behind(void)
{
    crash_last();
    req.seg[0].dest_maddr++;
    req.load.entry_maddr++;
}
static void crash_before(void)
{
    crash_type();
    req.seg[0].dest_maddr--;
}

static const struct row {
    char what[48];
    int rc;
    void (*spoil)(void);
} rows[] = {
    { "a plain request", 0, as_it_is },
    { "type 2", -EINVAL, type_2 },
    { "machine 40", -EINVAL, arch_40 },
    { "machine 3", 0, arch_386 },
    { "machine 62", 0, arch_x86_64 },
    { "32 segments", 0, segments_32 },
    { "33 segments", -EINVAL, segments_33 },
    { "4294967295 segments", -EINVAL, segments_all_ones },
    { "a destination that wraps", -EINVAL, wrap_beyond },
    { "a segment that starts where one ends", 0, touch_after },
    { "an overlap of one byte at the end", -EINVAL, overlap_end },
    { "a buffer one byte longer", -EINVAL, buffer_longer },
    { "the entry behind the last byte", -EINVAL, entry_behind },
    { "machine 3 up to 4 GiB", 0, below_4g },
    { "machine 3 one byte beyond 4 GiB", -EINVAL, across_4g },
    { "a byte of the local APIC", -EADDRNOTAVAIL, not_ram },
    { "the last byte of RAM", 0, ram_last_byte },
    { "the byte behind RAM", -EADDRNOTAVAIL, ram_behind },
    { "a buffer up to a hole", 0, read_to_hole },
    { "a buffer one byte into a hole", -EFAULT, read_into_hole },
    { "a buffer in a hole", -EFAULT, read_hole },
    { "a buffer in Xen", -EFAULT, read_xen },
    { "a second buffer in a hole", -EFAULT, read_late_hole },
    { "a list of segments in a hole", -EFAULT, segments_in_hole },
    { "a bit in a buffer's upper half", COMPAT ? 0 : -EFAULT,
      buffer_upper_half },
    { "a bit in the list's upper half", COMPAT ? 0 : -EFAULT,
      segments_upper_half },
    { "a crash image in its area", 0, crash_type },
    { "a crash image at the end of its area", 0, crash_last },
    { "a crash image a byte beyond its area", -EADDRNOTAVAIL,
      crash_behind },
    { "a crash image a byte before its area", -EADDRNOTAVAIL,
      crash_before },
};

static long load_row(const struct row *row)
{
    right();
    row->spoil();

    return kexec_op(KEXEC_CMD_kexec_load, &req.load);
}

static void check_unchanged(const char *what, uint64_t free, long status,
                            long crash_status)
{
    uint64_t now = free_pages();

    if ( now != free || kexec_status(KEXEC_TYPE_DEFAULT) != status ||
         kexec_status(KEXEC_TYPE_CRASH) != crash_status )
        ok(false, "%s changes nothing: found %llx pages free and status %d, "
           "%d, expected %llx and %d, %d", what, (unsigned long long)now,
           (int)kexec_status(KEXEC_TYPE_DEFAULT),
           (int)kexec_status(KEXEC_TYPE_CRASH), (unsigned long long)free,
           (int)status, (int)crash_status);
}

static void accepted(const struct row *row)
{
    long rc = load_row(row);

    ok(!rc, "%s, machine %u: found %d, expected 0", row->what, arch, (int)rc);
    if ( !rc )
        ok_eq(kexec_unload(req.load.type), 0, "unload of it");
}

static void refused(const struct row *row)
{
    uint64_t free = free_pages();
    long status = kexec_status(KEXEC_TYPE_DEFAULT);
    long crash_status = kexec_status(KEXEC_TYPE_CRASH);
    long rc = load_row(row);

    ok(rc == row->rc, "%s, machine %u: found %d, expected %d", row->what, arch,
       (int)rc, row->rc);
    check_unchanged(row->what, free, status, crash_status);
}

static void other_commands(void)
{
    uint64_t free = free_pages();
    long status = kexec_status(KEXEC_TYPE_DEFAULT);
    long crash_status = kexec_status(KEXEC_TYPE_CRASH);
    static const unsigned int unknown[] = { 7, 8, 0x7fffffff };
    unsigned int cmd, i;

    for ( cmd = KEXEC_CMD_kexec; cmd <= KEXEC_CMD_kexec_status; cmd++ )
        ok_eq(kexec_op(cmd, hole), -EFAULT, "command %u on a hole", cmd);
    for ( i = 0; i < ARRAY_SIZE(unknown); i++ )
        ok_eq(kexec_op(unknown[i], &req), -EOPNOTSUPP, "command %u", unknown[i]);

    /* Bits that no command has are no command either. */
    for ( cmd = KEXEC_CMD_kexec; cmd <= KEXEC_CMD_kexec_status; cmd++ )
    {
        static const unsigned int high[] = { 0x100, 0x300, 0x80000000 };

        for ( i = 0; i < ARRAY_SIZE(high); i++ )
        {
            long rc;

            right();
            rc = kexec_op(cmd | high[i], &req.load);
            ok(rc < 0, "command %x is refused: found %d", cmd | high[i],
               (int)rc);
        }
    }

    ok_eq(kexec_status(2), -EINVAL, "status of type 2");
    ok_eq(kexec_status(255), -EINVAL, "status of type 255");
    ok_eq(kexec_unload(2), -EINVAL, "unload of type 2");
    ok_eq(kexec_exec(2), -EINVAL, "exec of type 2");
    ok_eq(kexec_exec(-1), -EINVAL, "exec of type -1");
    ok_eq(kexec_exec(256), -EINVAL, "exec of type 256");
    check_unchanged("all of that", free, status, crash_status);
}

/* Xen's heap, emptied, and handed back. */
static void no_memory(void)
{
    uint64_t free = free_pages();
    unsigned int max = free + 1, nr;
    xen_pfn_t *mfn;
    long rc;

    mfn = pages(PAGE_UP(max * sizeof(*mfn)) / PAGE_SIZE);
    nr = balloon_take_all(mfn, max);

    right();
    rc = kexec_op(KEXEC_CMD_kexec_load, &req.load);
    ok(rc == -ENOMEM, "a load with %u of %u free pages taken: found %d, "
       "expected %d", nr, (unsigned int)free, (int)rc, -ENOMEM);
    if ( balloon_give(mfn, nr, 0) != nr )
        error("Xen does not take its pages back");
    check_unchanged("a load without memory", free, 1, 0);
}

static void find_edges(void)
{
    uint64_t size;
    unsigned int i;

    area = own_run(AREA_PAGES, GB(4));
    buffer = pages(BUFFER_PAGES);

    hole = hole_after(1);

    /* The end of the biggest piece of memory. */
    for ( i = 0; i < nr_machine_map; i++ )
        if ( machine_map[i].type == E820_RAM && machine_map[i].size > MB(16) )
        {
            ram_end = machine_map[i].maddr + machine_map[i].size;
            break;
        }

    crash = crash_area(&size);
    crash_end = crash + size;
}

static const unsigned int arches[] = { EM_X86_64, EM_386 };

static void all_accepted(void)
{
    unsigned int i, j;

    for ( i = 0; i < ARRAY_SIZE(arches); i++ )
        for ( j = 0, arch = arches[i]; j < ARRAY_SIZE(rows); j++ )
            if ( !rows[j].rc )
                accepted(&rows[j]);
}

static void all_refused(void)
{
    unsigned int i, j;

    for ( i = 0; i < ARRAY_SIZE(arches); i++ )
        for ( j = 0, arch = arches[i]; j < ARRAY_SIZE(rows); j++ )
            if ( rows[j].rc )
                refused(&rows[j]);
}

void scenario_errors(void)
{
    struct image image;

    find_edges();

    ok_eq(kexec_exec(KEXEC_TYPE_DEFAULT), -ENOENT, "exec with nothing loaded");
    ok_eq(kexec_exec(KEXEC_TYPE_CRASH), -ENOENT, "crash with nothing loaded");

    all_accepted();

    image_init(&image, KEXEC_TYPE_DEFAULT, arg_arch());
    image_add_probe_anywhere(&image);
    if ( !ok_eq(image_load(&image), 0, "load of the image that has to stay") )
        return;

    all_refused();

    other_commands();
    no_memory();

    ok_eq(kexec_status(KEXEC_TYPE_DEFAULT), 1, "status after all");
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
