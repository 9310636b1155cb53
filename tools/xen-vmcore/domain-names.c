/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Xen itself has no names.  libxl (xl, libvirt) keeps the configuration of
 * each domain in a file, /var/lib/xen/userdata-d.ID.UUID.libxl-json, whose
 * first page is in dom0's page cache unless memory was short:
 *
 *   {
 *       "c_info": {
 *           "type": "pvh",
 *           "name": "web",
 *           "uuid": "6b3d3fd1-...",
 *
 * A page that begins like that counts if its UUID is that of a domain.
 */

#include <ctype.h>
#include <string.h>

#include "domain-names.h"
#include "p2m.h"

#define PAGE_BYTES 4096
#define HEAD_BYTES 32           /* What has to begin like that */

struct search {
    const struct dump *dump;
    struct domains *domains;
    size_t wanted;
};

/* Behind blanks and @wanted; NULL when it is not there. */
static const char *skip(const char *text, const char *wanted)
{
    while ( isspace((unsigned char)*text) )
        text++;

    return strncmp(text, wanted, strlen(wanted))
           ? NULL : text + strlen(wanted);
}

/* The string of a member, as it is written; false when it has none. */
static bool member(const char *json, const char *name, const char **value,
                   size_t *bytes)
{
    const char *at = strstr(json, name);

    at = at ? skip(at + strlen(name), ":") : NULL;
    at = at ? skip(at, "\"") : NULL;
    if ( !at )
        return false;

    *value = at;
    for ( ; *at && *at != '"'; at++ )
        if ( *at == '\\' && at[1] )
            at++;
    *bytes = at - *value;

    return *at && *bytes;
}

static bool is_uuid(const struct domain *domain, const char *text,
                    size_t bytes)
{
    char uuid[37];

    domain_uuid(domain, uuid);

    return domain->has_uuid && bytes == strlen(uuid) &&
           !strncmp(text, uuid, bytes);
}

static bool begins_config(const char *text)
{
    const char *next = skip(text, "{");

    return next && skip(next, "\"c_info\"");
}

/* True when all have a name. */
static bool look_at(uint64_t maddr, void *arg)
{
    struct search *search = arg;
    char page[PAGE_BYTES + 1];
    const char *name, *uuid;
    size_t name_bytes, uuid_bytes, i;

    if ( !vmcore_read(search->dump->vmcore, maddr, page, HEAD_BYTES) )
        return false;
    page[HEAD_BYTES] = 0;
    if ( !begins_config(page) ||
         !vmcore_read(search->dump->vmcore, maddr, page, PAGE_BYTES) )
        return false;
    page[PAGE_BYTES] = 0;
    if ( !member(page, "\"name\"", &name, &name_bytes) ||
         !member(page, "\"uuid\"", &uuid, &uuid_bytes) )
        return false;

    for ( i = 0; i < search->domains->nr; i++ )
    {
        struct domain *domain = &search->domains->list[i];

        if ( domain->id && !domain->name.used &&
             is_uuid(domain, uuid, uuid_bytes) )
        {
            text_add_bytes(&domain->name, name, name_bytes);
            search->wanted--;
        }
    }

    return !search->wanted;
}

/* dom0 is Domain-0, whatever runs in it. */
void domain_names_find(const struct dump *dump, struct domains *domains)
{
    struct search search = { .dump = dump, .domains = domains };
    size_t i;

    for ( i = 0; i < domains->nr; i++ )
        if ( domains->list[i].id )
            search.wanted++;
        else
            text_add(&domains->list[i].name, "Domain-0");

    if ( search.wanted )
        p2m_each(dump, look_at, &search);
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
