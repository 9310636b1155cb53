/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images whose last word is the probe's.
 */
#include "dom0.h"

extern const uint8_t probe64[], probe64_end[], probe32[], probe32_end[];

/* Continued by the probe, which finds it by its machine address. */
struct live *live_page(void)
{
    return (struct live *)((unsigned long)tap.results -
                           offsetof(struct live, results));
}

void image_init(struct image *image, unsigned int type, unsigned int arch)
{
    const uint8_t *file = arch == EM_386 ? probe32 : probe64;
    size_t size = arch == EM_386 ? probe32_end - probe32
                                 : probe64_end - probe64;
    xen_kexec_range_t range;

    memset(image, 0, sizeof(*image));
    image->type = type;
    image->arch = arch;
    image->whole_pages = arg_number("aligned", 0);
    image->head = (const struct probe_header *)file;
    if ( image->head->magic != PROBE_MAGIC || image->head->arch != arch ||
         image->head->file_size != size )
        error("this is no probe for machine %u", arch);

    image->probe = pages(PAGE_UP(size) / PAGE_SIZE);
    memcpy(image->probe, file, size);

    image->facts = pages(PAGE_UP(sizeof(struct facts)) / PAGE_SIZE);
    image->facts->magic = FACTS_MAGIC;
    image->facts->version = FACTS_VERSION;
    image->facts->size = sizeof(struct facts);
    image->facts->nonce = nonce;
    if ( arch != EM_386 || va_maddr(live_page()) < GB(4) )
        image->facts->live_maddr = va_maddr(live_page());
    image->facts->nr_cpus = arg_number("cpus", nr_cpus());
    image->facts->nr_ram = nr_machine_map;
    memcpy(image->facts->ram, machine_map, sizeof(machine_map));
    if ( type == KEXEC_TYPE_CRASH )
    {
        image->facts->flags |= FACTS_CRASH;
        /* Where there is none, Xen has to say so, when it is loaded. */
        if ( !kexec_get_range(KEXEC_RANGE_MA_CRASH, 0, &range) )
            image->facts->crash_area =
                (struct facts_range){ range.start, range.size };
    }
    image->facts->uart_maddr = arg_number("uart", 0);
    if ( !arg_number("rules", 1) )
        image->facts->flags |= FACTS_NO_RULES;
    if ( arg_number("look", 0) )
        image->facts->flags |= FACTS_LOOK;
}

static void add_segment(struct image *image, const void *buf,
                        uint64_t buf_size, uint64_t maddr, uint64_t dest_size,
                        uint64_t seed)
{
    xen_kexec_segment_t *seg = &image->seg[image->nr];

    if ( image->nr == FACTS_SEGMENTS )
        error("too many segments");

    seg->buf._pad = 0;
    set_xen_guest_handle(seg->buf.h, buf);
    seg->buf_size = buf_size;
    seg->dest_maddr = maddr;
    seg->dest_size = dest_size;
    image->facts->segment[image->nr] = (struct facts_segment){
        .dest_maddr = maddr,
        .dest_size = dest_size,
        .buf_size = buf_size,
        .seed = seed,
        .has_buffer = !!buf,
    };
    image->nr++;
}

static uint64_t whole(const struct image *image, uint64_t size)
{
    return image->whole_pages ? PAGE_UP(size) : size;
}

/* Bytes between probe and facts, in no segment. */
#define FACTS_GAP 72

static uint64_t facts_offset(const struct image *image)
{
    return whole(image, (image->head->mem_size + FACTS_GAP) & ~7u);
}

uint64_t image_probe_size(const struct image *image)
{
    return facts_offset(image) + whole(image, sizeof(struct facts));
}

void image_add_probe(struct image *image, uint64_t maddr)
{
    struct probe_header *head = image->probe;
    uint64_t facts_maddr;

    if ( image->whole_pages )
        maddr &= PAGE_MASK;

    facts_maddr = maddr + facts_offset(image);
    head->facts_maddr = facts_maddr;
    head->sum = sum_bytes((uint8_t *)image->probe + head->sum_from,
                          head->sum_to - head->sum_from);
    image->facts->probe_maddr = maddr;
    image->entry = maddr + head->entry;
    add_segment(image, image->probe, head->file_size, maddr,
                whole(image, head->mem_size), 0);
    add_segment(image, image->facts, sizeof(struct facts), facts_maddr,
                whole(image, sizeof(struct facts)), 0);
}

uint64_t crash_area(uint64_t *size)
{
    xen_kexec_range_t range;

    long rc = kexec_get_range(KEXEC_RANGE_MA_CRASH, 0, &range);

    if ( rc )
    {
        ok_eq(rc, 0, "range of the crash area");
        tap_end();
    }
    if ( !range.size )
        error("the scenario needs crashkernel=");
    *size = range.size;

    return range.start;
}

/* Memory below 4 GiB in any machine that these tests emulate. */
#define LOW_PROBE (MB(64) + 5)

void image_add_probe_anywhere(struct image *image)
{
    unsigned int nr = PAGE_UP(image_probe_size(image)) / PAGE_SIZE;
    uint64_t limit = image->arch == EM_386 ? GB(4) : 0;
    uint64_t size, maddr;

    if ( image->type == KEXEC_TYPE_CRASH )
    {
        image_add_probe(image, crash_area(&size));
        return;
    }

    if ( own_run_longest(limit) < nr + 2 )
    {
        image_add_probe(image, LOW_PROBE);
        return;
    }

    maddr = own_run(nr + 2, limit);
    image_add_area(image, maddr, (nr + 2) * PAGE_SIZE);
    image_add_probe(image, maddr + PAGE_SIZE);
}

void image_add(struct image *image, uint64_t maddr, uint64_t buf_size,
               uint64_t dest_size)
{
    uint64_t seed = pattern_seed(nonce, image->nr);
    void *buf = pages(max(PAGE_UP(buf_size) / PAGE_SIZE, 1));

    if ( image->whole_pages )
    {
        maddr &= PAGE_MASK;
        dest_size = PAGE_UP(dest_size);
    }

    pattern_fill(buf, seed, maddr, buf_size);
    add_segment(image, buf, buf_size, maddr, dest_size, seed);
}

void image_add_buffer(struct image *image, const void *buf, uint64_t size,
                      uint64_t maddr)
{
    add_segment(image, buf, size, maddr, size, 0);
}

void image_add_mapping(struct image *image, uint64_t maddr, uint64_t size)
{
    add_segment(image, NULL, 0, maddr, size, 0);
}

void image_add_area(struct image *image, uint64_t maddr, uint64_t size)
{
    unsigned int nr = image->facts->nr_areas++;
    uint64_t seed = pattern_seed(nonce, 0x10000 + nr);

    if ( nr == FACTS_AREAS )
        error("too many areas");

    image->facts->area[nr] = (struct facts_area){ maddr, size, seed };

    while ( size )
    {
        uint64_t chunk = min(size, PAGE_SIZE - (maddr & (PAGE_SIZE - 1)));

        pattern_fill(own_va(maddr), seed, maddr, chunk);
        maddr += chunk;
        size -= chunk;
    }
}

void image_to_load(const struct image *image, xen_kexec_load_t *load)
{
    memset(load, 0, sizeof(*load));
    load->type = image->type;
    load->arch = image->arch;
    load->nr_segments = image->nr;
    set_xen_guest_handle(load->segments.h,
                         (xen_kexec_segment_t *)image->seg);
    load->entry_maddr = image->entry;
}

void image_seal(struct image *image)
{
    uint64_t live = image->facts->live_maddr;
    unsigned int i;

    for ( i = 0; i < image->nr; i++ )
        if ( live && image->seg[i].buf.h.p &&
             live + PAGE_SIZE > image->seg[i].dest_maddr &&
             live < image->seg[i].dest_maddr + image->seg[i].dest_size )
            error("segment %u would overwrite the results", i);

    image->facts->nr_segments = image->nr;
    /* The load's own result is printed after it, as a comment. */
    image->facts->results = *tap.results;
    image->facts->failures = *tap.failures;
    image->facts->sum = 0;
    image->facts->sum = sum_bytes(image->facts, sizeof(struct facts));
}

void image_fill_pair(struct image image[2], uint64_t maddr, uint64_t bytes)
{
    image_add_probe(&image[0], maddr);
    image_add(&image[0], maddr + PAGE_UP(image_probe_size(&image[0])), bytes,
              bytes);
    image_add(&image[1], maddr, bytes, PAGE_UP(bytes));
    image_add_probe(&image[1], maddr + PAGE_UP(bytes));
}

long image_load_sealed(const struct image *image)
{
    xen_kexec_load_t load;

    image_to_load(image, &load);

    return kexec_op(KEXEC_CMD_kexec_load, &load);
}

long image_load(struct image *image)
{
    image_seal(image);

    return image_load_sealed(image);
}

void image_count_pages(struct image *image)
{
    uint64_t free = 0;
    unsigned int i;

    /* The first time warms up what Xen keeps for later. */
    for ( i = 0; i < 2; i++ )
    {
        free = free_pages();
        if ( !ok_eq(image_load(image), 0, "a load to be unloaded") )
            return;
        kexec_unload(image->type);
    }

    ok_eq(free_pages(), free, "free pages after it, as before");
}

/*
 * Leave nothing as a reset would: only then does it say something when the
 * probe finds reset values.  And let a timer's interrupt come while Xen has
 * them off already.
 */
static void dirty_cpu(void)
{
    static const uint16_t fcw = 0x27f;
    static const uint32_t mxcsr = 0x9f80;
    static const struct vcpu_set_periodic_timer timer = {
        .period_ns = 1000000,
    };

    hypercall(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0, ARG(&timer),
              0);
    asm volatile ( "fldcw %0; fld1; ldmxcsr %1" :: "m" (fcw), "m" (mxcsr) );
    hypercall(__HYPERVISOR_set_debugreg, 0, ARG(&image_exec), 0, 0);
    hypercall(__HYPERVISOR_set_debugreg, 7, 0x702, 0, 0);
#ifdef __x86_64__
    hypercall(__HYPERVISOR_set_segment_base, SEGBASE_FS, ARG(&fcw), 0, 0);
    hypercall(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, ARG(&fcw), 0, 0);
    hypercall(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, ARG(&fcw), 0,
              0);
#endif
}

#define BUSY_TRIES 1000000

void image_exec_when(const struct image *image, void (*moment)(void))
{
    unsigned int busy = 0;
    long rc;

    print("# exec\n");
    if ( arg_number("busy", 0) )
        vcpu_keep_others_busy();
    dirty_cpu();
    moment();

    /* Busy is an answer while another vCPU is in the hypercall. */
    do {
        live_page()->trigger = rdtsc();
        rc = kexec_exec(image->type);
    } while ( rc == -EBUSY && ++busy < BUSY_TRIES );

    ok(false, "exec does not return: it did, with %d", (int)rc);
    tap_end();
}

void image_exec(const struct image *image)
{
    image_exec_when(image, vcpu_meet);
}

void image_run(struct image *image)
{
    long rc = image_load(image);

    /* Without a live page the probe cannot count a result after the load. */
    if ( (rc || image->facts->live_maddr) &&
         !ok_eq(rc, 0, "load of %u segments", image->nr) )
        tap_end();

    image_exec(image);
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
