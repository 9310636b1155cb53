/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kexec asks of the architecture: the boundary that common code is
 * written against, and that host tests implement with a fake.
 */
#ifndef X86_MACHINE_KEXEC_H
#define X86_MACHINE_KEXEC_H

/*
 * The control area of an image: contiguous pages that the hand-over runs
 * in.  docs/memory-layout.md draws it.
 */
#define MACHINE_KEXEC_CONTROL_ORDER 1
/* Stack pointer at the image's entry, from the start of the control area. */
#define MACHINE_KEXEC_STACK_TOP     0x1ff0
/* The same for a parked CPU, which needs a stack for a stray NMI only. */
#define MACHINE_KEXEC_PARK_STACK    0x1200

/* A plan record with this source writes zeroes. */
#define KEXEC_PLAN_ZERO             (-1)

/*
 * Exception vectors, and those of them that push an error code: Intel SDM
 * vol. 3A, table 7-1, and AMD APM vol. 2, section 8.2, for 21, 29 and 30.
 */
#define MACHINE_KEXEC_NR_VECTORS    32
#define MACHINE_KEXEC_ERROR_CODES   0x60227d00

/* Bits of kexec_stub_args.flags. */
#define KEXEC_STUB_32BIT            0x1 /* Enter the image as 32-bit code. */

#ifndef __ASSEMBLY__

#include <xen/maddr-range.h>
#include <xen/types.h>

/*
 * The copy plan: records in pages that are chained by machine address.
 * @bytes from @src_maddr, or zeroes, go to @dest_maddr.  No source lies in
 * any destination (invariant 1), so the order of records is of no meaning.
 */
struct kexec_plan_record {
    uint64_t dest_maddr;
    uint64_t src_maddr;         /* Or KEXEC_PLAN_ZERO. */
    uint64_t bytes;
};

struct kexec_plan_page {
    uint64_t next_maddr;        /* 0 in the last page. */
    uint64_t nr_records;
    struct kexec_plan_record
        records[(PAGE_SIZE - 16) / sizeof(struct kexec_plan_record)];
};

/* A pseudo-descriptor, for lgdt and lidt in 64-bit mode. */
struct __packed kexec_stub_dtr {
    uint16_t limit;
    uint64_t base;
};

/* What the stub is told: at its end, in the control area's first page. */
struct kexec_stub_args {
    uint64_t control_maddr;
    uint64_t root_maddr;
    uint64_t entry_maddr;
    uint32_t flags;             /* KEXEC_STUB_* */
    uint16_t serial_port;       /* Of a 16550, for faults; 0 if none. */
    struct kexec_stub_dtr gdtr64, gdtr32, idtr, idtr32;

    /* From here on it changes after the image was sealed. */
    uint64_t plan_maddr;        /* First page of the plan, 0 if none. */
    uint32_t nr_parked;         /* CPUs that have arrived; counted there. */
    uint32_t mxcsr;             /* Room for the stub's ldmxcsr. */
};

/* The architecture's part of an image. */
struct machine_kexec {
    paddr_t control_maddr;      /* The control area. */
    paddr_t root_maddr;         /* Top level page table. */
    struct kexec_idmap *idmap;  /* While the tables are built. */
};

/* Memory for page tables: a zeroed page outside every destination, or 0. */
typedef paddr_t machine_kexec_alloc_fn(void *ctxt);

/*
 * The end of the machine addresses at which an image of ELF machine type
 * @arch can have segments, its entry and its control area; 0 if there is
 * no way to enter an image of that type.
 */
paddr_t machine_kexec_limit(uint16_t arch);

/*
 * Can a hand-over use all of @range: is it RAM by the host's memory map, which
 * the identity map is made from, and in Xen's direct map?  Memory that was
 * added since the host has booted is not.  Nothing else decides it, for the
 * memory that an image is built of, for what it is to be copied to, and for
 * the crash area.
 */
bool machine_kexec_is_usable(struct maddr_range range);

/* An address behind all that is; nothing says that what is below it is. */
paddr_t machine_kexec_usable_end(void);

/*
 * Begin to map what an image needs to find: firmware's tables and the first
 * MiB, the @nr ranges of @own, and with @ram all RAM of the host's memory
 * map.  -ENOMEM or 0.
 */
int machine_kexec_map_begin(struct machine_kexec *machine,
                            const struct maddr_range own[], unsigned int nr,
                            bool ram, machine_kexec_alloc_fn *alloc,
                            void *ctxt);

/*
 * Do a bounded part of it.  -ERESTART: more to do.  0: all that is mapped, and
 * so is the alias.  -ENOMEM: @alloc gave no page; once it has one, a further
 * step goes on.
 */
int machine_kexec_map_step(struct machine_kexec *machine);

/*
 * Map whole pages as well, when map_step() has returned 0, one by one: *@pages
 * is what is left of them.  0 or -ENOMEM, as for map_step().
 */
int machine_kexec_map_more(struct machine_kexec *machine,
                           struct maddr_range *pages);

/* Forget what map_begin() allocated for itself.  Any number of times. */
void machine_kexec_map_end(struct machine_kexec *machine);

/*
 * Fill the control area: the stub and its arguments.  From here on the image
 * can be entered.
 */
void machine_kexec_seal(const struct machine_kexec *machine, uint16_t arch,
                        paddr_t entry_maddr, paddr_t plan_maddr);

/* Replace the plan of a sealed image, by one write: 0 is the empty plan. */
void machine_kexec_set_plan(const struct machine_kexec *machine,
                            paddr_t plan_maddr);
paddr_t machine_kexec_plan(const struct machine_kexec *machine);

/* The bytes of a sealed image's control area that may change. */
struct maddr_range machine_kexec_volatile(const struct machine_kexec *machine);

/*
 * Make the whole pages of @range, in the direct map, read-only or writable
 * again.  Interrupts on.  -ENOMEM: it stays as it is.
 */
int machine_kexec_protect(struct maddr_range range, bool read_only);

/*
 * Enter a sealed image.  CPU 0, interrupts on, every other CPU still
 * running: reboot_kexec() stops them and puts devices back.  Does not
 * return.
 */
void noreturn machine_reboot_kexec(const struct machine_kexec *machine);

/*
 * Enter a sealed image from a crash.  Any CPU, after
 * machine_crash_shutdown().  Takes no lock and allocates nothing.
 */
void noreturn machine_crash_kexec(const struct machine_kexec *machine);

/*
 * Quiesce the machine after a crash: stop the other CPUs, save their
 * registers, and put interrupt controllers, timers and IOMMUs back.
 */
void machine_crash_shutdown(void);

/*
 * Stop this CPU, which has crashed, while another one goes on with its own
 * crash.  Any context.
 */
void noreturn machine_crash_stop(void);

/*
 * Used between the files of the architecture: leave Xen on this CPU, to
 * enter the image, or to be parked in its control area.  Interrupts off.
 */
void noreturn machine_kexec_jump(const struct machine_kexec *machine);
void noreturn machine_kexec_park(const struct machine_kexec *machine);

/* How many CPUs have arrived where machine_kexec_park() sends them. */
unsigned int machine_kexec_nr_parked(const struct machine_kexec *machine);

/* Stop every other CPU and put the machine as firmware left it. */
void machine_kexec_shutdown(const struct machine_kexec *machine);

#endif /* !__ASSEMBLY__ */

#endif /* X86_MACHINE_KEXEC_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
