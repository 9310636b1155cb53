/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Load a Linux kernel as the crash image that Xen enters without a purgatory
 * (KEXEC_TYPE_CRASH_EFI), as kexec_file_load() of a dom0 would.  Prints what
 * the hypercall returned.
 *
 *   bzimage KERNEL INITRD COMMAND-LINE AREA-START AREA-SIZE
 *
 * Fields of the boot parameters: Linux, Documentation/arch/x86/boot.rst and
 * zero-page.rst.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE            4096ul
#define LOW_RAM         0x9f000ul
#define KEXEC_OP        37
#define CMD_LOAD        4
#define TYPE_CRASH_EFI  3
#define EM_X86_64       62
#define E820_RAM        1

struct privcmd_hypercall {
    uint64_t op, arg[5];
};
#define PRIVCMD_HYPERCALL                                               \
    _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

struct load {
    uint8_t type, pad;
    uint16_t arch;
    uint32_t nr_segments;
    uint64_t segments, entry_maddr;
};

struct segment {
    uint64_t buffer, buffer_size, dest_maddr, dest_size;
};

static void die(const char *what)
{
    perror(what);
    exit(3);
}

/* Memory that Linux does not move. */
static void *hypercall_buffer(size_t size)
{
    int fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
    void *buffer = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if ( fd < 0 || buffer == MAP_FAILED )
        die("/dev/xen/hypercall");

    return buffer;
}

static uint8_t *read_file(const char *name, size_t *size)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    uint8_t *bytes;
    size_t done = 0;

    if ( fd < 0 || fstat(fd, &stat) )
        die(name);

    *size = stat.st_size;
    bytes = hypercall_buffer((*size + PAGE - 1) & -PAGE);
    while ( done < *size )
    {
        ssize_t n = read(fd, bytes + done, *size - done);

        if ( n <= 0 )
            die(name);
        done += n;
    }

    return bytes;
}

static uint32_t get32(const uint8_t *bytes, unsigned int at)
{
    uint32_t value;

    memcpy(&value, bytes + at, sizeof(value));

    return value;
}

static void put32(uint8_t *bytes, unsigned int at, uint32_t value)
{
    memcpy(bytes + at, &value, sizeof(value));
}

static void add_ram(uint8_t *params, uint64_t start, uint64_t size)
{
    uint8_t *entry = params + 0x2d0 + 20 * params[0x1e8]++;

    memcpy(entry, &start, sizeof(start));
    memcpy(entry + 8, &size, sizeof(size));
    put32(entry, 16, E820_RAM);
}

int main(int argc, char **argv)
{
    size_t kernel_size, initrd_size;
    uint64_t start, size, setup, align, at, params_at, initrd_at;
    uint8_t *kernel, *initrd, *params;
    struct privcmd_hypercall call = { .op = KEXEC_OP };
    struct segment *segments;
    struct load *load;
    int fd, rc;

    if ( argc != 6 || strlen(argv[3]) >= PAGE )
        return 2;

    kernel = read_file(argv[1], &kernel_size);
    initrd = read_file(argv[2], &initrd_size);
    start = strtoull(argv[4], NULL, 0);
    size = strtoull(argv[5], NULL, 0);
    params = hypercall_buffer(3 * PAGE);
    memset(params, 0, 3 * PAGE);

    setup = ((kernel[0x1f1] ? kernel[0x1f1] : 4) + 1) * 512;
    align = get32(kernel, 0x230);
    at = (start + setup + align - 1) & -align;
    params_at = (at + get32(kernel, 0x260) + PAGE - 1) & -PAGE;
    initrd_at = (start + size - initrd_size) & -PAGE;

    memcpy(params + 0x1f1, kernel + 0x1f1, 0x202 + kernel[0x201] - 0x1f1);
    params[0x210] = 0xff;               /* A boot loader without a number. */
    put32(params, 0x218, initrd_at);
    put32(params, 0x21c, initrd_size);
    put32(params, 0x228, params_at + PAGE);
    strcpy((char *)params + PAGE, argv[3]);
    add_ram(params, 0, LOW_RAM);
    add_ram(params, start, size);

    load = (struct load *)(params + 2 * PAGE);
    segments = (struct segment *)(load + 1);
    segments[0] = (struct segment){ (uintptr_t)kernel, kernel_size,
                                    at - setup, kernel_size };
    segments[1] = (struct segment){ (uintptr_t)params, 2 * PAGE, params_at,
                                    2 * PAGE };
    segments[2] = (struct segment){ (uintptr_t)initrd, initrd_size, initrd_at,
                                    initrd_size };
    *load = (struct load){
        .type = TYPE_CRASH_EFI,
        .arch = EM_X86_64,
        .nr_segments = 3,
        .segments = (uintptr_t)segments,
        .entry_maddr = params_at,
    };

    call.arg[0] = CMD_LOAD;
    call.arg[1] = (uintptr_t)load;
    fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
    if ( fd < 0 )
        die("/dev/xen/privcmd");
    rc = ioctl(fd, PRIVCMD_HYPERCALL, &call);
    printf("%d\n", rc < 0 ? -errno : rc);

    return rc != 0;
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
