/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of payloads, xen/include/xen/livepatch_payload.h. */

#include <stdlib.h>

#include "livepatch.h"

/* Lists of a damaged dump end. */
#define MAX_PAYLOADS 1024
#define MAX_SYMBOLS  65536

/* XEN_LIVEPATCH_NAME_SIZE, and as long as a symbol may be. */
#define NAME_BYTES   128

struct layout {
    uint64_t list, state, name, text, text_bytes, symbols, nr_symbols;
    uint64_t symbol_bytes, symbol_name, symbol_value;
};

static bool find_layout(const struct dump *dump, struct layout *layout)
{
    static const char type[] = "payload", symbol[] = "livepatch_symbol";

    return dump_offset(dump, type, "list", &layout->list) &&
           dump_offset(dump, type, "state", &layout->state) &&
           dump_offset(dump, type, "name", &layout->name) &&
           dump_offset(dump, type, "text_addr", &layout->text) &&
           dump_offset(dump, type, "text_size", &layout->text_bytes) &&
           dump_offset(dump, type, "symtab", &layout->symbols) &&
           dump_offset(dump, type, "nsyms", &layout->nr_symbols) &&
           dump_size(dump, symbol, &layout->symbol_bytes) &&
           dump_offset(dump, symbol, "name", &layout->symbol_name) &&
           dump_offset(dump, symbol, "value", &layout->symbol_value);
}

static void read_symbols(const struct dump *dump, const struct layout *layout,
                         uint64_t va, struct names *names)
{
    uint64_t at, value, name;
    uint32_t nr, i;

    if ( !dump_read_u32(dump, va + layout->nr_symbols, &nr) ||
         !dump_read_u64(dump, va + layout->symbols, &at) )
        return;

    for ( i = 0; i < nr && i < MAX_SYMBOLS; i++ )
    {
        struct text string = {};

        if ( !dump_read_u64(dump, at + layout->symbol_value, &value) ||
             !dump_read_u64(dump, at + layout->symbol_name, &name) )
            break;
        dump_read_string_va(dump, name, NAME_BYTES, &string);
        if ( string.used )
            names_add_unsorted(names, value, string.s);
        text_free(&string);
        at += layout->symbol_bytes;
    }
    names_sort(names);
}

static bool read_payload(const struct dump *dump, const struct layout *layout,
                         uint64_t va, struct payload *payload)
{
    *payload = (struct payload){};
    if ( !dump_read_u32(dump, va + layout->state, &payload->state) ||
         !dump_read_u64(dump, va + layout->text, &payload->text) ||
         !dump_read_u64(dump, va + layout->text_bytes, &payload->text_bytes) )
        return false;

    dump_read_string_va(dump, va + layout->name, NAME_BYTES, &payload->name);
    payload->names = names_start(NULL, false, 0);
    read_symbols(dump, layout, va, payload->names);

    return true;
}

void payloads_read(struct dump *dump, struct payloads *payloads)
{
    struct layout layout;
    uint64_t head, link;

    if ( !dump_symbol(dump, "payload_list", &head) ||
         !find_layout(dump, &layout) )
        return;

    for ( link = head; ; )
    {
        struct payload payload;

        if ( !dump_read_u64(dump, link, &link) )
            break;
        if ( link == head )
            return;
        if ( payloads->nr == MAX_PAYLOADS ||
             !read_payload(dump, &layout, link - layout.list, &payload) )
            break;
        payloads->list = must_realloc(payloads->list, payloads->nr + 1,
                                      sizeof(payload));
        payloads->list[payloads->nr++] = payload;
        dump_add_text(dump, payload.text, payload.text_bytes);
    }

    dump_problem(dump, "the list of livepatches is damaged behind the first "
                       "%zu", payloads->nr);
}

void payloads_free(struct payloads *payloads)
{
    size_t i;

    for ( i = 0; i < payloads->nr; i++ )
    {
        text_free(&payloads->list[i].name);
        names_close(payloads->list[i].names);
    }
    free(payloads->list);
    *payloads = (struct payloads){};
}

const char *payload_state(uint32_t state)
{
    /* xen/include/public/sysctl.h */
    static const char *const names[] = { "?", "checked", "applied" };

    return state < sizeof(names) / sizeof(*names) ? names[state] : "?";
}

const struct payload *payloads_find(const struct payloads *payloads,
                                    uint64_t va)
{
    size_t i;

    for ( i = 0; i < payloads->nr; i++ )
        if ( va - payloads->list[i].text < payloads->list[i].text_bytes )
            return &payloads->list[i];

    return NULL;
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
