/* SPDX-License-Identifier: GPL-2.0-only */

#include <asm/kexec_idmap.h>
#include <asm/kexec_stub.h>

#include "heap.h"
#include "layout.h"
#include "tables.h"
#include "xen.h"

#include "kimage-private.h"

#define NOISE_BYTES (MB(1) + LAYOUT_MAX_PAGES * PAGE_SIZE)

/* The stub: shipped symbols, and one that the Makefile makes global. */
extern const char kexec_reloc[], kexec_stub_args[], run_plan[];
extern const char kexec_stub_gdt64[], kexec_stub_idt[];
extern const char kexec_stub_handlers[];

/* stub-run.S */
void stub_run(void *code, void *control, void *stack, uint64_t regs[17]);
extern const char stub_entered[];

uint8_t layout_noise[NOISE_BYTES];

/* What the arena ought to be after the copy, by the interpreter. */
static uint8_t result[LAYOUT_MAX_PAGES * PAGE_SIZE];

/* Say what is wrong, with which layout. */
#define MUST(cond, ...) do {                                            \
        if ( !(cond) )                                                  \
        {                                                               \
            fprintf(stderr, "# seed %#lx layout %lu: ", layout->seed,   \
                    layout->nr);                                        \
            fprintf(stderr, __VA_ARGS__);                               \
            fprintf(stderr, "\n");                                      \
            return false;                                               \
        }                                                               \
    } while ( 0 )

#define RANDOM(below) random_below(&layout->random, below)
#define ONE_IN(n)     (RANDOM(n) == 0)

__attribute__((__constructor__))
static void make_noise(void)
{
    uint64_t state = 1;
    unsigned long i;

    for ( i = 0; i + 8 <= NOISE_BYTES; i += 8 )
    {
        uint64_t bytes = random_next(&state);

        memcpy(&layout_noise[i], &bytes, 8);
    }
}

/*
 * Making one
 */

static void add_e820(paddr_t start, paddr_t end, uint32_t type)
{
    if ( start < end )
        e820.map[e820.nr_map++] = (struct e820entry){ start, end - start,
                                                      type };
}

/* A few runs of an area, each page of it with a probability of @density %. */
static void give_runs(struct layout *layout, struct maddr_range area,
                      unsigned int density)
{
    paddr_t pos = area.start;

    while ( pos < area.end )
    {
        paddr_t end = pos + ((1 + RANDOM(24)) << PAGE_SHIFT);
        struct maddr_range run = { pos, min(end, area.end) };

        if ( RANDOM(100) < density )
            heap_add(run);
        pos = run.end;
    }
}

/* None, at a port, or in memory: beside everything, or in the way of it. */
static void make_uart(struct layout *layout)
{
    static const paddr_t bases[] = {
        0, 0x3f8, 0xfe032000, 0xfed01000, 0xb8000, GB(12) + 0x123000,
        GB(14) + MB(5), GB(40) + 0xff8, KEXEC_IDMAP_END - PAGE_SIZE,
        KEXEC_IDMAP_END - 4, KEXEC_IDMAP_END, 1UL << 51,
    };

    uart = (struct serial_uart){
        .base = bases[RANDOM(ARRAY_SIZE(bases))],
        .tx_ready = ONE_IN(2) ? 0x20 : 0x60,
    };
    if ( uart.base >= 0x10000 )
    {
        uart.width = ONE_IN(2) ? 1 : 4;
        uart.shift = RANDOM(3);
    }
}

/* Can the hand-over use it? */
static bool uart_in_reach(void)
{
    return uart.base + (8UL << uart.shift) <= KEXEC_IDMAP_END;
}

static struct maddr_range uart_range(void)
{
    if ( !uart.width || !uart_in_reach() )
        return (struct maddr_range){};

    return (struct maddr_range){ uart.base, uart.base + (8UL << uart.shift) };
}

static void make_machine(struct layout *layout)
{
    static const paddr_t arenas[] = {
        MB(1) - 9 * PAGE_SIZE, MB(2) - 5 * PAGE_SIZE, MB(16),
        MB(1022) + 7 * PAGE_SIZE, GB(4) - 20 * PAGE_SIZE, GB(5),
        GB(9) - PAGE_SIZE,
    };
    paddr_t start = arenas[RANDOM(ARRAY_SIZE(arenas))] +
                    (RANDOM(8) << PAGE_SHIFT);
    paddr_t rest = (ONE_IN(2) ? MB(512) : GB(6)) + (RANDOM(512) << PAGE_SHIFT);
    unsigned long pages = 8 + RANDOM(ONE_IN(8) ? 150 : 40);

    /* Now and then, as many records as need a few pages of plan. */
    layout->fragmented = ONE_IN(400);
    if ( layout->fragmented )
        pages = LAYOUT_MAX_PAGES;

    layout->arena = (struct maddr_range){
        start, start + (pages << PAGE_SHIFT)
    };
    layout->rest = (struct maddr_range){
        rest, rest + ((layout->fragmented ? 2 * LAYOUT_MAX_PAGES + 100
                                          : 12 + RANDOM(100)) << PAGE_SHIFT)
    };

    e820.nr_map = 0;
    add_e820(0, min(start, 0xa0000UL), E820_RAM);
    if ( ONE_IN(4) )
        add_e820(0xa0000, 0xa1000, E820_RESERVED);
    /* RAM in two parts is one for a segment that crosses them. */
    if ( ONE_IN(4) )
    {
        paddr_t middle = start + (RANDOM(pages) << PAGE_SHIFT);

        add_e820(start, middle, E820_RAM);
        add_e820(middle, layout->arena.end, E820_RAM);
    }
    else
        add_e820(start, layout->arena.end, E820_RAM);
    add_e820(layout->rest.start, layout->rest.end, E820_RAM);
    if ( ONE_IN(3) )
        add_e820(GB(11) + 0x800, GB(11) + 0x2800, E820_ACPI);
    if ( ONE_IN(3) )
        add_e820(GB(12), GB(12) + MB(2), E820_NVS);
    if ( ONE_IN(3) )
        add_e820(GB(13), GB(13) + MB(2), E820_RESERVED);
    /* A page of 1 GiB, if the processor has such. */
    if ( ONE_IN(8) )
        add_e820(GB(14), GB(15) + MB(2), E820_RAM);

    efi.system = ONE_IN(4) ? GB(12) + MB(4) + 0x18 : 0;
    cpu_has_page1gb = ONE_IN(2);
    make_uart(layout);

    layout->original = &layout_noise[RANDOM(MB(1))];
    memcpy(machine_memory + start, layout->original, pages << PAGE_SHIFT);
}

/* No two pages of the heap's are neighbours, but for the control area's. */
static void give_fragments(struct maddr_range area)
{
    struct maddr_range page = { area.start, area.start + PAGE_SIZE };

    heap_add((struct maddr_range){ area.end + PAGE_SIZE * 8,
                                   area.end + PAGE_SIZE * 16 });
    for ( ; page.end < area.end; page.start += 2 * PAGE_SIZE )
    {
        page.end = page.start + PAGE_SIZE;
        heap_add(page);
    }
}

/* An address in the arena; often at, or next to, the edge of a page. */
static paddr_t make_cut(struct layout *layout)
{
    paddr_t bytes = maddr_range_size(layout->arena);
    paddr_t offset = RANDOM(bytes + 1);

    switch ( RANDOM(6) )
    {
    case 0:
    case 1:
        offset &= PAGE_MASK;
        break;
    case 2:
        offset = (offset & PAGE_MASK) + RANDOM(9);
        break;
    case 3:
        offset = (offset | ~PAGE_MASK) - RANDOM(9);
        break;
    }

    return layout->arena.start + min(offset, bytes);
}

static int cmp_cuts(const void *a, const void *b)
{
    const paddr_t *l = a, *r = b;

    return *l < *r ? -1 : *l > *r;
}

static uint64_t make_buf_size(struct layout *layout, uint64_t size)
{
    switch ( RANDOM(8) )
    {
    case 0:
        return 0;
    case 1:
        return RANDOM(size + 1);
    case 2:
        return RANDOM(size + 1) & PAGE_MASK;
    case 3:
        return size - min(size, RANDOM(20));
    default:
        return size;
    }
}

static void make_segments(struct layout *layout)
{
    struct kimage_request *req = &layout->req;
    unsigned int i, nr = 1 + RANDOM(ONE_IN(8) ? KIMAGE_MAX_SEGMENTS : 6);
    unsigned int entry = RANDOM(nr);
    paddr_t cuts[KIMAGE_MAX_SEGMENTS * 2];

    /* The one with the entry cannot be empty. */
    do {
        for ( i = 0; i < nr * 2; i++ )
            cuts[i] = make_cut(layout);
        qsort(cuts, nr * 2, sizeof(*cuts), cmp_cuts);
    } while ( cuts[entry * 2] == cuts[entry * 2 + 1] );

    req->nr_segments = nr;
    for ( i = 0; i < nr; i++ )
    {
        uint64_t size;

        if ( i && ONE_IN(4) )
            cuts[i * 2] = cuts[i * 2 - 1];
        size = cuts[i * 2 + 1] - cuts[i * 2];

        req->segments[i].dest_maddr = cuts[i * 2];
        req->segments[i].dest_size = size;
        req->segments[i].has_buffer = i == entry || !ONE_IN(12);
        if ( req->segments[i].has_buffer )
            req->segments[i].buf_size = make_buf_size(layout, size);
        layout->bufs[i] = &layout_noise[RANDOM(MB(1))];
    }

    /* One that asks for a mapping of what is no RAM. */
    if ( nr < KIMAGE_MAX_SEGMENTS && ONE_IN(8) )
    {
        req->segments[nr].dest_maddr = 0xfed00000 + RANDOM(0x3000);
        req->segments[nr].dest_size = RANDOM(0x3000);
        req->nr_segments++;
    }

    req->entry_maddr = req->segments[entry].dest_maddr +
                       RANDOM(req->segments[entry].dest_size);

    /* In the caller's order, which is any. */
    for ( i = req->nr_segments; i > 1; i-- )
    {
        unsigned int other = RANDOM(i);

        SWAP(req->segments[i - 1], req->segments[other]);
        SWAP(layout->bufs[i - 1], layout->bufs[other]);
    }
}

static int read_noise(const struct kimage_source *source, unsigned int index,
                      uint64_t offset, void *to, size_t len)
{
    struct layout *layout = (struct layout *)source;

    /* Once each, in order, and no byte but those of the buffer. */
    assert(offset == layout->read[index]);
    layout->read[index] += len;
    assert(layout->read[index] <= layout->req.segments[index].buf_size);

    memcpy(to, layout->bufs[index] + offset, len);

    return 0;
}

void layout_make(struct layout *layout, uint64_t seed, uint64_t nr)
{
    struct maddr_range dests[KIMAGE_MAX_SEGMENTS];
    struct kimage_request *req = &layout->req;
    unsigned int i;

    *layout = (struct layout){
        .source.read = read_noise,
        .seed = seed,
        .nr = nr,
        .random = seed * 0xd1342543de82ef95 + nr,
    };

    heap_reset();
    make_machine(layout);
    make_segments(layout);
    machine_poison(layout->arena);

    req->arch = layout->arena.end <= GB(4) && ONE_IN(4) ? EM_386 : EM_X86_64;
    req->digest = ONE_IN(3);
    if ( ONE_IN(6) )
    {
        req->type = KEXEC_TYPE_CRASH;
        req->crash_area = layout->arena;
        layout->direct = ONE_IN(3);
        if ( layout->direct )
            machine_unpoison(layout->arena);
    }
    else
        give_runs(layout, layout->arena, RANDOM(4) * 33);
    if ( layout->fragmented )
        give_fragments(layout->rest);
    else
        give_runs(layout, layout->rest, 60 + RANDOM(8) * 20);

    for ( i = 0; i < req->nr_segments; i++ )
        dests[i] = (struct maddr_range){
            req->segments[i].dest_maddr,
            req->segments[i].dest_maddr + req->segments[i].dest_size,
        };
    heap_prefer(dests, req->nr_segments);
    heap_set_policy(RANDOM(4), layout->random);
}

/*
 * Loading and freeing
 */

static void free_all(struct kimage_extents *trash)
{
    while ( !kimage_extents_free_some(trash) )
        ;
}

int layout_load(struct layout *layout, struct kimage **image)
{
    struct kimage_extents trash = {};
    struct kimage_refusal why;
    struct kimage_load *load;
    int rc = kimage_load_begin(&layout->req, &layout->source, &load, &why);

    if ( rc )
        return rc;

    if ( layout->direct )
        kimage_load_directly(load);

    while ( (rc = kimage_load_step(load, &why)) == -ERESTART )
        ;

    if ( !rc )
        *image = kimage_load_end(load);
    else
    {
        kimage_load_abandon(load, &trash);
        free_all(&trash);
    }

    return rc;
}

bool layout_free(struct layout *layout, struct kimage *image)
{
    struct kimage_extents trash = {};

    if ( image )
    {
        kimage_free(image, &trash);
        free_all(&trash);
    }

    machine_unpoison(layout->arena);
    MUST(!heap_used(), "%lu pages are still allocated", heap_used());
    MUST(!heap_objects(), "%lu objects are still allocated", heap_objects());

    return true;
}

/*
 * The oracle
 */

static struct maddr_range destination(const struct layout *layout,
                                      unsigned int i)
{
    return (struct maddr_range){
        layout->req.segments[i].dest_maddr,
        layout->req.segments[i].dest_maddr + layout->req.segments[i].dest_size,
    };
}

bool layout_is_destination(const struct layout *layout,
                           struct maddr_range range)
{
    unsigned int i;

    for ( i = 0; i < layout->req.nr_segments; i++ )
        if ( layout->req.segments[i].has_buffer &&
             !maddr_range_empty(destination(layout, i)) &&
             maddr_range_overlaps(destination(layout, i), range) )
            return true;

    return false;
}

/* Invariant 1: may the hand-over read all of this? */
static bool check_own(const struct layout *layout, paddr_t maddr,
                      uint64_t bytes, const char *what)
{
    struct maddr_range range = { maddr, maddr + bytes };
    paddr_t page = maddr & PAGE_MASK;

    MUST(!layout_is_destination(layout, range),
         "%s at %#lx is in a destination", what, maddr);
    MUST(maddr >= KIMAGE_LOW_END, "%s at %#lx is in low memory", what, maddr);

    for ( ; page < range.end; page += PAGE_SIZE )
        MUST(heap_is_allocated(page), "%s at %#lx is not the image's", what,
             page);

    return true;
}

/* Interrupt gates of ring 0: Intel SDM vol. 3A, figure 7-8. */
static bool check_gates(const struct layout *layout, paddr_t in_control)
{
    const uint16_t *gate = maddr_to_virt(in_control + (paddr_t)kexec_stub_idt);
    paddr_t handler = in_control + (paddr_t)kexec_stub_handlers;
    unsigned int i;

    for ( i = 0; i < 32; i++, gate += 8, handler += 16 )
    {
        MUST(gate[1] == 0x10 && gate[2] == 0x8e00, "gate %u", i);
        MUST((gate[0] | (paddr_t)gate[3] << 16 | (paddr_t)gate[4] << 32 |
              (paddr_t)gate[5] << 48) == handler, "gate %u: handler", i);
    }

    return true;
}

static bool check_control(const struct layout *layout,
                          const struct kimage *image)
{
    paddr_t control = image->machine.control_maddr;
    paddr_t in_control = control - (paddr_t)kexec_reloc;
    const struct kexec_stub_args *args =
        maddr_to_virt(in_control + (paddr_t)kexec_stub_args);

    MUST(control + 2 * PAGE_SIZE <= machine_kexec_limit(layout->req.arch),
         "control area at %#lx is out of reach", control);
    MUST(args->control_maddr == control, "stub: control area");
    MUST(args->root_maddr == image->machine.root_maddr, "stub: page tables");
    MUST(args->plan_maddr == image->plan.first_maddr, "stub: plan");
    MUST(args->entry_maddr == layout->req.entry_maddr, "stub: entry");
    MUST(args->flags == (layout->req.arch == EM_386 ? KEXEC_STUB_32BIT : 0),
         "stub: flags");
    MUST(args->gdtr64.base == in_control + (paddr_t)kexec_stub_gdt64 &&
         args->gdtr64.limit == 31, "stub: GDTR");
    MUST(args->idtr.base == in_control + (paddr_t)kexec_stub_idt &&
         args->idtr.limit == 511, "stub: IDTR");
    MUST(args->idtr32.limit == 0, "stub: IDTR of 32-bit images");

    MUST(args->uart_base == (uart_in_reach() ? uart.base : 0),
         "stub: UART of the console");
    if ( args->uart_base )
        MUST(args->uart_lsr == 5 << uart.shift &&
             args->uart_width == uart.width &&
             args->uart_ready == uart.tx_ready, "stub: access to the UART");

    return check_gates(layout, in_control) &&
           check_own(layout, control, 2 * PAGE_SIZE, "control area");
}

static bool check_table(const struct tables_visitor *v, paddr_t maddr)
{
    return check_own(v->ctxt, maddr, PAGE_SIZE, "page table");
}

static unsigned int add_list(const struct kimage_extents *list,
                             struct maddr_range *ranges)
{
    struct kimage_extents_walk walk = { .page = list->last };
    unsigned int nr = 0;

    while ( kimage_extents_next(&walk, ~0UL, &ranges[nr]) )
        nr++;

    return nr;
}

/* The ranges that have to be mapped, by another way than they were made. */
static bool check_tables(const struct layout *layout,
                         const struct kimage *image)
{
    struct tables_visitor visitor = {
        .table = check_table,
        .ctxt = (void *)layout,
    };
    static struct maddr_range ranges[E820_MAX + KIMAGE_MAX_SEGMENTS + 4 +
                                     4 * LAYOUT_MAX_PAGES];
    bool crash = layout->req.type == KEXEC_TYPE_CRASH;
    unsigned int i, nr = 0;

    ranges[nr++] = (struct maddr_range){ 0, MB(1) };
    ranges[nr++] = uart_range();
    if ( crash )
    {
        ranges[nr++] = layout->req.crash_area;
        nr += add_list(&image->bytes, &ranges[nr]);
        nr += add_list(&image->control, &ranges[nr]);
    }
    for ( i = 0; i < e820.nr_map; i++ )
        if ( e820.map[i].type != E820_RESERVED &&
             !(crash && e820.map[i].type == E820_RAM) )
            ranges[nr++] = (struct maddr_range){
                e820.map[i].addr, e820.map[i].addr + e820.map[i].size };
    for ( i = 0; i < layout->req.nr_segments; i++ )
        ranges[nr++] = destination(layout, i);
    if ( efi.system )
    {
        ranges[nr++] = (struct maddr_range){ efi.system, efi.system + 120 };
        ranges[nr++] = (struct maddr_range){ efi.system + 0x10f00,
                                             efi.system + 0x10f00 + 10 * 24 };
    }

    MUST(tables_walk(image->machine.root_maddr, &visitor), "page tables");
    MUST(tables_are_identity(image->machine.root_maddr, ranges, nr,
                             uart_range(), cpu_has_page1gb ? 3 : 2,
                             __fix_x_to_virt(FIX_X_KEXEC_ALIAS),
                             image->machine.control_maddr), "identity map");

    return true;
}

/* Is all of this in the part of one segment that the copy writes? */
static bool is_to_be_written(const struct layout *layout,
                             struct maddr_range range)
{
    unsigned int i;

    for ( i = 0; i < layout->req.nr_segments; i++ )
        if ( layout->req.segments[i].has_buffer &&
             maddr_range_within(range, destination(layout, i)) )
            return true;

    return false;
}

/* Carry out a record, on the copy of the arena. */
static bool run_record(const struct layout *layout,
                       const struct kexec_plan_record *record)
{
    struct maddr_range dest = { record->dest_maddr,
                                record->dest_maddr + record->bytes };
    uint64_t at = record->dest_maddr - layout->arena.start;

    MUST(record->bytes, "a record of nothing");
    MUST(is_to_be_written(layout, dest) ||
         /* Segments that touch may be one run. */
         (is_to_be_written(layout, (struct maddr_range){
              dest.start, dest.start + 1 }) &&
          is_to_be_written(layout, (struct maddr_range){
              dest.end - 1, dest.end }) &&
          maddr_range_within(dest, layout->arena)),
         "a record writes %#lx-%#lx", dest.start, dest.end);

    if ( record->src_maddr == KEXEC_PLAN_ZERO )
    {
        memset(result + at, 0, record->bytes);
        return true;
    }

    /* So that the processor's string instructions are at their best. */
    MUST(!((record->src_maddr ^ record->dest_maddr) & ~PAGE_MASK),
         "a record copies from another offset in a page");
    memcpy(result + at, maddr_to_virt(record->src_maddr), record->bytes);

    return check_own(layout, record->src_maddr, record->bytes, "source");
}

static bool run_plan_in_c(const struct layout *layout,
                          const struct kimage *image)
{
    uint64_t copied = 0, zeroed = 0, records = 0;
    paddr_t maddr = image->plan.first_maddr;
    const struct kexec_plan_page *page;
    unsigned int i;

    for ( ; maddr; maddr = page->next_maddr )
    {
        if ( !check_own(layout, maddr, PAGE_SIZE, "plan") )
            return false;

        page = maddr_to_virt(maddr);
        /* The last may have been taken for bytes that were in place then. */
        MUST((page->nr_records || !page->next_maddr) &&
             page->nr_records <= ARRAY_SIZE(page->records),
             "a plan page of %lu records", page->nr_records);
        for ( i = 0; i < page->nr_records; i++ )
        {
            if ( !run_record(layout, &page->records[i]) )
                return false;
            if ( page->records[i].src_maddr == KEXEC_PLAN_ZERO )
                zeroed += page->records[i].bytes;
            else
                copied += page->records[i].bytes;
            records++;
        }
    }

    MUST(records == image->plan.nr_records && copied == image->plan.copy_bytes
         && zeroed == image->plan.zero_bytes,
         "what the plan says of itself is wrong");

    return true;
}

/* Invariant 6: the segments' bytes and no others, in @memory. */
static bool check_arena(const struct layout *layout, const uint8_t *memory,
                        const uint8_t *before)
{
    const struct kimage_request *req = &layout->req;
    static const uint8_t zeroes[LAYOUT_MAX_PAGES * PAGE_SIZE];
    struct maddr_range dests[KIMAGE_MAX_SEGMENTS];
    paddr_t pos = layout->arena.start;
    unsigned int i, j;

    for ( i = 0; i < req->nr_segments; i++ )
    {
        uint64_t at = req->segments[i].dest_maddr - layout->arena.start;
        uint64_t buf = req->segments[i].buf_size;

        dests[i] = req->segments[i].has_buffer
                   ? destination(layout, i)
                   : (struct maddr_range){ layout->arena.end,
                                           layout->arena.end };
        if ( !req->segments[i].has_buffer )
            continue;

        MUST(!memcmp(memory + at, layout->bufs[i], buf),
             "segment %u: wrong bytes", i);
        MUST(!memcmp(memory + at + buf, zeroes,
                     req->segments[i].dest_size - buf),
             "segment %u: tail not zero", i);
    }

    /* Gaps between them, from the lowest on. */
    qsort(dests, req->nr_segments, sizeof(*dests), cmp_cuts);
    for ( j = 0; j <= req->nr_segments; j++ )
    {
        paddr_t end = j < req->nr_segments ? dests[j].start
                                           : layout->arena.end;
        uint64_t at = pos - layout->arena.start;

        MUST(end <= pos || !memcmp(memory + at, before + at, end - pos),
             "bytes in %#lx-%#lx are no segment's", pos, end);
        if ( j < req->nr_segments )
            pos = max(pos, dests[j].end);
    }

    return true;
}

/* Addresses of the plan become pointers, and back with -@by. */
static void rebase_plan(const struct kimage *image, uint64_t by, bool back)
{
    paddr_t maddr = image->plan.first_maddr;
    unsigned int i;

    while ( maddr )
    {
        struct kexec_plan_page *page = maddr_to_virt(maddr);

        maddr = page->next_maddr;
        if ( maddr )
            page->next_maddr += by;
        if ( back && maddr )
            maddr += by;

        for ( i = 0; i < page->nr_records; i++ )
        {
            page->records[i].dest_maddr += by;
            if ( page->records[i].src_maddr != KEXEC_PLAN_ZERO )
                page->records[i].src_maddr += by;
        }
    }
}

/*
 * Run the stub as it is in the control area, from the plan to the entry, on
 * the memory itself.
 */
static bool run_plan_in_stub(const struct layout *layout,
                             const struct kimage *image)
{
    uint8_t *control = maddr_to_virt(image->machine.control_maddr);
    struct kexec_stub_args *args =
        (void *)(control + (kexec_stub_args - kexec_reloc));
    uint64_t base = (uint64_t)machine_memory, regs[17];
    uint8_t saved[2 * PAGE_SIZE];
    unsigned int i;

    memcpy(saved, control, sizeof(saved));
    rebase_plan(image, base, false);
    if ( args->plan_maddr )
        args->plan_maddr += base;
    args->entry_maddr = (uint64_t)stub_entered;
    args->flags &= ~KEXEC_STUB_32BIT;
    memset(control + PAGE_SIZE, 0xff, PAGE_SIZE);

    stub_run(control + (run_plan - kexec_reloc), control,
             control + KEXEC_STUB_STACK_TOP, regs);

    memcpy(control, saved, sizeof(saved));
    rebase_plan(image, -base, true);

    for ( i = 0; i < 15; i++ )
        MUST(!regs[i], "general register %u at entry is %#lx", i, regs[i]);
    /* User mode cannot clear IF. */
    MUST((regs[15] & ~0x200UL) == 0x2, "flags at entry are %#lx", regs[15]);
    MUST(!regs[16], "the word at the stack pointer is %#lx", regs[16]);

    return true;
}

static bool check_digest(struct layout *layout, const struct kimage *image);

bool layout_check(struct layout *layout, struct kimage *image)
{
    static uint8_t before[LAYOUT_MAX_PAGES * PAGE_SIZE];
    const uint8_t *original = layout->direct ? layout->original : before;
    uint8_t *arena = machine_memory + layout->arena.start;
    uint64_t bytes = maddr_range_size(layout->arena), buf_bytes = 0;
    unsigned int i;

    machine_unpoison(layout->arena);

    for ( i = 0; i < layout->req.nr_segments; i++ )
    {
        MUST(layout->read[i] == layout->req.segments[i].buf_size,
             "segment %u: %lu bytes read", i, layout->read[i]);
        buf_bytes += layout->req.segments[i].buf_size;
    }
    MUST(image->buf_bytes == buf_bytes, "bytes");
    MUST(image->in_place_bytes + image->plan.copy_bytes == buf_bytes,
         "bytes in place");

    if ( !check_control(layout, image) || !check_tables(layout, image) )
        return false;

    if ( layout->direct )
        MUST(!image->plan.first_maddr, "there is a plan for what is in place");
    if ( (layout->direct || image->type == KEXEC_TYPE_DEFAULT) &&
         image->has_digest && !check_digest(layout, image) )
        return false;

    memcpy(before, arena, bytes);
    memcpy(result, arena, bytes);
    if ( !run_plan_in_c(layout, image) ||
         !check_arena(layout, result, original) ||
         !run_plan_in_stub(layout, image) )
        return false;
    MUST(!memcmp(arena, result, bytes),
         "the stub does not do what the plan says");

    /* Xen's own bookkeeping may be there. */
    memcpy(arena, before, bytes);

    return true;
}

/* One bit that is another one, and back. */
static bool flip_is_seen(const struct layout *layout,
                         const struct kimage *image, paddr_t maddr)
{
    uint8_t *byte = maddr_to_virt(maddr);
    struct kimage_mismatch why;
    bool good;

    *byte ^= 1U << (maddr % 8);
    good = kimage_verify(image, &why);
    *byte ^= 1U << (maddr % 8);
    MUST(!good, "a flipped bit at %#lx is not seen", maddr);

    return true;
}

/* Where a byte is that the image will have at @maddr. */
static paddr_t source_of(const struct kimage *image, paddr_t maddr)
{
    paddr_t plan = image->plan.first_maddr;

    while ( plan )
    {
        const struct kexec_plan_page *page = maddr_to_virt(plan);
        unsigned int i;

        for ( i = 0; i < page->nr_records; i++ )
        {
            const struct kexec_plan_record *record = &page->records[i];

            if ( maddr - record->dest_maddr < record->bytes )
                return record->src_maddr + (maddr - record->dest_maddr);
        }
        plan = page->next_maddr;
    }

    return maddr;
}

/* Does the digest know all that the hand-over reads, where it is now? */
static bool check_digest(struct layout *layout, const struct kimage *image)
{
    unsigned int i = RANDOM(layout->req.nr_segments);
    paddr_t maddr = image->plan.first_maddr;
    struct kimage_mismatch why;

    MUST(kimage_verify(image, &why), "an image that is whole is refused");

    if ( !flip_is_seen(layout, image, image->machine.control_maddr +
                                      RANDOM(128)) ||
         !flip_is_seen(layout, image, image->machine.control_maddr +
                                      PAGE_SIZE + RANDOM(PAGE_SIZE)) ||
         !flip_is_seen(layout, image, image->machine.root_maddr +
                                      RANDOM(PAGE_SIZE)) )
        return false;

    if ( maddr )
    {
        uint64_t bytes = layout->req.segments[i].buf_size;
        paddr_t dest = layout->req.segments[i].dest_maddr;

        if ( bytes && !flip_is_seen(layout, image,
                                    source_of(image, dest + RANDOM(bytes))) )
            return false;

        /* Not by following it: such a plan leads astray. */
        return flip_is_seen(layout, image, maddr + RANDOM(24)) &&
               flip_is_seen(layout, image, maddr + RANDOM(PAGE_SIZE));
    }

    return !layout->req.segments[i].has_buffer ||
           !layout->req.segments[i].dest_size ||
           flip_is_seen(layout, image, layout->req.segments[i].dest_maddr +
                        RANDOM(layout->req.segments[i].dest_size));
}

bool layout_place(struct layout *layout, struct kimage *image,
                  unsigned int steps)
{
    static uint8_t before[LAYOUT_MAX_PAGES * PAGE_SIZE];
    uint8_t *arena = machine_memory + layout->arena.start;
    struct kimage_extents trash = {};
    struct kimage_place place = {};
    int rc;

    machine_unpoison(layout->arena);
    memcpy(before, arena, maddr_range_size(layout->arena));

    /* Invariant 3: halfway there, the plan still does everything. */
    while ( steps-- )
        if ( kimage_place_step(image, &place, &trash) != -ERESTART )
            break;
    if ( image->plan.first_maddr )
    {
        memcpy(result, arena, maddr_range_size(layout->arena));
        if ( !run_plan_in_c(layout, image) ||
             !check_arena(layout, result, before) ||
             !check_digest(layout, image) )
            return false;
    }

    while ( (rc = kimage_place_step(image, &place, &trash)) == -ERESTART )
        ;

    MUST(!rc, "what was placed is not what was loaded");
    MUST(!image->plan.first_maddr, "there is a plan for what is in place");
    MUST(image->in_place_bytes == image->buf_bytes, "not all is in place");
    free_all(&trash);

    return check_control(layout, image) &&
           check_arena(layout, arena, before) && check_digest(layout, image);
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
