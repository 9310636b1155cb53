/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raw kexec hypercalls from dom0's userland, for what Debian's kexec would
 * never ask for.  Prints what the hypercall returned: 0 or more, or minus an
 * error number.
 *
 *   hypercall range RANGE                prints "RESULT START SIZE"
 *   hypercall load TYPE ARCH ENTRY SEGMENT...
 *
 * SEGMENT is DESTINATION:SIZE:BYTES[:BUFFER]; the buffer is one of zeros when
 * it is not given.  Numbers in C's notation.
 *
 * Structures and numbers are those of the public header, kexec.h: this file
 * has its own so that it builds without a Xen tree.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define HYPERVISOR_KEXEC_OP 37

enum command {
    CMD_GET_RANGE = 3,
    CMD_LOAD = 4,
};

struct privcmd_hypercall {
    uint64_t op;
    uint64_t arg[5];
};

#define PRIVCMD_HYPERCALL                                               \
    _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

struct segment {
    uint64_t buffer;
    uint64_t buffer_size;
    uint64_t dest_maddr;
    uint64_t dest_size;
};

struct load {
    uint8_t type;
    uint8_t pad;
    uint16_t arch;
    uint32_t nr_segments;
    uint64_t segments;
    uint64_t entry_maddr;
};

struct range {
    int32_t range;
    int32_t nr;
    uint64_t size;
    uint64_t start;
};

#define MAX_SEGMENTS 32
#define BUFFER_SIZE  (1u << 20)

static struct segment segments[MAX_SEGMENTS];

/* The hypervisor reads our memory while we are stopped: it must be there. */
static void populate(void *start, size_t bytes)
{
    for ( size_t i = 0; i < bytes; i += 4096 )
        ((volatile unsigned char *)start)[i] = 0;
}

/*
 * Memory full of zeros for a segment.  A large buffer of ours is not safe:
 * Linux may be moving one of its pages just then.  What this device gives
 * stays where it is.
 */
static void *hypercall_buffer(void)
{
    static void *buffer;
    int fd;

    if ( buffer )
        return buffer;

    fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
    buffer = mmap(NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                  0);
    if ( fd < 0 || buffer == MAP_FAILED )
    {
        perror("/dev/xen/hypercall");
        exit(3);
    }
    memset(buffer, 0, BUFFER_SIZE);

    return buffer;
}

static long kexec_op(unsigned int command, void *argument)
{
    struct privcmd_hypercall call = {
        .op = HYPERVISOR_KEXEC_OP,
        .arg = { command, (uintptr_t)argument },
    };
    int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
    int result;

    if ( fd < 0 )
    {
        perror("/dev/xen/privcmd");
        exit(3);
    }
    result = ioctl(fd, PRIVCMD_HYPERCALL, &call);

    return result < 0 ? -errno : result;
}

/* Fill *segment from DESTINATION:SIZE:BYTES[:BUFFER]; 0 if it is not that. */
static int parse_segment(const char *text, struct segment *segment)
{
    unsigned long long field[4] = { 0 };
    unsigned int count = 0;
    char *end;

    do {
        field[count++] = strtoull(text, &end, 0);
        if ( end == text )
            return 0;
        text = end + 1;
    } while ( *end == ':' && count < 4 );

    if ( *end || count < 3 || (count == 3 && field[2] > BUFFER_SIZE) )
        return 0;
    segment->dest_maddr = field[0];
    segment->dest_size = field[1];
    segment->buffer_size = field[2];
    if ( count == 3 && field[2] )
        field[3] = (uintptr_t)hypercall_buffer();
    segment->buffer = field[3];

    return 1;
}

static long do_load(int count, char **words)
{
    static struct load load;

    if ( count < 3 || count - 3 > MAX_SEGMENTS )
        exit(2);
    load.type = strtoul(words[0], NULL, 0);
    load.arch = strtoul(words[1], NULL, 0);
    load.entry_maddr = strtoull(words[2], NULL, 0);
    load.nr_segments = count - 3;
    load.segments = (uintptr_t)segments;
    for ( int i = 3; i < count; i++ )
        if ( !parse_segment(words[i], &segments[i - 3]) )
            exit(2);

    return kexec_op(CMD_LOAD, &load);
}

static long do_range(unsigned int which, struct range *range)
{
    memset(range, 0, sizeof(*range));
    range->range = which;

    return kexec_op(CMD_GET_RANGE, range);
}

int main(int argc, char **argv)
{
    static struct range range;
    const char *what = argc > 2 ? argv[1] : "";

    populate(segments, sizeof(segments));
    if ( !strcmp(what, "load") )
        printf("%ld\n", do_load(argc - 2, argv + 2));
    else if ( !strcmp(what, "range") )
    {
        long result = do_range(strtoul(argv[2], NULL, 0), &range);

        printf("%ld %#llx %#llx\n", result, (unsigned long long)range.start,
               (unsigned long long)range.size);
    }
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
