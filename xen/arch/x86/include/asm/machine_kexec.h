/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the common code of kexec calls in the architecture's.
 */
#ifndef ASM__X86__MACHINE_KEXEC_H
#define ASM__X86__MACHINE_KEXEC_H

/* The control area of an image: contiguous pages with the stub. */
#define MACHINE_KEXEC_CONTROL_ORDER 1

/* Bytes of a bzImage's header that are looked at; of boot parameters. */
#define MACHINE_KEXEC_BZIMAGE_HEADER 0x264
#define MACHINE_KEXEC_BOOT_PARAMS    0x1000

/* A plan record with this source writes zeroes. */
#define KEXEC_PLAN_ZERO             (-1)

#ifndef __ASSEMBLER__

#include <xen/maddr-range.h>
#include <xen/types.h>

/*
 * The copy plan: records in pages that are chained by machine address.
 * @bytes from @src_maddr, or zeroes, go to @dest_maddr.  No source lies in any
 * destination (invariant 1), so the order of the records does not matter.
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

/* The architecture's part of an image. */
struct machine_kexec {
    paddr_t control_maddr;      /* The control area. */
    paddr_t root_maddr;         /* Top level page table. */
    struct kexec_idmap *idmap;  /* While the tables are built. */
};

/* Returns a zeroed page outside every destination, for a table; or 0. */
typedef paddr_t machine_kexec_alloc_fn(void *ctxt);

/*
 * Memory
 */

/*
 * Segments, entry and control area of an image of ELF machine type @arch have
 * to lie below this address.  0: images of that type cannot be entered.
 */
paddr_t machine_kexec_limit(uint16_t arch);

/*
 * Can a hand-over use all of @range?  It has to be RAM in the memory map that
 * the host has booted with, from which the identity map is made, and in Xen's
 * direct map.  Memory that was added later is not usable.  This is the only
 * test: for the memory that an image is built of, for its destinations, and
 * for the crash area.
 */
bool machine_kexec_is_usable(struct maddr_range range);

/* No usable memory lies at or above this address. */
paddr_t machine_kexec_usable_end(void);

/*
 * Make the whole pages of @range, in the direct map, read-only or writable
 * again.  Interrupts on.  -ENOMEM: a part of them may have changed.
 */
int machine_kexec_protect(struct maddr_range range, bool read_only);

/* As sha2_256_update(), and faster if the processor can.  Any context. */
struct sha2_256_state;
void machine_kexec_sha256(struct sha2_256_state *sha, const void *msg,
                          size_t len);

/*
 * Building an image
 */

/*
 * Begin to map firmware's tables, the first MiB and the @nr ranges of @own,
 * and with @ram, all RAM of the host's memory map.  0 or -ENOMEM.
 */
int machine_kexec_map_begin(struct machine_kexec *machine,
                            const struct maddr_range own[], unsigned int nr,
                            bool ram, machine_kexec_alloc_fn *alloc,
                            void *ctxt);

/*
 * Map the next part (invariant 7).  -ERESTART: there is more.  0: all of it is
 * mapped, and the alias too.  -ENOMEM: @alloc had no page.  Once it has one,
 * call this again.
 */
int machine_kexec_map_step(struct machine_kexec *machine);

/*
 * After map_step() has returned 0: map whole @pages too.  -ENOMEM: as for
 * map_step(), and *@pages is what is left of them.
 */
int machine_kexec_map_more(struct machine_kexec *machine,
                           struct maddr_range *pages);

/* Free what map_begin() has allocated.  It may have been freed before. */
void machine_kexec_map_end(struct machine_kexec *machine);

/*
 * Check the first MACHINE_KEXEC_BZIMAGE_HEADER bytes of a bzImage of @size
 * bytes that is to be at @maddr, and those of its boot parameters.  Returns
 * the rule that they break, or NULL: then *@entry is its 64-bit entry, and
 * *@used the memory that it needs there.
 */
const char *machine_kexec_bzimage(const void *bzimage, const void *boot_params,
                                  uint64_t size, paddr_t maddr, paddr_t *entry,
                                  struct maddr_range *used);

/*
 * Fill the control area: the stub and its arguments.  The image can be entered
 * afterwards, a 64-bit one with @arg in RSI.
 */
void machine_kexec_seal(const struct machine_kexec *machine, uint16_t arch,
                        paddr_t entry_maddr, uint64_t arg,
                        paddr_t plan_maddr);

/* Replace the plan of a sealed image with one write; 0 is the empty plan. */
void machine_kexec_set_plan(const struct machine_kexec *machine,
                            paddr_t plan_maddr);
paddr_t machine_kexec_plan(const struct machine_kexec *machine);

/* The bytes of a sealed image's control area that may change. */
struct maddr_range machine_kexec_volatile(const struct machine_kexec *machine);

/*
 * Leaving Xen
 */

/*
 * Stop the machine to reboot into a sealed image: park all other CPUs in its
 * control area, and put devices back as firmware left them.  On CPU 0, with
 * interrupts on; they are off afterwards.
 */
void machine_reboot_shutdown(const struct machine_kexec *machine);

/*
 * Stop the machine in a crash: stop the other CPUs, save their registers, and
 * put interrupt controllers and timers back as firmware left them.  Any CPU.
 */
void machine_crash_shutdown(void);

/* Stop this CPU, which crashed after another one.  Any context. */
void noreturn machine_crash_stop(void);

/*
 * Leave Xen on this CPU, and enter the image.  The machine has been stopped.
 * Takes no lock and allocates nothing.
 */
void noreturn machine_kexec_jump(const struct machine_kexec *machine);

/* The same, to be parked in the image's control area instead. */
void noreturn machine_kexec_park(const struct machine_kexec *machine);

/* How many CPUs are parked there. */
unsigned int machine_kexec_nr_parked(const struct machine_kexec *machine);

#endif /* !__ASSEMBLER__ */

#endif /* ASM__X86__MACHINE_KEXEC_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
