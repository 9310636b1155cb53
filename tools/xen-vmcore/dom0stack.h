/* SPDX-License-Identifier: GPL-2.0-only */
/* Which functions of dom0's kernel its vCPUs were in. */
#ifndef XEN_VMCORE_DOM0STACK_H
#define XEN_VMCORE_DOM0STACK_H

#include "names.h"
#include "vcpus.h"

/*
 * Fill in the vCPU's stack: with a vmlinux by its call frame information,
 * without by guesses.  It stays empty if the vCPU was not in the kernel.
 */
void dom0stack_read(const struct dom0 *dom0, const struct names *names,
                    struct vcpu *vcpu);

#endif /* XEN_VMCORE_DOM0STACK_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
