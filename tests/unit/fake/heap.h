/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A made-up machine's memory, and a heap over part of it.
 *
 * Memory is where maddr_to_virt() says.  What the heap has is poisoned while
 * it is free, so that AddressSanitizer sees whoever touches it.
 */
#ifndef FAKE_HEAP_H
#define FAKE_HEAP_H

#include <xen/maddr-range.h>

#include <shadow.h>

/* The machine has addresses up to here; memory only where it is touched. */
#define MACHINE_BYTES GB(16)

/* Which of the blocks that would do the heap gives. */
enum heap_policy {
    HEAP_LOW,
    HEAP_HIGH,
    HEAP_RANDOM,
    HEAP_PREFER,                /* What overlaps heap_prefer() first. */
};

/* An empty heap; every setting as it was at first. */
void heap_reset(void);

/* Give these pages to the heap; at most 1024 times after a reset. */
void heap_add(struct maddr_range pages);

void heap_set_policy(enum heap_policy policy, uint64_t seed);
void heap_prefer(const struct maddr_range *ranges, unsigned int nr);

/* What is below is for DMA, as by dma_bits=. */
void heap_reserve_dma(paddr_t end);

/* Memory that nobody may touch, or may again. */
void machine_poison(struct maddr_range range);
void machine_unpoison(struct maddr_range range);

/* Is it read-only for Xen? */
bool machine_is_protected(paddr_t maddr);

/* How often a mapping has been changed, each time with all TLBs flushed. */
extern unsigned long mapping_changes;

/* It is no more, as for somebody who writes by other means. */
void machine_unprotect(void);

/* Superpages again: a change of protection has to allocate, and may fail. */
void machine_merge_mappings(void);

/*
 * Let allocation number @nth from now fail, 0 none; @after: and all that
 * follow.  What is counted: pages, xmalloc() and vmalloc(), and changes of
 * mappings that take a table.
 */
void heap_fail(unsigned long nth, bool after);
bool heap_failed(void);         /* Has it? */

unsigned long heap_used(void);  /* Pages that are allocated. */
unsigned long heap_chunks(void); /* That alloc_domheap_pages() ever gave. */
unsigned long heap_objects(void); /* Of xmalloc() and vmalloc(). */

/* A number for which pages are free: equal if nothing has changed. */
uint64_t heap_signature(void);

bool heap_is_allocated(paddr_t maddr); /* By alloc_domheap_pages(). */

/* Number between 0 and @below - 1; the state is the caller's. */
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t x = (*state += 0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;

    return x ^ (x >> 31);
}

static inline uint64_t random_below(uint64_t *state, uint64_t below)
{
    return (unsigned __int128)random_next(state) * below >> 64;
}

#endif /* FAKE_HEAP_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
