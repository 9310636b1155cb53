/* SPDX-License-Identifier: GPL-2.0-only */

#include "unit.h"

#include <xen/kexec.h>
#include <xen/kimage.h>

#include <asm/kexec_stub.h>

#include <compat/kexec.h>

#include "dom0.h"
#include "guest.h"
#include "heap.h"
#include "layout.h"
#include "peek.h"
#include "xen.h"

extern const char kexec_reloc[], kexec_stub_args[];

#define DEST        MB(16)

/* Guest addresses, of each vCPU. */
#define GUEST(vcpu) (0xf0000000UL + (vcpu) * 0x1000000UL)
#define ARGS        0x1000
#define SEGMENTS    0x2000
#define BUFFERS     0x100000

/* Pages of the guest's, of each vCPU, for the commands of old. */
#define V1_PAGES(vcpu) (MB(100) + (vcpu) * MB(1))

#define NR_SEGMENTS 4

/* The segments of an image, from its start. */
static const struct shape {
    uint64_t offset, buf_size, dest_size;
} shape[NR_SEGMENTS] = {
    { 0x10, 0x2020, 0x2060 },
    { 0x2070, 0x5000, 0x5000 },
    { 0x9003, 0x1ffd, 0x5000 },
    { 0x11000, 1, 1 },
}, shape_v1[NR_SEGMENTS] = {
    { 0, 0x3000, 0x3000 },
    { 0x5000, 0x2000, 0x2000 },
    { 0x9000, 0x1000, 0x1000 },
    { 0x11000, 0x1000, 0x1000 },
};

#define IMAGE_BYTES 0x12000

static struct {
    uint8_t args[256];
    uint8_t segments[NR_SEGMENTS * 32];
} vcpus[NR_VCPUS];

static bool is_v1(enum how how)
{
    return how >= NATIVE_V1;
}

static bool is_compat(enum how how)
{
    return how == COMPAT || how == COMPAT_V1;
}

/* Which shape the last load of a type had, by its entry. */
static paddr_t entry_of(unsigned int type, bool v1, unsigned int generation)
{
    return (type == KEXEC_TYPE_CRASH ? DOM0_CRASH.start : DEST) + 0x100 +
           (v1 ? 0x1000 : 0) + generation;
}

static const uint8_t *bytes_of(unsigned int generation, unsigned int segment)
{
    return &layout_noise[generation * 4099 + segment * 0x6000];
}

void dom0_reset(void)
{
    heap_reset();
    guest_reset();
    xen_reset();
    kexec_state_reset();

    heap_add((struct maddr_range){ MB(64), MB(64) + 200 * PAGE_SIZE });
    heap_add((struct maddr_range){ DEST + 3 * PAGE_SIZE,
                                   DEST + 6 * PAGE_SIZE });
    heap_add((struct maddr_range){ DEST + 12 * PAGE_SIZE,
                                   DEST + 14 * PAGE_SIZE });
    heap_set_policy(HEAP_LOW, 0);
    e820 = (struct e820map){
        .nr_map = 2,
        .map = {
            { 0, 0xa0000, E820_RAM },
            { MB(1), MB(255), E820_RAM },
        },
    };
    efi.system = 0;
    kexec_crash_area = (xen_kexec_reserve_t){
        .start = DOM0_CRASH.start,
        .size = maddr_range_size(DOM0_CRASH),
    };
}

long dom0_call(enum how how, unsigned long op, uint64_t arg)
{
    XEN_GUEST_HANDLE_PARAM(void) handle =
        guest_handle_from_ptr((unsigned long)arg, void);

    return is_compat(how) ? compat_kexec_op(op, handle)
                          : do_kexec_op(op, handle);
}

uint64_t dom0_args(unsigned int vcpu, const void *bytes, unsigned long nr)
{
    uint64_t addr = GUEST(vcpu) + ARGS;

    assert_true(nr <= sizeof(vcpus[vcpu].args));
    memcpy(vcpus[vcpu].args, bytes, nr);
    guest_map(addr, vcpus[vcpu].args, nr, true);

    return addr;
}

uint64_t dom0_type_args(unsigned int vcpu, unsigned int type)
{
    return dom0_args(vcpu, &type, sizeof(type));
}

static void make_segments(enum how how, unsigned int vcpu, unsigned int type,
                          unsigned int generation)
{
    paddr_t start = entry_of(type, false, 0) - 0x100;
    unsigned int i;

    for ( i = 0; i < NR_SEGMENTS; i++ )
    {
        uint64_t buf = GUEST(vcpu) + BUFFERS + i * 0x10000;
        compat_kexec_segment_t seg = {
            .buf = buf,
            .buf_size = shape[i].buf_size,
            .dest_maddr = start + shape[i].offset,
            .dest_size = shape[i].dest_size,
            /* The other half of a compat handle's field says nothing. */
            .unused = is_compat(how) ? 0xdeadbeef : 0,
        };

        memcpy(&vcpus[vcpu].segments[i * sizeof(seg)], &seg, sizeof(seg));
        guest_map(buf, (void *)bytes_of(generation, i), shape[i].buf_size,
                  true);
    }
    guest_map(GUEST(vcpu) + SEGMENTS, vcpus[vcpu].segments,
              sizeof(vcpus[vcpu].segments), true);
}

static uint64_t load_args(enum how how, unsigned int vcpu, unsigned int type,
                          unsigned int generation)
{
    compat_kexec_load_t load = {
        .type = type,
        .arch = generation % 3 ? EM_X86_64 : EM_386,
        .nr_segments = NR_SEGMENTS,
        .segments = GUEST(vcpu) + SEGMENTS,
        .unused = is_compat(how) ? 0xdeadbeef : 0,
        .entry_maddr = entry_of(type, false, generation),
    };

    make_segments(how, vcpu, type, generation);

    return dom0_args(vcpu, &load, sizeof(load));
}

/* Append an entry to a list; when its page is full, go on in the next one. */
static void add_entry(bool compat, paddr_t *list, unsigned int *nr,
                      paddr_t *next, uint64_t entry)
{
    void *page = maddr_to_virt(*list);

    /* Two entries a page, so that there are many pages. */
    if ( *nr == 2 )
    {
        uint64_t link = *next | 2;

        memcpy(page + *nr * (compat ? 4 : 8), &link, compat ? 4 : 8);
        guest_own_page(paddr_to_pfn(*next), true);
        *list = *next;
        *next += PAGE_SIZE;
        *nr = 0;
        page = maddr_to_virt(*list);
    }
    memcpy(page + *nr * (compat ? 4 : 8), &entry, compat ? 4 : 8);
    ++*nr;
}

static uint64_t v1_args(enum how how, unsigned int vcpu, unsigned int type,
                        unsigned int generation)
{
    bool compat = is_compat(how);
    paddr_t start = entry_of(type, false, 0) - 0x100;
    paddr_t list = V1_PAGES(vcpu), next = list + PAGE_SIZE;
    paddr_t source = list + MB(1) / 2;
    xen_kexec_load_v1_t load = { .type = type };
    compat_kexec_load_v1_t old = { .type = type };
    unsigned int i, nr = 0;

    guest_own_page(paddr_to_pfn(list), true);
    load.image.indirection_page = list | 2;
    load.image.start_address = entry_of(type, true, generation);
    old.image.indirection_page = load.image.indirection_page;
    old.image.start_address = load.image.start_address;

    for ( i = 0; i < NR_SEGMENTS; i++ )
    {
        uint64_t at;

        add_entry(compat, &list, &nr, &next, (start + shape_v1[i].offset) | 1);
        for ( at = 0; at < shape_v1[i].buf_size; at += PAGE_SIZE )
        {
            memcpy(maddr_to_virt(source), bytes_of(generation, i) + at,
                   PAGE_SIZE);
            guest_own_page(paddr_to_pfn(source), true);
            add_entry(compat, &list, &nr, &next, source | 8);
            source += PAGE_SIZE;
        }
        add_entry(compat, &list, &nr, &next, 0);
    }
    add_entry(compat, &list, &nr, &next, 4);

    return compat ? dom0_args(vcpu, &old, sizeof(old))
                  : dom0_args(vcpu, &load, sizeof(load));
}

uint64_t dom0_load_args(enum how how, unsigned int vcpu, unsigned int type,
                        unsigned int generation)
{
    return is_v1(how) ? v1_args(how, vcpu, type, generation)
                      : load_args(how, vcpu, type, generation);
}

uint64_t dom0_unreadable_args(enum how how, unsigned int vcpu,
                              unsigned int type)
{
    uint64_t arg = dom0_load_args(how, vcpu, type, 1);
    paddr_t source = V1_PAGES(vcpu) + MB(1) / 2;
    unsigned int i;

    /* What the last segment is made of. */
    if ( is_v1(how) )
    {
        for ( i = 0; i < NR_SEGMENTS - 1; i++ )
            source += shape_v1[i].buf_size;
        guest_own_page(paddr_to_pfn(source), false);
    }
    else
        guest_map(GUEST(vcpu) + BUFFERS + (NR_SEGMENTS - 1) * 0x10000, NULL, 0,
                  false);

    return arg;
}

unsigned int dom0_load_cmd(enum how how)
{
    return is_v1(how) ? KEXEC_CMD_kexec_load_v1 : KEXEC_CMD_kexec_load;
}

unsigned int dom0_unload_cmd(enum how how)
{
    return is_v1(how) ? KEXEC_CMD_kexec_unload_v1 : KEXEC_CMD_kexec_unload;
}

long dom0_finish(enum how how, long rc)
{
    while ( rc == CONTINUATION )
        rc = dom0_call(how, continuation.op, (uint64_t)continuation.arg);

    return rc;
}

long dom0_load(enum how how, unsigned int vcpu, unsigned int type,
               unsigned int generation)
{
    uint64_t arg = dom0_load_args(how, vcpu, type, generation);

    return dom0_finish(how, dom0_call(how, dom0_load_cmd(how), arg));
}

long dom0_unload(enum how how, unsigned int vcpu, unsigned int type)
{
    uint64_t arg = dom0_type_args(vcpu, type);

    return dom0_finish(how, dom0_call(how, dom0_unload_cmd(how), arg));
}

void dom0_scribble(unsigned int vcpu)
{
    memset(&vcpus[vcpu], 0x5a, sizeof(vcpus[vcpu]));
    memset(maddr_to_virt(V1_PAGES(vcpu)), 0x5a, MB(1) / 2);
}

/* What is there, whoever owns it. */
__attribute__((__no_sanitize_address__))
static void peek_memory(uint8_t *to, paddr_t from, unsigned long bytes)
{
    const volatile uint8_t *p = machine_memory + from;

    while ( bytes-- )
        *to++ = *p++;
}

static void run_plan_of(const struct kimage *image, uint8_t *memory,
                        paddr_t start)
{
    paddr_t maddr = image->plan.first_maddr;
    const struct kexec_plan_page *page;
    unsigned int i;

    for ( ; maddr; maddr = page->next_maddr )
    {
        assert_true(heap_is_allocated(maddr));
        page = maddr_to_virt(maddr);
        for ( i = 0; i < page->nr_records; i++ )
        {
            const struct kexec_plan_record *record = &page->records[i];
            uint64_t at = record->dest_maddr - start;

            assert_true(at + record->bytes <= IMAGE_BYTES);
            if ( record->src_maddr == KEXEC_PLAN_ZERO )
                memset(memory + at, 0, record->bytes);
            else
            {
                assert_true(heap_is_allocated(record->src_maddr));
                memcpy(memory + at, maddr_to_virt(record->src_maddr),
                       record->bytes);
            }
        }
    }
}

unsigned int dom0_armed(unsigned int type)
{
    static uint8_t memory[IMAGE_BYTES], zeroes[IMAGE_BYTES];
    const struct kimage *image = kexec_armed(type);
    paddr_t start = entry_of(type, false, 0) - 0x100;
    const struct kexec_stub_args *args;
    unsigned int i, generation;
    paddr_t control;
    bool v1;

    if ( !image )
        return 0;

    control = image->machine.control_maddr;
    assert_true(heap_is_allocated(control));
    assert_true(heap_is_allocated(control + PAGE_SIZE));
    assert_true(heap_is_allocated(image->machine.root_maddr));
    args = maddr_to_virt(control + (kexec_stub_args - kexec_reloc));
    assert_int_equal(args->entry_maddr, image->entry_maddr);
    assert_int_equal(args->plan_maddr, image->plan.first_maddr);

    generation = image->entry_maddr - entry_of(type, false, 0);
    v1 = generation >= 0x1000;
    generation -= v1 ? 0x1000 : 0;

    peek_memory(memory, start, IMAGE_BYTES);
    run_plan_of(image, memory, start);
    for ( i = 0; i < NR_SEGMENTS; i++ )
    {
        const struct shape *s = v1 ? &shape_v1[i] : &shape[i];

        assert_memory_equal(memory + s->offset, bytes_of(generation, i),
                            s->buf_size);
        if ( s->dest_size > s->buf_size )
            assert_memory_equal(memory + s->offset + s->buf_size, zeroes,
                                s->dest_size - s->buf_size);
    }

    return generation;
}

void dom0_clean(void)
{
    heap_fail(0, false);
    guest_fault(0);
    preempt_at(0, 0);
    at_lock(0, NULL);
    guest_after_read = NULL;

    assert_int_equal(dom0_unload(NATIVE, 0, KEXEC_TYPE_DEFAULT), 0);
    assert_int_equal(dom0_unload(NATIVE, 0, KEXEC_TYPE_CRASH), 0);
    assert_true(kexec_is_idle(KEXEC_TYPE_DEFAULT));
    assert_true(kexec_is_idle(KEXEC_TYPE_CRASH));
    assert_int_equal(heap_used(), 0);
    assert_int_equal(heap_objects(), 0);
    assert_int_equal(guest_page_refs(), 0);
}

int dom0_setup(void **state)
{
    dom0_reset();

    return 0;
}

int dom0_teardown(void **state)
{
    xsm_rc = 0;
    at_barrier = NULL;
    if ( !kexec_is_frozen() )
        dom0_clean();

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
