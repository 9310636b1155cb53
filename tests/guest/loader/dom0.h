/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tiny dom0: what a scenario has to work with.
 */
#ifndef TESTS_GUEST_DOM0_H
#define TESTS_GUEST_DOM0_H

#define __XEN_TOOLS__

#include <stdint.h>

#include <public/xen.h>
#include <public/domctl.h>
#include <public/hypfs.h>
#include <public/kexec.h>
#include <public/memory.h>
#include <public/physdev.h>
#include <public/sched.h>
#include <public/sysctl.h>
#include <public/vcpu.h>

#include "facts.h"
#include "layout.h"
#include "lib.h"
#include "pattern.h"

#define EPERM           1
#define ENOENT          2
#define EFAULT          14
#define ENOMEM          12
#define EBUSY           16
#define EINVAL          22
#define ERANGE          34
#define EOPNOTSUPP      95
#define EADDRNOTAVAIL   99

#define EM_386          3
#define EM_X86_64       62

#define E820_RAM        1

/* True when this is the 32-bit build, whose hypercalls are the compat ones. */
#define COMPAT          (sizeof(long) == 4)

/* hypercall.c */
long hypercall5(unsigned int nr, unsigned long a1, unsigned long a2,
                unsigned long a3, unsigned long a4, unsigned long a5);

static inline long hypercall(unsigned int nr, unsigned long a1,
                             unsigned long a2, unsigned long a3,
                             unsigned long a4)
{
    return hypercall5(nr, a1, a2, a3, a4, 0);
}

#define ARG(x)          ((unsigned long)(x))

/*
 * In the other form, the compat one of a 64-bit dom0: only as PVH can a domain
 * make both.  Pointers, also those in arg, are cut to 32 bits, where the boot
 * tables map the same memory.  Not for get_range, whose words have the width
 * of the domain's.
 */
extern bool other_form;
long hypercall_32(const void *call, unsigned int a1, unsigned int a2);

long kexec_op(unsigned long cmd, void *arg);

long kexec_status(unsigned int type);
long kexec_unload(unsigned int type);
long kexec_exec(unsigned int type);
/* Fills in range and size; the values are in the guest's own word size. */
long kexec_get_range(unsigned int range, int nr, xen_kexec_range_t *out);

/*
 * hypfs.  hypfs_text() reads a node of text, or ends the test; hypfs_write()
 * returns what Xen says.
 */
const char *hypfs_text(const char *path);
long hypfs_write(const char *path, const void *value, unsigned int size);
long hypfs_read(const char *path, void *value, unsigned int size);

/* Pages that Xen's heap has to give; CPUs online; the last that may be. */
uint64_t free_pages(void);
/*
 * Xen keeps small allocations in pools of pages, and how many of these are
 * there depends on what was held at the same time: after two vCPUs were at it,
 * it is one more or less.  What an operation loses, it loses each time: do it
 * more often than that.  The rounds of one vCPU, in s-rounds.c, count to the
 * page.
 */
#define POOL_PAGES 2
void same_pages(uint64_t before, uint64_t after);
unsigned int nr_cpus(void);
unsigned int max_cpu_id(void);
/* What Xen has logged, its beginning included; returns how many bytes. */
size_t console_ring(char *text, size_t size);

/*
 * Booted as PVH.  pvh_move() moves pages to where the domain has no memory,
 * and tells where in the machine they are; its table of grants is from pfn on,
 * and at hole_pfn a large page is not mapped any more.
 */
#define PVH_GRANT_PAGES 16
#define PVH_LARGE_PAGES (COMPAT ? 1024ul : 512ul)
extern bool pvh;
void pvh_mm_init(unsigned long pfn, unsigned long hole_pfn);
void pvh_move(unsigned long *mfn, unsigned long pfn, unsigned int nr,
              unsigned long to_pfn);

/* main.c: the command line's key=value pairs. */
extern const struct start_info *start_info;
void common_main(const struct start_info *si) __attribute__((__noreturn__));
bool arg_text(const char *key, char *value, size_t size);
uint64_t arg_number(const char *key, uint64_t otherwise);
bool arg_is(const char *key, const char *value);
/* arch= and type=, as the interface has them. */
unsigned int arg_arch(void);
unsigned int arg_type(void);
extern uint64_t nonce;
/* Numbers that follow from seed= alone. */
uint64_t random_number(void);
uint64_t random_below(uint64_t limit);

/*
 * mm.c: memory.
 *
 * Of the domain's own pages some are machine-contiguous; runs serve as
 * destinations, whose surroundings nobody but the code under test can change.
 */
void mm_init(void);
uint64_t current_cr3(void);
/* Zeroed pages, contiguous for the dom0, wherever they are in the machine. */
void *pages(unsigned int nr);
/* The same as they are found. */
void *raw_pages(unsigned int nr);
/*
 * nr pages contiguous in the machine, wholly below limit (0: no limit); for
 * the dom0 they may be in the opposite order, so look at one page at a time.
 */
uint64_t own_run(unsigned int nr, uint64_t limit);
/* The same, upwards, of any pages, which need not be mapped for the dom0. */
uint64_t long_run(unsigned int nr);
/* The longest such run. */
unsigned int own_run_longest(uint64_t limit);
void *own_va(uint64_t maddr);
uint64_t va_maddr(const void *va);
/* Behind nr pages that can be read, where nothing can. */
uint8_t *hole_after(unsigned int nr);
/* One of the domain's pages that is not in the linear map, at a window. */
void *window_map(unsigned int slot, uint64_t mfn);
void *window_map_foreign(unsigned int slot, uint64_t mfn, unsigned int domid);
/* Only try: what Xen says to it. */
long window_try(unsigned int slot, uint64_t mfn, unsigned int domid,
                bool writable);
void window_unmap(unsigned int slot);
/*
 * Pages from Xen's heap and back to it: machine frames, never mapped.  Each
 * returns how many of nr.
 */
unsigned int balloon_take(xen_pfn_t *mfn, unsigned int nr, unsigned int order);
unsigned int balloon_take_all(xen_pfn_t *mfn, unsigned int max);
unsigned int balloon_give(xen_pfn_t *mfn, unsigned int nr, unsigned int order);
/*
 * Tables for another domain, from pages of its own: va and the pages that
 * follow it map mfn[0..nr), then come the pages for the tables themselves,
 * from the top down.  Pinned; returns what a vCPU wants in its control
 * register 3.
 */
#define FOREIGN_TABLES 4
unsigned long foreign_tables(unsigned int domid, unsigned long va,
                             const xen_pfn_t *mfn, unsigned int nr);
/* The machine's memory map. */
extern struct facts_ram machine_map[FACTS_RAM];
extern unsigned int nr_machine_map;
/* Is it part of one piece of RAM there? */
bool in_memory(uint64_t maddr, uint64_t size);

/* What the probe reads of the dom0's own memory. */
struct live *live_page(void);

/* image.c: images that end in the probe. */
struct image {
    uint8_t type;
    uint16_t arch;
    bool whole_pages;           /* What stock Xen and the old command take. */
    uint64_t entry;
    unsigned int nr;
    xen_kexec_segment_t seg[FACTS_SEGMENTS];
    const struct probe_header *head;
    void *probe;
    struct facts *facts;
};

void image_init(struct image *image, unsigned int type, unsigned int arch);
/* What the probe needs, facts included, from its first byte on. */
uint64_t image_probe_size(const struct image *image);
/* The probe at maddr, any byte; the facts follow. */
void image_add_probe(struct image *image, uint64_t maddr);
/* The probe in the domain's own memory, or in the crash area. */
void image_add_probe_anywhere(struct image *image);
/* A segment of pattern; dest_size - buf_size is left to be zeroed. */
void image_add(struct image *image, uint64_t maddr, uint64_t buf_size,
               uint64_t dest_size);
/* A segment of bytes that the probe does not look at. */
void image_add_buffer(struct image *image, const void *buf, uint64_t size,
                      uint64_t maddr);
/* A segment without a buffer. */
void image_add_mapping(struct image *image, uint64_t maddr, uint64_t size);
/* Fill own memory, to be found unchanged where no segment is. */
void image_add_area(struct image *image, uint64_t maddr, uint64_t size);
/* Two images: each has its probe where the other has that many bytes. */
void image_fill_pair(struct image image[2], uint64_t maddr, uint64_t bytes);
/* The facts are final from here on. */
void image_seal(struct image *image);
/* Seals the image and makes the hypercall. */
long image_load(struct image *image);
long image_load_sealed(const struct image *image);
/* Load and unload: the heap has to have as many pages as before. */
void image_count_pages(struct image *image);
/* Load, which must succeed, exec, and if that returns, fail. */
void image_run(struct image *image) __attribute__((__noreturn__));
/* Exec what is loaded; does not return but to report a failure. */
void image_exec(const struct image *image) __attribute__((__noreturn__));
/* The same once @moment returns: only the hypercall comes after it. */
void image_exec_when(const struct image *image, void (*moment)(void))
    __attribute__((__noreturn__));
/* As kexec_op takes it, for those who want to get it wrong. */
void image_to_load(const struct image *image, xen_kexec_load_t *load);
uint64_t crash_area(uint64_t *size);

/* vcpu.c: run fn on another vCPU. */
bool vcpu_run(unsigned int vcpu, void (*fn)(void *), void *data);
unsigned int vcpu_count(void);
/*
 * vcpu_meet() returns when nr vCPUs are in it; at once if none are expected.
 * Each needs a CPU of its own.
 */
void vcpu_expect(unsigned int nr);
void vcpu_meet(void);
/* All others run, and for the probe to see that they do, until the end. */
void vcpu_keep_others_busy(void);

/* s-v1.c: seals the image, of whole pages, and loads it by the old command. */
long v1_load(struct image *image);
/* s-vcpu.c: a mask; each must go. */
void take_cpus_offline(unsigned int mask);
void take_cpus_online(unsigned int mask);
/* s-privilege.c: an HVM domain keeps that CPU busy; see NOTES_GUEST. */
void domu_spin(unsigned int cpu);
/* s-crash.c: crash-test= of Xen's command line, here and now. */
void crash_by_hook(void);

#endif /* TESTS_GUEST_DOM0_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
