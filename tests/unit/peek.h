/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests ask of shipped files that have state of their own: peek-*.c
 * include such a file as it is, and see its statics.
 */
#ifndef UNIT_PEEK_H
#define UNIT_PEEK_H

#include <xen/kimage.h>

/* As after a boot.  What was armed or unfinished is forgotten, not freed. */
void kexec_state_reset(void);

/* The image that a trigger of this type would enter, or NULL. */
const struct kimage *kexec_armed(unsigned int type);

/* Is nobody at work, nothing unfinished, and nothing left to be freed? */
bool kexec_is_idle(unsigned int type);

bool kexec_is_frozen(void);

/* What no Xen does: take the lock back. */
void kexec_unlock(void);

/* The cookie of the next operation that is preempted. */
uint32_t kexec_next_cookie(unsigned int type);

/* Empty vmcoreinfo, or all notes, as before the initcall. */
void vmcoreinfo_reset(void);
void crash_notes_state_reset(void);

/* How far the notes of a CPU are: their size, and what others see of them. */
size_t crash_notes_size(unsigned int cpu);
bool crash_notes_are_seen(unsigned int cpu);
bool crash_notes_are_saved(unsigned int cpu);
bool crash_notes_xen_is_saved(void);
unsigned long crash_notes_r15(unsigned int cpu);

/* The note with vmcoreinfo. */
const uint8_t *vmcoreinfo_bytes(void);

#endif /* UNIT_PEEK_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
