/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A dump that is made up: an ELF core of a machine with two CPUs, a Xen whose
 * image is a few pages, two domains, and a PV Linux as dom0.
 *
 *   machine address   what                          by Xen's virtual address
 *   IMAGE_MADDR       text, variables, symbols,     IMAGE_VA
 *                     top page table
 *   HEAP_MADDR        page tables, stacks, domains, HEAP_VA (direct map)
 *                     console ring, dom0's memory
 *   ZEROS_MADDR       no bytes in the file          -
 *
 * A test changes the memory, the notes or the file, and then looks at what
 * the reader makes of it.
 */
#ifndef MADE_H
#define MADE_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

#include "dump.h"
#include "report.h"

#define PAGE 4096

#define PHYS_START  0x01000000ULL
#define VIRT_START  0xffff82d040000000ULL
#define IMAGE_MADDR (PHYS_START + 0x200000)
#define IMAGE_VA    (VIRT_START + 0x200000)
#define IMAGE_PAGES 4
#define HEAP_MADDR  0x04000000ULL
#define DIRECT_MAP  0xffff830000000000ULL
#define HEAP_VA     (DIRECT_MAP + HEAP_MADDR)
#define HEAP_PAGES  50
#define ZEROS_MADDR 0x08000000ULL

/* In Xen's image: the pages, and what is where. */
#define TEXT_VA         IMAGE_VA
#define TEXT_END_VA     (IMAGE_VA + PAGE)
#define FUNCTION_VA(n)  (TEXT_VA + 0x100 * (n))     /* fn1, fn2, ... */
#define RETURN_TO(n)    (FUNCTION_VA(n) + 0x25)     /* behind a call */
#define VARIABLES_VA    (IMAGE_VA + PAGE)
#define DOMAIN_LIST_VA  (VARIABLES_VA + 0)
#define CRASHING_CPU_VA (VARIABLES_VA + 8)
#define CONRING_VA      (VARIABLES_VA + 16)
#define CONRING_SIZE_VA (VARIABLES_VA + 24)
#define CONRINGP_VA     (VARIABLES_VA + 28)
#define CONRINGC_VA     (VARIABLES_VA + 32)
#define NUM_SYMS_VA     (VARIABLES_VA + 36)
#define STACK_BASE_VA   (VARIABLES_VA + 64)
#define SYM_OFFSETS_VA  (IMAGE_VA + 2 * PAGE)
#define SYM_NAMES_VA    (SYM_OFFSETS_VA + 0x200)
#define TOKEN_TABLE_VA  (SYM_OFFSETS_VA + 0x400)
#define TOKEN_INDEX_VA  (SYM_OFFSETS_VA + 0x800)
#define ROOT_MADDR      (IMAGE_MADDR + 3 * PAGE)

/* In the heap, by page. */
#define HEAP_PAGE(n)   (HEAP_MADDR + (n) * PAGE)
#define IMAGE_L3       HEAP_PAGE(0)
#define IMAGE_L2       HEAP_PAGE(1)
#define DIRECT_L3      HEAP_PAGE(2)
#define DIRECT_L2      HEAP_PAGE(3)
#define STACK_VA(cpu)  (HEAP_VA + (8 + 8 * (cpu)) * PAGE)
#define STACK_BYTES    0x8000
#define CPU_INFO_BYTES 264
#define DOMAIN_VA(n)   (HEAP_VA + 24 * PAGE + 0x400 * (n))
#define VCPUS_VA(n)    (DOMAIN_VA(n) + 0x200)
#define VCPU_VA(n, v)  (HEAP_VA + (26 + (n)) * PAGE + 0x400 * (v))
#define IDLE_DOMAIN    2
#define RING_VA        (HEAP_VA + 25 * PAGE)
#define RING_BYTES     PAGE

/* dom0's, by its page frame number. */
#define P2M_TOP         HEAP_PAGE(32)
#define P2M_MID         HEAP_PAGE(33)
#define P2M_LEAF        HEAP_PAGE(34)
#define DOM0_MADDR(pfn) HEAP_PAGE(40 + (pfn))
#define DOM0_VA(pfn)    (0xffffffff80000000ULL + (pfn) * PAGE)
#define DOM0_PAGES      10
#define PFN_NOTE        0
#define PFN_ROOT        1
#define PFN_L3          2
#define PFN_L2          3
#define PFN_L1          4
#define PFN_PRB         5
#define PFN_TEXT        6
#define PFN_FREE        7
#define PFN_SYMS        8       /* kallsyms */
#define PFN_KERNEL      9       /* code, and a stack */
#define DOM0_CODE(at)   (DOM0_VA(PFN_KERNEL) + (at))
#define DOM0_STACK      DOM0_CODE(0x800)
#define PRB_DESC_BITS   3
#define PRB_VA          (DOM0_VA(PFN_PRB) + 0x100)
#define PRB_DESCS_VA    (DOM0_VA(PFN_PRB) + 0x400)
#define PRB_INFOS_VA    (DOM0_VA(PFN_PRB) + 0x800)

#define MADE_CPUS 2

struct made {
    uint8_t image[IMAGE_PAGES * PAGE], heap[HEAP_PAGES * PAGE];

    /* What the notes will say; a test may leave some out. */
    uint64_t regs[MADE_CPUS][27];
    uint64_t control[MADE_CPUS][4];
    uint64_t xen_info[10];
    char vmcoreinfo[4096];
    bool no_cpus, no_xen_info, no_vmcoreinfo;
    const char *dom0_note;      /* dom0's vmcoreinfo as a note, or NULL */
    const char *xensyms;        /* The reader's second argument, or NULL */

    /* The file, by made_file(). */
    uint8_t *file;
    size_t bytes;
    size_t notes_at, notes_bytes;
    int fd;
};

/* A good one, of which the reader misses nothing. */
void made_start(struct made *made);
void made_end(struct made *made);

/* The byte at a machine address, and numbers there. */
uint8_t *made_at(struct made *made, uint64_t maddr);
void made_u64(struct made *made, uint64_t maddr, uint64_t value);
void made_u32(struct made *made, uint64_t maddr, uint32_t value);
/* The same by Xen's virtual address: of the image, or the direct map. */
uint8_t *made_at_va(struct made *made, uint64_t va);
void made_u64_va(struct made *made, uint64_t va, uint64_t value);
void made_u32_va(struct made *made, uint64_t va, uint32_t value);

/* Take a line out of Xen's vmcoreinfo, by how it begins. */
void made_forget(struct made *made, const char *start);

/* Say something on Xen's console. */
void made_say(struct made *made, const char *text);

/* A record of dom0's log; its text is put at position @begin. */
void made_log(struct made *made, unsigned int id, unsigned int state,
              uint64_t begin, uint64_t next, const char *text);
#define LOG_COMMITTED 1
#define LOG_FINALIZED 2
#define LOG_REUSABLE  3

/* dom0's vmcoreinfo, as it is in its memory. */
extern const char made_dom0_vmcoreinfo[];

/* Of fake-xensyms.c. */
extern const char *made_build_id;
/* The build id that symbols are installed for, or NULL; may they be read? */
extern const char *made_installed;
extern bool made_readable;

/* The reader's option --dom0-symbols, and --stack-words. */
extern const char *made_dom0_symbols;
extern bool made_stack_words;

/* Make the file of it all. */
void made_file(struct made *made);
/* Give it to the reader: a path.  The file is made if it is not there. */
const char *made_path(struct made *made, char path[32]);

/*
 * Read it and report, as the program does: the status it would exit with,
 * what it would print, or the error.
 */
struct result {
    int status;
    char *text, *json;          /* NULL when there is no report */
    bool files;                 /* With a folder, outdir_write() */
    struct text error;
};

struct result made_report(struct made *made);
/* And with files in that folder. */
struct result made_report_to(struct made *made, const char *folder);
void made_result_free(struct result *result);

#endif /* MADE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
