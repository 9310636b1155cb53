/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * crashkernel= and its relatives, of any text.  What is refused asks for
 * nothing, and what is accepted does not depend on what came before.
 */

#include <xen/kexec.h>

#include "xen.h"

extern int (*const param_parse_crashkernel)(const char *s);
extern int (*const param_parse_low_crashinfo)(const char *s);
extern int (*const param_parse_crashinfo_maxaddr)(const char *s);

static int parse(const char *text, xen_kexec_reserve_t *area, paddr_t *limit)
{
    int rc = param_parse_crashkernel(text);

    set_kexec_crash_area_size(GB(16));
    *area = kexec_crash_area;
    *limit = kexec_crash_area_limit;

    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    xen_kexec_reserve_t area, again;
    paddr_t limit, limit_again;
    int rc;

    memcpy(text, data, size);
    text[size] = 0;

    rc = parse(text, &area, &limit);
    assert(rc == 0 || rc == -EINVAL);
    if ( rc )
        assert(!area.size && !area.start && limit == ~0UL);

    param_parse_crashkernel("1M-2G:5M,2G-:7M@32M");
    assert(parse(text, &again, &limit_again) == rc);
    assert(area.size == again.size && area.start == again.start);
    assert(limit == limit_again);

    param_parse_low_crashinfo(text);
    param_parse_crashinfo_maxaddr(text);
    crashinfo_maxaddr_bits = 64;
    kexec_early_calculations();
    /* Never so low that no page would do. */
    assert(crashinfo_maxaddr_bits >= 20 && crashinfo_maxaddr_bits <= 64);

    free(text);

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
