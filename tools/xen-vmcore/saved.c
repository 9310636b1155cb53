/* SPDX-License-Identifier: GPL-2.0-only */

#include "saved.h"

static const uint8_t where[NR_REGS] = {
    [REG_RAX] = SAVED_RAX, [REG_RDX] = SAVED_RDX, [REG_RCX] = SAVED_RCX,
    [REG_RBX] = SAVED_RBX, [REG_RSI] = SAVED_RSI, [REG_RDI] = SAVED_RDI,
    [REG_RBP] = SAVED_RBP, [REG_RSP] = SAVED_RSP, [REG_R8] = SAVED_R8,
    [REG_R9] = SAVED_R9, [REG_R10] = SAVED_R10, [REG_R11] = SAVED_R11,
    [REG_R12] = SAVED_R12, [REG_R13] = SAVED_R13, [REG_R14] = SAVED_R14,
    [REG_R15] = SAVED_R15, [REG_RIP] = SAVED_RIP,
};

void saved_regs(const struct saved *saved, uint64_t regs[NR_REGS])
{
    unsigned int reg;

    for ( reg = 0; reg < NR_REGS; reg++ )
        regs[reg] = saved->words[where[reg]];
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
