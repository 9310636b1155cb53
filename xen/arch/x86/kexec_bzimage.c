/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules for a kernel that is entered without a purgatory: a Linux bzImage,
 * whole, and the address of its boot parameters (KEXEC_TYPE_CRASH_EFI).
 *
 * The header and its fields: Linux, Documentation/arch/x86/boot.rst.
 */

#include <xen/kernel.h>
#include <xen/kimage.h>
#include <xen/lib.h>
#include <xen/mm.h>

#include <asm/machine_kexec.h>

#define HEADER_MAGIC        0x53726448U /* "HdrS" */
#define PROTOCOL_MIN        0x020c      /* The first with xloadflags. */
#define XLF_KERNEL_64       0x0001      /* There is a 64-bit entry. */

#define SECTOR              512U
#define SETUP_SECTS_DEFAULT 4           /* What 0 means. */
#define ENTRY_64            0x200U      /* In the protected mode kernel. */

#define ALIGNMENT_MIN       MB(2)
#define ALIGNMENT_MAX       MB(16)

struct __packed boot_header {
    uint8_t pad0[0x1f1];
    uint8_t setup_sects;                /* 0x1f1 */
    uint8_t pad1[0x202 - 0x1f2];
    uint32_t header;                    /* 0x202 */
    uint16_t version;                   /* 0x206 */
    uint8_t pad2[0x230 - 0x208];
    uint32_t kernel_alignment;          /* 0x230 */
    uint8_t relocatable_kernel;         /* 0x234 */
    uint8_t min_alignment;              /* 0x235 */
    uint16_t xloadflags;                /* 0x236 */
    uint8_t pad3[0x258 - 0x238];
    uint64_t pref_address;              /* 0x258 */
    uint32_t init_size;                 /* 0x260 */
};

const char *machine_kexec_bzimage(const void *bzimage, const void *boot_params,
                                  uint64_t size, paddr_t maddr, paddr_t *entry,
                                  struct maddr_range *used)
{
    const struct boot_header *header = bzimage, *params = boot_params;
    unsigned int setup;

    BUILD_BUG_ON(sizeof(*header) != MACHINE_KEXEC_BZIMAGE_HEADER);

    if ( header->header != HEADER_MAGIC )
        return "no Linux boot header";

    if ( header->version < PROTOCOL_MIN )
        return "boot protocol older than 2.12";

    if ( !(header->xloadflags & XLF_KERNEL_64) )
        return "kernel without a 64-bit entry";

    if ( !header->relocatable_kernel )
        return "kernel is not relocatable";

    if ( header->kernel_alignment < ALIGNMENT_MIN ||
         header->kernel_alignment > ALIGNMENT_MAX ||
         (header->kernel_alignment & (header->kernel_alignment - 1)) )
        return "kernel alignment is not one of 2, 4, 8 and 16 MiB";

    /* The kernel decides by these where it moves itself. */
    if ( params->kernel_alignment != header->kernel_alignment ||
         params->init_size != header->init_size )
        return "boot parameters without the kernel's header";

    setup = ((header->setup_sects ?: SETUP_SECTS_DEFAULT) + 1) * SECTOR;
    if ( size <= setup + ENTRY_64 )
        return "kernel ends before its entry";

    maddr += setup;
    if ( maddr & (header->kernel_alignment - 1) )
        return "kernel is not at its alignment";

    /* From below, it would move itself there. */
    if ( maddr < header->pref_address )
        return "kernel is below its preferred address";

    *entry = maddr + ENTRY_64;
    *used = (struct maddr_range){
        maddr, maddr + max_t(uint64_t, header->init_size, size - setup),
    };

    return NULL;
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
