/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_load, bench_entry
 *
 * No tests: they measure, for tests/bench, and have no opinion on what they
 * find.  Each figure is a line "# bench WHAT MIB VALUE", times in ticks of
 * the TSC; "# bench scale MUL SHIFT" says how Xen makes nanoseconds of them.
 *
 *   own     segments that go to the dom0's own memory: the heap has none of it
 *   free    segments that go to memory of the heap, which has little else
 *
 * The buffers are one stretch of 256 MiB, used again and again.  The plain
 * copies, from that stretch to another one, are made in each way that might
 * be the fastest of this machine; copy_bytes is rep movsb, which Xen's
 * copy_from_guest() is made of.
 */
#include "dom0.h"
#include "sha256.h"

#define STRETCH     MB(256)         /* Of a buffer, and of a segment. */
#define STRETCHES   8

/* What there is besides a destination: half as much, and room for the rest. */
#define SPARE(bytes) ((bytes) / 2 + MB(16))

#define BLOCK_ORDER 9
#define BLOCK       MB(2)
#define MAX_BLOCKS  8192

#define WINDOW      511

/* See stretch_at(): what keeps a destination apart from blocks of a heap. */
#define ODD_BYTES   (5 * PAGE_SIZE)

static uint8_t *from, *to;
static uint64_t own_part = STRETCH; /* Of the dom0's own memory. */

static xen_pfn_t block[MAX_BLOCKS];
static unsigned int nr_blocks;

static void result(const char *what, uint64_t bytes, uint64_t value)
{
    print("# bench %s %u %llx\n", what, (unsigned int)(bytes >> 20),
          (unsigned long long)value);
}

static void print_scale(void)
{
    const struct shared_info *shared =
        window_map(WINDOW, start_info->shared_info >> PAGE_SHIFT);
    const struct vcpu_time_info *time = &shared->vcpu_info[0].time;

    print("# bench scale %u %d\n", time->tsc_to_system_mul, time->tsc_shift);
    window_unmap(WINDOW);
}

/* Have Xen print its longest stretches, which begin anew. */
static void print_stretches(void)
{
    static const char key[] = "K";
    struct xen_sysctl op;

    memset(&op, 0, sizeof(op));
    op.cmd = XEN_SYSCTL_debug_keys;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    set_xen_guest_handle(op.u.debug_keys.keys, key);
    op.u.debug_keys.nr_keys = 1;
    hypercall(__HYPERVISOR_sysctl, ARG(&op), 0, 0, 0);
}

/*
 * The emulator looks translations up in a table that the low bits of a page's
 * number index.  A copy between two pages with the same ones takes ten times
 * as long: so they differ, here and to the blocks of a heap.
 */
static uint8_t *stretch_at(unsigned int low_bits)
{
    uint8_t *p = raw_pages(STRETCH / PAGE_SIZE + 8);

    while ( (ARG(p) >> PAGE_SHIFT) % 8 != low_bits )
        p += PAGE_SIZE;

    return p;
}

static void get_buffers(void)
{
    unsigned int i;

    from = stretch_at(3);
    to = stretch_at(6);

    /* The emulator gets its memory when it is written to. */
    for ( i = 0; i < STRETCH; i += PAGE_SIZE )
        *(uint32_t *)(from + i) = *(uint32_t *)(to + i) = i;
}

typedef void copy_fn(void *dst, const void *src, size_t n);

/* Ticks that it takes to copy so many bytes, a stretch at a time. */
static uint64_t copy_time(uint64_t bytes, copy_fn *copy)
{
    uint64_t begin = rdtsc();

    for ( ; bytes > STRETCH; bytes -= STRETCH )
        copy(to, from, STRETCH);
    copy(to, from, bytes);

    return rdtsc() - begin;
}

static void copy_bytes(void *dst, const void *src, size_t n)
{
    memcpy(dst, src, n);
}

static void copy_words(void *dst, const void *src, size_t n)
{
    n /= sizeof(long);
#ifdef __x86_64__
    asm volatile ( "rep movsq"
#else
    asm volatile ( "rep movsl"
#endif
                   : "+D" (dst), "+S" (src), "+c" (n) :: "memory" );
}

/* As a compiler or a person would write it. */
static void copy_loop(void *dst, const void *src, size_t n)
{
    unsigned long *d = dst;
    const unsigned long *s = src;

    for ( ; n; n -= 8 * sizeof(long), d += 8, s += 8 )
    {
        d[0] = s[0];
        d[1] = s[1];
        d[2] = s[2];
        d[3] = s[3];
        d[4] = s[4];
        d[5] = s[5];
        d[6] = s[6];
        d[7] = s[7];
    }
}

/* The compiler has no use of its own for these registers. */
static void copy_sse(void *dst, const void *src, size_t n)
{
    for ( ; n; n -= 64, dst += 64, src += 64 )
        asm volatile ( "movdqa   (%0), %%xmm0\n\t"
                       "movdqa 16(%0), %%xmm1\n\t"
                       "movdqa 32(%0), %%xmm2\n\t"
                       "movdqa 48(%0), %%xmm3\n\t"
                       "movdqa %%xmm0,   (%1)\n\t"
                       "movdqa %%xmm1, 16(%1)\n\t"
                       "movdqa %%xmm2, 32(%1)\n\t"
                       "movdqa %%xmm3, 48(%1)"
                       :: "r" (src), "r" (dst) : "memory" );
}

/* Around the caches, as the stub does. */
static void copy_stream(void *dst, const void *src, size_t n)
{
    unsigned long *d = dst;
    const unsigned long *s = src;
    unsigned int i;

    for ( ; n; n -= 8 * sizeof(long), d += 8, s += 8 )
    {
        asm volatile ( "prefetcht0 %0" :: "m" (s[PAGE_SIZE / sizeof(long)]) );
#pragma GCC unroll 8
        for ( i = 0; i < 8; i++ )
            asm volatile ( "movnti %1, %0" : "=m" (d[i]) : "r" (s[i]) );
    }

    asm volatile ( "sfence" ::: "memory" );
}

static const struct {
    const char *name;
    copy_fn *copy;
} copies[] = {
    { "copy_bytes", copy_bytes },
    { "copy_words", copy_words },
    { "copy_loop", copy_loop },
    { "copy_sse", copy_sse },
    { "copy_stream", copy_stream },
};

static void plain_copies(uint64_t bytes, bool report)
{
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(copies); i++ )
    {
        uint64_t ticks = copy_time(bytes, copies[i].copy);

        if ( report )
            result(copies[i].name, bytes, ticks);
    }
}

/* The digest of as many bytes, as Xen takes it, by somebody else's hand. */
static void plain_digest(uint64_t bytes)
{
    struct sha256 sha;
    uint8_t digest[SHA256_BYTES];
    uint64_t begin, left;

    sha256_check();

    begin = rdtsc();
    sha256_begin(&sha);
    for ( left = bytes; left > STRETCH; left -= STRETCH )
        sha256_add(&sha, from, STRETCH);
    sha256_add(&sha, from, left);
    sha256_end(&sha, digest);

    result("digest", bytes, rdtsc() - begin);
}

/* Take all of the heap that comes in blocks, in the order of its frames. */
static void take_blocks(void)
{
    unsigned int i;
    xen_pfn_t mfn;

    while ( nr_blocks < MAX_BLOCKS && balloon_take(&mfn, 1, BLOCK_ORDER) )
    {
        for ( i = nr_blocks++; i && block[i - 1] > mfn; i-- )
            block[i] = block[i - 1];
        block[i] = mfn;
    }
}

static void give_blocks(unsigned int first, uint64_t bytes)
{
    unsigned int i, nr = bytes / BLOCK;

    if ( first + nr > nr_blocks )
        error("the heap had %u blocks, not %u", nr_blocks, first + nr);

    for ( i = first; i < first + nr; i++ )
        if ( balloon_give(&block[i], 1, BLOCK_ORDER) != 1 )
            error("Xen does not take frame %lx back",
                  (unsigned long)block[i]);
}

/*
 * Leave the heap nothing but one run of @bytes, and @spare more elsewhere.
 * Returns where the run is.
 */
static uint64_t shape_heap(uint64_t bytes, uint64_t spare)
{
    unsigned int i, run = 1, nr = bytes / BLOCK;

    take_blocks();
    for ( i = 1; run < nr; i++ )
    {
        if ( i >= nr_blocks )
            error("no run of %u blocks", nr);
        run = block[i] == block[i - 1] + (1u << BLOCK_ORDER) ? run + 1 : 1;
    }

    give_blocks(i - nr, bytes);
    give_blocks(i, spare);
    print("# %llx bytes free, the destination and %llx more\n",
          (unsigned long long)(free_pages() << PAGE_SHIFT),
          (unsigned long long)spare);

    return (uint64_t)block[i - nr] << PAGE_SHIFT;
}

struct bench_image {
    xen_kexec_load_t load;
    xen_kexec_segment_t seg[STRETCHES];
};

/* Where part @nr of an image of so many bytes goes if it is the dom0's. */
static uint64_t own_dest(unsigned int nr)
{
    static uint64_t dest[STRETCHES];

    if ( nr >= STRETCHES )
        error("an image of more than %u stretches", STRETCHES);
    if ( !dest[nr] )
        dest[nr] = long_run(own_part / PAGE_SIZE);

    return dest[nr];
}

/* An image that is never entered.  @maddr: 0 for the dom0's own memory. */
static void make_image(struct bench_image *image, unsigned int type,
                       uint64_t bytes, uint64_t maddr)
{
    unsigned int nr = 0;

    memset(image, 0, sizeof(*image));
    for ( ; bytes; nr++ )
    {
        uint64_t part = min(bytes, STRETCH);
        xen_kexec_segment_t *seg = &image->seg[nr];

        set_xen_guest_handle(seg->buf.h, from);
        seg->buf_size = seg->dest_size = part;
        seg->dest_maddr = maddr ? maddr + nr * STRETCH : own_dest(nr);
        bytes -= part;
    }

    image->load.type = type;
    image->load.arch = EM_X86_64;
    image->load.nr_segments = nr;
    image->load.entry_maddr = image->seg[0].dest_maddr;
    set_xen_guest_handle(image->load.segments.h, image->seg);
}

static bool timed_load(struct bench_image *image, const char *what,
                       uint64_t bytes, bool report)
{
    uint64_t begin = rdtsc();
    long rc = kexec_op(KEXEC_CMD_kexec_load, &image->load);

    begin = rdtsc() - begin;
    if ( report )
        result(what, bytes, begin);

    return ok_eq(rc, 0, "load of %llx bytes", (unsigned long long)bytes);
}

static void timed_unload(unsigned int type, uint64_t bytes, bool report)
{
    uint64_t begin = rdtsc();

    kexec_unload(type);
    begin = rdtsc() - begin;
    if ( report )
        result("unload", bytes, begin);
}

/* A round at one size.  The first round warms up, and is not reported. */
static void load_round(unsigned int type, uint64_t bytes, uint64_t maddr,
                       const char *what, bool report)
{
    uint64_t free = free_pages();
    struct bench_image image;

    make_image(&image, type, bytes, maddr);
    if ( !timed_load(&image, what, bytes, report) )
        tap_end();

    if ( report )
        result("taken", bytes, (free - free_pages()) << PAGE_SHIFT);

    /* Into the place of the first one, which stays armed until then. */
    if ( type == KEXEC_TYPE_CRASH &&
         !timed_load(&image, "replace", bytes, report) )
        tap_end();

    timed_unload(type, bytes, report);
}

/* The same by the obsolete command, from a list of pages. */
static void v1_round(uint64_t bytes)
{
    struct image image;

    image_init(&image, KEXEC_TYPE_DEFAULT, EM_X86_64);
    image.whole_pages = true;
    image_add_probe_anywhere(&image);
    image_add_buffer(&image, from, bytes, own_dest(0));
    if ( !ok_eq(v1_load(&image), 0, "load by the obsolete command") )
        tap_end();
    kexec_unload(KEXEC_TYPE_DEFAULT);
}

/*
 * A load that maps all memory above 4 GiB: what the heap has there is the
 * image's destination, and of no use to it.  Xen may refuse it.
 */
static void cover_round(uint64_t bytes)
{
    struct bench_image image;
    uint64_t top = 0, dest = own_dest(0);
    unsigned int i;
    long rc;

    for ( i = 0; i < nr_machine_map; i++ )
        if ( machine_map[i].type == E820_RAM )
            top = machine_map[i].maddr + machine_map[i].size;
    if ( dest <= GB(4) )
        error("the dom0 has no memory above 4 GiB");

    make_image(&image, KEXEC_TYPE_DEFAULT, bytes, 0);
    image.seg[1].dest_maddr = GB(4);
    image.seg[1].dest_size = dest - GB(4);
    image.seg[2].dest_maddr = dest + bytes;
    image.seg[2].dest_size = top - (dest + bytes);
    image.load.nr_segments = 3;

    rc = kexec_op(KEXEC_CMD_kexec_load, &image.load);
    print("# a load that covers %llx bytes: %d\n",
          (unsigned long long)(top - GB(4)), (int)rc);
    kexec_unload(KEXEC_TYPE_DEFAULT);
}

/*
 * from=, to=: sizes in MiB, doubled.  rounds=: how many, after one that warms
 * up, but for warm=0.  type=crash: in the crash area, and once more in place
 * of that image.  collide=1: to free memory as well; unload=0: at the end to
 * that alone, once, and never unloaded.  copies=0: without the plain copies.
 * v1=1, cover=1: see v1_round(), cover_round(); once, and nothing timed.
 */
void scenario_bench_load(void)
{
    unsigned int round, rounds = arg_number("rounds", 5), type = arg_type();
    uint64_t first = arg_number("from", 64), last = arg_number("to", 256);
    uint64_t maddr = 0, area = 0, bytes, size;
    bool collide = arg_number("collide", 0), unload = arg_number("unload", 1);
    bool copies_too = arg_number("copies", 1);

    get_buffers();
    print_scale();
    own_part = min(MB(last), STRETCH);
    if ( type == KEXEC_TYPE_CRASH )
        area = crash_area(&size) + ODD_BYTES;
    if ( collide )
        maddr = shape_heap(MB(last), SPARE(MB(last)));

    if ( arg_number("v1", 0) || arg_number("cover", 0) )
    {
        if ( arg_number("v1", 0) )
            v1_round(MB(last));
        else
            cover_round(MB(last));
        print_stretches();
        tap_end();
    }

    for ( round = !arg_number("warm", 1); round <= rounds; round++ )
    {
        for ( bytes = MB(first); bytes <= MB(last); bytes *= 2 )
        {
            if ( copies_too )
                plain_copies(bytes, round);
            load_round(type, bytes, area, "load", round);
            if ( collide && unload )
                load_round(type, bytes, maddr, "collide", round);
        }

        if ( !round )
        {
            print_stretches();
            print("# bench warm\n");
        }
    }

    if ( !unload )
    {
        struct bench_image image;

        make_image(&image, type, MB(last), maddr);
        timed_load(&image, "collide", MB(last), true);
    }

    print_stretches();
    tap_end();
}

/*
 * size=: MiB.  place=own, place=free: all of it in place as far as there is
 * nothing else to take, type=crash: in the crash area.
 */
void scenario_bench_entry(void)
{
    uint64_t bytes = MB(arg_number("size", 64)), maddr = 0, done, size;
    struct image image;

    get_buffers();
    print_scale();
    own_part = min(bytes, STRETCH);
    plain_copies(bytes, true);

    image_init(&image, arg_type(), EM_X86_64);
    image_add_probe_anywhere(&image);
    if ( image.type == KEXEC_TYPE_CRASH )
    {
        plain_digest(bytes);
        maddr = crash_area(&size) + MB(2) + ODD_BYTES;
    }
    else if ( arg_is("place", "free") )
        maddr = shape_heap(bytes, BLOCK);

    for ( done = 0; done < bytes; done += STRETCH )
        image_add_buffer(&image, from, min(bytes - done, STRETCH),
                         maddr ? maddr + done : own_dest(done / STRETCH));

    image_run(&image);
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
