/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The heap is a buddy allocator as Xen's is: blocks of 2^order pages at a
 * multiple of their size, merged as soon as both halves are free.  Which
 * block it gives is for the test to say.
 *
 * Every page has a state, and every call is held against it: what is freed
 * must be allocated, by the same kind of call, and aligned to its size.
 */

#include <sys/mman.h>

#include "heap.h"

#ifdef __SANITIZE_ADDRESS__
#define POISONING 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONING 1
#endif
#endif

#ifdef POISONING
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define PAGES       (MACHINE_BYTES >> PAGE_SHIFT)
#define MAX_REGIONS 1024
#define MAX_OBJECTS 64
#define NO_ORDER    0xff

enum state {
    ABSENT,                     /* Not the heap's. */
    FREE,
    DOMHEAP,
    XENHEAP,
};

uint8_t *machine_memory;
unsigned long mapping_changes;
unsigned long direct_map_bytes = MACHINE_BYTES, direct_map_hole;
struct page_info frame_table[PAGES];
unsigned long max_page = PAGES;

static uint8_t states[PAGES];

/* Free blocks of each order, in any order, and where a block is in there. */
static struct {
    uint32_t *pfns;
    unsigned long nr, room;
} blocks[MAX_ORDER + 1];
static uint8_t block_order[PAGES];
static uint32_t block_index[PAGES];

static struct maddr_range regions[MAX_REGIONS];
static unsigned int nr_regions;

static enum heap_policy policy;
static uint64_t random_state;
static struct maddr_range preferred[64];
static unsigned int nr_preferred;

static unsigned long available, used;
static unsigned long chunks;
static unsigned long from_pfn;
static void *objects[MAX_OBJECTS];
static unsigned int nr_objects;

static unsigned long countdown;
static bool fail_after, failed;

/*
 * Pages that are read-only, how many, and those whose mapping is their own by
 * now: to change it again takes no memory.
 */
static bool read_only[PAGES], own_mapping[PAGES];
static unsigned long nr_read_only;
static struct maddr_range own_mappings; /* All that there are lie in here. */

/* Memory below this is for DMA: MEMF_no_dma asks for none of it. */
static unsigned long dma_pfn;

static void fail(const char *what, unsigned long pfn)
{
    fprintf(stderr, "# heap: %s: page %#lx\n", what, pfn);
    abort();
}

__attribute__((__constructor__))
static void machine_init(void)
{
    machine_memory = mmap(NULL, MACHINE_BYTES,
                          PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if ( machine_memory == MAP_FAILED )
    {
        perror("# mmap");
        abort();
    }
    memset(block_order, NO_ORDER, sizeof(block_order));
}

void machine_poison(struct maddr_range range)
{
    ASAN_POISON_MEMORY_REGION(machine_memory + range.start,
                              maddr_range_size(range));
}

void machine_unpoison(struct maddr_range range)
{
    ASAN_UNPOISON_MEMORY_REGION(machine_memory + range.start,
                                maddr_range_size(range));
}

/* Shall the allocation that is being made fail? */
static bool must_fail(void)
{
    if ( failed && fail_after )
        return true;
    if ( !countdown || --countdown )
        return false;

    failed = true;

    return true;
}

static void set_read_only(unsigned long pfn, bool value)
{
    nr_read_only += value - read_only[pfn];
    read_only[pfn] = value;
}

static void change_mappings(unsigned long start, unsigned long end,
                            bool writable)
{
    unsigned long pfn;

    if ( mprotect((void *)start, end - start,
                  PROT_READ | PROT_EXEC | (writable ? PROT_WRITE : 0)) )
        abort();
    own_mappings.start = min(own_mappings.start ?: __pa(start), __pa(start));
    own_mappings.end = max(own_mappings.end, __pa(end));
    for ( pfn = paddr_to_pfn(__pa(start)); pfn < paddr_to_pfn(__pa(end));
          pfn++ )
    {
        own_mapping[pfn] = true;
        set_read_only(pfn, !writable);
    }
}

void machine_merge_mappings(void)
{
    unsigned long pfn;

    for ( pfn = paddr_to_pfn(own_mappings.start);
          pfn < paddr_to_pfn(own_mappings.end); pfn++ )
        own_mapping[pfn] = false;
}

/*
 * What is read-only for Xen is so here, and a write to it a crash.  A change
 * that fails for want of page tables has got half way.
 */
int modify_xen_mappings(unsigned long start, unsigned long end,
                        unsigned int flags)
{
    unsigned long pfn = paddr_to_pfn(__pa(start));
    unsigned long half = start + PAGE_ALIGN((end - start) / 2);
    bool writable = flags == PAGE_HYPERVISOR_RW, whole = true;

    assert(!((start | end) & ~PAGE_MASK) && start < end);
    mapping_changes++;

    for ( ; pfn < paddr_to_pfn(__pa(end)); pfn++ )
        whole &= own_mapping[pfn];
    if ( !whole && must_fail() )
    {
        if ( half < end )
            change_mappings(start, half, writable);

        return -ENOMEM;
    }

    change_mappings(start, end, writable);

    return 0;
}

int map_pages_to_xen(unsigned long virt, mfn_t mfn, unsigned long nr,
                     unsigned int flags)
{
    assert(__pa(virt) == pfn_to_paddr(mfn_x(mfn)));

    return modify_xen_mappings(virt, virt + pfn_to_paddr(nr), flags);
}

void machine_unprotect(void)
{
    unsigned long pfn;

    for ( pfn = paddr_to_pfn(own_mappings.start); nr_read_only; pfn++ )
        if ( read_only[pfn] )
        {
            mprotect(machine_memory + pfn_to_paddr(pfn), PAGE_SIZE,
                     PROT_READ | PROT_WRITE | PROT_EXEC);
            set_read_only(pfn, false);
        }
}

bool machine_is_protected(paddr_t maddr)
{
    return read_only[paddr_to_pfn(maddr)];
}

void *maddr_to_virt(paddr_t maddr)
{
    if ( pfn_to_pdx(PFN_DOWN(maddr)) >= PFN_DOWN(direct_map_bytes) )
        fail("beyond the direct map", paddr_to_pfn(maddr));

    return machine_memory + maddr;
}

paddr_t shadow_virt_to_maddr(const void *va)
{
    const uint8_t *p = va;

    if ( p >= machine_memory && p < machine_memory + MACHINE_BYTES )
        return p - machine_memory;

    /* Xen's image is somewhere; all that counts is that it is one place. */
    return (unsigned long)va & (GB(1) - 1);
}

/*
 * Blocks
 */

static struct maddr_range block_range(unsigned long pfn, unsigned int order)
{
    return (struct maddr_range){
        .start = pfn_to_paddr(pfn),
        .end = pfn_to_paddr(pfn + (1UL << order)),
    };
}

static void block_insert(unsigned long pfn, unsigned int order)
{
    if ( blocks[order].nr == blocks[order].room )
    {
        blocks[order].room = blocks[order].room * 2 + 64;
        blocks[order].pfns = realloc(blocks[order].pfns,
                                     blocks[order].room * sizeof(uint32_t));
    }

    block_order[pfn] = order;
    block_index[pfn] = blocks[order].nr;
    blocks[order].pfns[blocks[order].nr++] = pfn;
}

static void block_remove(unsigned long pfn)
{
    unsigned int order = block_order[pfn];
    unsigned long last = blocks[order].pfns[--blocks[order].nr];

    blocks[order].pfns[block_index[pfn]] = last;
    block_index[last] = block_index[pfn];
    block_order[pfn] = NO_ORDER;
}

static void block_free(unsigned long pfn, unsigned int order)
{
    for ( ; order < MAX_ORDER; order++ )
    {
        unsigned long buddy = pfn ^ (1UL << order);

        if ( buddy >= PAGES || block_order[buddy] != order )
            break;
        block_remove(buddy);
        pfn &= buddy;
    }

    block_insert(pfn, order);
}

static bool is_preferred(unsigned long pfn, unsigned int order)
{
    unsigned int i;

    for ( i = 0; i < nr_preferred; i++ )
        if ( maddr_range_overlaps(preferred[i], block_range(pfn, order)) )
            return true;

    return false;
}

/* Which of two blocks of an order the policy likes better. */
static bool better(unsigned long a, unsigned long b, unsigned int order)
{
    bool pa, pb;

    if ( policy != HEAP_PREFER )
        return policy == HEAP_LOW ? a < b : a > b;

    pa = is_preferred(a, order);
    pb = is_preferred(b, order);

    return pa != pb ? pa : a < b;
}

/* A free block of @order that has some of it in the limits; or ~0. */
static unsigned long pick(unsigned int order, unsigned int wanted,
                          unsigned long limit_pfn)
{
    unsigned long i, found = ~0UL, nr = blocks[order].nr;

    if ( policy == HEAP_RANDOM && nr )
    {
        unsigned long from = random_below(&random_state, nr);

        for ( i = 0; i < nr; i++ )
        {
            unsigned long pfn = blocks[order].pfns[(from + i) % nr];

            if ( pfn >= from_pfn && pfn + (1UL << wanted) <= limit_pfn )
                return pfn;
        }

        return ~0UL;
    }

    for ( i = 0; i < nr; i++ )
    {
        unsigned long pfn = blocks[order].pfns[i];

        if ( pfn >= from_pfn && pfn + (1UL << wanted) <= limit_pfn &&
             (found == ~0UL || better(pfn, found, order)) )
            found = pfn;
    }

    return found;
}

/* Split a block until it is of @order. */
static unsigned long split(unsigned long pfn, unsigned int order,
                           unsigned long limit_pfn)
{
    unsigned int o = block_order[pfn];

    block_remove(pfn);
    while ( o > order )
    {
        unsigned long half = pfn + (1UL << --o);
        bool upper = policy == HEAP_RANDOM ? random_next(&random_state) & 1
                                           : better(half, pfn, o);

        if ( upper && half + (1UL << order) <= limit_pfn )
            SWAP(half, pfn);
        block_insert(half, o);
    }

    return pfn;
}

static unsigned long find(unsigned int order, unsigned long limit_pfn)
{
    unsigned int o, step = 0, nr = MAX_ORDER + 1 - order;

    /* Xen's way is the smallest that will do. */
    if ( policy == HEAP_RANDOM )
        step = random_below(&random_state, nr);
    for ( o = 0; o < nr; o++ )
    {
        unsigned long pfn = pick(order + (o + step) % nr, order, limit_pfn);

        if ( pfn == ~0UL )
            continue;
        if ( policy == HEAP_PREFER && !is_preferred(pfn, block_order[pfn]) )
        {
            unsigned int larger;

            for ( larger = block_order[pfn] + 1; larger <= MAX_ORDER;
                  larger++ )
            {
                unsigned long other = pick(larger, order, limit_pfn);

                if ( other != ~0UL && is_preferred(other, larger) )
                    return other;
            }
        }

        return pfn;
    }

    return ~0UL;
}

static unsigned long take(unsigned int order, unsigned int memflags,
                          enum state state)
{
    unsigned int bits = memflags >> 24;
    unsigned long i, pfn, limit_pfn = PAGES;

    if ( must_fail() || order > MAX_ORDER )
        return ~0UL;

    if ( bits && bits < 64 )
        limit_pfn = min(limit_pfn, paddr_to_pfn(1UL << bits));
    from_pfn = memflags & MEMF_no_dma ? dma_pfn : 0;

    pfn = find(order, limit_pfn);
    if ( pfn == ~0UL )
        return ~0UL;

    pfn = split(pfn, order, limit_pfn);
    for ( i = pfn; i < pfn + (1UL << order); i++ )
    {
        if ( states[i] != FREE )
            fail("a free block with a page that is not", i);
        states[i] = state;
    }
    used += 1UL << order;
    work.allocated += 1UL << order;
    machine_unpoison(block_range(pfn, order));

    return pfn;
}

static void give_back(unsigned long pfn, unsigned int order, enum state state)
{
    unsigned long i;

    if ( order > MAX_ORDER || (pfn & ((1UL << order) - 1)) )
        fail("freed at no multiple of its size", pfn);

    for ( i = pfn; i < pfn + (1UL << order); i++ )
    {
        if ( read_only[i] )
            fail("freed, but read-only", i);
        if ( i >= PAGES || states[i] != state )
            fail(states[i] == FREE ? "freed twice" : "freed, not allocated",
                 i);
        states[i] = FREE;
    }
    used -= 1UL << order;
    work.freed += 1UL << order;
    machine_poison(block_range(pfn, order));
    block_free(pfn, order);
}

struct page_info *alloc_domheap_pages(struct domain *d, unsigned int order,
                                      unsigned int memflags)
{
    unsigned long pfn = take(order, memflags, DOMHEAP);

    if ( pfn == ~0UL )
        return NULL;
    chunks++;

    return &frame_table[pfn];
}

unsigned long avail_domheap_pages_region(unsigned int node,
                                         unsigned int min_width,
                                         unsigned int max_width)
{
    return available - used;
}

void free_domheap_pages(struct page_info *page, unsigned int order)
{
    give_back(page - frame_table, order, DOMHEAP);
}

void *alloc_xenheap_pages(unsigned int order, unsigned int memflags)
{
    unsigned long pfn = take(order, memflags, XENHEAP);

    return pfn == ~0UL ? NULL : machine_memory + pfn_to_paddr(pfn);
}

void free_xenheap_pages(void *va, unsigned int order)
{
    if ( va )
        give_back(paddr_to_pfn(shadow_virt_to_maddr(va)), order, XENHEAP);
}

void *shadow_alloc(size_t bytes, bool zero)
{
    void *p;

    if ( must_fail() )
        return NULL;

    p = malloc(bytes ?: 1);
    memset(p, zero ? 0 : 0xa5, bytes);
    assert(nr_objects < MAX_OBJECTS);
    objects[nr_objects++] = p;

    return p;
}

void shadow_free(void *p)
{
    unsigned int i;

    if ( !p )
        return;

    for ( i = 0; i < nr_objects && objects[i] != p; i++ )
        ;
    if ( i < nr_objects )
        objects[i] = objects[--nr_objects];
    free(p);            /* If it is none, AddressSanitizer says so. */
}

/*
 * For tests
 */

void heap_reset(void)
{
    unsigned int i;

    for ( i = 0; i < nr_regions; i++ )
    {
        unsigned long first = paddr_to_pfn(regions[i].start);
        unsigned long nr = paddr_to_pfn(regions[i].end) - first;

        memset(&states[first], ABSENT, nr);
        memset(&block_order[first], NO_ORDER, nr);
        machine_unpoison(regions[i]);
    }
    for ( i = 0; i <= MAX_ORDER; i++ )
        blocks[i].nr = 0;

    machine_unprotect();
    memset(&own_mapping[paddr_to_pfn(own_mappings.start)], 0,
           paddr_to_pfn(maddr_range_size(own_mappings)));
    own_mappings = (struct maddr_range){};
    dma_pfn = 0;
    available = 0;

    while ( nr_objects )
        free(objects[--nr_objects]);

    nr_regions = 0;
    nr_preferred = 0;
    used = 0;
    policy = HEAP_HIGH;
    heap_fail(0, false);
}

void heap_add(struct maddr_range pages)
{
    unsigned long pfn = paddr_to_pfn(pages.start);
    unsigned long end = paddr_to_pfn(pages.end);

    if ( nr_regions == MAX_REGIONS )
        fail("too many regions", pfn);
    regions[nr_regions++] = pages;
    machine_poison(pages);

    for ( ; pfn < end; pfn++ )
    {
        if ( states[pfn] != ABSENT )
            fail("added twice", pfn);
        states[pfn] = FREE;
        block_free(pfn, 0);
        available++;
    }
}

void heap_reserve_dma(paddr_t end)
{
    dma_pfn = paddr_to_pfn(end);
}

unsigned long heap_chunks(void)
{
    return chunks;
}

void heap_set_policy(enum heap_policy p, uint64_t seed)
{
    policy = p;
    random_state = seed;
}

void heap_prefer(const struct maddr_range *ranges, unsigned int nr)
{
    nr_preferred = min_t(unsigned int, nr, ARRAY_SIZE(preferred));
    memcpy(preferred, ranges, nr_preferred * sizeof(*ranges));
}

void heap_fail(unsigned long nth, bool after)
{
    countdown = nth;
    fail_after = after;
    failed = false;
}

bool heap_failed(void)
{
    return failed;
}

unsigned long heap_used(void)
{
    return used;
}

unsigned long heap_objects(void)
{
    return nr_objects;
}

uint64_t heap_signature(void)
{
    uint64_t hash = 0xcbf29ce484222325;
    unsigned int i;

    for ( i = 0; i < nr_regions; i++ )
    {
        unsigned long pfn = paddr_to_pfn(regions[i].start);

        for ( ; pfn < paddr_to_pfn(regions[i].end); pfn++ )
            hash = (hash ^ states[pfn]) * 0x100000001b3;
    }

    return hash;
}

bool heap_is_allocated(paddr_t maddr)
{
    return states[paddr_to_pfn(maddr)] == DOMHEAP;
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
