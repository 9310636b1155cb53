/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of the dom0.
 *
 * Xen starts a PV kernel on tables that it built itself, just large enough for
 * the image.  They are found through CR3, as nothing else says which tables
 * are in use; then tables of the dom0's own are made, which map all of its
 * memory one to one, and Xen's are unpinned and become ordinary memory.
 *
 * A page that is a table may be mapped read-only at the most, in the tables in
 * use and in those that are to be used.
 */
#include "dom0.h"

#define PTE_P       0x01ull
#define PTE_RW      0x02ull
#define PTE_US      0x04ull
#define PTE_AD      0x60ull
#define PTE_ADDR    0x000ffffffffff000ULL

#ifdef __x86_64__
#define LEVELS      4
#define PTE_KERNEL  (PTE_P | PTE_US | PTE_AD)
#define PTE_TABLE   (PTE_P | PTE_RW | PTE_US | PTE_AD)
#define PTE_TOP     PTE_TABLE
#define PIN_TOP     MMUEXT_PIN_L4_TABLE
#else
#define LEVELS      3
#define PTE_KERNEL  (PTE_P | PTE_AD)
#define PTE_TABLE   (PTE_P | PTE_RW | PTE_AD)
#define PTE_TOP     PTE_P           /* Level 3 of PAE has no other flags. */
#define PIN_TOP     MMUEXT_PIN_L3_TABLE
#endif

#define WINDOWS     512
#define HOLE_SLOT   8               /* From here on for hole_after(). */
#define POOL        (MAX_PAGES / 512 + 2 + LEVELS)

static uint64_t pool[POOL][512] __attribute__((__aligned__(4096)));
static unsigned int pool_used;

static const unsigned long *p2m;
static const unsigned long *m2p;        /* Of a PV domain. */
static unsigned long *pvh_p2m;          /* p2m of a PVH domain. */
static unsigned long ram_pages;         /* Those that pages() may take. */
static unsigned long hole_pfn;          /* Of a PVH domain. */
static unsigned long nr_pages;          /* Managed here: MAX_PAGES at most. */
static unsigned long boot_pt, boot_pt_end;
static unsigned long window_pfn;
static uint8_t used[MAX_PAGES];

struct facts_ram machine_map[FACTS_RAM];
unsigned int nr_machine_map;

/*
 * A PVH domain knows where a page is only when it has moved it, from the end
 * of its memory to behind it:
 *
 *   ... | to be moved | hole_after() | hole | ... | grants | moved
 *                     <-                          ^ ram_pages      -> nr_pages
 */
#define UNKNOWN     (~0ul)
#define HOLE_PAGES  260
#define LONG_RUN    128
#define MOVES       8

#define pfn_to_va(pfn)  ((void *)((unsigned long)VIRT_BASE + \
                                  ((unsigned long)(pfn) << PAGE_SHIFT)))
#define va_to_pfn(va)   (((unsigned long)(va) - (unsigned long)VIRT_BASE) >> \
                         PAGE_SHIFT)

static void mmuext(unsigned int cmd, unsigned long mfn)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };
    long rc = hypercall(__HYPERVISOR_mmuext_op, ARG(&op), 1, 0, DOMID_SELF);

    if ( rc )
        error("mmuext_op %u on %lx: %d", cmd, mfn, (int)rc);
}

static long update_va(void *va, uint64_t pte)
{
#ifdef __x86_64__
    return hypercall(__HYPERVISOR_update_va_mapping, ARG(va), pte,
                     UVMF_INVLPG | UVMF_ALL, 0);
#else
    return hypercall(__HYPERVISOR_update_va_mapping, ARG(va), pte, pte >> 32,
                     UVMF_INVLPG | UVMF_ALL);
#endif
}

static void set_writable(unsigned long pfn, bool writable)
{
    uint64_t pte = ((uint64_t)p2m[pfn] << PAGE_SHIFT) | PTE_KERNEL;
    long rc = update_va(pfn_to_va(pfn), pte | (writable ? PTE_RW : 0));

    if ( rc )
        error("cannot remap page %lx: %d", pfn, (int)rc);
}

uint64_t va_maddr(const void *va)
{
    unsigned long pfn = va_to_pfn(va);

    if ( p2m[pfn] == UNKNOWN )
        error("nobody knows where %lx is in the machine", ARG(va));

    return ((uint64_t)p2m[pfn] << PAGE_SHIFT) |
           ((unsigned long)va & (PAGE_SIZE - 1));
}

static unsigned long mfn_to_pfn(unsigned long mfn)
{
    unsigned long pfn = nr_pages;

    if ( m2p )
        return m2p[mfn];

    while ( pfn-- && p2m[pfn] != mfn )
        continue;

    return pfn;
}

void *own_va(uint64_t maddr)
{
    unsigned long pfn = mfn_to_pfn(maddr >> PAGE_SHIFT);

    if ( pfn >= nr_pages || p2m[pfn] != maddr >> PAGE_SHIFT )
        error("%llx is not this domain's", (unsigned long long)maddr);

    return (uint8_t *)pfn_to_va(pfn) + (maddr & (PAGE_SIZE - 1));
}

uint64_t current_cr3(void)
{
    unsigned long cr3;

    asm volatile ( "mov %%cr3, %0" : "=r" (cr3) );

#ifdef __x86_64__
    return cr3 & PTE_ADDR;
#else
    /* Bits beyond 32 of the frame number are folded into the low ones. */
    return (uint64_t)xen_cr3_to_pfn(cr3) << PAGE_SHIFT;
#endif
}

static unsigned int table_index(unsigned long va, unsigned int level)
{
    return (va >> (PAGE_SHIFT + 9 * level)) & 511;
}

/* What the tables at top say that va is, by walking them. */
static uint64_t translate(uint64_t top, const void *va)
{
    uint64_t entry = top;
    unsigned int level = LEVELS;

    while ( level-- )
    {
        const uint64_t *table = own_va(entry & PTE_ADDR);
        unsigned long index = table_index(ARG(va), level);

        if ( LEVELS == 3 && level == 2 )
            index &= 3;
        entry = table[index];
        if ( !(entry & PTE_P) )
            return 0;
    }

    return entry & PTE_ADDR;
}

static uint64_t *new_table(void)
{
    if ( pool_used == POOL )
        error("no page left for a table");

    return pool[pool_used++];
}

static bool is_table(unsigned long pfn)
{
    return (pfn >= boot_pt && pfn < boot_pt_end) ||
           (pfn >= va_to_pfn(pool) && pfn < va_to_pfn(pool) + pool_used);
}

/* The level 1 table for an address; tables that are missing are made. */
static uint64_t *level_1_table(uint64_t *top, unsigned long va)
{
    uint64_t *table = top;
    unsigned int level;

    for ( level = LEVELS - 1; level; level-- )
    {
        unsigned int index = table_index(va, level);

        if ( LEVELS == 3 && level == 2 )
            index &= 3;
        if ( !(table[index] & PTE_P) )
            table[index] = va_maddr(new_table()) |
                           (level == LEVELS - 1 ? PTE_TOP : PTE_TABLE);
        table = own_va(table[index] & PTE_ADDR);
    }

    return table;
}

/* All pages of the domain at VIRT_BASE; tables last, when all are known. */
static uint64_t *build_tables(void)
{
    unsigned long pfn, first = window_pfn + WINDOWS;
    uint64_t *top = new_table(), *table;

    for ( pfn = 0; pfn < first; pfn += 512 )
        level_1_table(top, ARG(pfn_to_va(pfn)));

    for ( pfn = 0; pfn < nr_pages; pfn++ )
    {
        unsigned long va = ARG(pfn_to_va(pfn));

        table = level_1_table(top, va);
        table[table_index(va, 0)] = ((uint64_t)p2m[pfn] << PAGE_SHIFT) |
                                    PTE_KERNEL |
                                    (is_table(pfn) ? 0 : PTE_RW);
    }

    return top;
}

static void find_m2p(void)
{
    struct xen_machphys_mapping mapping;

    if ( hypercall(__HYPERVISOR_memory_op, XENMEM_machphys_mapping,
                   ARG(&mapping), 0, 0) )
        error("where the machine to physical table is, is not said");

    m2p = (const unsigned long *)mapping.v_start;
}

/* The machine's, or for XENMEM_memory_map the domain's own. */
static void find_map(unsigned int cmd)
{
    static struct __attribute__((__packed__)) {
        uint64_t start, size;
        uint32_t type;
    } entries[FACTS_RAM];
    struct xen_memory_map map = { .nr_entries = FACTS_RAM };
    unsigned int i;

    set_xen_guest_handle(map.buffer, (void *)entries);
    if ( hypercall(__HYPERVISOR_memory_op, cmd, ARG(&map), 0, 0) )
        error("the memory map is refused");

    nr_machine_map = map.nr_entries;
    for ( i = 0; i < nr_machine_map; i++ )
    {
        machine_map[i].maddr = entries[i].start;
        machine_map[i].size = entries[i].size;
        machine_map[i].type = entries[i].type;
    }
}

/* As PVH: the tables are those of the boot, which map all that there is. */
static void mm_init_pvh(void)
{
    static unsigned long mfns[MAX_PAGES];
    extern const uint8_t image_end[];
    unsigned long pfn;
    unsigned int i;

    find_map(XENMEM_memory_map);
    for ( i = 0; i < nr_machine_map; i++ )
    {
        uint64_t end = machine_map[i].maddr + machine_map[i].size;

        if ( machine_map[i].type == E820_RAM &&
             machine_map[i].maddr <= LOAD_OFFSET && end > LOAD_OFFSET )
            ram_pages = min(end >> PAGE_SHIFT, (uint64_t)MAX_PAGES);
    }
    nr_pages = ram_pages + PVH_GRANT_PAGES;
    ok(ram_pages && nr_pages < MAX_PAGES,
       "the memory map names %lx pages in which this domain is", ram_pages);
    find_map(XENMEM_machine_memory_map);

    for ( pfn = 0; pfn < MAX_PAGES; pfn++ )
        mfns[pfn] = UNKNOWN;
    p2m = pvh_p2m = mfns;

    memset(used, 1, va_to_pfn(image_end) + 1);
    hole_pfn = (ram_pages & -PVH_LARGE_PAGES) - PVH_LARGE_PAGES;
    memset(&used[hole_pfn - HOLE_PAGES], 1, HOLE_PAGES + PVH_LARGE_PAGES);
    pvh_mm_init(ram_pages, hole_pfn);
}

void mm_init(void)
{
    uint64_t boot_top, *top;
    unsigned long pfn;
    unsigned int i;

    if ( pvh )
    {
        mm_init_pvh();
        return;
    }

    p2m = (const unsigned long *)start_info->mfn_list;
    nr_pages = min(start_info->nr_pages, (unsigned long)MAX_PAGES - 1024);
    ram_pages = nr_pages;
    window_pfn = (nr_pages + 511) & ~511ul;
    find_m2p();
    find_map(XENMEM_machine_memory_map);

    boot_top = current_cr3();
    boot_pt = va_to_pfn(start_info->pt_base);
    boot_pt_end = boot_pt + start_info->nr_pt_frames;
    pfn = va_to_pfn(own_va(boot_top));
    ok(pfn >= boot_pt && pfn < boot_pt_end &&
       translate(boot_top, start_info) == (va_maddr(start_info) & PTE_ADDR),
       "the tables that CR3 names are Xen's boot tables, and map this domain");

    top = build_tables();
    for ( i = 0; i < pool_used; i++ )
        set_writable(va_to_pfn(pool[i]), false);

    mmuext(PIN_TOP, va_maddr(top) >> PAGE_SHIFT);
    mmuext(MMUEXT_NEW_BASEPTR, va_maddr(top) >> PAGE_SHIFT);
    mmuext(MMUEXT_UNPIN_TABLE, boot_top >> PAGE_SHIFT);

    for ( pfn = boot_pt; pfn < boot_pt_end; pfn++ )
    {
        set_writable(pfn, true);
        memset(pfn_to_va(pfn), 0, PAGE_SIZE);
    }
    ok(current_cr3() == va_maddr(top),
       "tables of the dom0's own are in use, and Xen's are plain memory again");

    /* In use: all up to the boot stack.  What follows is free. */
    for ( pfn = 0; pfn < boot_pt_end + 2; pfn++ )
        used[pfn] = 1;
}

void *raw_pages(unsigned int nr)
{
    unsigned long pfn, run = 0;

    for ( pfn = 0; pfn < ram_pages; pfn++ )
    {
        run = used[pfn] ? 0 : run + 1;
        if ( run == nr )
        {
            pfn -= nr - 1;
            memset(&used[pfn], 1, nr);
            return pfn_to_va(pfn);
        }
    }

    error("no %u pages of memory left for the dom0", nr);
}

void *pages(unsigned int nr)
{
    return memset(raw_pages(nr), 0, nr * PAGE_SIZE);
}

/*
 * Frames in a row, upwards or downwards: a debug build of Xen gives a dom0 its
 * memory in an order that nobody would expect.
 */
static bool run_from(unsigned long pfn, unsigned int nr, uint64_t limit,
                     long step)
{
    unsigned long last = p2m[pfn] + step * (long)(nr - 1);
    unsigned int i;

    for ( i = 0; i < nr; i++ )
        if ( used[pfn + i] || p2m[pfn + i] == UNKNOWN ||
             p2m[pfn + i] != p2m[pfn] + step * (long)i )
            return false;

    return !limit ||
           (uint64_t)max(p2m[pfn], last) << PAGE_SHIFT < limit;
}

/* More pages of a PVH domain of which it is known where they are. */
static bool move_more(unsigned int nr)
{
    unsigned long pfn = ram_pages, run = 0;

    while ( run < nr && pfn )
        run = used[--pfn] ? 0 : run + 1;
    if ( run < nr || nr_pages + nr > MAX_PAGES )
        return false;

    memset(&used[pfn], 1, nr);
    pvh_move(&pvh_p2m[nr_pages], pfn, nr, nr_pages);
    nr_pages += nr;

    return true;
}

static bool find_run(unsigned int nr, uint64_t limit, uint64_t *maddr)
{
    unsigned long pfn;

    for ( pfn = nr_pages - nr; pfn; pfn-- )
    {
        bool up = run_from(pfn, nr, limit, 1);

        if ( up || run_from(pfn, nr, limit, -1) )
        {
            memset(&used[pfn], 1, nr);
            *maddr = (uint64_t)p2m[up ? pfn : pfn + nr - 1] << PAGE_SHIFT;
            return true;
        }
    }

    return false;
}

/*
 * From the top of memory down, away from what pages() takes.  Of a PVH domain,
 * the next pages may be as unfit as those before, but not for ever.
 */
uint64_t own_run(unsigned int nr, uint64_t limit)
{
    unsigned int moves = 0;
    uint64_t maddr;

    if ( !nr )
        error("nowhere is not a place for a segment");

    do {
        if ( find_run(nr, limit, &maddr) )
            return maddr;
    } while ( pvh && moves++ < MOVES && move_more(nr) );

    error("the dom0 has no %u pages in a row below %llx", nr,
          (unsigned long long)limit);
}

uint64_t long_run(unsigned int nr)
{
    static unsigned long pfn;   /* What lies before it has been looked at. */
    unsigned long run;

    if ( pvh )
        error("a PVH dom0 has no long runs");

    for ( run = 0; run < nr && pfn < start_info->nr_pages; pfn++ )
        if ( pfn < nr_pages && used[pfn] )
            run = 0;
        else
            run = run && p2m[pfn] == p2m[pfn - 1] + 1 ? run + 1 : 1;

    if ( run < nr )
        error("the dom0 has no %u pages more in a row", nr);

    if ( pfn - nr < nr_pages )
        memset(&used[pfn - nr], 1, min(nr, nr_pages - (pfn - nr)));

    return (uint64_t)p2m[pfn - nr] << PAGE_SHIFT;
}

static unsigned int longest_run(uint64_t limit, long step)
{
    unsigned long pfn;
    unsigned int longest = 0, run = 0;

    for ( pfn = 1; pfn < nr_pages; pfn++ )
    {
        if ( used[pfn] || p2m[pfn] == UNKNOWN ||
             (limit && p2m[pfn] >= limit >> PAGE_SHIFT) )
            run = 0;
        else if ( run && p2m[pfn] == p2m[pfn - 1] + step )
            run++;
        else
            run = 1;
        longest = max(longest, run);
    }

    return longest;
}

unsigned int own_run_longest(uint64_t limit)
{
    unsigned int up, down;

    if ( pvh )
        move_more(LONG_RUN);
    up = longest_run(limit, 1);
    down = longest_run(limit, -1);

    return max(up, down);
}

uint8_t *hole_after(unsigned int nr)
{
    static unsigned int slots;
    uint8_t *end = NULL;

    if ( pvh )
    {
        if ( nr > HOLE_PAGES )
            error("no %u pages in front of a hole", nr);
        return pfn_to_va(hole_pfn);
    }

    for ( ; nr--; slots++ )
        end = (uint8_t *)window_map(HOLE_SLOT + slots,
                                    va_maddr(pages(1)) >> PAGE_SHIFT) +
              PAGE_SIZE;
    slots++;

    return end;
}

long window_try(unsigned int slot, uint64_t mfn, unsigned int domid,
                bool writable)
{
    void *va = pfn_to_va(window_pfn + slot);
    uint64_t pte = (mfn << PAGE_SHIFT) | PTE_KERNEL | (writable ? PTE_RW : 0);

    if ( domid == DOMID_SELF )
        return update_va(va, pte);

#ifdef __x86_64__
    return hypercall(__HYPERVISOR_update_va_mapping_otherdomain, ARG(va), pte,
                     UVMF_INVLPG, domid);
#else
    return hypercall5(__HYPERVISOR_update_va_mapping_otherdomain, ARG(va), pte,
                      pte >> 32, UVMF_INVLPG, domid);
#endif
}

void *window_map(unsigned int slot, uint64_t mfn)
{
    return window_map_foreign(slot, mfn, DOMID_SELF);
}

void *window_map_foreign(unsigned int slot, uint64_t mfn, unsigned int domid)
{
    long rc = window_try(slot, mfn, domid, true);

    if ( rc )
        error("cannot look at frame %llx of domain %u: %d",
              (unsigned long long)mfn, domid, (int)rc);

    return pfn_to_va(window_pfn + slot);
}

unsigned long foreign_tables(unsigned int domid, unsigned long va,
                             const xen_pfn_t *mfn, unsigned int nr)
{
    const xen_pfn_t *table_mfn = mfn + nr;
    struct mmuext_op op = { .cmd = PIN_TOP, .arg1.mfn = table_mfn[0] };
    unsigned int level, i;
    long rc;

    for ( level = LEVELS; level--; table_mfn++ )
    {
        uint64_t *table = window_map_foreign(0, *table_mfn, domid);
        unsigned int index = table_index(va, level);

        memset(table, 0, PAGE_SIZE);
        if ( LEVELS == 3 && level == 2 )
            index &= 3;
        if ( level )
            table[index] = ((uint64_t)table_mfn[1] << PAGE_SHIFT) |
                           (level == LEVELS - 1 ? PTE_TOP : PTE_TABLE);
        else
            for ( i = 0; i < nr; i++ )
                table[index + i] = ((uint64_t)mfn[i] << PAGE_SHIFT) |
                                   PTE_KERNEL | PTE_RW;
        window_unmap(0);
    }

    rc = hypercall(__HYPERVISOR_mmuext_op, ARG(&op), 1, 0, domid);
    if ( rc )
        error("tables of domain %u are not taken: %d", domid, (int)rc);

#ifdef __x86_64__
    return op.arg1.mfn << PAGE_SHIFT;
#else
    return xen_pfn_to_cr3(op.arg1.mfn);
#endif
}

void window_unmap(unsigned int slot)
{
    if ( update_va(pfn_to_va(window_pfn + slot), 0) )
        error("cannot close window %u", slot);
}

static unsigned int reservation(unsigned int cmd, xen_pfn_t *mfn,
                                unsigned int nr, unsigned int order)
{
    struct xen_memory_reservation r = {
        .nr_extents = nr,
        .extent_order = order,
        .domid = DOMID_SELF,
    };
    long rc;

    set_xen_guest_handle(r.extent_start, mfn);
    rc = hypercall(__HYPERVISOR_memory_op, cmd, ARG(&r), 0, 0);

    return rc < 0 ? 0 : rc;
}

unsigned int balloon_take(xen_pfn_t *mfn, unsigned int nr, unsigned int order)
{
    return reservation(XENMEM_increase_reservation, mfn, nr, order);
}

unsigned int balloon_take_all(xen_pfn_t *mfn, unsigned int max)
{
    unsigned int nr = 0, got;

    do {
        got = balloon_take(mfn + nr, min(max - nr, 1024u), 0);
        nr += got;
    } while ( got );

    return nr;
}

unsigned int balloon_give(xen_pfn_t *mfn, unsigned int nr, unsigned int order)
{
    return reservation(XENMEM_decrease_reservation, mfn, nr, order);
}

bool in_memory(uint64_t maddr, uint64_t size)
{
    unsigned int i;

    for ( i = 0; i < nr_machine_map; i++ )
        if ( machine_map[i].type == E820_RAM &&
             maddr >= machine_map[i].maddr &&
             maddr + size <= machine_map[i].maddr + machine_map[i].size )
            return true;

    return false;
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
