/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain that makes kexec hypercalls, on a machine with a bit of heap in
 * its images' destinations, and the means to see what is armed.
 *
 * An image has a generation: it says which bytes, and which entry.
 */
#ifndef UNIT_DOM0_H
#define UNIT_DOM0_H

#include <xen/maddr-range.h>

#include <public/kexec.h>

#include <shadow.h>

enum how {                      /* Which hypercall, which commands. */
    NATIVE,
    COMPAT,
    NATIVE_V1,
    COMPAT_V1,
    NR_HOW,
};

#define NR_VCPUS 2              /* Each with arguments of its own. */

#define DOM0_CRASH ((struct maddr_range){ MB(32), MB(34) })

/* A machine after a boot, with nothing loaded. */
void dom0_reset(void);

/* Make one hypercall: no continuation is made for it. */
long dom0_call(enum how how, unsigned long op, uint64_t arg);

/* Arguments of a load in the guest's memory; returns their address. */
uint64_t dom0_load_args(enum how how, unsigned int vcpu, unsigned int type,
                        unsigned int generation);

/* Of one that is -EFAULT, when all but its last bytes have been read. */
uint64_t dom0_unreadable_args(enum how how, unsigned int vcpu,
                              unsigned int type);

/* Of the commands that take a type; or whatever these bytes are. */
uint64_t dom0_type_args(unsigned int vcpu, unsigned int type);
uint64_t dom0_args(unsigned int vcpu, const void *bytes, unsigned long nr);

/* Load or unload, with all continuations. */
unsigned int dom0_load_cmd(enum how how);
unsigned int dom0_unload_cmd(enum how how);
long dom0_load(enum how how, unsigned int vcpu, unsigned int type,
               unsigned int generation);
long dom0_unload(enum how how, unsigned int vcpu, unsigned int type);

long dom0_finish(enum how how, long rc);

/* Overwrite all that a load of this vCPU has been given. */
void dom0_scribble(unsigned int vcpu);

/*
 * The generation of the image that a trigger would enter now, 0 if there is
 * none, having seen that it would give each of its bytes.
 */
unsigned int dom0_armed(unsigned int type);

/* Unload everything, and see that nothing is left. */
void dom0_clean(void);

/* Before and after a test: reset, and clean unless an image is entered. */
int dom0_setup(void **state);
int dom0_teardown(void **state);

#endif /* UNIT_DOM0_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
