/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tiny dom0 tells the probe.
 *
 * The dom0 knows what it asked Xen for; the probe sees what it got.  The facts
 * block carries the first to the second.  It is a segment of the image like
 * any other, so it is copied by the code under test: the magic, the size and
 * the sum in it are checked before anything else is believed.
 *
 * What is only known after the load (how many results were already printed)
 * is in the live page, a page of dom0's own memory that is in no segment.
 *
 * All members have a fixed width, and an 8-byte one never follows an odd
 * number of 4-byte ones: the layout is the same for -m32 and -m64.
 */
#ifndef TESTS_GUEST_FACTS_H
#define TESTS_GUEST_FACTS_H

#include <stdint.h>

#define FACTS_MAGIC     0x5354434146454e4fULL
#define FACTS_VERSION   5
#define FACTS_SEGMENTS  64
#define FACTS_AREAS     160
#define FACTS_RAM       128
#define FACTS_NOTES     16

#define LIVE_MAGIC      0x4556494c454e4f58ULL

#define PROBE_MAGIC     0x45424f52

/* At the start of the probe's file; the dom0 fills in what follows sum_to. */
struct probe_header {
    uint32_t magic;
    uint32_t arch;              /* ELF machine number. */
    uint32_t entry;             /* Offset of the first instruction. */
    uint32_t file_size;
    uint32_t mem_size;          /* With bss and stack; no whole pages. */
    uint32_t sum_from;          /* Code and constants, summed by both sides. */
    uint32_t sum_to;
    uint32_t reserved;
    uint64_t facts_maddr;
    uint64_t sum;
};

/* Half-open in spirit: bytes [maddr, maddr + size). */
struct facts_range {
    uint64_t maddr;
    uint64_t size;
};

struct facts_segment {
    uint64_t dest_maddr;
    uint64_t dest_size;
    uint64_t buf_size;
    uint64_t seed;              /* 0: content not known by pattern. */
    uint64_t has_buffer;        /* Else a mapping is all that was asked for. */
};

/*
 * A region filled by the dom0 before the load.  Bytes inside a segment are the
 * segment's; every other byte must still be the pattern of this seed.
 */
struct facts_area {
    uint64_t maddr;
    uint64_t size;
    uint64_t seed;
};

/* One entry of the machine's memory map. */
struct facts_ram {
    uint64_t maddr;
    uint64_t size;
    uint32_t type;
    uint32_t reserved;
};

/* Where a CPU's notes are, and what has to be in them after the crash. */
#define NOTES_EMPTY     1           /* It was not there to be stopped. */
#define NOTES_SAVED     2           /* Registers of some moment. */
#define NOTES_KNOWN     3           /* Those that crash-test= gave it. */
#define NOTES_GUEST     4           /* Those of the guest that ran. */

struct facts_notes {
    uint64_t maddr;
    uint32_t size;
    uint32_t expected;
};

/* Register nr, in the order of a note, where crash-test= put values in all. */
#define KNOWN_REGS      15

static inline uint64_t known_reg(unsigned int cpu, unsigned int nr)
{
    return (0xc0deULL << 48) | ((uint64_t)cpu << 16) | nr;
}

#define FACTS_CRASH     (1u << 0)   /* Entered by a crash, on any CPU. */
#define FACTS_NO_RULES  (1u << 1)   /* Only bytes: not the contract's rows. */
#define FACTS_FAULT_UD  (1u << 2)   /* Raise #UD on the IDT as handed over. */
#define FACTS_FAULT_PF  (1u << 3)   /* The same with a page fault. */
#define FACTS_LOOK      (1u << 4)   /* The runner looks at the other CPUs. */

struct facts {
    uint64_t magic;
    uint32_t version;
    uint32_t size;
    uint64_t sum;               /* Of the block, this member taken as 0. */
    uint64_t nonce;
    uint64_t live_maddr;        /* 0: out of a 32-bit probe's reach. */
    uint64_t probe_maddr;       /* Where the probe was asked to be. */
    uint32_t flags;
    uint32_t nr_cpus;           /* To be found, this one included. */
    uint32_t nr_segments;
    uint32_t nr_areas;
    uint32_t nr_ram;
    uint32_t results;           /* At the load, when there is no live page. */
    uint32_t failures;
    uint32_t nr_notes;          /* By number of CPU. */
    uint64_t arg;               /* What RSI has to be. */
    uint64_t uart_maddr;        /* Xen's console's, if in memory; else 0. */
    struct facts_range crash_area; /* For a crash image. */
    struct facts_segment segment[FACTS_SEGMENTS];
    struct facts_area area[FACTS_AREAS];
    struct facts_ram ram[FACTS_RAM];
    struct facts_notes notes[FACTS_NOTES];
};

/* Read by the probe where the dom0 left it. */
struct live {
    uint64_t magic;
    uint64_t nonce;
    uint32_t results;           /* Printed before the entry. */
    uint32_t failures;
    uint64_t beats;             /* By other vCPUs, as long as they run. */
    uint64_t trigger;           /* The TSC before the exec. */
};

#endif /* TESTS_GUEST_FACTS_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
