/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dom0's side of the evidence: patterns in places that a dump has to hold.
 * Each command prints facts, which travel in the crash kernel's initrd to
 * vmcore.c:
 *
 *   evidence map          "ram START END": the machine's memory
 *   evidence low SEED     "low START END": machine memory in the first 640 KiB
 *   evidence pages SEED   "page NUMBER PFN" for pages of dom0; stays, to keep
 *                         them
 *   evidence spinner CPU  "spin CPU START END": what the next one will do
 *   evidence spin SEED CPU
 *                         run on that CPU of Xen's, for ever, between these
 *                         addresses, with a pattern in the registers
 *
 * Structures and numbers are those of the public headers: this file has its
 * own so that it builds without a Xen tree.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "evidence.h"

#define HYPERVISOR_MEMORY_OP      12
#define HYPERVISOR_VCPU_OP        24
#define HYPERVISOR_SCHED_OP       29
#define XENMEM_MACHINE_MEMORY_MAP 10
#define SCHEDOP_PIN_OVERRIDE      7
#define VCPUOP_STOP_TIMER         9
#define DOMID_IO                  0x7ff1
#define E820_RAM                  1

struct privcmd_hypercall {
    uint64_t op;
    uint64_t arg[5];
};

struct privcmd_mmap_entry {
    uint64_t va, mfn, nr;
};

struct privcmd_mmap {
    int32_t nr;
    uint16_t domid;
    struct privcmd_mmap_entry *entry;
};

#define PRIVCMD_HYPERCALL \
    _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))
#define PRIVCMD_MMAP _IOC(_IOC_NONE, 'P', 2, sizeof(struct privcmd_mmap))

struct e820entry {
    uint64_t start, size;
    uint32_t type;
} __attribute__((__packed__));

static struct e820entry map[256];

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static int open_or_give_up(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);

    if ( fd < 0 )
        give_up(path);

    return fd;
}

/* For VCPU_OP the second argument is 0: all there is of dom0. */
static long hypercall(unsigned int op, uint64_t first, void *second)
{
    struct privcmd_hypercall call = {
        .op = op,
        .arg = { first, (uintptr_t)second },
    };
    int fd = open_or_give_up("/dev/xen/privcmd", O_RDWR);
    int rc = ioctl(fd, PRIVCMD_HYPERCALL, &call);

    close(fd);

    return rc;
}

static unsigned int read_map(void)
{
    struct {
        uint32_t nr;
        void *buffer;
    } request = { .nr = sizeof(map) / sizeof(map[0]), .buffer = map };

    memset(map, 0, sizeof(map));
    if ( hypercall(HYPERVISOR_MEMORY_OP, XENMEM_MACHINE_MEMORY_MAP, &request) )
        give_up("XENMEM_machine_memory_map");

    return request.nr;
}

static void show_map(void)
{
    unsigned int i, nr = read_map();

    for ( i = 0; i < nr; i++ )
        if ( map[i].type == E820_RAM )
            printf("ram %#" PRIx64 " %#" PRIx64 "\n", map[i].start,
                   map[i].start + map[i].size);
}

/*
 * Conventional memory above what firmware and boot loaders keep there, and
 * below the code by which Xen starts processors.
 */
#define LOW_START 0x20000u
#define LOW_END   0x60000u

static void fill_low(uint64_t seed)
{
    struct privcmd_mmap_entry entry = {
        .mfn = LOW_START / PAGE_SIZE,
        .nr = (LOW_END - LOW_START) / PAGE_SIZE,
    };
    struct privcmd_mmap request = {
        .nr = 1,
        .domid = DOMID_IO,      /* The first MiB is nobody's memory. */
        .entry = &entry,
    };
    int fd = open_or_give_up("/dev/xen/privcmd", O_RDWR);
    volatile uint64_t *word = mmap(NULL, LOW_END - LOW_START,
                                   PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    unsigned int i, nr = read_map();

    for ( i = 0; i < nr; i++ )
        if ( map[i].type == E820_RAM && map[i].start <= LOW_START &&
             map[i].start + map[i].size >= LOW_END )
            break;
    if ( i == nr )
    {
        fprintf(stderr, "no memory at %#x-%#x\n", LOW_START, LOW_END);
        exit(1);
    }

    if ( word == MAP_FAILED )
        give_up("mmap of privcmd");
    entry.va = (uintptr_t)word;
    if ( ioctl(fd, PRIVCMD_MMAP, &request) )
        give_up("mapping low memory");

    for ( i = 0; i < (LOW_END - LOW_START) / sizeof(*word); i++ )
        word[i] = evidence_word(seed ^ SEED_LOW, i);
    for ( i = 0; i < (LOW_END - LOW_START) / sizeof(*word); i++ )
        if ( word[i] != evidence_word(seed ^ SEED_LOW, i) )
        {
            fprintf(stderr, "low memory does not keep what is written\n");
            exit(1);
        }

    printf("low %#x %#x\n", LOW_START, LOW_END);
}

#define NR_PAGES 64u

/* Linux moves ordinary pages about.  Those of this device stay. */
static void fill_pages(uint64_t seed)
{
    int fd = open_or_give_up("/dev/xen/hypercall", O_RDWR);
    int pagemap = open_or_give_up("/proc/self/pagemap", O_RDONLY);
    uint64_t *word = mmap(NULL, NR_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
                          MAP_SHARED, fd, 0);
    unsigned int i;

    if ( word == MAP_FAILED )
        give_up("mmap of hypercall");
    for ( i = 0; i < NR_PAGES * WORDS_PER_PAGE; i++ )
        word[i] = evidence_word(seed ^ SEED_DOM0, i);

    for ( i = 0; i < NR_PAGES; i++ )
    {
        uintptr_t page = (uintptr_t)word / PAGE_SIZE + i;
        uint64_t entry = 0;

        /* Bit 63: present; 0 to 54: the frame, if one may know it. */
        if ( pread(pagemap, &entry, 8, page * 8) != 8 || !(entry >> 63) ||
             !(entry << 9) )
            give_up("/proc/self/pagemap");
        printf("page %u %#" PRIx64 "\n", i, entry & 0x7fffffffffffffu);
    }
    fflush(stdout);
    fclose(stdout);             /* Who reads it goes on. */
    for ( ; ; )
        pause();
}

extern const char spin_start[], spin_end[];

/* All registers but the stack pointer; the order is spin_order's, vmcore.c. */
asm ( ".text\n"
      ".globl spin, spin_start, spin_end\n"
      "spin:\n"
      "    mov 0x00(%rdi), %rax\n"
      "    mov 0x08(%rdi), %rbx\n"
      "    mov 0x10(%rdi), %rcx\n"
      "    mov 0x18(%rdi), %rdx\n"
      "    mov 0x20(%rdi), %rsi\n"
      "    mov 0x30(%rdi), %rbp\n"
      "    mov 0x38(%rdi), %r8\n"
      "    mov 0x40(%rdi), %r9\n"
      "    mov 0x48(%rdi), %r10\n"
      "    mov 0x50(%rdi), %r11\n"
      "    mov 0x58(%rdi), %r12\n"
      "    mov 0x60(%rdi), %r13\n"
      "    mov 0x68(%rdi), %r14\n"
      "    mov 0x70(%rdi), %r15\n"
      "    mov 0x28(%rdi), %rdi\n"
      "spin_start:\n"
      "    pause\n"
      "    jmp spin_start\n"
      "spin_end:\n" );

extern void spin(const uint64_t registers[15]) __attribute__((__noreturn__));

static void show_spinner(int cpu)
{
    printf("spin %d %#" PRIxPTR " %#" PRIxPTR "\n", cpu,
           (uintptr_t)spin_start, (uintptr_t)spin_end);
}

/*
 * A dom0 without a timer's interrupt is left alone.  One that comes while the
 * timer is stopped starts it again; once none does, it has stopped for good.
 */
#define STOPS 1000

static void spin_on(uint64_t seed, int cpu)
{
    struct {
        int32_t cpu;
    } request = { .cpu = cpu };
    uint64_t registers[15];
    unsigned int i;

    if ( hypercall(HYPERVISOR_SCHED_OP, SCHEDOP_PIN_OVERRIDE, &request) )
        give_up("SCHEDOP_pin_override");
    for ( i = 0; i < 15; i++ )
        registers[i] = evidence_word(seed ^ SEED_REGISTERS, i);

    printf("dom0: spinning at %#" PRIxPTR "-%#" PRIxPTR "\n",
           (uintptr_t)spin_start, (uintptr_t)spin_end);
    fflush(stdout);
    for ( i = 0; i < STOPS; i++ )
        if ( hypercall(HYPERVISOR_VCPU_OP, VCPUOP_STOP_TIMER, NULL) )
            give_up("VCPUOP_stop_singleshot_timer");
    spin(registers);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;

    if ( !strcmp(what, "map") )
        show_map();
    else if ( !strcmp(what, "low") && argc == 3 )
        fill_low(seed);
    else if ( !strcmp(what, "pages") && argc == 3 )
        fill_pages(seed);
    else if ( !strcmp(what, "spinner") && argc == 3 )
        show_spinner(atoi(argv[2]));
    else if ( !strcmp(what, "spin") && argc == 4 )
        spin_on(seed, atoi(argv[3]));
    else
    {
        fprintf(stderr, "what?\n");
        return 2;
    }

    return 0;
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
