/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rest of Xen needs of kexec.
 */
#ifndef XEN__KEXEC_H
#define XEN__KEXEC_H

#include <xen/keyhandler.h>
#include <xen/maddr-range.h>
#include <xen/time.h>
#include <xen/types.h>

struct cpu_user_regs;
struct domain;
struct e820map;

#ifdef CONFIG_KEXEC

typedef struct xen_kexec_reserve {
    unsigned long size;
    paddr_t start;
} xen_kexec_reserve_t;

/* The crash area; of size 0 if there is none.  Fixed once Xen has booted. */
extern xen_kexec_reserve_t kexec_crash_area;

/* The same as a range, which is empty if there is none. */
struct maddr_range kexec_crash_range(void);

/* setup.c: the area has to end at or below this. */
extern paddr_t kexec_crash_area_limit;

/* Address bits of what the crash kernel reads: notes and console ring. */
extern unsigned int crashinfo_maxaddr_bits;

/*
 * An image is about to be entered: leave interrupt controllers as firmware had
 * them.
 */
extern bool kexecing;

/* The first CPU that crashed; crash(8) looks it up by this name. */
extern unsigned int crashing_cpu;

/*
 * Once a CPU has crashed, a CPU that is offline or that has not stopped must
 * ignore machine checks: its handler would reset the machine.  Stopped CPUs
 * have an IDT that ignores them.
 */
static inline bool kexec_ignores_machine_checks(void)
{
    return crashing_cpu != ~0U;
}

/* setup.c, when the amount of RAM is known, and before the area is placed. */
void set_kexec_crash_area_size(uint64_t system_ram);

/* setup.c, before anything is allocated for the crash kernel. */
void kexec_early_calculations(void);

/*
 * setup.c: give up a crash area at [@s, @e), where Xen or a module has to
 * stay.  It becomes RAM again in @map.
 */
void kexec_drop_crash_area(struct e820map *map, uint64_t s, uint64_t e);

/* setup.c, after the search: give the area up if it has no place. */
void kexec_require_crash_area(void);

/* No domain owns the area's memory.  Deny it to dom0 as I/O memory, too. */
int kexec_deny_crash_area(struct domain *d);

/*
 * Enter the crash image.  Any context, any CPU.  Returns if none is loaded,
 * for the caller to reboot.  Reboots if the image cannot be entered.
 */
void kexec_crash(enum crash_reason reason);

/*
 * This CPU is crashing.  @regs is the frame of the fault on its stack, or NULL
 * if there is none.  Call it before anything is printed: printing takes locks.
 */
void kexec_dying(const struct cpu_user_regs *regs);

/* The first frame that kexec_dying() got on this CPU, or NULL. */
const struct cpu_user_regs *kexec_dying_regs(void);

/*
 * Called repeatedly by a CPU that waits for a spinlock.  True: take the lock
 * although it is held, because this CPU is crashing and the owner may never
 * release it.
 */
bool kexec_breaks_lock(void);

/*
 * Called repeatedly by a wait for a device that began at @start.  True: give
 * it up, because it has taken too long and Xen is on the way to an image.
 * Once one wait has been given up, all others are.
 */
bool kexec_gives_up(s_time_t start);

/* All other CPUs have stopped: this crashing CPU takes held locks at once. */
void kexec_expect_no_locks(void);

#else /* !CONFIG_KEXEC */

#define kexecing                false
#define crashinfo_maxaddr_bits  0

static inline void set_kexec_crash_area_size(uint64_t system_ram) {}
static inline void kexec_early_calculations(void) {}

static inline void kexec_dying(const struct cpu_user_regs *regs) {}
static inline bool kexec_breaks_lock(void) { return false; }
static inline bool kexec_gives_up(s_time_t start) { return false; }
static inline bool kexec_ignores_machine_checks(void) { return false; }

static inline void kexec_require_crash_area(void) {}
static inline int kexec_deny_crash_area(struct domain *d) { return 0; }

/* Without an image to enter, a crash still has its debug keys. */
static inline void kexec_crash(enum crash_reason reason)
{
    keyhandler_crash_action(reason);
}

#endif

#endif /* XEN__KEXEC_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
