/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bzimage
 *
 * Attacked: each field of a bzImage's header that Xen looks at, on its edge
 * and beside it, for a crash image of the type that needs no purgatory.
 * Must hold: what Linux could not be entered by is refused, and the image that
 * is armed stays; what is right is entered at its 64-bit entry, with the
 * address of the boot parameters in RSI.
 *
 * The kernel is a header and a jump to the probe.
 *
 *   only=1  with kexec=crash-efi: no other type is loaded
 */
#include "dom0.h"

#define SECTOR      512
#define SETUP       (2 * SECTOR)
#define ENTRY_64    0x200
#define HEADER      0x264
#define KERNEL_SIZE (16 * SECTOR)
#define INIT_SIZE   (1u << 20)
#define XLF_64      1

/* From the load address of the kernel on. */
#define PARAMS_AT   MB(2)
#define PROBE_AT    (MB(2) + 2 * PAGE_SIZE)

static struct image image;
static uint64_t load, area_end;     /* Where the kernel has to be. */
static uint8_t *kernel, *params;

static void put16(unsigned int at, uint16_t value)
{
    memcpy(kernel + at, &value, sizeof(value));
}

static void put32(unsigned int at, uint32_t value)
{
    memcpy(kernel + at, &value, sizeof(value));
}

/* What is changed in the header of the boot parameters. */
static uint32_t other_alignment, other_size;

static uint64_t probe_entry;

/* A kernel whose setup code has that many bytes. */
static void make_kernel(unsigned int setup)
{
    uint64_t at = load + ENTRY_64;

    memset(kernel, 0, KERNEL_SIZE);
    kernel[0x1f1] = setup / SECTOR - 1;
    put32(0x202, 0x53726448);
    put16(0x206, 0x20c);
    put32(0x230, MB(2));
    kernel[0x234] = 1;
    put16(0x236, XLF_64);
    put32(0x260, INIT_SIZE);

    kernel[setup + ENTRY_64] = 0xe9;        /* jmp, and no flag changes */
    put32(setup + ENTRY_64 + 1, probe_entry - (at + 5));
    image.seg[0].dest_maddr = load - setup;
}

static void right(void)
{
    make_kernel(SETUP);
    other_alignment = other_size = 0;
    image.type = KEXEC_TYPE_CRASH_EFI;
    image.arch = EM_X86_64;
    image.entry = load + PARAMS_AT;
    image.seg[0].buf_size = image.seg[0].dest_size = KERNEL_SIZE;
}

static void as_it_is(void) { }
static void setup_0(void) { make_kernel(5 * SECTOR); kernel[0x1f1] = 0; }
static void later(void) { put16(0x206, 0x20f); }
static void more_flags(void) { put16(0x236, 0x7f); }
static void align_16m(void)
{
    put32(0x230, MB(16));
    image.seg[0].dest_maddr = MB(16) - SETUP;
}
static void no_magic(void) { put32(0x202, 0x53726449); }
static void protocol_2_11(void) { put16(0x206, 0x20b); }
static void no_entry_64(void) { put16(0x236, 0xfffe); }
static void not_relocatable(void) { kernel[0x234] = 0; }
static void align_0(void) { put32(0x230, 0); }
static void align_1m(void) { put32(0x230, MB(1)); }
static void align_6m(void) { put32(0x230, MB(6)); }
static void align_32m(void) { put32(0x230, MB(32)); }
static void short_by_one(void) { image.seg[0].buf_size = HEADER - 1; }
static void header_only(void) { image.seg[0].buf_size = HEADER; }
static void up_to_entry(void) { image.seg[0].buf_size = SETUP + ENTRY_64; }
static void a_byte_off(void) { image.seg[0].dest_maddr++; }
static void a_page_off(void) { image.seg[0].dest_maddr -= PAGE_SIZE; }
static void to_the_probe(void) { put32(0x260, PARAMS_AT); }
static void into_the_params(void) { put32(0x260, PARAMS_AT + 1); }
static void beyond_the_area(void) { put32(0x260, area_end - load + 1); }
static void most_memory(void) { put32(0x260, ~0u); }
static void params_late(void) { image.entry++; }
static void params_early(void) { image.entry--; }
static void params_wrap(void) { image.entry = -(uint64_t)PAGE_SIZE / 2; }
static void params_in_kernel(void) { image.entry = image.seg[0].dest_maddr; }
static void params_alignment(void) { other_alignment = 1; }
static void params_size(void) { other_size = 1; }
static void at_preferred(void) { put32(0x258, load); }
static void below_preferred(void) { put32(0x258, load + 1); }
static void as_32_bit(void) { image.arch = EM_386; }

static const struct row {
    char what[44];
    int rc;
    void (*spoil)(void);
} rows[] = {
    { "a plain kernel", 0, as_it_is },
    { "setup_sects 0, which means 4", 0, setup_0 },
    { "protocol 2.15", 0, later },
    { "more xloadflags", 0, more_flags },
    { "init_size up to the next segment", 0, to_the_probe },
    { "at its preferred address", 0, at_preferred },
    { "below its preferred address", -EINVAL, below_preferred },
    { "boot parameters in the kernel", -EINVAL, params_in_kernel },
    { "another magic", -EINVAL, no_magic },
    { "protocol 2.11", -EINVAL, protocol_2_11 },
    { "no 64-bit entry", -EINVAL, no_entry_64 },
    { "not relocatable", -EINVAL, not_relocatable },
    { "alignment 0", -EINVAL, align_0 },
    { "alignment 1 MiB", -EINVAL, align_1m },
    { "alignment 6 MiB", -EINVAL, align_6m },
    { "alignment 32 MiB", -EINVAL, align_32m },
    { "alignment 16 MiB, outside the area", -EADDRNOTAVAIL, align_16m },
    { "a header without its last byte", -EINVAL, short_by_one },
    { "a header alone", -EINVAL, header_only },
    { "a kernel up to its entry", -EINVAL, up_to_entry },
    { "a byte behind its alignment", -EINVAL, a_byte_off },
    { "a page before its alignment", -EINVAL, a_page_off },
    { "init_size into the next segment", -EINVAL, into_the_params },
    { "init_size beyond the crash area", -EINVAL, beyond_the_area },
    { "init_size 4294967295", -EINVAL, most_memory },
    { "parameters a byte too late", -EINVAL, params_late },
    { "parameters a byte too early", -EINVAL, params_early },
    { "parameters that wrap", -EINVAL, params_wrap },
    { "parameters with another alignment", -EINVAL, params_alignment },
    { "parameters with another init_size", -EINVAL, params_size },
    { "machine 3", -EINVAL, as_32_bit },
};

/* As the boot protocol wants it: they have the kernel's header. */
static void make_params(void)
{
    uint32_t alignment, size;

    memcpy(params + 0x1f1, kernel + 0x1f1, HEADER - 0x1f1);
    memcpy(&alignment, params + 0x230, sizeof(alignment));
    memcpy(&size, params + 0x260, sizeof(size));
    alignment ^= other_alignment;
    size ^= other_size;
    memcpy(params + 0x230, &alignment, sizeof(alignment));
    memcpy(params + 0x260, &size, sizeof(size));
}

static void all_rows(long status)
{
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        uint64_t free;
        long rc;

        right();
        rows[i].spoil();
        make_params();
        free = free_pages();
        rc = image_load_sealed(&image);
        ok(rc == rows[i].rc, "%s: found %d, expected %d", rows[i].what,
           (int)rc, rows[i].rc);
        if ( !rc && !status )
            ok_eq(kexec_unload(KEXEC_TYPE_CRASH_EFI), 0, "unload of it");
        if ( rc )
            ok_eq(free_pages(), free, "free pages");
        ok_eq(kexec_status(KEXEC_TYPE_CRASH_EFI), status, "status of it");
        ok_eq(kexec_status(KEXEC_TYPE_CRASH), status, "status of type 1");
    }
}

void scenario_bzimage(void)
{
    uint64_t size, maddr = crash_area(&size);

    area_end = maddr + size;
    load = (maddr + MB(4)) & ~(uint64_t)(MB(2) - 1);
    kernel = pages(KERNEL_SIZE / PAGE_SIZE);
    params = pages(1);
    memset(params, 0x5a, PAGE_SIZE);

    image_init(&image, KEXEC_TYPE_CRASH, EM_X86_64);
    image_add_buffer(&image, kernel, KERNEL_SIZE, load - SETUP);
    image_add_buffer(&image, params, PAGE_SIZE, load + PARAMS_AT);
    image_add_probe(&image, load + PROBE_AT);
    probe_entry = image.entry;
    image.facts->arg = load + PARAMS_AT;
    right();
    make_params();
    image_seal(&image);

    if ( arg_number("only", 0) )
    {
        image.type = KEXEC_TYPE_CRASH;
        ok_eq(image_load_sealed(&image), -EPERM, "load of type 1");
        image.type = KEXEC_TYPE_DEFAULT;
        ok_eq(image_load_sealed(&image), -EPERM, "load of type 0");
    }

    /* Into an empty slot, and beside an armed image. */
    all_rows(0);
    right();
    make_params();
    ok_eq(image_load_sealed(&image), 0, "load that stays");
    all_rows(1);

    right();
    make_params();
    image_seal(&image);
    ok_eq(image_load_sealed(&image), 0, "load of %u segments", image.nr);
    image_exec(&image);
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
