/* SPDX-License-Identifier: GPL-2.0-only */

#include "kexec-slots.c"

#include "peek.h"

void kexec_state_reset(void)
{
    unsigned int i;

    for ( i = 0; i < NR_SLOTS; i++ )
        slots[i] = (struct kexec_slot){ .name = slots[i].name };
    kexec_lock = (spinlock_t){};
    frozen = locked = lock_when_armed = false;
    cookie_number = 0;
    kexecing = false;
    crashing_cpu = ~0U;
}

const struct kimage *kexec_armed(unsigned int type)
{
    return slots[type].armed;
}

bool kexec_is_idle(unsigned int type)
{
    const struct kexec_slot *slot = &slots[type];

    return !slot->busy && !slot->cookie && !slot->area_open &&
           slot_state(slot) == SLOT_IDLE;
}

bool kexec_is_frozen(void)
{
    return frozen;
}

void kexec_unlock(void)
{
    locked = false;
}

uint32_t kexec_next_cookie(unsigned int type)
{
    return new_cookie(&slots[type]);
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
