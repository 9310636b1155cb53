/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The notes that a dump is read by.
 *
 * Attacked: CPUs that come up, never come up, or do not exist; memory that
 * runs out; registers saved twice; a vmcoreinfo that is full.  kexec-tools ask
 * for one CPU after the other until there is an error, and put each range into
 * a program header; Linux reads the first word of each.
 *
 * Must hold: what a reader of ELF notes finds, from note to note: owner, type,
 * size, contents, and where the last one ends.
 */

#include "unit.h"

#include <xen/crash-notes.h>
#include <xen/vmcoreinfo.h>
#include <xen/kexec.h>

#include "heap.h"
#include "peek.h"
#include "xen.h"

extern int (*const initcall_crash_notes_init)(void);

static int setup(void **state)
{
    crash_notes_state_reset();
    heap_reset();
    xen_reset();
    heap_add((struct maddr_range){ MB(2), MB(2) + 8 * PAGE_SIZE });
    kexec_crash_area.size = MB(64);
    crashinfo_maxaddr_bits = 64;

    return 0;
}

static int teardown(void **state)
{
    crash_notes_state_reset();
    assert_int_equal(heap_used(), 0);
    assert_int_equal(heap_objects(), 0);

    return 0;
}

/* The reader: fields of 4 bytes, names and contents padded to 4. */
struct reader {
    const uint8_t *pos, *end;
};

struct note {
    uint32_t name_bytes, bytes, type;
    const char *name;
    const uint8_t *contents;
};

static struct note next_note(struct reader *reader)
{
    struct note note;

    assert_true(reader->end - reader->pos >= 12);
    memcpy(&note, reader->pos, 12);
    note.name = (const char *)reader->pos + 12;
    note.contents = reader->pos + 12 + (note.name_bytes + 3) / 4 * 4;
    reader->pos = note.contents + (note.bytes + 3) / 4 * 4;
    assert_true(reader->pos <= reader->end);
    assert_int_equal(note.name[note.name_bytes - 1], 0);

    return note;
}

static struct reader read_notes(unsigned int cpu)
{
    struct maddr_range range;

    assert_int_equal(crash_notes_cpu_range(cpu, &range), 0);

    return (struct reader){
        .pos = maddr_to_virt(range.start),
        .end = (uint8_t *)maddr_to_virt(range.start) +
               maddr_range_size(range),
    };
}

static void expect_note(struct note note, const char *name, uint32_t type,
                        uint32_t bytes)
{
    assert_int_equal(note.name_bytes, strlen(name) + 1);
    assert_string_equal(note.name, name);
    assert_int_equal(note.type, type);
    assert_int_equal(note.bytes, bytes);
}

static void each_has_its_notes(void)
{
    unsigned int cpu;

    for ( cpu = 0; cpu < nr_cpu_ids; cpu++ )
    {
        struct reader reader = read_notes(cpu);

        expect_note(next_note(&reader), "CORE", 1, sizeof(ELF_Prstatus));
        expect_note(next_note(&reader), "Xen", 0x1000002,
                    sizeof(crash_xen_core_t));
        if ( cpu == 0 )
            expect_note(next_note(&reader), "Xen", 0x1000001,
                        sizeof(crash_xen_info_t));
        assert_ptr_equal(reader.pos, reader.end);
    }
}

static void each_cpu_has_registers_and_cpu_0_has_xen(void **state)
{
    assert_int_equal(initcall_crash_notes_init(), 0);
    each_has_its_notes();
}

static void there_is_no_cpu_beyond_the_last(void **state)
{
    struct maddr_range range;

    initcall_crash_notes_init();
    assert_int_equal(crash_notes_cpu_range(nr_cpu_ids, &range), -ERANGE);
    assert_true(maddr_range_empty(range));
    assert_int_equal(crash_notes_cpu_range(~0U, &range), -ERANGE);
}

/* A list of notes that is not empty, and has none. */
static void has_none(unsigned int cpu)
{
    struct maddr_range range;

    assert_int_equal(crash_notes_cpu_range(cpu, &range), 0);
    assert_int_equal(maddr_range_size(range), 12);
    assert_memory_equal(maddr_to_virt(range.start), "\0\0\0\0\0\0\0\0\0\0\0",
                        12);
}

static void without_a_crash_area_there_are_none(void **state)
{
    kexec_crash_area.size = 0;
    cpu_notifier = NULL;
    assert_int_equal(initcall_crash_notes_init(), 0);
    assert_null(cpu_notifier);
    has_none(0);
    crash_notes_save_cpu(0, NULL);
    crash_notes_save_xen();
    assert_int_equal(heap_used(), 0);
}

/* By the notifier or by the question: they stay where they are. */
static void notes_are_made_once(void **state)
{
    struct maddr_range range, again;

    initcall_crash_notes_init();
    assert_int_equal(heap_used(), 1);
    assert_int_equal(cpu_notifier->notifier_call(cpu_notifier, CPU_UP_PREPARE,
                                                 (void *)2), 0);
    assert_int_equal(heap_used(), 2);
    assert_int_equal(cpu_notifier->notifier_call(cpu_notifier, 77, (void *)3),
                     0);
    assert_int_equal(heap_used(), 2);

    crash_notes_cpu_range(2, &range);
    cpu_notifier->notifier_call(cpu_notifier, CPU_UP_PREPARE, (void *)2);
    crash_notes_cpu_range(2, &again);
    assert_int_equal(range.start, again.start);
    assert_int_equal(heap_used(), 2);
}

static void notes_are_below_the_limit(void **state)
{
    struct maddr_range range;

    heap_add((struct maddr_range){ MB(32), MB(33) });
    crashinfo_maxaddr_bits = 25;
    initcall_crash_notes_init();
    assert_int_equal(crash_notes_cpu_range(0, &range), 0);
    assert_true(range.end <= MB(32));

    crashinfo_maxaddr_bits = 20;
    has_none(1);
}

/* It may be hours before somebody asks, and memory free again by then. */
static void without_memory_a_cpu_gets_its_notes_later(void **state)
{
    unsigned int cpu;

    /* Not even for where they are. */
    heap_fail(1, true);
    assert_int_equal(initcall_crash_notes_init(), -ENOMEM);
    has_none(0);
    heap_fail(0, false);
    has_none(0);
    crash_notes_save_cpu(0, NULL);
    crash_notes_save_xen();

    setup(NULL);
    heap_fail(2, true);
    assert_int_equal(initcall_crash_notes_init(), 0);
    for ( cpu = 1; cpu < nr_cpu_ids; cpu++ )
        assert_int_equal(cpu_notifier->notifier_call(cpu_notifier,
                                                     CPU_UP_PREPARE,
                                                     (void *)(long)cpu), 0);
    assert_true(was_printed("kexec: no memory for the notes of CPU 0\n"));
    assert_true(was_printed("kexec: no memory for the notes of CPU 3\n"));

    /* Each is answered, and none gets another one's. */
    for ( cpu = 0; cpu < nr_cpu_ids; cpu++ )
        has_none(cpu);
    crash_notes_save_cpu(0, NULL);
    crash_notes_save_xen();
    has_none(0);

    heap_fail(0, false);
    each_has_its_notes();
}

/* Contents are at a multiple of 4 only, so they are copied to be read. */
static struct saved {
    ELF_Prstatus status;
    crash_xen_core_t core;
} saved(unsigned int cpu)
{
    struct reader reader = read_notes(cpu);
    struct saved s;

    memcpy(&s.status, next_note(&reader).contents, sizeof(s.status));
    memcpy(&s.core, next_note(&reader).contents, sizeof(s.core));

    return s;
}

static void registers_are_saved_where_dom0_was_told(void **state)
{
    struct cpu_user_regs regs = { .r15 = 0x1515 };

    initcall_crash_notes_init();
    assert_int_equal(saved(1).core.cr3, 0);

    crash_notes_save_cpu(1, &regs);
    assert_int_equal(saved(1).status.pr_reg.r15, 0x1515);
    assert_int_equal(saved(1).status.pr_reg.rip, 16);
    assert_int_equal(saved(1).core.cr3, 103);

    /* The first time is the one that matters. */
    regs.r15 = 0x9999;
    crash_notes_save_cpu(1, &regs);
    assert_int_equal(saved(1).status.pr_reg.r15, 0x1515);

    /* Nothing given: the caller's own. */
    crash_notes_save_cpu(0, NULL);
    assert_int_equal(saved(0).status.pr_reg.r15, 15);

    /* One that has no notes. */
    crash_notes_save_cpu(3, NULL);
}

static void xen_says_who_it_is(void **state)
{
    struct reader reader;
    crash_xen_info_t info;
    struct maddr_range other;

    initcall_crash_notes_init();
    /* The note is CPU 0's, whoever else has notes. */
    assert_int_equal(crash_notes_cpu_range(1, &other), 0);
    tainted = 5;
    crash_notes_save_xen();
    reader = read_notes(0);
    next_note(&reader);
    next_note(&reader);
    memcpy(&info, next_note(&reader).contents, sizeof(info));

    assert_int_equal(info.xen_major_version, 4);
    assert_int_equal(info.xen_minor_version, 20);
    assert_int_equal(info.xen_extra_version,
                     virt_to_maddr(xen_extra_version()));
    assert_int_equal(info.xen_changeset, virt_to_maddr(xen_changeset()));
    assert_int_equal(info.xen_compiler, virt_to_maddr(xen_compiler()));
    assert_int_equal(info.xen_compile_date,
                     virt_to_maddr(xen_compile_date()));
    assert_int_equal(info.xen_compile_time,
                     virt_to_maddr(xen_compile_time()));
    assert_int_equal(info.tainted, 5);
    assert_int_equal(info.xen_phys_start, 0x1234);
}

/* Behind the header and the name. */
static const char *vmcoreinfo_text(void)
{
    return (const char *)vmcoreinfo_bytes() + 12 + 16;
}

static void vmcoreinfo_is_a_note_of_a_page(void **state)
{
    struct maddr_range range = vmcoreinfo_range();
    struct reader reader;
    struct note note;

    initcall_crash_notes_init();
    assert_int_equal(range.start, virt_to_maddr(vmcoreinfo_bytes()));
    assert_int_equal(range.start & ~PAGE_MASK, 0);
    assert_int_equal(maddr_range_size(range), 4096);

    reader = (struct reader){ vmcoreinfo_bytes(), vmcoreinfo_bytes() + 4096 };
    note = next_note(&reader);
    expect_note(note, "VMCOREINFO_XEN", 0, 4096 - 12 - 16);
    assert_ptr_equal(reader.pos, reader.end);
}

static void vmcoreinfo_has_what_readers_look_for(void **state)
{
    static const char *const lines[] = {
        "PAGESIZE=4096\n", "\nSYMBOL(domain_list)=", "\nSYMBOL(frame_table)=",
        "\nSYMBOL(max_page)=", "\nSIZE(page_info)=", "\nSIZE(domain)=",
        "\nOFFSET(page_info.count_info)=", "\nOFFSET(page_info._domain)=",
        "\nOFFSET(domain.domain_id)=", "\nOFFSET(domain.next_in_list)=",
        "\nOSRELEASE=4.20xen_extra_version\n", "\nBUILD-ID=",
        "\nSYMBOL(_stext)=", "\nSYMBOL(_etext)=",
        "\nOFFSET(domain.max_vcpus)=", "\nOFFSET(domain.vcpu)=",
        "\nOFFSET(domain.tot_pages)=", "\nOFFSET(domain.is_dying)=",
        "\nOFFSET(domain.is_shut_down)=", "\nOFFSET(domain.shutdown_code)=",
        "\nOFFSET(domain.handle)=", "\nOFFSET(domain.options)=",
        "\nOFFSET(domain.pause_count)=",
        "\nOFFSET(vcpu.vcpu_id)=", "\nOFFSET(vcpu.domain)=",
        "\nOFFSET(vcpu.processor)=", "\nOFFSET(vcpu.dirty_cpu)=",
        "\nOFFSET(vcpu.runstate.state)=", "\nOFFSET(vcpu.pause_flags)=",
        "\nOFFSET(vcpu.pause_count)=",
        "\nCONSOLE=host\n", "\nSYMBOLS=host\n", "\nARCH=host\n",
    };
    unsigned int i;

    /* For whoever reads the dump, with a crash area or without. */
    kexec_crash_area.size = 0;
    initcall_crash_notes_init();
    for ( i = 0; i < ARRAY_SIZE(lines); i++ )
        if ( !strstr(vmcoreinfo_text(), lines[i]) )
            fail_msg("no %s in %s", lines[i], vmcoreinfo_text());
}

/* A line that does not fit is left out, and one that does goes in. */
static void vmcoreinfo_that_is_full_ends_with_a_line(void **state)
{
    size_t before;

    initcall_crash_notes_init();
    do {
        before = strlen(vmcoreinfo_text());
        vmcoreinfo_append("A=%0100d\n", 7);
    } while ( strlen(vmcoreinfo_text()) == before + 103 );

    assert_true(was_printed("vmcoreinfo is full"));
    assert_int_equal(strlen(vmcoreinfo_text()), before);
    assert_int_equal(vmcoreinfo_text()[before - 1], '\n');

    /* To the last byte, but one for the 0 at the end. */
    vmcoreinfo_append("%*s\n", (int)(4096 - 28 - before - 2), "x");
    assert_int_equal(strlen(vmcoreinfo_text()), 4096 - 28 - 1);
    vmcoreinfo_append("x");
    assert_int_equal(strlen(vmcoreinfo_text()), 4096 - 28 - 1);
}

static unsigned long value_of(const char *line)
{
    const char *at = strstr(vmcoreinfo_text(), line);

    if ( !at )
        fail_msg("no %s", line);

    return strtoul(at + strlen(line), NULL, line[1] == 'S' &&
                                            line[2] == 'Y' ? 16 : 10);
}

/* Where they are, and not only that they are there. */
static void vmcoreinfo_tells_where_things_are(void **state)
{
    initcall_crash_notes_init();
    assert_int_equal(value_of("\nSYMBOL(domain_list)="),
                     (unsigned long)&domain_list);
    assert_int_equal(value_of("\nSYMBOL(max_page)="),
                     (unsigned long)&max_page);
    assert_int_equal(value_of("\nSYMBOL(_stext)="), (unsigned long)&_stext);
    assert_int_equal(value_of("\nSYMBOL(_etext)="), (unsigned long)&_etext);
    assert_int_equal(value_of("\nSIZE(page_info)="),
                     sizeof(struct page_info));
    assert_int_equal(value_of("\nSIZE(domain)="), sizeof(struct domain));
    assert_int_equal(value_of("\nOFFSET(page_info._domain)="),
                     offsetof(struct page_info, v.inuse._domain));
    assert_int_equal(value_of("\nOFFSET(domain.domain_id)="),
                     offsetof(struct domain, domain_id));
    assert_int_equal(value_of("\nOFFSET(domain.next_in_list)="),
                     offsetof(struct domain, next_in_list));
    assert_int_equal(value_of("\nOFFSET(domain.handle)="),
                     offsetof(struct domain, handle));
    assert_int_equal(value_of("\nOFFSET(vcpu.dirty_cpu)="),
                     offsetof(struct vcpu, dirty_cpu));
    assert_int_equal(value_of("\nOFFSET(domain.shutdown_code)="),
                     offsetof(struct domain, shutdown_code));
    assert_int_equal(value_of("\nOFFSET(vcpu.domain)="),
                     offsetof(struct vcpu, domain));
    assert_true(strstr(vmcoreinfo_text(), "\nBUILD-ID="));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_cpu_has_registers_and_cpu_0_has_xen),
        TEST(there_is_no_cpu_beyond_the_last),
        TEST(without_a_crash_area_there_are_none),
        TEST(notes_are_made_once),
        TEST(notes_are_below_the_limit),
        TEST(without_memory_a_cpu_gets_its_notes_later),
        TEST(registers_are_saved_where_dom0_was_told),
        TEST(xen_says_who_it_is),
        TEST(vmcoreinfo_is_a_note_of_a_page),
        TEST(vmcoreinfo_has_what_readers_look_for),
        TEST(vmcoreinfo_that_is_full_ends_with_a_line),
        TEST(vmcoreinfo_tells_where_things_are),
    };

    return cmocka_run_group_tests_name("crash-notes", tests, NULL, NULL);
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
