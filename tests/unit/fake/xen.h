/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rest of Xen: CPUs, locks, continuations, messages, the ways out.
 */
#ifndef FAKE_XEN_H
#define FAKE_XEN_H

#include <setjmp.h>

#include <shadow.h>

/* Everything as after a boot, but for the state of shipped files. */
void xen_reset(void);

/*
 * Preemption: check number @nth from now says yes, and then every @every-th;
 * 0: none does.
 */
void preempt_at(unsigned long nth, unsigned long every);
bool preempted(void);           /* Has one said yes? */

/* What hypercall_create_continuation() got, and what it returned. */
#define CONTINUATION 0x7fffffffL
extern struct continuation {
    unsigned long op;
    void *arg;
} continuation;

/*
 * Work in bulk since it was last set to {}: between two preemption checks,
 * if each of them says yes.
 */
extern struct work work;

/* Called at each write barrier, with the writes before it done. */
extern void (*at_barrier)(void);

/*
 * Lock operations are numbered; before number @nth from now, no lock held,
 * @fn is called once: what another CPU does at that point.
 */
void at_lock(unsigned long nth, void (*fn)(void));

extern unsigned int this_cpu_id;

/* How Xen was left, by a jump to @way_out with one of these. */
enum way_out {
    STAYED,                     /* setjmp() returned. */
    REBOOTED,                   /* To the default image. */
    CRASHED,                    /* To the crash image. */
    STOPPED,                    /* This CPU alone: another one crashed. */
    RESET,                      /* The machine. */
    HALTED,
};
extern jmp_buf way_out;

/*
 * What Xen has to do before it is left, a bit for each; and what of it had
 * been done when the other CPUs were told to stop.
 */
enum {
    WATCHDOG_IS_OFF = 1,
    CONSOLE_IS_SYNC = 2,
    LOCKS_ARE_UNCHECKED = 4,
    DMAR_IS_BACK = 8,
    KEXECING = 16,
    IRQS_ARE_OFF = 32,
};
extern unsigned int prepared, prepared_at_stop;

/* What continue_hypercall_on_cpu() got; to be run by the test. */
extern struct deferred {
    unsigned int cpu;
    long (*fn)(void *data);
    void *data;
} deferred;
extern int deferred_rc;         /* What it returns. */

/* Called when other CPUs have been stopped on a crash. */
extern void (*after_stop)(void);

/* How often the keys of crash-debug-...= would have been pressed, and why. */
extern unsigned int crash_actions;
extern enum crash_reason crash_action_reason;
extern void (*at_crash_action)(void);   /* One of them. */

extern unsigned int restart_delay_ms;   /* What machine_restart() got. */

extern s_time_t clock_ns;       /* In ns: the next NOW() is 1 us later. */
extern int xsm_rc;              /* What XSM says. */
extern struct serial_uart uart; /* Of the serial console; base 0: none. */

/* All that was printed since the reset, a line after the other. */
extern char printed[];
bool was_printed(const char *text);

extern char key;                /* Which key has been registered, */
extern bool key_is_diagnostic;  /* as what, */
extern void (*key_fn)(unsigned char key); /* and for what. */
extern struct notifier_block *cpu_notifier;

#endif /* FAKE_XEN_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
