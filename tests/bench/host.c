/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be timed on the host, where no emulator is in between: the shipped
 * loader, identity map and stub, compiled as for tests/unit, but without
 * sanitizers.  Usage: host ROUNDS GIB
 *
 *   load         an image of GIB, in segments of 1 GiB
 *   load_pieces  memcpy() of the same bytes, in the loader's pieces
 *   load_memcpy  memcpy() of the same bytes, in segments
 *   stub         the plan of an image of 512 MiB, run by the stub
 *   stub_memcpy  memcpy() of the same bytes
 *   idmap        tables for 1,000 ranges below 6 TiB
 *
 * A line "bench WHAT SECONDS BYTES" for each round; for idmap the bytes are
 * those of the tables.
 */

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <asm/kexec_idmap.h>
#include <asm/kexec_stub.h>

#include <xen/kimage.h>

#include <public/kexec.h>

#include "heap.h"
#include "xen.h"

#define SEGMENT     GB(1)
#define STUB_BYTES  MB(512)
#define STUB_STACK  0x1ff0

#define PIECE       0x10000UL       /* KIMAGE_STRETCH_BYTES */

/* Destinations, and the heap: pages come from its end. */
#define DEST        GB(1)
#define HEAP        GB(8)
#define HEAP_EXTRA  MB(64)

#define NR_RANGES   1000
#define TABLE_PAGES 8192

extern const char kexec_reloc[], kexec_stub_args[], run_plan[];
extern const char stub_entered[];
void stub_run(void *code, void *control, void *stack, uint64_t regs[17]);

static const uint8_t *buffer;

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);

    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void result(const char *what, double begin, uint64_t bytes)
{
    printf("bench %s %.9f %lu\n", what, seconds() - begin, bytes);
    fflush(stdout);
}

/* All segments have the same buffer. */
static int read_buffer(const struct kimage_source *source, unsigned int index,
                       uint64_t offset, void *to, size_t len)
{
    memcpy(to, buffer + offset, len);

    return 0;
}

static const struct kimage_source source = { .read = read_buffer };

static void must(bool good, const char *what)
{
    if ( good )
        return;

    fprintf(stderr, "error: %s\n", what);
    exit(1);
}

static struct kimage *load(uint64_t bytes)
{
    struct kimage_request req = {
        .type = KEXEC_TYPE_DEFAULT,
        .arch = EM_X86_64,
        .entry_maddr = DEST,
    };
    struct kimage_load *load;
    struct kimage_refusal why;
    uint64_t done;
    int rc;

    for ( done = 0; done < bytes; done += SEGMENT, req.nr_segments++ )
    {
        req.segments[req.nr_segments].has_buffer = true;
        req.segments[req.nr_segments].dest_maddr = DEST + done;
        req.segments[req.nr_segments].dest_size =
            req.segments[req.nr_segments].buf_size =
            min(bytes - done, SEGMENT);
    }

    rc = kimage_load_begin(&req, &source, &load, &why);
    must(!rc, "the request is refused");
    while ( (rc = kimage_load_step(load, &why)) == -ERESTART )
        ;
    must(!rc, "the load fails");

    return kimage_load_end(load);
}

static void unload(struct kimage *image)
{
    struct kimage_extents trash = {};

    kimage_free(image, &trash);
    while ( !kimage_extents_free_some(&trash) )
        ;
}

static void copy(uint8_t *to, uint64_t bytes, uint64_t piece)
{
    uint64_t done;

    for ( done = 0; done < bytes; done += piece )
        memcpy(to + done, buffer + done % SEGMENT, piece);
}

static void bench_load(uint64_t bytes, bool report)
{
    uint8_t *to = machine_memory + HEAP;
    struct kimage *image;
    double begin = seconds();

    image = load(bytes);
    if ( report )
        result("load", begin, bytes);
    must(image->plan.copy_bytes == bytes, "not all bytes are in the plan");

    begin = seconds();
    unload(image);
    if ( report )
        result("unload", begin, bytes);

    begin = seconds();
    copy(to, bytes, PIECE);
    if ( report )
        result("load_pieces", begin, bytes);

    begin = seconds();
    copy(to, bytes, SEGMENT);
    if ( report )
        result("load_memcpy", begin, bytes);
}

/* Machine addresses become those of this process, for the stub. */
static void rebase(struct kimage *image, struct kexec_stub_args *args)
{
    uint64_t base = (uint64_t)machine_memory;
    struct kexec_plan_page *page = maddr_to_virt(image->plan.first_maddr);
    uint64_t next;
    unsigned int i;

    args->plan_maddr += base;
    args->entry_maddr = (uint64_t)stub_entered;
    for ( ; ; page = maddr_to_virt(next) )
    {
        for ( i = 0; i < page->nr_records; i++ )
        {
            page->records[i].dest_maddr += base;
            page->records[i].src_maddr += base;
        }

        next = page->next_maddr;
        if ( !next )
            return;
        page->next_maddr += base;
    }
}

static void bench_stub(unsigned int rounds)
{
    struct kimage *image = load(STUB_BYTES);
    uint8_t *control = maddr_to_virt(image->machine.control_maddr);
    struct kexec_stub_args *args =
        (void *)(control + (kexec_stub_args - kexec_reloc));
    uint8_t *to = machine_memory + DEST;
    unsigned int round;
    uint64_t regs[17];

    rebase(image, args);

    for ( round = 0; round <= rounds; round++ )
    {
        double begin = seconds();

        stub_run(control + (run_plan - kexec_reloc), control,
                 control + STUB_STACK, regs);
        if ( round )
            result("stub", begin, STUB_BYTES);
        must(!memcmp(to, buffer, STUB_BYTES), "the stub's copy is wrong");
        memset(to, 0, STUB_BYTES);

        begin = seconds();
        memcpy(to, buffer, STUB_BYTES);
        if ( round )
            result("stub_memcpy", begin, STUB_BYTES);
        memset(to, 0, STUB_BYTES);
    }
}

static unsigned int nr_tables;

static paddr_t alloc_table(void *ctxt)
{
    paddr_t maddr = HEAP + nr_tables++ * PAGE_SIZE;

    must(nr_tables < TABLE_PAGES, "too many tables");
    memset(maddr_to_virt(maddr), 0, PAGE_SIZE);

    return maddr;
}

/* Ranges of up to 12 GiB, all of whose ends are pages of 4 KiB. */
static void bench_idmap(bool report)
{
    static struct maddr_range ranges[NR_RANGES];
    struct kexec_idmap idmap;
    uint64_t random = 1;
    unsigned int i;
    double begin;
    int rc;

    for ( i = 0; i < NR_RANGES; i++ )
    {
        ranges[i].start = random_below(&random, GB(1024) * 6) & PAGE_MASK;
        ranges[i].end = ranges[i].start +
                        (random_below(&random, GB(12)) & PAGE_MASK);
    }

    nr_tables = 0;
    begin = seconds();
    kexec_idmap_begin(&idmap, ranges, NR_RANGES, (struct maddr_range){}, 3,
                      alloc_table, NULL);
    while ( (rc = kexec_idmap_step(&idmap)) == -ERESTART )
        ;
    must(!rc, "no tables");
    if ( report )
        result("idmap", begin, nr_tables * PAGE_SIZE);
}

int main(int argc, char *argv[])
{
    unsigned int round, rounds = argc > 1 ? atoi(argv[1]) : 5;
    uint64_t bytes = GB(argc > 2 ? atoi(argv[2]) : 4);
    struct maddr_range heap = { HEAP, HEAP + bytes + HEAP_EXTRA };
    uint8_t *p;

    must(heap.end <= MACHINE_BYTES && DEST + bytes <= HEAP,
         "so large an image has no room");

    /* Large pages, so that it is the copies that are timed. */
    madvise(machine_memory, MACHINE_BYTES, MADV_HUGEPAGE);
    p = mmap(NULL, SEGMENT, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(p != MAP_FAILED, "no memory");
    madvise(p, SEGMENT, MADV_HUGEPAGE);
    for ( round = 0; round < SEGMENT / 4; round++ )
        ((uint32_t *)p)[round] = round * 0x9e3779b9;
    buffer = p;

    e820 = (struct e820map){
        .nr_map = 1,
        .map = { { 0, heap.end, E820_RAM } },
    };
    cpu_has_page1gb = true;

    for ( round = 0; round <= rounds; round++ )
        bench_idmap(round);

    heap_reset();
    heap_add(heap);
    for ( round = 0; round <= rounds; round++ )
        bench_load(bytes, round);
    bench_stub(rounds);

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
