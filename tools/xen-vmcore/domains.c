/* SPDX-License-Identifier: GPL-2.0-only */

#include <stdio.h>
#include <stdlib.h>

#include "domains.h"

/* As many as there are identifiers, xen/include/public/xen.h. */
#define MAX_DOMAINS 0x8000

/* Of all domains; more than any host has had so far. */
#define MAX_VCPUS   0x10000

/* Of domain.options: XEN_DOMCTL_CDF_hvm, xen/include/public/domctl.h. */
#define OPTION_HVM 1

/* Of domain.shutdown_state; before 4.23 a bool, domain.is_shut_down. */
#define SHUTDOWN_COMPLETE 2

struct layout {
    uint64_t id, next;
    bool has_details;
    uint64_t max_vcpus, vcpu, pages, dying, shut_down, shutdown_code;
    uint8_t is_shut_down;       /* What is there in one that is. */
    bool has_uuid, has_mode;
    uint64_t uuid, options, pause_count;
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
    layout->has_uuid = dump_offset(dump, type, "handle", &layout->uuid);
    layout->has_mode =
        dump_offset(dump, type, "options", &layout->options) &&
        dump_offset(dump, type, "pause_count", &layout->pause_count);

    return dump_offset(dump, type, "domain_id", &layout->id) &&
           dump_offset(dump, type, "next_in_list", &layout->next);
}

static bool read_domain(const struct dump *dump, const struct stack *stacks,
                        const struct layout *layout, uint64_t va,
                        size_t vcpus_left, struct domain *domain)
{
    uint32_t options;
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
        vcpus_read(dump, stacks, array, domain->max_vcpus, vcpus_left,
                   &domain->vcpus);
        domain->nr_vcpus = domain->vcpus.nr;
    }

    domain->has_uuid = layout->has_uuid &&
                       dump_read(dump, va + layout->uuid, domain->uuid,
                                 sizeof(domain->uuid));
    domain->has_mode =
        layout->has_mode &&
        dump_read_u32(dump, va + layout->options, &options) &&
        dump_read_u32(dump, va + layout->pause_count, &domain->pause_count);
    domain->is_hvm = domain->has_mode && (options & OPTION_HVM);

    return true;
}

/* @seen has a bit for each identifier: a list in a circle has one twice. */
static bool is_new(uint8_t seen[MAX_DOMAINS / 8], uint16_t id)
{
    uint8_t bit = 1u << (id & 7);

    if ( id >= MAX_DOMAINS || (seen[id / 8] & bit) )
        return false;
    seen[id / 8] |= bit;

    return true;
}

void domains_read(struct dump *dump, const struct stack *stacks,
                  struct domains *domains)
{
    uint8_t seen[MAX_DOMAINS / 8] = {};
    size_t vcpus_left = MAX_VCPUS;
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

        if ( !read_domain(dump, stacks, &layout, va, vcpus_left, &domain) ||
             !is_new(seen, domain.id) )
        {
            vcpus_free(&domain.vcpus);
            dump_problem(dump, "the list of domains is damaged behind the "
                               "first %zu", domains->nr);
            return;
        }
        vcpus_left -= domain.vcpus.nr;
        domains->list = must_realloc(domains->list, domains->nr + 1,
                                     sizeof(domain));
        domains->list[domains->nr++] = domain;

        if ( !dump_read_u64(dump, va + layout.next, &va) )
            va = ~7ULL;         /* Nobody's: the next one is missing. */
    }
}

void domains_free(struct domains *domains)
{
    size_t i;

    for ( i = 0; i < domains->nr; i++ )
    {
        text_free(&domains->list[i].name);
        vcpus_free(&domains->list[i].vcpus);
    }
    free(domains->list);
    *domains = (struct domains){};
}

void domain_uuid(const struct domain *domain, char text[37])
{
    unsigned int i;

    for ( i = 0; i < UUID_BYTES; i++ )
        text += sprintf(text, i == 4 || i == 6 || i == 8 || i == 10
                        ? "-%02x" : "%02x", domain->uuid[i]);
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
