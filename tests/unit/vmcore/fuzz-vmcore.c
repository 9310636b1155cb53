/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader, on a dump that is good but for what the input changes: eight
 * bytes are one change, of up to four bytes at any place of the file.  With
 * an odd byte before the first change, there is a xen-syms.
 */

#include <stdlib.h>
#include <string.h>

#include "made.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct change {
    uint8_t bytes;              /* 1 to 4: modulo 4, plus 1 */
    uint8_t place[3];
    uint8_t value[4];
};

static void apply(struct made *made, const struct change *change)
{
    size_t at = (change->place[0] | change->place[1] << 8 |
                 change->place[2] << 16) % made->bytes;
    size_t bytes = change->bytes % 4 + 1;

    if ( bytes > made->bytes - at )
        bytes = made->bytes - at;
    memcpy(made->file + at, change->value, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct made made;
    struct result result;
    struct change change;

    made_start(&made);
    made_file(&made);
    if ( size )
    {
        made.xensyms = *data & 1 ? "fake" : NULL;
        for ( data++, size--; size >= sizeof(change);
              data += sizeof(change), size -= sizeof(change) )
        {
            memcpy(&change, data, sizeof(change));
            apply(&made, &change);
        }
    }

    result = made_report(&made);
    if ( result.status == 2 ? !result.error.used || result.text
                            : !result.text || !result.json )
        abort();
    made_result_free(&result);
    made_end(&made);

    return 0;
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
