/* SPDX-License-Identifier: GPL-2.0-only */

#include <stdlib.h>

#include "domains.h"

/* As many as there are identifiers, xen/include/public/xen.h. */
#define MAX_DOMAINS 0x8000
#define MAX_VCPUS   8192

/* Of domain.shutdown_state; before 4.23 a bool, domain.is_shut_down. */
#define SHUTDOWN_COMPLETE 2

struct layout {
    uint64_t id, next;
    bool has_details;
    uint64_t max_vcpus, vcpu, pages, dying, shut_down, shutdown_code;
    uint8_t is_shut_down;       /* What is there in one that is. */
};

static bool find_layout(const struct dump *dump, struct layout *layout)
{
    static const char type[] = "domain";

    layout->is_shut_down =
        dump_offset(dump, type, "is_shut_down", &layout->shut_down)
        ? 1
        : dump_offset(dump, type, "shutdown_state", &layout->shut_down)
        ? SHUTDOWN_COMPLETE : 0;
    layout->has_details =
        layout->is_shut_down &&
        dump_offset(dump, type, "max_vcpus", &layout->max_vcpus) &&
        dump_offset(dump, type, "vcpu", &layout->vcpu) &&
        dump_offset(dump, type, "tot_pages", &layout->pages) &&
        dump_offset(dump, type, "is_dying", &layout->dying) &&
        dump_offset(dump, type, "shutdown_code", &layout->shutdown_code);

    return dump_offset(dump, type, "domain_id", &layout->id) &&
           dump_offset(dump, type, "next_in_list", &layout->next);
}

/* vCPUs that exist, of those that may. */
static uint32_t count_vcpus(const struct dump *dump, uint64_t array,
                            uint32_t max)
{
    uint32_t i, nr = 0;
    uint64_t vcpu;

    for ( i = 0; i < max && i < MAX_VCPUS; i++ )
        if ( dump_read_u64(dump, array + 8 * (uint64_t)i, &vcpu) && vcpu )
            nr++;

    return nr;
}

static bool read_domain(const struct dump *dump, const struct layout *layout,
                        uint64_t va, struct domain *domain)
{
    uint8_t shut_down;
    uint64_t array;

    *domain = (struct domain){};
    if ( !dump_read(dump, va + layout->id, &domain->id, sizeof(domain->id)) )
        return false;

    domain->has_details =
        layout->has_details &&
        dump_read_u32(dump, va + layout->max_vcpus, &domain->max_vcpus) &&
        dump_read_u64(dump, va + layout->vcpu, &array) &&
        dump_read_u32(dump, va + layout->pages, &domain->pages) &&
        dump_read_u32(dump, va + layout->dying, &domain->dying) &&
        dump_read(dump, va + layout->shut_down, &shut_down, 1) &&
        dump_read_u32(dump, va + layout->shutdown_code,
                      &domain->shutdown_code);
    if ( domain->has_details )
    {
        domain->shut_down = shut_down == layout->is_shut_down;
        domain->nr_vcpus = count_vcpus(dump, array, domain->max_vcpus);
    }

    return true;
}

void domains_read(struct dump *dump, struct domains *domains)
{
    struct layout layout;
    uint64_t va;

    if ( !find_layout(dump, &layout) ||
         !dump_variable_u64(dump, "domain_list", &va) )
    {
        dump_problem(dump, "no list of domains: nothing says where it is");
        return;
    }

    while ( va )
    {
        struct domain domain;

        if ( domains->nr == MAX_DOMAINS ||
             !read_domain(dump, &layout, va, &domain) )
        {
            dump_problem(dump, "the list of domains is damaged behind the "
                               "first %zu", domains->nr);
            return;
        }
        domains->list = must_realloc(domains->list, domains->nr + 1,
                                     sizeof(domain));
        domains->list[domains->nr++] = domain;

        if ( !dump_read_u64(dump, va + layout.next, &va) )
            va = ~7ULL;         /* Nobody's: the next one is missing. */
    }
}

void domains_free(struct domains *domains)
{
    free(domains->list);
    *domains = (struct domains){};
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
