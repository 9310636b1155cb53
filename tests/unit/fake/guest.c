/* SPDX-License-Identifier: GPL-2.0-only */

#include "guest.h"
#include "heap.h"

#define MAX_WINDOWS 80
#define MAX_OWN     4096

static struct window {
    uint64_t addr;
    uint8_t *memory;
    unsigned long bytes;
    uint8_t *seen;              /* A byte for each: read before. */
} windows[MAX_WINDOWS];
static unsigned int nr_windows;

static unsigned long countdown;
static bool faulted;
void (*guest_after_read)(void);

static unsigned long own[MAX_OWN];
static unsigned int nr_own;
static int refs;

static struct domain domain0;
static struct vcpu vcpu0 = { .domain = &domain0 };
struct vcpu *current = &vcpu0;
struct domain *domain_list = &domain0;

void guest_reset(void)
{
    while ( nr_windows )
        free(windows[--nr_windows].seen);
    guest_fault(0);
    guest_after_read = NULL;
    nr_own = 0;
    refs = 0;
    domain0.translated = false;
}

void guest_map(uint64_t addr, void *memory, unsigned long bytes, bool once)
{
    struct window *window = windows;

    while ( window < &windows[nr_windows] && window->addr != addr )
        window++;

    if ( window == &windows[nr_windows] )
        nr_windows++;
    else
        free(window->seen);

    assert(nr_windows <= MAX_WINDOWS);
    *window = (struct window){ addr, memory, bytes,
                               once ? calloc(1, bytes ?: 1) : NULL };
}

void guest_fault(unsigned long nth)
{
    countdown = nth;
    faulted = false;
}

bool guest_faulted(void)
{
    return faulted;
}

/* How many of @bytes at @addr are there, and where. */
static unsigned long resolve(uint64_t addr, unsigned long bytes,
                             struct window **window)
{
    unsigned int i;

    *window = NULL;
    for ( i = 0; i < nr_windows; i++ )
    {
        *window = &windows[i];
        if ( addr - (*window)->addr < (*window)->bytes )
            return min(bytes, (*window)->bytes -
                              (unsigned long)(addr - (*window)->addr));
    }

    return 0;
}

static bool must_fault(void)
{
    if ( !countdown || --countdown )
        return false;

    faulted = true;

    return true;
}

/* As copy_from_user(): the number of bytes that were not copied. */
unsigned long guest_read(void *to, uint64_t addr, unsigned long bytes)
{
    bool half = must_fault();
    unsigned long left = bytes, stop = half ? bytes - bytes / 2 : 0;
    struct window *window;

    while ( left > stop )
    {
        unsigned long n = resolve(addr, left - stop, &window);
        unsigned long i, at;

        if ( !n )
            break;

        at = addr - window->addr;
        memcpy(to, window->memory + at, n);
        if ( window->seen )
            for ( i = 0; i < n; i++ )
                if ( window->seen[at + i]++ )
                {
                    fprintf(stderr, "# guest: %#lx is read again\n", addr + i);
                    abort();
                }
        to += n;
        addr += n;
        left -= n;
    }

    if ( guest_after_read )
        guest_after_read();

    return half ? max(left, 1UL) : left;
}

unsigned long guest_write(uint64_t addr, const void *from,
                          unsigned long bytes)
{
    struct window *window;

    if ( must_fault() )
        return bytes;

    while ( bytes )
    {
        unsigned long n = resolve(addr, bytes, &window);

        if ( !n )
            break;

        memcpy(window->memory + (addr - window->addr), from, n);
        from += n;
        addr += n;
        bytes -= n;
    }

    return bytes;
}

/*
 * Pages by frame number, for the commands of old.
 */

void guest_own_page(unsigned long pfn, bool mine)
{
    unsigned int i;

    for ( i = 0; i < nr_own && own[i] != pfn; i++ )
        ;

    if ( mine && i == nr_own )
    {
        assert(nr_own < MAX_OWN);
        own[nr_own++] = pfn;
    }
    else if ( !mine && i < nr_own )
        own[i] = own[--nr_own];
}

unsigned int guest_page_refs(void)
{
    return refs;
}

bool mfn_valid(mfn_t mfn)
{
    return mfn_x(mfn) < max_page;
}

/* Pages that are not the guest's are somebody else's. */
static struct domain somebody_else;

struct domain *page_get_owner(const struct page_info *page)
{
    unsigned int i;

    for ( i = 0; i < nr_own; i++ )
        if ( own[i] == page - frame_table )
            return current->domain;

    return &somebody_else;
}

bool get_page(struct page_info *page, const struct domain *d)
{
    assert(page < frame_table + max_page);

    if ( must_fault() || page_get_owner(page) != d )
        return false;

    refs++;

    return true;
}

void put_page(struct page_info *page)
{
    assert(refs > 0);
    refs--;
}

void *__map_domain_page(const struct page_info *page)
{
    assert(refs > 0);

    return maddr_to_virt(page_to_maddr(page));
}

void unmap_domain_page(const void *va)
{
    /* A guest's CPUs write to its pages whenever they like. */
    if ( guest_after_read )
        guest_after_read();
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
