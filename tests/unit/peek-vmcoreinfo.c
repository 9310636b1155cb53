/* SPDX-License-Identifier: GPL-2.0-only */

#include "vmcoreinfo.c"

#include "peek.h"

void vmcoreinfo_reset(void)
{
    memset(vmcoreinfo, 0, sizeof(vmcoreinfo));
    vmcoreinfo_used = 0;
}

const uint8_t *vmcoreinfo_bytes(void)
{
    return (const uint8_t *)vmcoreinfo;
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
