/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dom0's kernel describes its log by its own vmcoreinfo: a ring of
 * descriptors, one of records' properties, and one of text (Linux,
 * Documentation/admin-guide/kdump/vmcoreinfo.rst, "printk_ringbuffer").
 */

#include <stdlib.h>

#include "dom0log.h"

#define MAX_DESCS_BITS 24
#define MAX_TEXT_BITS  28

struct linux_log {
    const struct dom0 *dom0;

    /* Descriptors */
    uint64_t count, descs, desc_bytes, infos, info_bytes;
    uint64_t state_at, begin_at, next_at;
    uint64_t seq_at, time_at, length_at;
    uint64_t head, tail;

    /* Text */
    uint64_t size_bits, data;
};

static bool offset(const struct linux_log *log, const char *name,
                   uint64_t *value)
{
    return vmcoreinfo_number(log->dom0->info, "OFFSET", name, value);
}

/* Where a member of members is, from the outside to the inside. */
static bool offset2(const struct linux_log *log, const char *outer,
                    const char *inner, uint64_t *value)
{
    uint64_t first, second;

    if ( !offset(log, outer, &first) || !offset(log, inner, &second) )
        return false;
    *value = first + second;

    return true;
}

static bool read_bits(const struct linux_log *log, uint64_t va, uint64_t *bits)
{
    uint32_t value;

    if ( !dom0_read(log->dom0, va, &value, sizeof(value)) )
        return false;
    *bits = value;

    return true;
}

static bool find_descriptors(struct linux_log *log, uint64_t prb)
{
    uint64_t ring, at, bits;

    if ( !offset(log, "printk_ringbuffer.desc_ring", &ring) ||
         !offset(log, "prb_desc_ring.count_bits", &at) ||
         !read_bits(log, prb + ring + at, &bits) || bits > MAX_DESCS_BITS )
        return false;
    log->count = 1ULL << bits;

    return offset(log, "prb_desc_ring.descs", &at) &&
           dom0_read_u64(log->dom0, prb + ring + at, &log->descs) &&
           offset(log, "prb_desc_ring.infos", &at) &&
           dom0_read_u64(log->dom0, prb + ring + at, &log->infos) &&
           offset2(log, "prb_desc_ring.head_id", "atomic_long_t.counter",
                   &at) &&
           dom0_read_u64(log->dom0, prb + ring + at, &log->head) &&
           offset2(log, "prb_desc_ring.tail_id", "atomic_long_t.counter",
                   &at) &&
           dom0_read_u64(log->dom0, prb + ring + at, &log->tail) &&
           vmcoreinfo_number(log->dom0->info, "SIZE", "prb_desc",
                             &log->desc_bytes) &&
           vmcoreinfo_number(log->dom0->info, "SIZE", "printk_info",
                             &log->info_bytes) &&
           offset2(log, "prb_desc.state_var", "atomic_long_t.counter",
                   &log->state_at) &&
           offset2(log, "prb_desc.text_blk_lpos", "prb_data_blk_lpos.begin",
                   &log->begin_at) &&
           offset2(log, "prb_desc.text_blk_lpos", "prb_data_blk_lpos.next",
                   &log->next_at) &&
           offset(log, "printk_info.ts_nsec", &log->time_at) &&
           offset(log, "printk_info.text_len", &log->length_at);
}

static bool find_text(struct linux_log *log, uint64_t prb)
{
    uint64_t ring, at;

    return offset(log, "printk_ringbuffer.text_data_ring", &ring) &&
           offset(log, "prb_data_ring.size_bits", &at) &&
           read_bits(log, prb + ring + at, &log->size_bits) &&
           log->size_bits <= MAX_TEXT_BITS &&
           offset(log, "prb_data_ring.data", &at) &&
           dom0_read_u64(log->dom0, prb + ring + at, &log->data);
}

/* The two top bits are the state, the others the descriptor's identifier. */
#define STATE_SHIFT     62
#define STATE_COMMITTED 1
#define STATE_FINALIZED 2
#define ID_MASK         ((1ULL << STATE_SHIFT) - 1)

/*
 * A block of text begins with the identifier, a word.  One that would reach
 * over the end of the ring is at its start instead.  Odd positions: no text.
 */
static bool read_block(const struct linux_log *log, uint64_t begin,
                       uint64_t next, uint16_t length, struct text *out)
{
    uint64_t mask = (1ULL << log->size_bits) - 1;
    uint64_t start = begin & mask, end = next & mask;
    char *bytes;
    bool good;

    if ( (begin & 1) || (next & 1) )
        return true;
    if ( begin >> log->size_bits != next >> log->size_bits && end )
        start = 0;
    if ( !end )
        end = mask + 1;
    if ( end < start + sizeof(uint64_t) )
        return false;
    start += sizeof(uint64_t);
    if ( length > end - start )
        length = end - start;

    bytes = must_alloc(length, 1);
    good = dom0_read(log->dom0, log->data + start, bytes, length);
    if ( good )
        text_add_bytes(out, bytes, length);
    free(bytes);

    return good;
}

static bool read_record(const struct linux_log *log, uint64_t id,
                        struct text *out)
{
    uint64_t index = id & (log->count - 1);
    uint64_t desc = log->descs + index * log->desc_bytes;
    uint64_t info = log->infos + index * log->info_bytes;
    uint64_t state, begin, next, time;
    uint16_t length;

    if ( !dom0_read_u64(log->dom0, desc + log->state_at, &state) ||
         !dom0_read_u64(log->dom0, desc + log->begin_at, &begin) ||
         !dom0_read_u64(log->dom0, desc + log->next_at, &next) ||
         !dom0_read_u64(log->dom0, info + log->time_at, &time) ||
         !dom0_read(log->dom0, info + log->length_at, &length,
                    sizeof(length)) )
        return false;

    if ( (state & ID_MASK) != (id & ID_MASK) ||
         (state >> STATE_SHIFT != STATE_COMMITTED &&
          state >> STATE_SHIFT != STATE_FINALIZED) )
        return true;

    text_add(out, "[%5llu.%06llu] ",
             (unsigned long long)(time / 1000000000),
             (unsigned long long)(time % 1000000000 / 1000));
    if ( !read_block(log, begin, next, length, out) )
        text_add(out, "(the text is not in the dump)");
    text_add(out, "\n");

    return true;
}

static bool open_log(struct linux_log *log, struct text *why_not)
{
    const struct dom0 *dom0 = log->dom0;
    uint64_t prb;

    if ( dom0->why_not.used )
        text_add(why_not, "%s", text_get(&dom0->why_not));
    else if ( !vmcoreinfo_number(dom0->info, "SYMBOL", "prb", &prb) )
        text_add(why_not, "dom0's vmcoreinfo does not say where its log is "
                          "(Linux 5.10 and later do)");
    else if ( !dom0_read_u64(dom0, prb, &prb) ||
              !find_descriptors(log, prb) || !find_text(log, prb) )
        text_add(why_not, "dom0's log is not in the dump, or damaged");
    else
        return true;

    return false;
}

void dom0log_read(const struct dom0 *dom0, struct text *text,
                  struct text *why_not)
{
    struct linux_log log = { .dom0 = dom0 };
    uint64_t i;

    /* Nothing is in it if it cannot be opened. */
    if ( !open_log(&log, why_not) )
        log.count = 0;

    for ( i = 0; i < log.count; i++ )
    {
        uint64_t id = (log.tail + i) & ID_MASK;

        if ( !read_record(&log, id, text) )
            text_add(text, "(a record is not in the dump)\n");
        if ( id == (log.head & ID_MASK) )
            break;
    }
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
